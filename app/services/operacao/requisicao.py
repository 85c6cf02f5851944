"""What comes in and what goes out of the use cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.domain.pre_venda import PreVenda, Situacao, impressao_anterior
from app.domain.recusas import Aviso, Problema
from app.domain.vida import Efeito


@dataclass(frozen=True, slots=True)
class Requisicao:
    """A pre-sale as it came in: the raw object, what the schema made of it and what the schema found wrong.

    ``extras``: the raw members that the site mapped itself.
    """

    caller: str
    corpo: Mapping[str, Any]
    dados: Mapping[str, Any]
    pre_venda: PreVenda
    problemas: Sequence[Problema]
    avisos: Sequence[Aviso]
    impressao: str
    extras: Mapping[str, Any] = field(default_factory=dict)
    chave: str | None = None
    excluir: bool = False
    interno: bool = False  # an action of the back office: never a repeat, logged as it is

    @property
    def impressoes(self) -> tuple[str, str]:
        """The fingerprints under which the same request may be stored: of this version, and of the one before."""
        return self.impressao, impressao_anterior(self.dados, self.extras)

    @property
    def operacao(self) -> str:
        """Operation of the log row (R15): state 0 or DELETE = C; a number given = A; else I."""
        if self.excluir or self.pre_venda.situacao is Situacao.CANCELADA:
            return "C"
        return "I" if self.pre_venda.id_retaguarda is None else "A"


@dataclass(frozen=True, slots=True)
class Resposta:
    """An answer ready to send: status, JSON text, and whether it is the stored one of an earlier request.

    ``efeito``, ``numped``: what the operation did, and to which order; None where the answer was read from what is
    stored.
    """

    http: int
    corpo: str
    repetida: bool = False
    efeito: Efeito | None = None
    numped: int | None = None
