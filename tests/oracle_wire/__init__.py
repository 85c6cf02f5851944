"""A test server that speaks Oracle's TNS/TTC protocol and lets PostgreSQL store and lock.

The unmodified thin ``oracledb`` driver logs in to it. It proves how the driver is used (types, NULL, locks,
errors, lost connections); it proves nothing about Oracle's own SQL, plans or triggers. Loopback and tests
only.

    server           listener; what a test holds: address, faults, journal
    session          one connection: login (auth), breaks, its end
    calls            the calls of a session: statements, fetches, LOBs (lobs), commits
    ttc*, packets    messages and their framing; codecs, columns, values: what is in them
    engine           executes on PostgreSQL what translate and ddl made of the SQL (tokens, column_types)
    compat, catalog  Oracle's functions and dictionary views, as SQL in PostgreSQL
    errors, faults   ORA codes; things that go wrong on command
    lint*, clauses   what Oracle 19c would refuse; the strict mode
    fixture          pytest's side
"""
