"""The judged request and its record: what came in, its row and its fence, the one transaction, what came of it."""
