"""The codes of error that the document shows: what a caller of the API may be answered (§4.3)."""

from __future__ import annotations

from app.domain.codigos import CODIGOS, TipoDeCodigo

_MOSTRADOS = {TipoDeCodigo.RECUSA, TipoDeCodigo.PORTA, TipoDeCodigo.FALHA}

ERROS = {codigo: linha for codigo, linha in CODIGOS.items() if linha.tipo in _MOSTRADOS}


def do_status(http: int) -> tuple[str, ...]:
    """The codes of a status, in the order of the table."""
    return tuple(codigo for codigo, linha in ERROS.items() if linha.http == http)
