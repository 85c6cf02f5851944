"""The machine with everything around the points of sale: time, faults, restarts, the back office, and WinThor."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any
from unittest.mock import ANY

import hypothesis.strategies as st
import pytest
import sqlalchemy as sa
from hypothesis import assume
from hypothesis.stateful import rule
from sqlalchemy import event
from werkzeug.test import TestResponse

from app.cep.sem_rede import VerificadorDemonstracao
from app.domain.endereco import CepIndisponivel
from app.services.conciliacao import conciliar
from app.services.operacao import recuperacao
from app.services.tempo import encerrar, expirar
from tests.integration.test_desfecho import Falhar, antes_do_efeito, commit_perdido, depois_do_efeito
from tests.reliability import winthor
from tests.reliability.maquina import FILIAL, INDICE, LINHAS, Maquina
from tests.reliability.modelo import Resposta
from tests.reliability.modelo_reserva import AGORA, DE_OUTROS, ESTOQUE, RCAS, Corpo
from tests.reliability.movimentos import CONTADORES, MOVIMENTOS, ORDENS, PRESAS, Chave, Sorteio
from tests.support.gateway import Casa

DEPOIS_DO_COMMIT = "COMMIT"
# Where the process dies: before the first statement that starts so, or once COMMIT has taken effect.
QUEDA = st.sampled_from(
    [
        "UPDATE GW_OPERACAO",
        "INSERT INTO PCPEDC ",
        "INSERT INTO PCPEDI ",
        "UPDATE PCEST",
        "INSERT INTO GW_RESERVA",
        "UPDATE PCLOGPEDIDOAPI",
        DEPOIS_DO_COMMIT,
    ]
)
# The moves of lines and orders come oftener than those that leave a counter wrong.
MOVIMENTOS_SORTEADOS = [*sorted(MOVIMENTOS.keys() - CONTADORES) * 3, *sorted(CONTADORES)]
COMMIT_PERDIDO = st.sampled_from([antes_do_efeito, depois_do_efeito])


class Queda(BaseException):
    """The process dies."""


@contextlib.contextmanager
def queda(casa: Casa, onde: str) -> Iterator[None]:
    """The gateway dies when it gets there."""

    def morrer(connection: sa.Connection, _cursor: Any, statement: str, *_: Any) -> None:
        connection.info["do_teste"] = statement.startswith("UPDATE GW_OPERACAO")
        if statement.startswith(onde):
            raise Queda

    def morrer_depois(connection: sa.Connection) -> None:
        driver = connection.connection.dbapi_connection
        if onde == DEPOIS_DO_COMMIT and connection.info.pop("do_teste", False) and driver is not None:
            driver.commit()
            raise Queda

    event.listen(casa.gw.db.engine, "before_cursor_execute", morrer)
    event.listen(casa.gw.db.engine, "commit", morrer_depois)
    yield
    event.remove(casa.gw.db.engine, "before_cursor_execute", morrer)
    event.remove(casa.gw.db.engine, "commit", morrer_depois)


class CepForaDoAr:
    """Neither service answers."""

    def verificar(self, cep: str | None) -> CepIndisponivel:
        return CepIndisponivel(("fora do ar",))

    def estado(self) -> dict[str, Any]:
        return {}


class MaquinaInteira(Maquina):
    """Faults and neighbours are rules like any other: each does one thing to the gateway and to the model."""

    # --- time

    @rule(horas=st.sampled_from([1, 3, 31, 12 * 24, 31 * 24]), varre=st.booleans())
    def passar_o_tempo(self, horas: int, varre: bool) -> None:
        self._andar(hours=horas)
        if varre:
            self.varrer()

    @rule(horas=st.integers(1, 48))
    def recuar_o_relogio(self, horas: int) -> None:
        """The host's clock is set back: nothing ends twice, nothing that ended lives again."""
        self.relogio.agora = max(AGORA, self.relogio.agora - dt.timedelta(hours=horas))
        self.modelo.agora = self.relogio.agora
        self.varrer()

    def _andar(self, **quanto: float) -> None:
        self.relogio.andar(**quanto)
        self.modelo.agora = self.relogio.agora

    def varrer(self) -> None:
        vencidas = self.modelo.vencidas()
        varredura = expirar.expirar(self.casa.gw)
        assert (sorted(varredura.expiradas), varredura.falhas) == (sorted(vencidas), {})
        for numped in vencidas:
            assert self.modelo.expirar(numped)
        assert expirar.expirar(self.casa.gw).expiradas == []

    @rule(assenta=st.booleans())
    def conciliar(self, assenta: bool) -> None:
        """What is past due or forgotten is told, whatever else WinThor gave reason to tell; and recording what it ended
        changes nothing."""
        if assenta:
            encerrar.assentar(self.casa.gw)
        vencidas = {d.numped for d in conciliar.conciliar(self.casa.gw).diferencas if d.tipo == "VENCIDA"}
        esperadas = {*self.modelo.vencidas(), *self.modelo.velhas()}
        de_outros = {n for n, r in self.modelo.reservas.items() if r.efetivo in DE_OUTROS}
        assert esperadas <= vencidas <= esperadas | de_outros

    # --- faults

    @rule(indice=INDICE, filial=FILIAL, itens=LINHAS, altera=st.booleans(), onde=QUEDA, recupera=st.booleans())
    def cair(self, indice: int, filial: str, itens: list[Corpo], altera: bool, onde: str, recupera: bool) -> None:
        """The process dies at a point of its work; another is started, and the POS sends the same again."""
        corpo = self._pedido(indice, filial, itens, altera)
        assume(deepcopy(self.modelo).julgar(corpo) == Resposta("201", ANY))
        with queda(self.casa, onde), pytest.raises(Queda):
            self._mandar(corpo)
        self.religar()
        self._andar(seconds=16)
        if onde == DEPOIS_DO_COMMIT:
            esperada = self.modelo.julgar(corpo)
            self.enviados.append(corpo)
            answer = self._mandar(corpo)
            self._acertar_numero(answer, esperada)
            self._conferir(answer, replace(esperada, repetida=True))
            self.textos[(json.dumps(corpo, sort_keys=True),)] = answer.get_data()
            assert recuperacao.recuperar(self.casa.gw) == []
            return
        if recupera:
            assert len(recuperacao.recuperar(self.casa.gw)) == 1
        self._enviar(corpo)
        assert len(recuperacao.recuperar(self.casa.gw)) == (not recupera)

    @rule(indice=INDICE, filial=FILIAL, itens=LINHAS, situacao=st.integers(0, 3), quando=COMMIT_PERDIDO)
    def perder_o_commit(self, indice: int, filial: str, itens: list[Corpo], situacao: int, quando: Falhar) -> None:
        """The connection dies as COMMIT is sent, before or after it took effect: the answer is the same (R14)."""
        corpo = (
            self._pedido(indice, filial, itens, True)
            if situacao == 2
            else self._sobre(self._um(indice, True), situacao)
        )
        with commit_perdido(self.casa, quando, de=("INSERT INTO PCPEDC ", "UPDATE GW_RESERVA")):
            self._enviar(corpo)

    def _pedido(self, indice: int, filial: str, itens: list[Corpo], altera: bool) -> Corpo:
        """An alteration of a reservation that holds stock, or a reservation under a new number."""
        if altera:
            return self._sobre(self._um(indice, True), 2, preVendaItens=itens)
        numero = f"NOVA-{next(self.notas)}"
        return {"situacaoPreVenda": 2, "numero": numero, "idLojaRetaguarda": filial, "preVendaItens": itens}

    @rule()
    def religar(self) -> None:
        """The process is stopped and started: what it must remember is in the database."""
        self.casa.close()
        self.casa = self._ligar()
        self._por_cep()

    @rule(no_ar=st.booleans())
    def servicos_de_cep(self, no_ar: bool) -> None:
        """Both services fail, or are back."""
        self.modelo.cep_no_ar = no_ar
        self._por_cep()

    def _por_cep(self) -> None:
        cep = VerificadorDemonstracao() if self.modelo.cep_no_ar else CepForaDoAr()
        self.casa.app.extensions["prevenda"] = replace(self.casa.gw, cep=cep)

    # --- the back office

    @rule(indice=INDICE, vivas=st.booleans())
    def cancelar_no_painel(self, indice: int, vivas: bool) -> None:
        numped = self._um(indice, vivas)
        self._conferir(self._painel(numped, "cancelamento"), self.modelo.cancelar_no_painel(numped))

    @rule(indice=INDICE, vivas=st.booleans(), dias=st.integers(1, 20))
    def prorrogar(self, indice: int, vivas: bool, dias: int) -> None:
        numped = self._um(indice, vivas)
        self._conferir(self._painel(numped, "prorrogacao", dias=dias), self.modelo.prorrogar(numped, dias))

    def _painel(self, numped: int, acao: str, **mais: Any) -> TestResponse:
        corpo = {"motivo": "pedido do cliente", **mais}
        return self.casa.pedir("POST", f"/api/v1/reservas/{numped}/{acao}", "retaguarda", json=corpo)

    # --- parameters of routine 132

    @rule(valida=st.booleans())
    def parametro_4672(self, valida: bool) -> None:
        self.modelo.valida_cep = valida
        sql = "UPDATE PCMETAPARAMFILIAL SET VALORDEFAULT = :v WHERE ID = 4672"
        self.casa.executar(sql, v="S" if valida else "N")

    @rule(rca=st.sampled_from(RCAS))
    def parametro_4012(self, rca: int) -> None:
        """Orders without a seller go to another RCA from now on, and take their numbers from its counter."""
        self.modelo.rca = rca
        self.casa.executar("UPDATE PCPARAMFILIAL SET VALOR = :v WHERE NOME = 'CODRCACIASHOP'", v=str(rca))

    # --- WinThor

    @rule(chave=st.sampled_from(sorted(ESTOQUE)), quantidade=st.integers(1, 8), entra=st.booleans())
    def movimentar_estoque(self, chave: Chave, quantidade: int, entra: bool) -> None:
        """WinThor replenishes, or sells what is free."""
        assume(entra or self.modelo.livre(chave) >= quantidade)
        variacao = quantidade if entra else -quantidade
        self.modelo.estoque[chave] += variacao
        sql = "UPDATE PCEST SET QTESTGER = QTESTGER + :v WHERE CODFILIAL = :f AND CODPROD = :p"
        self.casa.executar(sql, v=variacao, f=chave[0], p=chave[1])

    @rule(
        indice=INDICE,
        movimento=st.sampled_from(MOVIMENTOS_SORTEADOS),
        ordem=st.sampled_from(sorted(ORDENS)),
        sorteio=st.builds(Sorteio, st.integers(0, 2), st.integers(1, 3), FILIAL),
    )
    def mover_pedido(self, indice: int, movimento: str, ordem: str, sorteio: Sorteio) -> None:
        """A session of WinThor's on an order, or on the counters of its stock rows."""
        presos = self._numeros(lambda r: r.posicao in PRESAS) if movimento == "desbloquear" else []
        numped = presos[indice % len(presos)] if presos else self._um(indice, True)
        assume(self.modelo.mover(numped, movimento, sorteio))
        quando = self.modelo.agora.replace(tzinfo=None, microsecond=0)
        feita = winthor.agir(self._engine, numped, movimento, ordem, sorteio=sorteio, quando=quando)
        assert feita is not None
