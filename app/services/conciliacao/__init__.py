"""Where QTRESERV and the orders disagree, and what the gateway may mend (R19)."""
