"""The reservations of the model: what it knows of a number, and how it reads a request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.reliability.movimentos import RETEM, Chave

Corpo = dict[str, Any]

# Monday, 09:00 in São Paulo.
AGORA = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)
FUSO = {"1": dt.timedelta(hours=-3), "2": dt.timedelta(hours=-4)}  # no summer time in 2026
ESTOQUE: dict[Chave, int] = {
    (filial, codprod): n for filial in FUSO for codprod, n in ((1, 30), (3, 8), (1001, 10), (50, 0))
}
UNIDADES = {"100-1": 1, "123-1": 12, "300-3": 1, "10010-1001": 1}
COMPOSICAO = {1: 2, 3: 1}
CPFS = ("52998224725", "11144477735")
RCAS = (8, 1)  # of parameter 4012
RESGATE_VELHO = dt.timedelta(days=30)

MORTAS = {"CANCELADA", "EXPIRADA", "SUBSTITUIDA"}
# Their pre-sale may be reserved anew (R12, R21): what was invoiced lives no more.
ENCERRADAS = MORTAS | {"BAIXADA"}
# What WinThor has ended or taken over: a reservation's own answer is not replayed any more (R12).
DE_OUTROS = {"BAIXADA", "RECONHECIDA", "BLOQUEADA", "ASSUMIDA"}
RECUSA = {
    "ASSUMIDA": "RESERVA_ASSUMIDA",
    "BLOQUEADA": "RESERVA_BLOQUEADA",
    "RECONHECIDA": "RESERVA_EM_SEPARACAO",
    "BAIXADA": "RESERVA_FATURADA",
    "CONFIRMADA": "RESERVA_CONFIRMADA",
    "RESGATADA": "RESERVA_RESGATADA",
    "CANCELADA": "RESERVA_CANCELADA",
    "EXPIRADA": "RESERVA_EXPIRADA",
}


@dataclass
class Linha:
    """A line in base units. ``partes``: components in one kit."""

    filial: str
    codprod: int
    quantidade: int
    preco: int
    partes: Mapping[int, int] = field(default_factory=dict)
    cortada: bool = False

    def unidades(self) -> dict[Chave, int]:
        if not self.partes:
            return {(self.filial, self.codprod): self.quantidade}
        return {(self.filial, codprod): n * self.quantidade for codprod, n in self.partes.items()}


@dataclass
class Reserva:
    """What the model knows of a number. ``posicao``, ``carregada``, ``cobrada``: what WinThor made of the order;
    ``horas``: the lockTTL that its chain asked for."""

    filial: str
    numero: str
    linhas: list[Linha]
    estado: str
    expira: dt.datetime | None
    rca: int
    anterior: int | None = None
    seguinte: int | None = None
    posicao: str = "L"
    carregada: bool = False
    cobrada: bool = False
    mexida: dt.datetime = AGORA
    horas: int | None = None

    @property
    def efetivo(self) -> str:
        """The state that counts, with what WinThor did, the strongest first (R16)."""
        if self.estado in MORTAS:
            return self.estado
        if self.posicao in {"F", "C"}:
            return {"F": "BAIXADA", "C": "CANCELADA"}[self.posicao]
        if self.posicao == "M" or self.carregada:
            return "RECONHECIDA"
        if self.posicao != "L":
            return "BLOQUEADA"
        return "ASSUMIDA" if self.cobrada and self.estado != "CONFIRMADA" else self.estado

    @property
    def segura(self) -> bool:
        return self.posicao in RETEM

    @property
    def unidades(self) -> dict[Chave, int]:
        """Units of the lines that were not cut."""
        return somar(linha for linha in self.linhas if not linha.cortada)

    @property
    def total(self) -> int:
        return sum(linha.quantidade * linha.preco for linha in self.linhas)


def linhas(corpo: Corpo) -> list[Linha]:
    """The lines of a request."""
    feitas = []
    for item in corpo["preVendaItens"]:
        filial = item.get("entrega", {}).get("idLojaEntregaRetaguarda") or corpo["idLojaRetaguarda"]
        produto, unidades = item["idProdutoRetaguarda"], UNIDADES.get(item["idProdutoRetaguarda"], 1)
        codprod, partes = int(produto.split("-")[1]), COMPOSICAO if produto == "5000-50" else {}
        feitas.append(Linha(filial, codprod, unidades * item["quantidade"], item["preco"] // unidades, partes))
    return feitas


def somar(linhas: Iterable[Linha]) -> dict[Chave, int]:
    """Units of each stock row."""
    soma: dict[Chave, int] = {}
    for linha in linhas:
        for chave, quantidade in linha.unidades().items():
            soma[chave] = soma.get(chave, 0) + quantidade
    return soma
