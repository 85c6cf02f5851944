"""What language, territory and character set an instance has, and what of it a session sees.

Facts relied on: a session begins with the instance's values (a thin client sends none but its time zone) and changes
them by ALTER SESSION. A text that comes where a date is due is read by the session's format, ORA-01861 when it does not
fit; where a number is due, by its decimal character, ORA-01722. Elements at the end of a format may be missing. A
character that the database's set does not have is stored as an inverted question mark.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.oracle_wire.errors import OracleError
from tests.oracle_wire.tokens import OPERATOR, Token

AMERICAN: Mapping[str, str] = {
    "NLS_LANGUAGE": "AMERICAN",
    "NLS_TERRITORY": "AMERICA",
    "NLS_NUMERIC_CHARACTERS": ".,",
    "NLS_DATE_FORMAT": "DD-MON-RR",
    "NLS_TIMESTAMP_FORMAT": "DD-MON-RR HH.MI.SSXFF AM",
    "NLS_SORT": "BINARY",
    "NLS_COMP": "BINARY",
}
BRAZILIAN: Mapping[str, str] = {
    "NLS_LANGUAGE": "BRAZILIAN PORTUGUESE",
    "NLS_TERRITORY": "BRAZIL",
    "NLS_NUMERIC_CHARACTERS": ",.",
    "NLS_DATE_FORMAT": "DD/MM/RR",
    "NLS_TIMESTAMP_FORMAT": "DD/MM/RR HH24:MI:SSXFF",
    "NLS_SORT": "WEST_EUROPEAN",
    "NLS_COMP": "BINARY",
}
# Character sets whose characters are one byte, by Python's name.
SINGLE_BYTE = {"WE8MSWIN1252": "cp1252", "WE8ISO8859P1": "latin-1"}
REPLACEMENT = "¿"

_MONTHS = {
    "AMERICAN": ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    "BRAZILIAN PORTUGUESE": ["JAN", "FEV", "MAR", "ABR", "MAI", "JUN", "JUL", "AGO", "SET", "OUT", "NOV", "DEZ"],
}
_ELEMENT = re.compile(r"YYYY|RR|MON|MM|DD|HH24|MI|SS|X?FF", re.IGNORECASE)
_DIGITS = {"YYYY": 4, "RR": 2, "MM": 2, "DD": 2, "HH24": 2, "MI": 2, "SS": 2}
# What may be a date or a number in a text; anything else is never looked at.
LOOKS_LIKE_A_DATE = re.compile(rb"\d{1,4}[-/. ](?:\d{1,2}|[A-Za-z]{3})[-/. ]\d{2,4}(?:[ T]\d{1,2}[:.].*)?")
LOOKS_LIKE_A_NUMBER = re.compile(rb"[+-]?\d*[.,]\d+")


@dataclass
class Nls:
    """A session's parameters and the database's character set."""

    parameters: dict[str, str] = field(default_factory=lambda: dict(AMERICAN))
    characterset: str = "AL32UTF8"

    @property
    def single_byte(self) -> bool:
        return self.characterset in SINGLE_BYTE

    def alter(self, tokens: list[Token]) -> dict[str, str]:
        """What ``ALTER SESSION SET`` changes of them; other settings have no effect here."""
        changed = {}
        for place, token in enumerate(tokens[:-2]):
            if token.upper in self.parameters and tokens[place + 1] == Token(OPERATOR, "="):
                changed[token.upper] = tokens[place + 2].text
        self.parameters.update(changed)
        return changed

    def stored(self, text: str) -> str:
        """A text as the database's character set can hold it."""
        encoding = SINGLE_BYTE.get(self.characterset)
        if encoding is None:
            return text
        return "".join(c if _has(encoding, c) else REPLACEMENT for c in text)

    def number(self, text: str) -> str:
        """A text where a number is due, in PostgreSQL's words. Raises ORA-01722."""
        decimal, other = self.parameters["NLS_NUMERIC_CHARACTERS"]
        if other in text:
            raise OracleError(1722)
        return text.replace(decimal, ".")

    def moment(self, text: str) -> str:
        """A text where a date is due, in PostgreSQL's words. Raises ORA-01861."""
        for name in ("NLS_DATE_FORMAT", "NLS_TIMESTAMP_FORMAT"):
            found = self._read(text, self.parameters[name])
            if found is not None:
                return found.isoformat(" ")
        raise OracleError(1861)

    def _read(self, text: str, wanted: str) -> dt.datetime | None:
        months = _MONTHS.get(self.parameters["NLS_LANGUAGE"], _MONTHS["AMERICAN"])
        values: dict[str, str] = {}
        rest = text.strip()
        for element in _ELEMENT.findall(wanted):
            kind = element.upper()
            if not rest and kind in ("HH24", "MI", "SS", "FF", "XFF"):
                break
            pattern = "[A-Za-z]{3}" if kind == "MON" else r"\d{1,9}" if "FF" in kind else rf"\d{{1,{_DIGITS[kind]}}}"
            match = re.match(rf"[-/.,:;T ]*({pattern})(?!\d)", rest)
            if match is None:
                return None
            values[kind], rest = match[1], rest[match.end() :]
        if rest:
            return None
        year = int(values["YYYY"]) if "YYYY" in values else _century(int(values.get("RR", "1")))
        month = months.index(values["MON"].upper()) + 1 if values.get("MON", "").upper() in months else 0
        hour, minute, second = (int(values.get(name, "0")) for name in ("HH24", "MI", "SS"))
        try:
            day = dt.date(year, month or int(values["MM"]), int(values["DD"]))
            return dt.datetime.combine(day, dt.time(hour, minute, second))
        except (KeyError, ValueError):
            return None


def _century(year: int) -> int:
    """RR: the years 50 to 99 are of the last century."""
    return year + (1900 if year >= 50 else 2000)


def _has(encoding: str, character: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
