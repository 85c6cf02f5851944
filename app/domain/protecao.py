"""What is kept back of a stock row, and for whom (R30): safety stock, and quotas of channels. Pure.

A channel is a login. Safety stock is kept from every channel; a quota keeps units for its channel and does not limit
it. What a channel has used up of its quota is what its live reservations hold. Sales made in WinThor ask nobody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from app.domain.dinheiro import CEM, CONTEXTO, MICRO, ZERO, arredondar
from app.domain.estoque import Chave, Saldo, Unidades

# What the live reservations of each channel hold in each stock row, base units.
Retidas = Mapping[tuple[Chave, str], Decimal]


class Vigencia(StrEnum):
    """Where a policy stands."""

    VIGENTE = "VIGENTE"
    FUTURA = "FUTURA"
    VENCIDA = "VENCIDA"
    ENCERRADA = "ENCERRADA"


@dataclass(frozen=True, slots=True)
class Politica:
    """A policy of a branch: of a product, of each product of a department, or (neither) of each product there is.

    ``canal`` None: safety stock. Either ``quantidade``, base units, or ``percentual``, of what is on hand. ``inicio``
    and ``fim``: its first and last day by the ERP's clock. ``criada`` and ``encerrada``: UTC without zone.
    """

    id: int
    filial: str
    codprod: int | None
    codepto: int | None
    canal: str | None
    quantidade: Decimal | None
    percentual: Decimal | None
    inicio: dt.date | None
    fim: dt.date | None
    motivo: str
    criada_por: str
    criada: dt.datetime
    encerrada: dt.datetime | None = None
    encerrada_por: str | None = None
    motivo_do_fim: str | None = None

    def vigencia(self, dia: dt.date) -> Vigencia:
        """Where it stands on a day of the ERP's."""
        if self.encerrada is not None:
            return Vigencia.ENCERRADA
        if self.fim is not None and self.fim < dia:
            return Vigencia.VENCIDA
        return Vigencia.FUTURA if self.inicio is not None and self.inicio > dia else Vigencia.VIGENTE

    def alcanca(self, chave: Chave, codepto: int | None) -> bool:
        """Whether it is about the stock row, whose product is of that department."""
        if chave[0] != self.filial:
            return False
        if self.codprod is not None:
            return self.codprod == chave[1]
        return self.codepto is None or self.codepto == codepto

    @property
    def precedencia(self) -> tuple[bool, bool, int]:
        """The greater one replaces the others of its channel: the narrower, and of two as wide the newer."""
        return self.codprod is not None, self.codepto is not None, self.id

    def guarda(self, saldo: Saldo) -> Decimal:
        """Base units that it keeps of a stock row."""
        if self.quantidade is not None:
            return self.quantidade
        em_estoque = max(saldo.qtestger, ZERO)
        return arredondar(CONTEXTO.divide(CONTEXTO.multiply(em_estoque, self.percentual or ZERO), CEM), MICRO)


@dataclass(frozen=True, slots=True)
class GuardadaParaAlguem:
    """What a policy keeps of a stock row: ``guarda``, of which the channel has used up ``usado``."""

    politica: Politica
    guarda: Decimal
    usado: Decimal

    @property
    def resta(self) -> Decimal:
        """What is kept back still."""
        return max(self.guarda - self.usado, ZERO)


@dataclass(frozen=True, slots=True)
class Protecao:
    """The policies in force, at most one per stock row and channel; None is the channel of the safety stock."""

    por_chave: Mapping[Chave, Mapping[str | None, Politica]] = field(default_factory=dict)

    def canais(self, fora: str | None = None) -> list[str]:
        """The channels that have a quota, but for ``fora``, in order."""
        com_cota = {canal for politicas in self.por_chave.values() for canal in politicas if canal is not None}
        return sorted(com_cota - {fora})

    def guardadas(self, chave: Chave, saldo: Saldo, retidas: Retidas) -> list[GuardadaParaAlguem]:
        """What each policy keeps of a stock row, safety stock first, then by channel."""
        politicas = self.por_chave.get(chave, {})
        em_ordem = sorted(politicas.items(), key=lambda um: (um[0] is not None, um[0] or ""))
        return [
            GuardadaParaAlguem(p, p.guarda(saldo), ZERO if canal is None else retidas.get((chave, canal), ZERO))
            for canal, p in em_ordem
        ]

    def contra(self, canal: str | None, saldos: Mapping[Chave, Saldo], retidas: Retidas) -> dict[Chave, Decimal]:
        """Base units kept from a channel in each stock row: the safety stock, and what the other channels have not
        used of theirs. Rows of which nothing is kept are missing."""
        guardado: dict[Chave, Decimal] = {}
        for chave in self.por_chave.keys() & saldos.keys():
            restam = (g.resta for g in self.guardadas(chave, saldos[chave], retidas) if _alheia(g.politica, canal))
            if soma := sum(restam, ZERO):
                guardado[chave] = soma
        return guardado


def _alheia(politica: Politica, canal: str | None) -> bool:
    """Whether the policy keeps units from the channel."""
    return politica.canal is None or politica.canal != canal


SEM_PROTECAO = Protecao()


def escolher(
    politicas: Iterable[Politica], chaves: Collection[Chave], deptos: Mapping[int, int | None], dia: dt.date
) -> Protecao:
    """The policies in force on a day for each stock row: of each channel the narrowest (R30).

    ``deptos``: the department of each product, asked only where a policy is about one.
    """
    vigentes = [p for p in politicas if p.vigencia(dia) is Vigencia.VIGENTE]
    por_chave: dict[Chave, dict[str | None, Politica]] = {}
    for politica in sorted(vigentes, key=lambda p: p.precedencia):
        for chave in chaves:
            if politica.alcanca(chave, deptos.get(chave[1])):
                por_chave.setdefault(chave, {})[politica.canal] = politica
    return Protecao(por_chave) if por_chave else SEM_PROTECAO


def sem_as_proprias(retidas: Retidas, liberadas: Unidades, dono: str | None) -> dict[tuple[Chave, str], Decimal]:
    """What the channels hold once an order of ``dono`` has given back ``liberadas``."""
    restam = dict(retidas)
    for chave, quantidade in liberadas.items():
        if dono is not None and (chave, dono) in restam:
            restam[chave, dono] = max(restam[chave, dono] - quantidade, ZERO)
    return restam
