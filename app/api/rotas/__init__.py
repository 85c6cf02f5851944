"""Routes: parse, call one use case, dump."""
