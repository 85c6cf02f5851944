"""The type of a site's own column, as written in ``[extra]``."""

from __future__ import annotations

import re

from app.mapping.spec import ColumnSpec

# The name goes into the INSERT statement: nothing but an Oracle identifier may pass.
IDENTIFIER = re.compile(r"[A-Z][A-Z0-9_$#]{0,127}")
_VARCHAR2 = re.compile(r"VARCHAR2\((\d{1,5})\)")
_NUMBER = re.compile(r"NUMBER\((\d{1,2})(?:, ?(\d{1,2}))?\)")


def parse_type(name: str, text: object) -> ColumnSpec | None:
    """The column named ``name`` of a type such as ``VARCHAR2(30)``, or None when it is not understood."""
    if not isinstance(text, str):
        return None
    if text in ("DATE", "CLOB"):
        return ColumnSpec(name, "date" if text == "DATE" else "clob")
    if found := _VARCHAR2.fullmatch(text):
        length = int(found[1])
        return ColumnSpec(name, "text", length=length) if 1 <= length <= 4000 else None
    if found := _NUMBER.fullmatch(text):
        precision, scale = int(found[1]), int(found[2] or 0)
        if 1 <= precision <= 38 and scale <= precision:
            return ColumnSpec(name, "number", precision=precision, scale=scale)
    return None
