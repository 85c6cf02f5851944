"""The way of an order from its release to its invoice: the path it took, how long each step lasted, what stands (R24).
Pure."""

from __future__ import annotations

import datetime as dt
import enum
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal


class Caminho(enum.StrEnum):
    """How an invoiced order came there."""

    COM_SEPARACAO = "COM_SEPARACAO"
    COM_CARREGAMENTO = "COM_CARREGAMENTO"
    DIRETO = "DIRETO"
    SEPARACAO_PULADA = "SEPARACAO_PULADA"


class PassoDoFluxo(enum.StrEnum):
    """A step of the way."""

    ESPERA = "ESPERA"
    SEPARACAO = "SEPARACAO"
    CONFERENCIA = "CONFERENCIA"
    FATURAMENTO = "FATURAMENTO"


@dataclass(frozen=True, slots=True)
class Marcha:
    """The moments of an order by the ERP's clock; None where nothing says so. ``carimbado``: it bears any stamp of
    separation; ``em_carga``: it is in a load."""

    numped: int
    filial: str
    valor: Decimal
    liberado: dt.datetime | None
    separando: dt.datetime | None
    separado: dt.datetime | None
    conferindo: dt.datetime | None
    conferido: dt.datetime | None
    faturado: dt.datetime | None
    carimbado: bool
    em_carga: bool

    @property
    def pronto(self) -> dt.datetime | None:
        """When it was ready to be invoiced: after its last stamp, or at its release when it has none."""
        return max(filter(None, (self.separado, self.conferido)), default=None if self.carimbado else self.liberado)


def caminho(marcha: Marcha, *, carimba: bool) -> Caminho:
    """The path of an invoiced order; ``carimba``: its branch stamps what it separates."""
    if marcha.carimbado:
        return Caminho.COM_SEPARACAO
    if marcha.em_carga:
        return Caminho.COM_CARREGAMENTO
    return Caminho.SEPARACAO_PULADA if carimba else Caminho.DIRETO


def duracoes(marcha: Marcha) -> Iterator[tuple[PassoDoFluxo, dt.timedelta]]:
    """How long each step of an invoiced order lasted, of those whose both ends are known and in order."""
    for passo, inicio, fim in (
        (PassoDoFluxo.ESPERA, marcha.liberado, marcha.separando),
        (PassoDoFluxo.SEPARACAO, marcha.separando, marcha.separado),
        (PassoDoFluxo.CONFERENCIA, marcha.conferindo, marcha.conferido),
        (PassoDoFluxo.FATURAMENTO, marcha.pronto, marcha.faturado),
    ):
        if inicio is not None and fim is not None and fim >= inicio:
            yield passo, fim - inicio


def onde_esta(marcha: Marcha, *, carimba: bool) -> tuple[PassoDoFluxo, dt.datetime | None]:
    """The step that a live order is in, and since when."""
    if marcha.conferindo is not None and marcha.conferido is None:
        return PassoDoFluxo.CONFERENCIA, marcha.conferindo
    if marcha.separando is not None and marcha.separado is None:
        return PassoDoFluxo.SEPARACAO, marcha.separando
    if marcha.carimbado or marcha.em_carga or not carimba:
        return PassoDoFluxo.FATURAMENTO, marcha.pronto
    return PassoDoFluxo.ESPERA, marcha.liberado


MINUTO = dt.timedelta(minutes=1)
HORA = Decimal(60)


@dataclass(slots=True)
class Duracoes:
    """Lengths of one step, counted by the minute: as much memory for a million as for the minutes they differ by."""

    minutos: Counter[int] = field(default_factory=Counter)

    def somar(self, duracao: dt.timedelta) -> None:
        self.minutos[duracao // MINUTO] += 1

    def percentil(self, parte: Decimal) -> Decimal:
        """Hours that this part of them does not exceed, to the hundredth; there is at least one."""
        ate = max((parte * self.minutos.total()).to_integral_value(rounding="ROUND_CEILING"), Decimal(1))
        vistos = 0
        for minuto in sorted(self.minutos):
            vistos += self.minutos[minuto]
            if vistos >= ate:
                break
        return (Decimal(minuto) / HORA).quantize(Decimal("0.01"))


@dataclass(slots=True)
class Faturados:
    """What became of invoiced orders: how many took each path, worth what, and how long each step lasted."""

    caminhos: dict[Caminho, tuple[int, Decimal]] = field(default_factory=dict)
    tempos: dict[PassoDoFluxo, Duracoes] = field(default_factory=dict)

    def somar(self, marcha: Marcha, *, carimba: bool) -> None:
        """Count one more order."""
        self._contar(caminho(marcha, carimba=carimba), 1, marcha.valor)
        for passo, duracao in duracoes(marcha):
            self.tempos.setdefault(passo, Duracoes()).somar(duracao)

    def juntar(self, outros: Faturados) -> None:
        """Count those of another branch too."""
        for tomado, (pedidos, valor) in outros.caminhos.items():
            self._contar(tomado, pedidos, valor)
        for passo, tempos in outros.tempos.items():
            self.tempos.setdefault(passo, Duracoes()).minutos.update(tempos.minutos)

    def _contar(self, tomado: Caminho, quantos: int, quanto: Decimal) -> None:
        pedidos, valor = self.caminhos.get(tomado, (0, Decimal(0)))
        self.caminhos[tomado] = (pedidos + quantos, valor + quanto)


@dataclass(frozen=True, slots=True, order=True)
class NoPasso:
    """A live order in a step, since a moment by the ERP's clock; the one that has been there longest comes first."""

    desde: dt.datetime
    numped: int
    filial: str
    passo: PassoDoFluxo
