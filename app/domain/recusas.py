"""Why a request is refused, and what the caller is told besides a success.

    Recusa            a business refusal, expected: nothing is written but the log
    └─ Problema       one reason inside it: code, JSON pointer, message, and the WinThor routine that mends it
    Aviso             a success that is not quite what was sent

A technical fault is something else (``app.winthor.db.faults``). The codes are those of ``app.domain.codigos``: with any
other there is ValueError.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.domain.codigos import CODIGOS, conferir_aviso, conferir_problema


@dataclass(frozen=True, slots=True)
class FilialComEstoque:
    """A branch that could give what another is short of, in base units."""

    filial: str
    disponivel: Decimal


@dataclass(frozen=True, slots=True)
class FaltaExplicada:
    """A stock row that is short: asked and available base units, the indices of the items that ask, who has it all;
    ``protegido``: what is there besides and kept for others, None where nothing is (R30)."""

    codprod: int
    filial: str
    pedida: Decimal
    disponivel: Decimal
    itens: Sequence[int] = ()
    filiais_com_estoque: Sequence[FilialComEstoque] = ()
    protegido: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Problema:
    """One reason of a refusal. ``campo`` is a JSON pointer into the request; ``falta``: of ESTOQUE_INSUFICIENTE."""

    codigo: str
    mensagem: str
    campo: str | None = None
    rotina: str | None = None
    falta: FaltaExplicada | None = None

    def __post_init__(self) -> None:
        conferir_problema(self.codigo)


@dataclass(frozen=True, slots=True)
class Aviso:
    """Something a person should know about an accepted request (§4.3)."""

    codigo: str
    mensagem: str
    campos: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        conferir_aviso(self.codigo)


@dataclass(frozen=True, slots=True)
class ItemOferecido:
    """An item of a counter-offer, by its index in the request: how much can be had, the discount that leaves, and the
    branch it comes from; None when that stays as it was sent."""

    indice: int
    quantidade: Decimal
    desconto: Decimal | None = None
    filial: str | None = None


@dataclass(frozen=True, slots=True)
class ContraOferta:
    """What of a request could be had: the request as it was sent, and the items that are left of it, maybe none."""

    requisicao: Mapping[str, Any]
    itens: Sequence[ItemOferecido]


class Recusa(Exception):
    """The request is refused for business reasons; all of them are in ``problemas``, the first one names the refusal.

    ``atual``: the number that stands for the pre-sale now, where the refusal names it; ``contra_oferta``: of a
    shortage, and ``de_outras_filiais`` the one that has it all, also from the store's other branches (R29);
    ``avisos``: what of the request was not taken as it was sent; ``correcoes``: the ids of the corrections that free
    what is asked for.
    """

    def __init__(
        self,
        problemas: Iterable[Problema],
        *,
        atual: int | None = None,
        contra_oferta: ContraOferta | None = None,
        de_outras_filiais: ContraOferta | None = None,
        avisos: Iterable[Aviso] = (),
        correcoes: Iterable[str] = (),
    ) -> None:
        self.problemas = tuple(problemas)
        self.atual = atual
        self.contra_oferta = contra_oferta
        self.de_outras_filiais = de_outras_filiais
        self.avisos = tuple(avisos)
        self.correcoes = tuple(correcoes)
        super().__init__(self.codigo)

    @property
    def codigo(self) -> str:
        return self.problemas[0].codigo

    @property
    def http(self) -> int:
        """Status of the answer (§4.3)."""
        return CODIGOS[self.codigo].http


def problema_padrao(codigo: str) -> Problema:
    """The problem in the words of its code."""
    return Problema(codigo, CODIGOS[codigo].mensagem)


def problema_de_cadastro(codigo: str, mensagem: str, campo: str | None = None) -> Problema:
    """A problem that is mended in WinThor, by the routine of its code."""
    return Problema(codigo, mensagem, campo, CODIGOS[codigo].rotina)


def recusar(
    codigo: str, mensagem: str, campo: str | None = None, *, rotina: str | None = None, atual: int | None = None
) -> Recusa:
    """A refusal with a single problem; ``atual``: the number that stands for the pre-sale now."""
    return Recusa([Problema(codigo, mensagem, campo, rotina)], atual=atual)
