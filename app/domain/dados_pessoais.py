"""What in a text looks like a person's document, card, telephone or e-mail, wherever it stands. Pure."""

from __future__ import annotations

import re

from app.domain.documentos import documento_valido

OCULTO = "***"

DIGITOS_DO_CPF = 11

_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_CPF_FORMATADO = re.compile(r"(?<![\dA-Za-z])\d{3}[. ]\d{3}[. ]\d{3}[-. ]?\d{2}(?!\d)")
_CNPJ_FORMATADO = re.compile(
    r"(?<![\dA-Za-z])[\dA-Za-z]{2}[. ]?[\dA-Za-z]{3}[. ]?[\dA-Za-z]{3}/[\dA-Za-z]{4}[- ]?\d{2}(?!\d)"
)
_DOCUMENTO = re.compile(r"(?<![\dA-Za-z])(?:\d{11}|\d{9}-\d{2}|[\dA-Za-z]{12}-?\d{2})(?![\dA-Za-z])")
_CARTAO = re.compile(r"(?<![\dA-Za-z])\d(?:[ -]?\d){12,18}(?![\dA-Za-z])")
# With area code, in whatever writing; without one only as people write it, with its hyphen.
_TELEFONE = re.compile(
    r"(?<![\dA-Za-z])(?:\+?55[ .-]?)?(?:\(0?[1-9][1-9]\)|0?[1-9][1-9])[ .-]?"
    r"(?:9[ .-]?\d{4}|[2-5]\d{3})[ .-]?\d{4}(?!\d)"
    r"|(?<![\dA-Za-z])(?:9[ .-]?\d{4}|[2-5]\d{3})-\d{4}(?!\d)"
)
# Ten digits without any sign may be a number of WinThor's: a text of ours keeps them.
_SO_DIGITOS = re.compile(r"\d{10}")


def ocultar(texto: str, *, telefones_sem_sinal: bool = True) -> str:
    """The text without what looks like a document, card, telephone or e-mail; the same where nothing does.

    ``telefones_sem_sinal``: also ten bare digits, which in our own sentences are numbers of orders.
    """
    if not any(c.isdigit() or c == "@" for c in texto):
        return texto
    texto = _EMAIL.sub(OCULTO, texto)
    for formato in (_CPF_FORMATADO, _CNPJ_FORMATADO):
        texto = formato.sub(OCULTO, texto)
    texto = _DOCUMENTO.sub(lambda m: OCULTO if documento_valido(m[0]) else m[0], texto)
    texto = _CARTAO.sub(lambda m: OCULTO if _luhn(m[0]) else m[0], texto)

    def telefone(achado: re.Match[str]) -> str:
        return achado[0] if not telefones_sem_sinal and _SO_DIGITOS.fullmatch(achado[0]) else OCULTO

    return _TELEFONE.sub(telefone, texto)


def ocultar_documentos(texto: str) -> str:
    """Only documents and e-mails: for a code that may by chance look like a card or a telephone."""
    if len(texto) < DIGITOS_DO_CPF and "@" not in texto:
        return texto
    texto = _CPF_FORMATADO.sub(OCULTO, _EMAIL.sub(OCULTO, texto))
    texto = _CNPJ_FORMATADO.sub(OCULTO, texto)
    return _DOCUMENTO.sub(lambda m: OCULTO if documento_valido(m[0]) else m[0], texto)


def _luhn(texto: str) -> bool:
    """Whether the digits are those of a card: 13 to 19 of them, the last one right."""
    digitos = [int(c) for c in texto if c.isdigit()]
    if len(set(digitos)) == 1:
        return False
    dobrados = [d * 2 - 9 * (d > 4) if n % 2 else d for n, d in enumerate(reversed(digitos))]
    return sum(dobrados) % 10 == 0
