"""The gateway between points of sale and WinThor."""
