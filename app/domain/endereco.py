"""CEP and telephone as WinThor keeps them."""

from __future__ import annotations

import re

_CEP = re.compile(r"([0-9]{5})-?([0-9]{3})")
_TELEFONE = re.compile(r"[0-9+(][0-9 ().+-]*")
TELEFONE_MAXIMO = 13
"""Width of PCCLIENT.TELENT, TELENT1 and TELCELENT."""


def normalizar_cep(text: str | None) -> str | None:
    """The eight digits of ``00000000`` or ``00000-000`` (ASCII, blanks around allowed); None for other text."""
    match = _CEP.fullmatch((text or "").strip(" "))
    return match[1] + match[2] if match else None


def normalizar_telefone(text: str | None) -> str | None:
    """The digits of the first number in the text, at most 13 of them; None without digits or with only zeros.

    The number ends where something else begins: an extension (``ramal 12``) or a second number after ``/`` is
    not glued to it. Leading zeros (``00`` before the country) go first when the number is too long.
    """
    match = _TELEFONE.search(text or "")
    digits = re.sub(r"[^0-9]", "", match[0]) if match else ""
    if len(digits) > TELEFONE_MAXIMO:
        digits = digits.lstrip("0")
    return digits[:TELEFONE_MAXIMO] if digits.strip("0") else None
