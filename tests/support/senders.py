"""How the languages of points of sale write a pre-sale, each by its serialiser's own rules.

A sale is one neutral object: dicts, lists, text, int, Decimal, datetime, bool, and None for what was never set. A
sender writes it as its language would: what an unset id, date or object looks like, whether nulls are written, how
numbers and texts are spelled.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

# Members that hold an object, an id and a date, as the classes of a sender declare them.
OBJECTS = ("cliente", "entrega", "pagamentoForma", "pagamentoCondicao")
DATES = ("dataEntrega", "dataExpiracaoPagamento")


class Sender:
    """The rules; a language changes those that are its own."""

    nulls = True
    unset_id: str | None = None
    unset_date: str | None = None
    unset_object = "null"
    escape_non_ascii = ""  # "x" or "X": \\u00e9 or \\u00E9
    escape_also = ""
    escape_slash = False

    def write(self, sale: Mapping[str, Any]) -> bytes:
        """The body."""
        return self._value("", sale).encode()

    def number(self, value: Decimal) -> str:
        return f"{value:f}"

    def integer(self, value: int) -> str:
        return str(value)

    def date(self, value: dt.datetime) -> str:
        return value.isoformat()

    def _value(self, name: str, value: Any) -> str:
        if value is None:
            return self._unset(name)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            return self.integer(value)
        if isinstance(value, Decimal):
            return self.number(value)
        if isinstance(value, dt.datetime):
            return self._text(self.date(value))
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return "[" + ",".join(self._value("", element) for element in value) + "]"
        written = [(key, self._value(key, member)) for key, member in value.items()]
        return "{" + ",".join(f'"{key}":{text}' for key, text in written if self.nulls or text != "null") + "}"

    def _unset(self, name: str) -> str:
        if name in OBJECTS:
            return self.unset_object
        unset = self.unset_date if name in DATES else self.unset_id if name.startswith("id") else None
        return "null" if unset is None else self._text(unset) if not unset.isdigit() else unset

    def _text(self, text: str) -> str:
        return '"' + "".join(self._character(character) for character in text) + '"'

    def _character(self, character: str) -> str:
        if character in '"\\':
            return "\\" + character
        if character == "/":
            return "\\/" if self.escape_slash else "/"
        if ord(character) < 32 or character in self.escape_also or (ord(character) > 126 and self.escape_non_ascii):
            return f"\\u{ord(character):04{self.escape_non_ascii or 'x'}}"
        return character


class SystemTextJson(Sender):
    """.NET: default(Guid), default(DateTime), decimals in their scale, everything beyond ASCII and HTML escaped."""

    unset_id = "00000000-0000-0000-0000-000000000000"
    unset_date = "0001-01-01T00:00:00"
    escape_non_ascii = "X"
    escape_also = "+<>&'`"

    def date(self, value: dt.datetime) -> str:
        return value.isoformat() + ".1234567-03:00"


class Newtonsoft(Sender):
    """.NET: whole decimals and doubles end in .0; ids kept in a double too."""

    unset_id = "0"
    unset_date = "0001-01-01T00:00:00"

    def number(self, value: Decimal) -> str:
        text = f"{value:f}"
        return text if "." in text else text + ".0"

    def integer(self, value: int) -> str:
        return f"{value}.0"


class Gson(Sender):
    """Java through a Map: every number is a Double, nulls are left out, HTML is escaped."""

    nulls = False
    escape_non_ascii = ""
    escape_also = "<>&='"

    def number(self, value: Decimal) -> str:
        return self._double(float(value))

    def integer(self, value: int) -> str:
        return self._double(float(value))

    @staticmethod
    def _double(value: float) -> str:
        """Double.toString: with an exponent from ten million on."""
        if value < 1e7:
            return repr(value)
        return f"{Decimal(repr(value)).normalize():E}".replace("E+", "E")

    def date(self, value: dt.datetime) -> str:
        return value.date().isoformat()


class Jackson(Sender):
    """Java: BigDecimal.toString, dates with an offset, nulls written."""

    unset_id = ""

    def number(self, value: Decimal) -> str:
        return str(value.normalize())  # 10 is 1E+1

    def date(self, value: dt.datetime) -> str:
        return value.isoformat() + ".000+0000"


class Delphi(Sender):
    """TJSONObject: no point in whole numbers, slashes escaped, braces around a GUID, day zero of TDateTime."""

    unset_id = "{00000000-0000-0000-0000-000000000000}"
    unset_date = "1899-12-30T00:00:00.000Z"
    escape_slash = True

    def number(self, value: Decimal) -> str:
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text

    def date(self, value: dt.datetime) -> str:
        return value.isoformat() + ".000Z"


class Php(Sender):
    """json_encode: an object without members is a list, floats in 17 digits, ids as text."""

    unset_id = ""
    unset_date = "0000-00-00 00:00:00"
    unset_object = "[]"
    escape_non_ascii = "x"
    escape_slash = True

    def number(self, value: Decimal) -> str:
        return f"{float(value):.17g}"

    def integer(self, value: int) -> str:
        return f'"{value}"'

    def date(self, value: dt.datetime) -> str:
        return value.strftime("%Y-%m-%d %H:%M:%S")


SENDERS: Mapping[str, Sender] = {
    sender.__name__: sender() for sender in (SystemTextJson, Newtonsoft, Gson, Jackson, Delphi, Php)
}
