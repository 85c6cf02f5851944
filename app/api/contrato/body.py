"""A request body as an exact JSON object: decimals kept, traps refused (§4.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

import simplejson

from app.api.contrato.malformado import por_que

PROFUNDIDADE_MAXIMA = 20
# Longer than any number of the contract, short enough that no arithmetic on it can hurt.
DIGITOS_MAXIMOS = 400

_CONTROLE = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
_SURROGATES = re.compile("[\ud800-\udfff]")
_PROIBIDOS = re.compile(rf"[{_CONTROLE}\ud800-\udfff]")
# How such a character looks in the text of a body, as itself or escaped; a longer look finds out whether it is one.
_SUSPEITOS = re.compile(rf"[{_CONTROLE}]|\\(?:[bf]|u(?:00[0189][0-9a-f]|007f|d[89a-f][0-9a-f]{{2}}))", re.I)


class BodyError(Exception):
    """The body is not an acceptable JSON object; the text is Portuguese, for the caller."""


def parse(body: bytes, *, controls: bool = False) -> dict[str, Any]:
    """The JSON object in ``body``: UTF-8, no duplicate key, no NaN, at most 20 levels, numbers as int or Decimal.

    ``controls``: values may hold control characters, for whoever reads the members knows what to make of them; names
    never do, and half a character (a lone surrogate) is no text at all.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise BodyError(_not_utf8(body)) from None
    try:
        value = simplejson.loads(
            text,
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except simplejson.JSONDecodeError as error:
        where = f"JSON malformado na linha {error.lineno}, coluna {error.colno}"
        raise BodyError(f"{where}: {por_que(text, error)}.") from None
    except RecursionError:
        raise BodyError(_TOO_DEEP) from None
    if not isinstance(value, dict):
        raise BodyError("O corpo deve ser um objeto JSON.")
    _check(value, text, controls=controls)
    return value


_TOO_DEEP = f"O JSON tem mais de {PROFUNDIDADE_MAXIMA} níveis."


def _not_utf8(body: bytes) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "O corpo não está em UTF-8: está em UTF-16."
    return "O corpo não está em UTF-8; parece Windows-1252 ou ISO-8859-1."


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


def _check(root: dict[str, Any], text: str, *, controls: bool) -> None:
    """Depth of the whole value, without recursion, and its characters if the text of the body gives cause."""
    suspect = _SUSPEITOS.search(text) is not None
    pending: list[tuple[Any, int]] = [(root, 1)]
    while pending:
        value, depth = pending.pop()
        if depth > PROFUNDIDADE_MAXIMA:
            raise BodyError(_TOO_DEEP)
        names, members = (value, value.values()) if isinstance(value, dict) else ((), value)
        if suspect:
            _check_texts(names, _PROIBIDOS)
            _check_texts(members, _SURROGATES if controls else _PROIBIDOS)
        pending += [(member, depth + 1) for member in members if isinstance(member, dict | list)]


def _check_texts(parts: Iterable[Any], forbidden: re.Pattern[str]) -> None:
    if any(isinstance(part, str) and forbidden.search(part) for part in parts):
        raise BodyError("Há um caractere de controle em um texto.")
