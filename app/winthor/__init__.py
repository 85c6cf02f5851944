"""The only SQL of the gateway: PC* tables of WinThor and its own GW_ tables."""
