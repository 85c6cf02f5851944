"""What the gateway should answer and hold, in plain dictionaries: the pure model the machine runs beside (R4, R10–R18).

WinThor's moves are decided as its sessions decide them (``movimentos.MOVIMENTOS``), on what the model holds.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from tests.reliability import movimentos
from tests.reliability.modelo_reserva import (
    AGORA,
    DE_OUTROS,
    ENCERRADAS,
    ESTOQUE,
    FUSO,
    MORTAS,
    RCAS,
    RECUSA,
    RESGATE_VELHO,
    Corpo,
    Reserva,
    linhas,
    somar,
)
from tests.reliability.movimentos import Chave, Sorteio


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
    contador: dict[Chave, int] = field(default_factory=dict)  # QTRESERV
    bloqueio: dict[Chave, int] = field(default_factory=dict)  # QTBLOQUEADA
    mexidas: set[Chave] = field(default_factory=set)  # rows whose counters WinThor has set
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
        """QTRESERV; what is below zero counts as nothing (R4)."""
        return max(0, self.contador.get(chave, 0))

    def livre(self, chave: Chave) -> int:
        return self.estoque[chave] - self.reservado(chave) - max(0, self.bloqueio.get(chave, 0))

    def vivas(self) -> dict[Chave, int]:
        """Units of all live lines."""
        return somar(linha for r in self.reservas.values() if r.segura for linha in r.linhas if not linha.cortada)

    def conta(self) -> dict[Chave, Decimal]:
        """What each counter holds beyond the live lines: what WinThor itself did to it."""
        vivas = self.vivas()
        return {chave: Decimal(self.contador.get(chave, 0) - vivas.get(chave, 0)) for chave in self.estoque}

    def variar(self, liberar: Mapping[Chave, int], reservar: Mapping[Chave, int]) -> dict[Chave, int] | None:
        """The one plan (R4, R10): what each counter changes by, None when something is short. No more is released than
        the counter holds, and what is released does not stand in the way of what is reserved."""
        variacoes = {}
        for chave in {**liberar, **reservar}:
            liberado, pedido = min(liberar.get(chave, 0), self.reservado(chave)), reservar.get(chave, 0)
            if pedido > liberado and pedido > self.livre(chave) + liberado:
                return None
            variacoes[chave] = pedido - liberado
        return variacoes

    def contar(self, variacoes: Mapping[Chave, int]) -> None:
        for chave, variacao in variacoes.items():
            if variacao:
                self.contador[chave] = self.reservado(chave) + variacao

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

    def sabe(self, corpo: Corpo) -> bool:
        """Whether the model can say what comes of a request: which lines of an order had been cut before it expired is
        written nowhere, so it does not know what a late payment reserves again."""
        numped = corpo.get("idRetaguarda")
        if corpo["situacaoPreVenda"] != 1 or numped not in self.reservas:
            return True
        reserva = self.reservas[self.cabeca(numped)]
        return reserva.efetivo != "EXPIRADA" or not any(linha.cortada for linha in reserva.linhas)

    def _repetir(self, chave: tuple[Any, ...], situacao: int) -> Resposta:
        guardada = replace(self.aceitas[chave], repetida=True)
        reserva = self.reservas[guardada.numped or 0]
        if situacao == 0 or reserva.efetivo not in (MORTAS | DE_OUTROS if situacao == 2 else MORTAS):
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
        if atual is not None and self.reservas[atual].efetivo not in ENCERRADAS:
            return Resposta("NUMERO_EM_USO")
        variacoes = self.variar({}, somar(linhas(corpo)))
        if variacoes is None:
            return Resposta("ESTOQUE_INSUFICIENTE")
        self.contar(variacoes)
        return self._nova(corpo)

    def _nova(self, corpo: Corpo, **mais: Any) -> Resposta:
        filial = corpo["idLojaRetaguarda"]
        anterior = self.reservas.get(mais.get("anterior", 0))
        horas = int(corpo["lockTTL"][:-1]) if "lockTTL" in corpo else None if anterior is None else anterior.horas
        self._cadastrar(corpo.get("cliente"))
        nova = Reserva(
            filial,
            corpo["numero"],
            linhas(corpo),
            "AUTORIZADA",
            self.fim_do_dia(filial, 11) if horas is None else self.agora + dt.timedelta(hours=horas),
            self.rca,
            horas=horas,
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

    def renumerar(self, resposta: Resposta, numped: int) -> None:
        """The new reservation of an answer got another number than the next one: a later one of the same RCA."""
        antes = resposta.numped or 0
        reserva = self.reservas.pop(antes)
        if not antes <= numped < self.proximo[reserva.rca] // 1_000_000 * 1_000_000 + 1_000_000:
            raise AssertionError(f"{numped} não vem depois de {antes} na faixa do RCA {reserva.rca}")
        self.reservas[numped], self.proximo[reserva.rca], resposta.numped = reserva, numped + 1, numped
        self.atual[reserva.filial, reserva.numero] = numped
        if reserva.anterior is not None:
            self.reservas[reserva.anterior].seguinte = numped

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
        variacoes = self.variar(antiga.unidades if antiga.segura else {}, somar(linhas(corpo)))
        if variacoes is None:
            return Resposta("ESTOQUE_INSUFICIENTE" if estado == "AUTORIZADA" else "RESERVA_EXPIRADA")
        self.contar(variacoes)
        if estado == "AUTORIZADA":
            antiga.estado, antiga.posicao = "SUBSTITUIDA", "C"
        return self._nova(corpo, anterior=numped)

    def _pagar(self, numped: int, corpo: Corpo) -> Resposta:
        reserva = self.reservas[numped]
        estado = reserva.efetivo
        if estado in {"BAIXADA", "CANCELADA"}:
            return Resposta(RECUSA[estado])
        if self.outra_viva(reserva):
            return Resposta("NUMERO_EM_USO")
        if corpo.get("preVendaItens"):  # the rule sends items that are never those reserved
            return Resposta("ITENS_DIVERGENTES")
        if estado == "EXPIRADA":
            variacoes = self.variar({}, reserva.unidades)
            if variacoes is None:
                return Resposta("RESERVA_EXPIRADA")
            self.contar(variacoes)
            nova = replace(reserva, estado="CONFIRMADA", expira=None, posicao="L", anterior=numped, seguinte=None)
            nova.linhas = deepcopy(reserva.linhas)
            nova.cobrada |= bool(corpo.get("pagamentos"))
            return Resposta("201", self._guardar(nova))
        if reserva.estado != "CONFIRMADA":
            reserva.estado, reserva.expira = "CONFIRMADA", None
            reserva.cobrada |= bool(corpo.get("pagamentos"))
        return Resposta("200", numped)

    def _resgatar(self, numped: int, corpo: Corpo) -> Resposta:
        reserva = self.reservas[numped]
        estado = reserva.efetivo
        if estado in {"CANCELADA", "EXPIRADA"}:
            return Resposta(RECUSA[estado])
        if estado == "AUTORIZADA":
            reserva.estado, reserva.expira, reserva.mexida = "RESGATADA", None, self.agora
        return Resposta("200", numped)

    def _cancelar(self, numped: int, corpo: Corpo | None = None) -> Resposta:
        reserva = self.reservas[numped]
        if reserva.efetivo in {"RECONHECIDA", "BAIXADA", "ASSUMIDA"}:
            return Resposta(RECUSA[reserva.efetivo])
        if reserva.efetivo not in MORTAS:
            self._encerrar(reserva, "CANCELADA")
        return Resposta("200", numped)

    def _encerrar(self, reserva: Reserva, estado: str) -> None:
        self.contar(self.variar(reserva.unidades if reserva.segura else {}, {}) or {})
        reserva.estado, reserva.posicao = estado, "C"

    def expirar(self, numped: int) -> bool:
        """Whether the sweep ends it."""
        if numped not in self.vencidas():
            return False
        self._encerrar(self.reservas[numped], "EXPIRADA")
        return True

    def corrigir(self, numped: int) -> bool:
        """The back office mends what is told of an order: past due, or ended by WinThor and still counted. Whether
        there was anything to do."""
        reserva = self.reservas[numped]
        if reserva.efetivo not in {"BAIXADA", "CANCELADA"}:
            return self.expirar(numped)
        vivas = self.vivas()
        sobras = {c: min(n, self.reservado(c) - vivas.get(c, 0)) for c, n in reserva.unidades.items()}
        soltas = {chave: sobra for chave, sobra in sobras.items() if sobra > 0}
        self.contar({chave: -sobra for chave, sobra in soltas.items()})
        return bool(soltas)

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
        return reserva.efetivo == "EXPIRADA" and atual is not reserva and atual.efetivo not in ENCERRADAS

    # --- WinThor

    def mover(self, numped: int, movimento: str, sorteio: Sorteio) -> bool:
        """A session of WinThor's; whether the order allows the move."""
        mudanca = movimentos.MOVIMENTOS[movimento](self._lido(numped, sorteio, movimento), sorteio)
        if mudanca is None:
            return False
        reserva = self.reservas[numped]
        for chave, variacao in mudanca.reserva.items():
            self.contador[chave] = self.contador.get(chave, 0) + int(variacao)
        for chave, variacao in mudanca.estoque.items():
            self.estoque[chave] += int(variacao)
        self.contador.update({chave: int(valor) for chave, valor in mudanca.fixa.items()})
        self.bloqueio.update({chave: int(valor) for chave, valor in mudanca.bloqueio.items()})
        self.mexidas |= {*mudanca.conta, *mudanca.bloqueio}
        for numseq, colunas in mudanca.linhas.items():
            linha = reserva.linhas[numseq - 1]
            linha.quantidade = int(colunas.get("QT", linha.quantidade))
            linha.filial = colunas.get("CODFILIALRETIRA", linha.filial)
            linha.cortada |= colunas.get("POSICAO") == "C" and "POSICAO" not in mudanca.cabecalho
        reserva.posicao = mudanca.cabecalho.get("POSICAO", reserva.posicao)
        reserva.carregada |= "NUMCAR" in mudanca.cabecalho
        reserva.cobrada |= "CODCOB" in mudanca.cabecalho
        return True

    def _lido(self, numped: int, sorteio: Sorteio, movimento: str) -> movimentos.Pedido:
        """The order as a session would read it."""
        reserva = self.reservas[numped]
        todas = tuple(
            movimentos.Linha(
                numseq,
                linha.codprod,
                linha.filial,
                Decimal(linha.quantidade),
                Decimal(linha.preco),
                "C" if linha.cortada else reserva.posicao,
                tuple((codprod, Decimal(n)) for codprod, n in linha.partes.items()),
            )
            for numseq, linha in enumerate(reserva.linhas, 1)
        )
        chaves = set(somar(reserva.linhas))
        if movimento == "mudar_de_filial":
            chaves |= {(sorteio.outra_filial, codprod) for _, codprod in chaves}
        saldos = {
            chave: movimentos.Saldo(*[Decimal(tabela.get(chave, 0)) for tabela in self._tabelas()]) for chave in chaves
        }
        vivas = {chave: Decimal(n) for chave, n in self.vivas().items()}
        return movimentos.Pedido(
            numped,
            reserva.posicao,
            numped if reserva.posicao == "F" else None,
            movimentos.CARREGAMENTO if reserva.carregada else None,
            movimentos.COBRANCA if reserva.cobrada else None,
            todas,
            saldos,
            vivas,
        )

    def _tabelas(self) -> tuple[Mapping[Chave, int], ...]:
        return self.estoque, self.contador, self.bloqueio
