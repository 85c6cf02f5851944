"""What WinThor's sessions do to an order and its stock rows: one pure decision each, on what was read under the locks.

They behave: they sell nothing twice and keep counters and lines together, but for the moves of ``CONTADORES``, which
say what they left. The sessions themselves are in ``winthor``; the model of the state machine decides alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Chave = tuple[str, int]  # (CODFILIAL, CODPROD)
Quantias = Mapping[Chave, Decimal]

ZERO = Decimal(0)
RETEM = frozenset({"L", "M"})
NOVA = "X"
PRESAS = frozenset({"B", "P", NOVA})
ABSURDO = Decimal(-5)
CARREGAMENTO = 77
COBRANCA = "D"

# What a session locks, in this order; every second one goes through the stock rows downwards.
ORDENS: Mapping[str, tuple[str, ...]] = {
    "estoque primeiro": ("PCEST", "PCPEDI", "PCPEDC"),
    "cabeçalho primeiro": ("PCPEDC", "PCPEDI", "PCEST"),
}
# Lines and counters are changed without a look at the header too.
SEM_CABECALHO: Mapping[str, tuple[str, ...]] = {
    "estoque e linhas": ("PCEST", "PCPEDI"),
    "linhas e estoque": ("PCPEDI", "PCEST"),
}
# … and lines and header without a look at the stock.
SEM_ESTOQUE: Mapping[str, tuple[str, ...]] = {"linhas e cabeçalho": ("PCPEDI", "PCPEDC")}
TODAS_AS_ORDENS = {**ORDENS, **SEM_CABECALHO, **SEM_ESTOQUE}
PARA_BAIXO = frozenset({"cabeçalho primeiro", "linhas e estoque"})


# --- what a session reads


@dataclass(frozen=True, slots=True)
class Linha:
    """A line, base units. ``partes``: component and its units in one kit."""

    numseq: int
    codprod: int
    filial: str
    qt: Decimal
    pvenda: Decimal
    posicao: str
    partes: tuple[tuple[int, Decimal], ...] = ()

    def unidades(self, qt: Decimal | None = None, filial: str | None = None) -> dict[Chave, Decimal]:
        """What so many of the line hold of each stock row; by default the line as it is."""
        quantas, onde = self.qt if qt is None else qt, filial or self.filial
        if not self.partes:
            return {(onde, self.codprod): quantas}
        return {(onde, codprod): quantas * qtmp for codprod, qtmp in self.partes}


@dataclass(frozen=True, slots=True)
class Saldo:
    qtestger: Decimal
    qtreserv: Decimal
    qtbloqueada: Decimal

    @property
    def livre(self) -> Decimal:
        return self.qtestger - max(self.qtreserv, ZERO) - max(self.qtbloqueada, ZERO)


@dataclass(frozen=True)
class Pedido:
    """An order under the session's locks. ``vivas``: units that all live lines hold of its stock rows, its own too."""

    numped: int
    posicao: str
    numtransvenda: int | None
    numcar: int | None
    codcob: str | None
    linhas: tuple[Linha, ...]
    saldos: Mapping[Chave, Saldo]
    vivas: Quantias

    @property
    def segura(self) -> bool:
        return self.posicao in RETEM and not self.numtransvenda

    @property
    def inteiras(self) -> list[Linha]:
        """The lines that were not cut."""
        return [linha for linha in self.linhas if linha.posicao != "C"]

    def unidades(self) -> dict[Chave, Decimal]:
        return somar(linha.unidades() for linha in self.inteiras)

    def cabe(self, unidades: Quantias) -> bool:
        return all(chave in self.saldos and self.saldos[chave].livre >= n for chave, n in unidades.items())


def somar(partes: Iterable[Quantias]) -> dict[Chave, Decimal]:
    soma: dict[Chave, Decimal] = defaultdict(Decimal)
    for parte in partes:
        for chave, quantas in parte.items():
            soma[chave] += quantas
    return dict(soma)


def menos(unidades: Quantias) -> dict[Chave, Decimal]:
    return {chave: -quantas for chave, quantas in unidades.items()}


# --- what it decides


@dataclass(frozen=True)
class Sorteio:
    """What is drawn for a move: which line, how many units, the branch a line goes to."""

    linha: int = 0
    quantidade: int = 1
    outra_filial: str = "2"


@dataclass(frozen=True)
class Mudanca:
    """``reserva``, ``estoque``: what QTRESERV and QTESTGER change by; ``fixa``, ``bloqueio``: what QTRESERV and
    QTBLOQUEADA become; ``linhas``, ``cabecalho``: columns. ``conta``: what a counter that was set holds beyond the live
    lines since then; every other move changes counter and lines alike."""

    reserva: Quantias = field(default_factory=dict)
    estoque: Quantias = field(default_factory=dict)
    fixa: Quantias = field(default_factory=dict)
    bloqueio: Quantias = field(default_factory=dict)
    linhas: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    cabecalho: Mapping[str, Any] = field(default_factory=dict)
    conta: Quantias = field(default_factory=dict)


Decisao = Callable[[Pedido, Sorteio], Mudanca | None]


def _mudar_quantidade(pedido: Pedido, sorteio: Sorteio, quanto: int) -> Mudanca | None:
    linha = _uma(pedido, sorteio)
    if linha is None or linha.qt + quanto < 1:
        return None
    variacao = linha.unidades(Decimal(quanto))
    if quanto > 0 and not pedido.cabe(variacao):
        return None
    return Mudanca(
        reserva=variacao,
        linhas={linha.numseq: {"QT": linha.qt + quanto}},
        cabecalho={"VALOR": quanto * linha.pvenda},
    )


def _uma(pedido: Pedido, sorteio: Sorteio) -> Linha | None:
    """The line drawn, of an order whose units are counted."""
    inteiras = pedido.inteiras
    return inteiras[sorteio.linha % len(inteiras)] if pedido.segura and inteiras else None


def aumentar(pedido: Pedido, sorteio: Sorteio) -> Mudanca | None:
    """PCPEDI.QT and QTRESERV go up, as far as there is stock."""
    return _mudar_quantidade(pedido, sorteio, sorteio.quantidade)


def diminuir(pedido: Pedido, sorteio: Sorteio) -> Mudanca | None:
    return _mudar_quantidade(pedido, sorteio, -sorteio.quantidade)


def cortar(pedido: Pedido, sorteio: Sorteio) -> Mudanca | None:
    """A line to position 'C', its units given back; the last one is never cut."""
    linha = _uma(pedido, sorteio)
    if linha is None or len(pedido.inteiras) < 2:
        return None
    return Mudanca(reserva=menos(linha.unidades()), linhas={linha.numseq: {"POSICAO": "C"}})


def _posicionar(pedido: Pedido, posicao: str, **mais: Any) -> Mudanca:
    linhas = {linha.numseq: {"POSICAO": posicao} for linha in pedido.inteiras}
    return Mudanca(linhas=linhas, cabecalho={"POSICAO": posicao}, **mais)


def bloquear(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    """Held back: 'B' in header and lines, not counted any more."""
    return _posicionar(pedido, "B", reserva=menos(pedido.unidades())) if pedido.posicao == "L" else None


def pender(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    return _posicionar(pedido, "P", reserva=menos(pedido.unidades())) if pedido.posicao == "L" else None


def posicao_nova(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    """A position that no table of ours knows, which holds nothing."""
    return _posicionar(pedido, NOVA, reserva=menos(pedido.unidades())) if pedido.posicao == "L" else None


def desbloquear(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    """Released again, when its units are still there."""
    unidades = pedido.unidades()
    if pedido.posicao not in PRESAS or not pedido.cabe(unidades):
        return None
    return _posicionar(pedido, "L", reserva=unidades)


def montar(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    return _posicionar(pedido, "M") if pedido.posicao == "L" else None


def carregar(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    """Put on a load; the position stays."""
    return Mudanca(cabecalho={"NUMCAR": CARREGAMENTO}) if pedido.posicao == "L" and not pedido.numcar else None


def faturar(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    """Invoiced: units and reservation go down together."""
    if not pedido.segura:
        return None
    saida = menos(pedido.unidades())
    return _posicionar(pedido, "F", reserva=saida, estoque=saida)


def cancelar(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    if pedido.posicao in {"C", "F"}:
        return None
    return _posicionar(pedido, "C", reserva=menos(pedido.unidades()) if pedido.segura else {})


def cobrar(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    """A person fills CODCOB."""
    return Mudanca(cabecalho={"CODCOB": COBRANCA}) if pedido.posicao == "L" and not pedido.codcob else None


def mudar_de_filial(pedido: Pedido, sorteio: Sorteio) -> Mudanca | None:
    """A line is taken from another branch, if it has the units."""
    linha = _uma(pedido, sorteio)
    if linha is None or linha.filial == sorteio.outra_filial:
        return None
    chegam = linha.unidades(filial=sorteio.outra_filial)
    if not pedido.cabe(chegam):
        return None
    return Mudanca(
        reserva=somar([menos(linha.unidades()), chegam]),
        linhas={linha.numseq: {"CODFILIALRETIRA": sorteio.outra_filial}},
    )


def _fixar(pedido: Pedido, valores: Quantias) -> Mudanca:
    conta = {chave: valor - pedido.vivas.get(chave, ZERO) for chave, valor in valores.items()}
    return Mudanca(fixa=valores, conta=conta)


def recalcular(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    """QTRESERV of the order's stock rows becomes the sum of the live lines, as the ERP's own routine has it."""
    return _fixar(pedido, {chave: pedido.vivas.get(chave, ZERO) for chave in pedido.saldos})


def ajustar(pedido: Pedido, sorteio: Sorteio) -> Mudanca | None:
    """Units that another routine counts go on top of the lines, as far as there is stock."""
    chave = max(pedido.saldos)
    mais = {chave: Decimal(sorteio.quantidade)}
    if not pedido.cabe(mais):
        return None
    conta = {chave: pedido.saldos[chave].qtreserv + mais[chave] - pedido.vivas.get(chave, ZERO)}
    return Mudanca(reserva=mais, conta=conta)


def zerar_contador(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    return _fixar(pedido, {max(pedido.saldos): ZERO})


def contador_absurdo(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    """QTRESERV below zero."""
    return _fixar(pedido, {max(pedido.saldos): ABSURDO})


def bloqueio_absurdo(pedido: Pedido, _sorteio: Sorteio) -> Mudanca | None:
    """QTBLOQUEADA below zero."""
    return Mudanca(bloqueio={max(pedido.saldos): ABSURDO})


MOVIMENTOS: Mapping[str, Decisao] = {
    decisao.__name__: decisao
    for decisao in (
        aumentar,
        diminuir,
        cortar,
        bloquear,
        pender,
        posicao_nova,
        desbloquear,
        montar,
        carregar,
        faturar,
        cancelar,
        cobrar,
        mudar_de_filial,
        recalcular,
        ajustar,
        zerar_contador,
        contador_absurdo,
        bloqueio_absurdo,
    )
}
CONTADORES = frozenset({"recalcular", "ajustar", "zerar_contador", "contador_absurdo", "bloqueio_absurdo"})
DE_LINHA = frozenset({"aumentar", "diminuir", "cortar", "mudar_de_filial"})
DE_PEDIDO = frozenset({"montar", "carregar", "cobrar"})


def ordens(movimento: str) -> list[str]:
    """The lock orders that a move may go by."""
    de_linha = SEM_CABECALHO if movimento in CONTADORES | DE_LINHA else {}
    return [*ORDENS, *de_linha, *(SEM_ESTOQUE if movimento in DE_PEDIDO else {})]
