"""Everybody learns of it: what happened to a reservation, in the order of the feed (R27)."""
