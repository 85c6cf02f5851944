"""The model with channels: what is kept of the stock for whom, branches left to the gateway, lines that are moved (R29,
R30)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.reliability.modelo import Modelo, Resposta
from tests.reliability.modelo_reserva import RECUSA, UNIDADES, Corpo, Linha, Reserva, linhas, somar
from tests.reliability.movimentos import Chave

# The branches that each store may draw from, in their order.
LISTAS = {"1": ("1", "2"), "2": ("2", "1")}
REGISTRADAS_VIVAS = {"AUTORIZADA", "RESGATADA", "CONFIRMADA"}
FUSO_DO_ERP = dt.timedelta(hours=-3)
KIT = "5000-50"


@dataclass
class Politica:
    """``canal`` None: safety stock; ``codprod`` None: of each product. ``fim``: its last day."""

    filial: str
    codprod: int | None
    canal: str | None
    quantidade: int
    fim: dt.date | None
    encerrada: bool = False


@dataclass
class ModeloDaGuarda(Modelo):
    """``proprio``: each store sells by a login of its own, else all of them by one."""

    proprio: bool = False
    politicas: dict[int, Politica] = field(default_factory=dict)
    donos: dict[int, str] = field(default_factory=dict)
    _canal: str = ""
    _dono: str = ""

    def canal(self, corpo: Corpo) -> str:
        """The login that sends a request now."""
        return f"pdv{corpo['idLojaRetaguarda']}" if self.proprio else "hub"

    def julgar(self, corpo: Corpo) -> Resposta:
        self._canal, self._dono = self.canal(corpo), ""
        return super().julgar(corpo)

    # --- what is kept

    def retidas(self, chave: Chave, canal: str) -> int:
        """Units that the live reservations of a channel hold in a stock row."""
        dele = (r for n, r in self.reservas.items() if self.donos[n] == canal)
        vivas = (r for r in dele if r.segura and r.estado in REGISTRADAS_VIVAS)
        return sum(r.unidades.get(chave, 0) for r in vivas)

    def guardado(self, chave: Chave, proprias: int) -> int:
        """Units kept from the channel that asks; ``proprias``: what the order that it alters gives back."""
        hoje = (self.agora + FUSO_DO_ERP).date()
        por_canal: dict[str | None, tuple[bool, int]] = {}
        for numero, politica in self.politicas.items():
            vale = not politica.encerrada and (politica.fim is None or politica.fim >= hoje)
            if vale and politica.filial == chave[0] and politica.codprod in {None, chave[1]}:
                quao = (politica.codprod is not None, numero)
                por_canal[politica.canal] = max(por_canal.get(politica.canal, quao), quao)
        guardado = 0
        for canal, (_, numero) in por_canal.items():
            if canal == self._canal:
                continue
            usado = 0 if canal is None else self.retidas(chave, canal) - (proprias if canal == self._dono else 0)
            guardado += max(self.politicas[numero].quantidade - max(usado, 0), 0)
        return guardado

    def pode_dar(self, chave: Chave, proprias: Mapping[Chave, int]) -> int:
        """What a stock row may give to the channel that asks, its own units counted in."""
        livre = self.livre(chave)
        guardado = min(self.guardado(chave, proprias.get(chave, 0)), max(livre, 0))
        return livre - guardado + min(proprias.get(chave, 0), self.reservado(chave))

    def variar(self, liberar: Mapping[Chave, int], reservar: Mapping[Chave, int]) -> dict[Chave, int] | None:
        variacoes = {}
        for chave in {**liberar, **reservar}:
            liberado, pedido = min(liberar.get(chave, 0), self.reservado(chave)), reservar.get(chave, 0)
            if pedido > liberado and pedido > self.pode_dar(chave, liberar):
                return None
            variacoes[chave] = pedido - liberado
        return variacoes

    # --- who holds what

    def _guardar(self, nova: Reserva) -> int:
        numped = super()._guardar(nova)
        self.donos[numped] = self._canal
        return numped

    def renumerar(self, resposta: Resposta, numped: int) -> None:
        dono = self.donos.pop(resposta.numped or 0)
        super().renumerar(resposta, numped)
        self.donos[numped] = dono

    # --- branches left to the gateway

    def _reservar(self, corpo: Corpo) -> Resposta:
        return super()._reservar(self._escolher(corpo, {}))

    def _alterar(self, numped: int, corpo: Corpo) -> Resposta:
        antiga = self.reservas[numped]
        self._dono = self.donos[numped]
        return super()._alterar(numped, self._escolher(corpo, antiga.unidades if antiga.segura else {}))

    def _escolher(self, corpo: Corpo, proprias: Mapping[Chave, int]) -> Corpo:
        """The request with the branches that its one open line comes from: the first that has it whole, else from each
        what it has, in whole packages; what they do not have together stays whole in the first."""
        abertas = [n for n, item in enumerate(corpo["preVendaItens"]) if _filial(item) == "AUTO"]
        if not abertas:
            return corpo
        (n,) = abertas
        itens = [dict(item) for item in corpo["preVendaItens"]]
        fechados = {**corpo, "preVendaItens": [item for m, item in enumerate(itens) if m != n]}
        pedidas = somar(linhas(fechados))
        lista = LISTAS[corpo["idLojaRetaguarda"]]
        falta, partes = itens[n]["quantidade"], []
        cabem = {filial: self._pacotes(itens[n], filial, pedidas, proprias) for filial in lista}
        inteira = next((filial for filial in lista if cabem[filial] >= falta), None)
        if inteira is not None:
            partes = [(inteira, falta)]
        else:
            for filial in lista:
                if tomados := min(max(cabem[filial], 0), falta):
                    partes.append((filial, tomados))
                    falta -= tomados
            if falta:
                partes = [(lista[0], itens[n]["quantidade"])]
        feitas = [_de(itens[n], filial, quantidade) for filial, quantidade in partes]
        itens[n] = feitas[0]
        return {**corpo, "preVendaItens": [*itens, *feitas[1:]]}

    def _pacotes(self, item: Corpo, filial: str, pedidas: Mapping[Chave, int], proprias: Mapping[Chave, int]) -> int:
        """Whole packages of a line that a branch may give beside what other lines ask of it."""
        um = Linha(filial, 50, 1, 0, {1: 2, 3: 1}) if item["idProdutoRetaguarda"] == KIT else None
        if um is None:
            produto = item["idProdutoRetaguarda"]
            um = Linha(filial, int(produto.split("-")[1]), UNIDADES[produto], 0)
        return min(
            (self.pode_dar(chave, proprias) - pedidas.get(chave, 0)) // unidades
            for chave, unidades in um.unidades().items()
        )

    # --- lines that are moved

    def remanejar(self, numped: int, numseq: int, filial: str) -> Resposta:
        """The back office moves a line to another branch, under the same number."""
        reserva = self.reservas[numped]
        if reserva.seguinte is not None:
            return Resposta("RESERVA_SUBSTITUIDA")
        if reserva.efetivo not in {"AUTORIZADA", "CONFIRMADA"}:
            return Resposta(RECUSA[reserva.efetivo])
        if not 1 <= numseq <= len(reserva.linhas) or reserva.linhas[numseq - 1].cortada:
            return Resposta("CAMPO_INVALIDO")
        linha = reserva.linhas[numseq - 1]
        if linha.filial != filial:
            # What is moved stays that of who reserved it.
            self._canal, self._dono = self.donos[numped], ""
            sai = linha.unidades()
            chega = {(filial, codprod): n for (_, codprod), n in sai.items()}
            variacoes = self.variar(sai, chega)
            if variacoes is None:
                return Resposta("ESTOQUE_INSUFICIENTE")
            self.contar(variacoes)
            linha.filial = filial
        return Resposta("200", numped)


def _filial(item: Corpo) -> Any:
    return item.get("entrega", {}).get("idLojaEntregaRetaguarda")


def _de(item: Corpo, filial: str, quantidade: int) -> Corpo:
    return {**item, "quantidade": quantidade, "entrega": {"idLojaEntregaRetaguarda": filial}}
