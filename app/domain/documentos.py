"""CPF and CNPJ as text: normalised, checked by their digits, masked, and hidden for logs (R7).

No library does it: python-stdnum takes 111.111.111-11 for a CPF, and digits of other scripts (a test keeps both facts).

A document is never a number: a CPF may begin with zeros and, since July 2026, the first twelve positions of a
CNPJ may hold letters. *Normalised* means ASCII, upper case, without mask characters.
"""

from __future__ import annotations

import re
from typing import Literal

TipoPessoa = Literal["F", "J"]

_MASCARA = str.maketrans("", "", ".-/ ")
_CARACTERES = re.compile(r"[0-9A-Z]+")
_CPF = re.compile(r"[0-9]{11}")
_CNPJ = re.compile(r"[0-9A-Z]{12}[0-9]{2}")
_PESOS_CPF = (11, 10, 9, 8, 7, 6, 5, 4, 3, 2)
_PESOS_CNPJ = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)


def normalizar_documento(text: str | None) -> str | None:
    """Upper case without ``.``, ``-``, ``/`` and blanks; None if nothing is left or any other character is there.

    Neither length nor check digits are looked at. Nothing is dropped but the mask and nothing is filled up:
    letters and leading zeros stay. Look-alikes from outside ASCII (full-width digits, dotless i) make it None.
    """
    if text is None or not text.isascii():
        return None
    plain = text.translate(_MASCARA).upper()
    return plain if _CARACTERES.fullmatch(plain) else None


def documento_valido(text: str | None) -> bool:
    """Whether the text, normalised first, is a CPF or CNPJ (also alphanumeric) with right check digits.

    Documents of one repeated character are refused even where their check digits come out right.
    """
    doc = normalizar_documento(text)
    if doc is None or len(set(doc)) == 1:
        return False
    if _CPF.fullmatch(doc):
        return doc[9:] == _digitos_verificadores(doc[:9], _PESOS_CPF)
    if _CNPJ.fullmatch(doc):
        return doc[12:] == _digitos_verificadores(doc[:12], _PESOS_CNPJ)
    return False


def tipo_pessoa(doc: str) -> TipoPessoa:
    """PCCLIENT.TIPOFJ of a document: ``F`` for a CPF, ``J`` for a CNPJ; ValueError for any other shape."""
    plain = normalizar_documento(doc) or ""
    if _CPF.fullmatch(plain):
        return "F"
    if _CNPJ.fullmatch(plain):
        return "J"
    raise ValueError("documento não tem a forma de CPF nem de CNPJ")


def com_mascara(doc: str) -> str:
    """``000.000.000-00`` or ``00.000.000/0000-00`` (also alphanumeric); ValueError for any other shape."""
    plain = normalizar_documento(doc) or ""
    if tipo_pessoa(plain) == "F":
        return f"{plain[:3]}.{plain[3:6]}.{plain[6:9]}-{plain[9:]}"
    return f"{plain[:2]}.{plain[2:5]}.{plain[5:8]}/{plain[8:12]}-{plain[12:]}"


def formas_de_busca(doc: str) -> tuple[str, ...]:
    """The forms PCCLIENT.CGCENT holds a document in, plain first, then masked, for ``CGCENT IN (…)``.

    Equality with each form uses the column's index; a function over the column would not. ValueError for text
    that has the shape of neither document.
    """
    masked = com_mascara(doc)
    return masked.translate(_MASCARA), masked


def mascarar_documento(doc: str | None) -> str:
    """The document as logs and pages may show it: ``***.982.247-**``, ``**.222.333/****-**``, else ``***``.

    Never raises, and shows nothing of a text that has the shape of neither document.
    """
    plain = normalizar_documento(doc) or ""
    if _CPF.fullmatch(plain):
        return f"***.{plain[3:6]}.{plain[6:9]}-**"
    if _CNPJ.fullmatch(plain):
        return f"**.{plain[2:5]}.{plain[5:8]}/****-**"
    return "***"


def _digitos_verificadores(base: str, pesos: tuple[int, ...]) -> str:
    first = _modulo_11(base, pesos[1:])
    return first + _modulo_11(base + first, pesos)


def _modulo_11(characters: str, pesos: tuple[int, ...]) -> str:
    """A letter counts as its ASCII code minus 48 (A = 17 … Z = 42), which leaves digits what they are."""
    resto = sum((ord(c) - 48) * peso for c, peso in zip(characters, pesos, strict=True)) % 11
    return "0" if resto < 2 else str(11 - resto)
