"""A test server that speaks Oracle's TNS/TTC protocol and lets PostgreSQL store and lock.

The unmodified thin ``oracledb`` driver logs in to it. It proves how the driver is used (types, NULL, locks,
errors, lost connections); it proves nothing about Oracle's own SQL, plans or triggers. Loopback and tests
only.

Reading order: ``server`` (listener) -> ``session`` (one connection) -> ``ttc`` (messages) over ``packets``
(framing) and ``codecs`` (values); ``engine`` executes on PostgreSQL what ``translate`` and ``ddl`` made of
the SQL; ``errors`` maps failures to ORA codes; ``faults`` breaks things on command; ``lint`` knows what
Oracle 19c would refuse.
"""
