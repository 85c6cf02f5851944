"""What people and points of sale may ask. Nothing is written here."""
