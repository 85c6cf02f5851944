"""A request body as an exact JSON object: decimals kept, traps refused (§4.2)."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

import simplejson

PROFUNDIDADE_MAXIMA = 20
# Longer than any number of the contract, short enough that no arithmetic on it can hurt.
DIGITOS_MAXIMOS = 400

_CONTROLE = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
_PROIBIDOS = re.compile(rf"[{_CONTROLE}\ud800-\udfff]")
# How such a character looks in the text of a body, as itself or escaped; a longer look finds out whether it is one.
_SUSPEITOS = re.compile(rf"[{_CONTROLE}]|\\(?:[bf]|u(?:00[0189][0-9a-f]|007f|d[89a-f][0-9a-f]{{2}}))", re.I)


class BodyError(Exception):
    """The body is not an acceptable JSON object; the text is Portuguese, for the caller."""


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object in ``body``: UTF-8, no duplicate key, no NaN, at most 20 levels, numbers as int or Decimal."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise BodyError("O corpo não está em UTF-8.") from None
    try:
        value = simplejson.loads(
            text,
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except simplejson.JSONDecodeError as error:
        raise BodyError(f"JSON malformado na linha {error.lineno}, coluna {error.colno}.") from None
    except RecursionError:
        raise BodyError(_TOO_DEEP) from None
    if not isinstance(value, dict):
        raise BodyError("O corpo deve ser um objeto JSON.")
    _check(value, text)
    return value


_TOO_DEEP = f"O JSON tem mais de {PROFUNDIDADE_MAXIMA} níveis."


def _decimal(text: str) -> Decimal:
    if len(text) > DIGITOS_MAXIMOS:
        raise BodyError("Há um número longo demais.")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise BodyError("Há um número com expoente grande demais.") from None


def _integer(text: str) -> int:
    if len(text) > DIGITOS_MAXIMOS:
        raise BodyError("Há um número longo demais.")
    return int(text)


def _constant(_text: str) -> NoReturn:
    raise BodyError("NaN e Infinity não são números.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise BodyError(f"O membro {twice[:40]!r} está repetido.")
    return members


def _check(root: dict[str, Any], text: str) -> None:
    """Depth of the whole value, without recursion, and its characters if the text of the body gives cause."""
    suspect = _SUSPEITOS.search(text) is not None
    pending: list[tuple[Any, int]] = [(root, 1)]
    while pending:
        value, depth = pending.pop()
        if depth > PROFUNDIDADE_MAXIMA:
            raise BodyError(_TOO_DEEP)
        names, members = (value, value.values()) if isinstance(value, dict) else ((), value)
        if suspect and any(isinstance(part, str) and _PROIBIDOS.search(part) for part in (*names, *members)):
            raise BodyError("Há um caractere de controle em um texto.")
        pending += [(member, depth + 1) for member in members if isinstance(member, dict | list)]
