"""What the gateway should answer and hold, in plain dictionaries: the pure model the machine runs beside (R10–R18)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

Chave = tuple[str, int]
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
RECUSA = {
    "RECONHECIDA": "RESERVA_EM_SEPARACAO",
    "BAIXADA": "RESERVA_FATURADA",
    "CONFIRMADA": "RESERVA_CONFIRMADA",
    "RESGATADA": "RESERVA_RESGATADA",
    "CANCELADA": "RESERVA_CANCELADA",
    "EXPIRADA": "RESERVA_EXPIRADA",
}


@dataclass
class Reserva:
    """What the model knows of a number."""

    filial: str
    numero: str
    unidades: dict[Chave, int]
    total: int
    estado: str
    expira: dt.datetime | None
    rca: int
    anterior: int | None = None
    seguinte: int | None = None
    posicao: str = "L"
    mexida: dt.datetime = AGORA

    @property
    def efetivo(self) -> str:
        """The state that counts, with what WinThor did."""
        if self.estado in MORTAS:
            return self.estado
        return {"F": "BAIXADA", "M": "RECONHECIDA", "C": "CANCELADA"}.get(self.posicao, self.estado)

    @property
    def segura(self) -> bool:
        return self.posicao in {"L", "M"}


@dataclass
class Resposta:
    """What is to be answered: the status or the code, the number, whether it is a stored answer."""

    codigo: str
    numped: int | None = None
    repetida: bool = False


@dataclass
class Modelo:
    """Stock, reservations and answers, in plain dictionaries. Its clock is the gateway's."""

    agora: dt.datetime = AGORA
    estoque: dict[Chave, int] = field(default_factory=lambda: dict(ESTOQUE))
    reservas: dict[int, Reserva] = field(default_factory=dict)
    atual: dict[tuple[str, str], int] = field(default_factory=dict)
    aceitas: dict[tuple[Any, ...], Resposta] = field(default_factory=dict)
    clientes: dict[str, int] = field(default_factory=dict)
    valida_cep: bool = True
    cep_no_ar: bool = True
    rca: int = RCAS[0]
    proximo: dict[int, int] = field(default_factory=lambda: {rca: rca * 1_000_000 + 1 for rca in RCAS})
    proximo_cliente: int = 1000

    def reservado(self, chave: Chave) -> int:
        return sum(r.unidades.get(chave, 0) for r in self.reservas.values() if r.segura)

    def livre(self, chave: Chave) -> int:
        return self.estoque[chave] - self.reservado(chave)

    def cabe(self, unidades: dict[Chave, int], proprias: dict[Chave, int] | None = None) -> bool:
        return all(n <= self.livre(c) + (proprias or {}).get(c, 0) for c, n in unidades.items())

    def julgar(self, corpo: Corpo) -> Resposta:
        """The answer to a request; its effect is done."""
        identidade = (corpo["idLojaRetaguarda"], corpo["numero"], corpo["situacaoPreVenda"], corpo.get("idRetaguarda"))
        chave = (*identidade, json.dumps(corpo, sort_keys=True))
        if chave in self.aceitas:
            return self._repetir(chave, corpo["situacaoPreVenda"])
        resposta = self._julgar(corpo)
        if resposta.codigo in {"200", "201"}:
            self.aceitas[chave] = resposta
        return resposta

    def _repetir(self, chave: tuple[Any, ...], situacao: int) -> Resposta:
        guardada = replace(self.aceitas[chave], repetida=True)
        reserva = self.reservas[guardada.numped or 0]
        if situacao == 0 or reserva.efetivo not in MORTAS:
            return guardada
        return Resposta("RESERVA_SUBSTITUIDA" if reserva.seguinte else RECUSA[reserva.efetivo])

    def _julgar(self, corpo: Corpo) -> Resposta:
        situacao, numped = corpo["situacaoPreVenda"], corpo.get("idRetaguarda")
        if numped is None:
            return self._reservar(corpo)
        reserva = self.reservas.get(numped)
        if reserva is None or (reserva.filial, reserva.numero) != (corpo["idLojaRetaguarda"], corpo["numero"]):
            return Resposta("RESERVA_NAO_ENCONTRADA")
        if reserva.seguinte is not None:
            if situacao == 2:
                return Resposta("RESERVA_SUBSTITUIDA")
            numped = self.cabeca(numped)
        return {0: self._cancelar, 1: self._pagar, 2: self._alterar, 3: self._resgatar}[situacao](numped, corpo)

    def cabeca(self, numped: int) -> int:
        while (seguinte := self.reservas[numped].seguinte) is not None:
            numped = seguinte
        return numped

    def _reservar(self, corpo: Corpo) -> Resposta:
        atual = self.atual.get((corpo["idLojaRetaguarda"], corpo["numero"]))
        if atual is not None and self.reservas[atual].efetivo not in MORTAS:
            return Resposta("NUMERO_EM_USO")
        if not self.cabe(unidades(corpo)):
            return Resposta("ESTOQUE_INSUFICIENTE")
        return self._nova(corpo)

    def _nova(self, corpo: Corpo, **mais: Any) -> Resposta:
        filial = corpo["idLojaRetaguarda"]
        self._cadastrar(corpo.get("cliente"))
        nova = Reserva(
            filial,
            corpo["numero"],
            unidades(corpo),
            total(corpo),
            "AUTORIZADA",
            self._prazo(filial, corpo),
            self.rca,
            **mais,
        )
        return Resposta("201", self._guardar(nova))

    def _guardar(self, nova: Reserva) -> int:
        nova.mexida = self.agora
        numped = self.proximo[nova.rca]
        self.proximo[nova.rca] += 1
        self.reservas[numped] = nova
        self.atual[nova.filial, nova.numero] = numped
        if nova.anterior is not None:
            self.reservas[nova.anterior].seguinte = numped
        return numped

    def _prazo(self, filial: str, corpo: Corpo) -> dt.datetime:
        if "lockTTL" in corpo:
            return self.agora + dt.timedelta(hours=int(corpo["lockTTL"][:-1]))
        return self.fim_do_dia(filial, 11)

    def fim_do_dia(self, filial: str, dias: int) -> dt.datetime:
        local = self.agora + FUSO[filial]
        fim = local.replace(hour=23, minute=59, second=59, microsecond=0) + dt.timedelta(days=dias)
        return fim - FUSO[filial]

    def _cadastrar(self, cliente: Corpo | None) -> None:
        if cliente is None or cliente["cpfCnpj"] in self.clientes:
            return
        if cliente["cep"] == "01001-000" or not self.valida_cep or not self.cep_no_ar:
            self.clientes[cliente["cpfCnpj"]] = self.proximo_cliente
            self.proximo_cliente += 1

    def _alterar(self, numped: int, corpo: Corpo) -> Resposta:
        antiga = self.reservas[numped]
        estado = antiga.efetivo
        if estado not in {"AUTORIZADA", "EXPIRADA"}:
            return Resposta(RECUSA[estado])
        if self.outra_viva(antiga):
            return Resposta("NUMERO_EM_USO")
        if not self.cabe(unidades(corpo), antiga.unidades if antiga.segura else None):
            return Resposta("ESTOQUE_INSUFICIENTE" if estado == "AUTORIZADA" else "RESERVA_EXPIRADA")
        if estado == "AUTORIZADA":
            antiga.estado, antiga.posicao = "SUBSTITUIDA", "C"
        return self._nova(corpo, anterior=numped)

    def _pagar(self, numped: int, corpo: Corpo) -> Resposta:
        reserva = self.reservas[numped]
        estado = reserva.efetivo
        if estado in {"RECONHECIDA", "BAIXADA", "CANCELADA"}:
            return Resposta(RECUSA[estado])
        if self.outra_viva(reserva):
            return Resposta("NUMERO_EM_USO")
        if corpo.get("preVendaItens"):  # the rule sends items that are never those reserved
            return Resposta("ITENS_DIVERGENTES")
        if estado == "EXPIRADA":
            if not self.cabe(reserva.unidades):
                return Resposta("RESERVA_EXPIRADA")
            nova = replace(reserva, estado="CONFIRMADA", expira=None, posicao="L", anterior=numped, seguinte=None)
            return Resposta("201", self._guardar(nova))
        if estado != "CONFIRMADA":
            reserva.estado, reserva.expira = "CONFIRMADA", None
        return Resposta("200", numped)

    def _resgatar(self, numped: int, corpo: Corpo) -> Resposta:
        reserva = self.reservas[numped]
        estado = reserva.efetivo
        if estado in {"RECONHECIDA", "CANCELADA", "EXPIRADA"}:
            return Resposta(RECUSA[estado])
        if estado == "AUTORIZADA":
            reserva.estado, reserva.expira, reserva.mexida = "RESGATADA", None, self.agora
        return Resposta("200", numped)

    def _cancelar(self, numped: int, corpo: Corpo | None = None) -> Resposta:
        reserva = self.reservas[numped]
        if reserva.efetivo in {"RECONHECIDA", "BAIXADA"}:
            return Resposta(RECUSA[reserva.efetivo])
        if reserva.efetivo not in MORTAS:
            reserva.estado, reserva.posicao = "CANCELADA", "C"
        return Resposta("200", numped)

    def cancelar_no_painel(self, numped: int) -> Resposta:
        return self._cancelar(self.cabeca(numped))

    def prorrogar(self, numped: int, dias: int) -> Resposta:
        numped = self.cabeca(numped)
        reserva = self.reservas[numped]
        if reserva.efetivo != "AUTORIZADA":
            return Resposta(RECUSA[reserva.efetivo])
        reserva.expira = self.fim_do_dia(reserva.filial, dias)
        return Resposta("200", numped)

    def vencidas(self) -> list[int]:
        """The numbers the sweep must end now."""
        return [
            n
            for n, r in self.reservas.items()
            if r.efetivo == "AUTORIZADA" and r.expira is not None and r.expira <= self.agora
        ]

    def velhas(self) -> list[int]:
        """Rescued and forgotten: listed, not ended."""
        return [
            n for n, r in self.reservas.items() if r.efetivo == "RESGATADA" and r.mexida <= self.agora - RESGATE_VELHO
        ]

    def outra_viva(self, reserva: Reserva) -> bool:
        """Whether an expired reservation's pre-sale has been reserved anew."""
        atual = self.reservas[self.atual[reserva.filial, reserva.numero]]
        return reserva.efetivo == "EXPIRADA" and atual is not reserva and atual.efetivo not in MORTAS


def linhas(corpo: Corpo) -> Iterable[tuple[Chave, int]]:
    """(stock row, units) of every line of a request, kits as their components."""
    for linha in corpo["preVendaItens"]:
        filial = linha.get("entrega", {}).get("idLojaEntregaRetaguarda") or corpo["idLojaRetaguarda"]
        produto, quantidade = linha["idProdutoRetaguarda"], linha["quantidade"]
        if produto == "5000-50":
            for codprod, partes in COMPOSICAO.items():
                yield (filial, codprod), partes * quantidade
        else:
            yield (filial, int(produto.split("-")[1])), UNIDADES[produto] * quantidade


def unidades(corpo: Corpo) -> dict[Chave, int]:
    soma: dict[Chave, int] = {}
    for chave, quantidade in linhas(corpo):
        soma[chave] = soma.get(chave, 0) + quantidade
    return soma


def total(corpo: Corpo) -> int:
    return sum(linha["quantidade"] * linha["preco"] for linha in corpo["preVendaItens"])
