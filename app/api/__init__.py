"""HTTP: routes parse, call one use case and dump. No SQL here."""
