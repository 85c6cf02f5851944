"""Is there stock for it? The plan of a reservation, or every shortage of it (R4, R5, R10). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.domain.dinheiro import ZERO, texto
from app.domain.itens import Linha
from app.domain.recusas import Problema

# The row of stock: (CODFILIAL, CODPROD).
Chave = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Saldo:
    """A locked row of PCEST, in base units; NULL is 0."""

    qtestger: Decimal = ZERO
    qtreserv: Decimal = ZERO
    qtbloqueada: Decimal = ZERO
    qtpendente: Decimal = ZERO
    qtindustria: Decimal = ZERO
    custoreal: Decimal = ZERO
    custofin: Decimal = ZERO
    custorep: Decimal = ZERO
    custocont: Decimal = ZERO

    def disponivel(self, desconta: Collection[str] = ()) -> Decimal:
        """What may be sold (R4); below zero when the row is already overdrawn."""
        livre = self.qtestger - self.qtreserv - self.qtbloqueada
        if "QTPENDENTE" in desconta:
            livre -= self.qtpendente
        if "QTINDUSTRIA" in desconta:
            livre -= self.qtindustria
        return livre


@dataclass(frozen=True, slots=True)
class Falta:
    """A stock row that cannot give what is asked. ``linhas``: indices of the items that ask for it."""

    filial: str
    codprod: int
    pedida: Decimal
    disponivel: Decimal
    linhas: tuple[int, ...]


def somar_necessidades(linhas: Iterable[Linha], modo_kit: str) -> dict[Chave, Decimal]:
    """Base units asked of each stock row, loose lines and kit components together (R5), in lock order (R20)."""
    soma: dict[Chave, Decimal] = {}
    for linha in linhas:
        for codprod, quantidade in _partes(linha, modo_kit):
            chave = (linha.filial_retira, codprod)
            soma[chave] = soma.get(chave, ZERO) + quantidade
    return dict(sorted(soma.items()))


def _partes(linha: Linha, modo_kit: str) -> Iterable[tuple[int, Decimal]]:
    if not linha.componentes:
        yield linha.produto.codprod, linha.qt
        return
    if modo_kit in {"header", "both"}:
        yield linha.produto.codprod, linha.qt
    if modo_kit in {"components", "both"}:
        for componente in linha.componentes:
            yield componente.produto.codprod, componente.qtmp * linha.qt


def achar_faltas(
    necessidades: Mapping[Chave, Decimal],
    saldos: Mapping[Chave, Saldo],
    linhas: Sequence[Linha],
    modo_kit: str,
    *,
    desconta: Collection[str] = (),
    sem_estoque: Collection[str] = (),
    proprias: Mapping[Chave, Decimal] | None = None,
) -> list[Falta]:
    """Every stock row that is short; empty when the whole may be reserved. No row in PCEST = nothing to sell.

    ``proprias`` are units that the same transaction frees (the old reservation of an alteration): they do not block.
    ``sem_estoque``: branches that may sell without stock.
    """
    faltas: list[Falta] = []
    for chave, pedida in necessidades.items():
        filial, codprod = chave
        saldo = saldos.get(chave)
        liberada = (proprias or {}).get(chave, ZERO)
        if saldo is not None and (filial in sem_estoque or pedida <= liberada):
            continue
        disponivel = ZERO if saldo is None else saldo.disponivel(desconta) + liberada
        if saldo is None or pedida > disponivel:
            quem = tuple(
                linha.indice
                for linha in linhas
                if linha.filial_retira == filial and any(parte == codprod for parte, _ in _partes(linha, modo_kit))
            )
            faltas.append(Falta(filial, codprod, pedida, max(disponivel, ZERO), quem))
    return faltas


def problemas_das_faltas(
    faltas: Iterable[Falta], outras_filiais: Mapping[int, Mapping[str, Decimal]]
) -> list[Problema]:
    """One problem per short stock row: asked, available, and the branches that have it all."""
    return [
        Problema(
            "ESTOQUE_INSUFICIENTE",
            f"Produto {falta.codprod}, filial {falta.filial}: pedido {texto(falta.pedida)}, "
            f"disponível {texto(falta.disponivel)}.",
            f"/preVendaItens/{falta.linhas[0]}/quantidade" if falta.linhas else None,
            extra={
                "codprod": falta.codprod,
                "filial": falta.filial,
                "pedida": falta.pedida,
                "disponivel": falta.disponivel,
                "itens": list(falta.linhas),
                "filiaisComEstoque": [
                    {"filial": filial, "disponivel": livre}
                    for filial, livre in sorted(outras_filiais.get(falta.codprod, {}).items())
                    if filial != falta.filial and livre >= falta.pedida
                ],
            },
        )
        for falta in faltas
    ]
