"""What only reads, for people and jobs: no lock, no decision is taken on it."""
