"""What the use cases tell about the request under way, for its log line and the metrics: no customer's data, no text
that a caller chose."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field

from app.services.operacao.requisicao import Requisicao

TAMANHO_DA_FILIAL = 2  # CODFILIAL; a longer one is no branch and could be anything


@dataclass(slots=True)
class Anotacao:
    """``id``: GW_OPERACAO.ID; ``tempos``: milliseconds per step; ``ensaio``: nothing is written."""

    operacao: str = ""
    filial: str = ""
    id: str = ""
    repetida: bool = False
    ensaio: bool = False
    tempos: Mapping[str, int] = field(default_factory=dict)


_ANOTACAO: ContextVar[Anotacao] = ContextVar("anotacao")


def nova() -> Anotacao:
    """Start the notes of a request, in the context of the thread that serves it."""
    anotacao = Anotacao()
    _ANOTACAO.set(anotacao)
    return anotacao


def anotar_ensaio() -> None:
    """Note that the request is a rehearsal: no operation, whatever it would be."""
    (_ANOTACAO.get(None) or nova()).ensaio = True


def anotar(requisicao: Requisicao) -> Anotacao:
    """Note which operation this is and where; the notes are to be completed by whoever does it."""
    anotacao = _ANOTACAO.get(None) or nova()
    anotacao.operacao = requisicao.operacao
    filial = requisicao.pre_venda.filial or ""
    anotacao.filial = filial if len(filial) <= TAMANHO_DA_FILIAL else ""
    return anotacao
