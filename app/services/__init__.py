"""The use cases: each reads, lets the domain decide, and writes in one transaction."""
