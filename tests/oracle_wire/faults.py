"""Things that go wrong on command.

A fault waits for the n-th statement whose SQL matches a pattern (a commit is the statement ``COMMIT``) and
then happens a given number of times. Every method returns the fault, whose ``fired`` says how often it has
happened.

    faults.fail("UPDATE PCEST", 54, nth=2)      ORA-00054 at the second match
    faults.kill_at_commit(after=True)           the COMMIT takes effect, the client never hears of it
    faults.stall("SELECT", seconds=5)           holds a call back; a break of the client ends it
    faults.refuse_connections(12514)            the listener says no
    faults.refuse_logins(28001)                 the password has expired
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field

COMMIT = "COMMIT"


@dataclass
class Fault:
    """What to do at a match; ``after``: once the statement took effect, before the client hears of it."""

    pattern: str
    nth: int = 1
    times: int = 1
    code: int = 0
    text: str | None = None
    seconds: float = 0
    kills: bool = False
    after: bool = False
    fired: int = 0
    _seen: int = field(default=0, repr=False)

    def is_due(self, sql: str) -> bool:
        """Whether it happens now; counts the match."""
        if not re.search(self.pattern, sql, re.IGNORECASE | re.DOTALL):
            return False
        self._seen += 1
        if not self.nth <= self._seen < self.nth + self.times:
            return False
        self.fired += 1
        return True


class Faults:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self.connection_refusal = 0  # ORA code of the listener, 0 to accept
        self.login_refusal = 0

    def fail(self, pattern: str, code: int, *, nth: int = 1, times: int = 1, text: str | None = None) -> Fault:
        """Answer with an ORA error instead of executing."""
        return self._add(Fault(pattern, nth, times, code=code, text=text))

    def stall(self, pattern: str, seconds: float, *, nth: int = 1, times: int = 1, after: bool = False) -> Fault:
        return self._add(Fault(pattern, nth, times, seconds=seconds, after=after))

    def kill(self, pattern: str, *, nth: int = 1, times: int = 1, after: bool = False) -> Fault:
        """Close the socket and lose the session; what was not committed is rolled back."""
        return self._add(Fault(pattern, nth, times, kills=True, after=after))

    def kill_at_commit(self, *, after: bool, nth: int = 1, times: int = 1) -> Fault:
        return self.kill(f"^{COMMIT}$", nth=nth, times=times, after=after)

    def refuse_connections(self, code: int = 12514) -> None:
        self.connection_refusal = code

    def refuse_logins(self, code: int = 1017) -> None:
        """1017 wrong password, 28000 locked, 28001 expired, 1033 starting up ..."""
        self.login_refusal = code

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()
        self.connection_refusal = self.login_refusal = 0

    def due(self, sql: str) -> list[Fault]:
        """The faults that happen at this statement."""
        with self._lock:
            return [fault for fault in self._faults if fault.is_due(sql)]

    def _add(self, fault: Fault) -> Fault:
        with self._lock:
            self._faults.append(fault)
        return fault
