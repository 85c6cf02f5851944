"""The demo: its rows and the operations it begins with. Only the command imports it."""
