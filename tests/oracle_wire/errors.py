"""Oracle errors, and which one a PostgreSQL failure means.

Facts relied on: the driver takes the ORA code from the number and shows the text as it comes. ORA-00600 and
the "session is dead" codes must not be used for anything else: the driver drops the connection on them. It
runs a query again once after ORA-00932 or ORA-01007.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

TEXTS = {
    1: "unique constraint ({schema}.{constraint}) violated",
    28: "your session has been killed",
    54: "resource busy and acquire with NOWAIT specified or timeout expired",
    60: "deadlock detected while waiting for resource",
    900: "invalid SQL statement",
    902: "invalid datatype",
    904: "{name}: invalid identifier",
    906: "missing left parenthesis",
    907: "missing right parenthesis",
    911: "invalid character",
    910: "specified length too long for its datatype",
    918: "column ambiguously defined",
    923: "FROM keyword not found where expected",
    925: "missing INTO keyword",
    932: "inconsistent datatypes",
    933: "SQL command not properly ended",
    936: "missing expression",
    942: "table or view does not exist",
    955: "name is already used by an existing object",
    972: "identifier is too long",
    979: "not a GROUP BY expression",
    1000: "maximum open cursors exceeded",
    1001: "invalid cursor",
    1008: "not all variables bound",
    1012: "not logged on",
    1013: "user requested cancel of current operation",
    1017: "invalid username/password; logon denied",
    1031: "insufficient privileges",
    1033: "ORACLE initialization or shutdown in progress",
    1086: "savepoint never established in this session or is invalid",
    1400: 'cannot insert NULL into ("{schema}"."{table}"."{column}")',
    1407: 'cannot update ("{schema}"."{table}"."{column}") to NULL',
    1410: "invalid ROWID",
    1427: "single-row subquery returns more than one row",
    1438: "value larger than specified precision allowed for this column",
    1441: "cannot decrease column length because some value is too big",
    1476: "divisor is equal to zero",
    1722: "invalid number",
    1791: "not a SELECTed expression",
    1795: "maximum number of expressions in a list is 1000",
    1861: "literal does not match format string",
    2014: "cannot select FOR UPDATE from view with DISTINCT, GROUP BY, etc.",
    2019: "connection description for remote database not found",
    2091: "transaction rolled back",
    2289: "sequence does not exist",
    2290: "check constraint ({schema}.{constraint}) violated",
    2291: "integrity constraint ({schema}.{constraint}) violated - parent key not found",
    2292: "integrity constraint ({schema}.{constraint}) violated - child record found",
    2396: "exceeded maximum idle time, please connect again",
    2449: "unique/primary keys in table referenced by foreign keys",
    3113: "end-of-file on communication channel",
    3114: "not connected to ORACLE",
    3115: "unsupported network datatype or representation",
    3135: "connection lost contact",
    6550: "PL/SQL is not executed by the test server",
    8177: "can't serialize access for this transaction",
    12899: 'value too large for column "{schema}"."{table}"."{column}" (actual: {actual}, maximum: {maximum})',
    22275: "invalid LOB locator specified",
    22920: "row containing the LOB value is not locked",
    28000: "the account is locked",
    28001: "the password has expired",
    30006: "resource busy; acquire with WAIT timeout expired",
}

DEAD_SESSION = frozenset({28, 31, 600, 2396, 3113, 3114, 3135})  # the driver drops the connection on these
_OTHER = 604

_BY_SQLSTATE = {
    "40P01": 60,
    "40001": 8177,
    "42P01": 942,
    "42P07": 955,
    "42701": 1430,  # the column is there already
    "42710": 955,
    "42702": 918,
    "42803": 979,
    "42804": 932,
    "42601": 933,
    "42P10": 1791,
    "42501": 1031,
    "3B001": 1086,
    "25P01": 1086,
    "21000": 1427,
    "22003": 1438,
    "22012": 1476,
    "22P02": 1722,
    "22007": 1861,
    "22008": 1861,
    "2BP01": 2449,
    "57014": 1013,
}


_RAISED = re.compile(r"ORA-([0-9]{5}): (.*)", re.DOTALL)


class OracleError(Exception):
    """A failure as Oracle would report it."""

    def __init__(self, code: int, text: str | None = None, **names: object) -> None:
        template = TEXTS.get(code, "injected by the test server")
        self.code = code
        self.message = f"ORA-{code:05}: {text or template.format_map(_Names(names))}"
        super().__init__(self.message)


class SessionLost(Exception):
    """The connection ends without another word to the client."""


class _Names(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return key.upper()


def from_postgres(
    fields: Mapping[str, str], schema: str, verb: str, wait: str | None, sequences: Collection[str] = ()
) -> OracleError:
    """The ORA error for PostgreSQL's diagnostics (sqlstate, message, table, column, constraint, detail)."""
    state, message = fields.get("sqlstate", ""), fields.get("message", "")
    if raised := _RAISED.match(message):  # by a function or a trigger, in Oracle's own words
        return OracleError(int(raised[1]), raised[2])
    names = {
        "schema": schema,
        "table": fields.get("table", "").swapcase(),
        "column": fields.get("column", "").swapcase(),
        "constraint": fields.get("constraint", "").swapcase(),
    }
    if state == "23505":
        return OracleError(1, **names)
    if state == "23502":
        return OracleError(1407 if verb == "UPDATE" else 1400, **names)
    if state == "23514":
        return OracleError(2290, **names)
    if state == "23503":
        return OracleError(2291 if "is not present" in fields.get("detail", "") else 2292, **names)
    if state == "55P03":
        return OracleError(30006 if wait == "WAIT" else 54)
    if state == "22001":
        return OracleError(12899, "value too large for column")
    if state == "42703":
        return OracleError(904, name=f'"{_quoted(message).swapcase()}"')
    if state == "42883":
        return OracleError(932) if "operator" in message else OracleError(904, name=f'"{_quoted(message).upper()}"')
    if state == "42P01" and _quoted(message).lower() in sequences:
        return OracleError(2289)
    if state == "0A000" and message.startswith("FOR UPDATE is not allowed"):
        return OracleError(2014)
    code = _BY_SQLSTATE.get(state)
    if code is None:
        return OracleError(_OTHER, f"error occurred at recursive SQL level 1 ({state}: {message})")
    if code in (932, 933):
        return OracleError(code, f"{TEXTS[code]} ({message})")
    return OracleError(code, None if code in TEXTS else message, **names)


def _quoted(message: str) -> str:
    """x in ``column "x" does not exist``, ``column t.x ...``, ``function x(a) ...``, ``relation "x" ...``."""
    name = message.split(" does not exist")[0].split(" of relation")[0]
    for kind in ("column ", "function ", "relation "):
        name = name.removeprefix(kind)
    return name.split("(")[0].strip('"').split(".")[-1]
