"""The database around the statements: engines, transactions and their repeats, faults, waits for locks, lists."""
