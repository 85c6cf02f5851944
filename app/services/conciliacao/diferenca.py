"""A difference as it is told, and the list of them."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from decimal import Decimal

from app.domain.diferencas import INFORMAR, SUSPEITA, TIPOS
from app.domain.dinheiro import ZERO


@dataclass(frozen=True, slots=True)
class Diferenca:
    """One difference (§4.1). Quantities in base units, ``valor`` in R$; ``acao`` is what a correction would do,
    ``o_que_fazer`` and ``quem`` what a person does; ``origem``: who made the order."""

    id: str
    tipo: str
    filial: str | None
    explicacao: str
    acao: str
    o_que_fazer: str
    quem: str
    codprod: int | None = None
    numped: int | None = None
    numero: str | None = None
    esperado: Decimal | None = None
    reservado: Decimal | None = None
    diferenca: Decimal | None = None
    valor: Decimal | None = None
    desde: dt.datetime | None = None
    caller: str | None = None
    origem: str | None = None
    anotacoes: tuple[str, ...] = ()
    rotina: str | None = None

    @property
    def corrigivel(self) -> bool:
        """Whether a correction would do something."""
        return self.acao != INFORMAR

    @property
    def sem_escolha(self) -> bool:
        """Whether it is among all that are corrected when nobody has chosen: a suspect is not."""
        return self.corrigivel and SUSPEITA not in self.anotacoes


@dataclass(frozen=True, slots=True)
class Totais:
    """How many differences, by kind, and what they are worth in R$."""

    diferencas: int
    por_tipo: dict[str, int]
    valor: Decimal


@dataclass(slots=True)
class Conciliacao:
    """All differences found at one moment."""

    gerado_em: dt.datetime
    diferencas: list[Diferenca] = field(default_factory=list)

    @property
    def totais(self) -> Totais:
        por_tipo: dict[str, int] = {}
        for diferenca in self.diferencas:
            por_tipo[diferenca.tipo] = por_tipo.get(diferenca.tipo, 0) + 1
        valor = sum((d.valor for d in self.diferencas if d.valor is not None), ZERO)
        return Totais(len(self.diferencas), por_tipo, valor)


def id_da_diferenca(tipo: str, *partes: object) -> str:
    """The same difference has the same id in every reconciliation."""
    return hashlib.sha256("|".join(map(str, (tipo, *partes))).encode()).hexdigest()[:16]


def o_que_fazer(tipo: str) -> tuple[str, str]:
    """What a person does about a kind of difference, and who."""
    linha = TIPOS[tipo]
    return linha.o_que_fazer, linha.quem
