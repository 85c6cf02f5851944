"""The rules of the pre-sale: standard library only, pure, no clock, no database."""
