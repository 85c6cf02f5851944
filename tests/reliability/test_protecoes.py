"""One protection each, in a scenario that is red without it (R11–R15, R20; ``test_mutacoes`` shows that it is)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from app.services.operacao import recuperacao
from tests.reliability.encontro import (
    ANTES,
    CERCA,
    Ator,
    Lugar,
    Ponto,
    Praca,
    Segundo,
    abrir_praca,
    parar,
    reservar,
    resposta,
)
from tests.support.builders import pre_venda
from tests.support.gateway import Casa
from tests.support.invariants import conferir_invariantes

pytestmark = pytest.mark.postgresql


@pytest.fixture
def praca_nova(postgresql_server: Any, request: pytest.FixtureRequest) -> Iterator[Praca]:
    """A database of its own for a test that may leave it broken."""
    request.node.user_properties.append(("database", "postgresql"))
    with abrir_praca(postgresql_server) as praca:
        yield praca


def test_um_defeito_entre_o_efeito_e_o_log_nao_deixa_rastro(praca_nova: Praca) -> None:
    lugar = praca_nova.lugar()
    casa = praca_nova.primeira

    def quebrar(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("UPDATE PCLOGPEDIDOAPI"):
            raise RuntimeError("defeito")

    event.listen(casa.gw.db.engine, "before_cursor_execute", quebrar)
    assert reservar(casa, lugar, 1) == "ERRO_INTERNO"
    event.remove(casa.gw.db.engine, "before_cursor_execute", quebrar)
    casa.relogio.andar(seconds=16)
    recuperacao.recuperar(praca_nova.segunda.gw)
    conferir_invariantes(casa)
    assert praca_nova.saldo(lugar) == (8, 4)


# --- recovery on another host


def recuperar_durante(praca: Praca, ator: Ator, ponto: Ponto = ANTES) -> tuple[str, int]:
    """Recovery runs by a clock past the deadline while a reservation is at its point: what the reservation answers,
    and how many operations recovery settled."""
    lugar = praca.lugar()
    encerradas: list[Any] = []

    def recuperar() -> None:
        praca.primeira.relogio.andar(seconds=16)
        encerradas.extend(recuperacao.recuperar(praca.segunda.gw))

    with parar(praca.primeira, ator, ponto, recuperar):
        responde = ator.agir(praca.primeira, lugar, 1)
    conferir_invariantes(praca.primeira)
    return responde, len(encerradas)


def test_encerrada_antes_da_cerca_nao_segue(praca_nova: Praca) -> None:
    """It says so with a documented 503."""
    assert recuperar_durante(praca_nova, Ator(reservar, cerca="INSERT INTO GW_OPERACAO")) == ("BANCO_OCUPADO", 1)


def test_depois_da_cerca_a_recuperacao_passa_adiante(praca_nova: Praca) -> None:
    assert recuperar_durante(praca_nova, Ator(reservar, CERCA), 1) == ("201", 0)


# --- the order of the stock rows


@pytest.mark.parametrize("acao", ["reservar", "alterar", "cancelar"])
def test_quem_espera_pelo_produto_de_baixo_nao_segura_o_de_cima(praca_nova: Praca, acao: str) -> None:
    """WinThor, which locks in (CODFILIAL, CODPROD) order too, has the lower product and then wants the higher one."""
    praca = praca_nova
    baixo, alto = praca.lugar(), praca.lugar()
    outra = _sem_indice(praca, baixo, alto)
    corpo = pre_venda(alto.item(1), baixo.item(1), numero="PV-CRUZADA", loja=baixo.filial)
    if acao != "reservar":
        corpo["idRetaguarda"] = outra.reservar(corpo)
        corpo |= {"alterar": {"observacoes": "outra"}, "cancelar": {"situacaoPreVenda": 0}}[acao]
    cesta = Segundo(outra, lambda: resposta(outra.enviar(corpo)))
    livre = "SELECT 1 FROM PCEST WHERE CODFILIAL = :f AND CODPROD = :p FOR UPDATE NOWAIT"
    try:
        with praca.primeira.engine.begin() as winthor:
            winthor.execute(sa.text(livre), {"f": baixo.filial, "p": baixo.codprod})
            cesta.entrar()
            assert cesta.esperou
            try:
                winthor.execute(sa.text(livre), {"f": alto.filial, "p": alto.codprod})
            except sa.exc.OperationalError:
                pytest.fail("quem espera pelo produto de baixo segura o de cima")
        assert cesta.terminar() in {"200", "201"}
    finally:
        cesta.sair()
        outra.close()


def _sem_indice(praca: Praca, baixo: Lugar, alto: Lugar) -> Casa:
    """A gateway whose plans read PCEST in physical order, in which the lower product lies behind the higher one: only
    ORDER BY puts them right."""
    _inverter(praca.primeira, baixo, alto)
    with praca.primeira.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        banco = connection.execute(sa.text("SELECT current_database()")).scalar_one()
        connection.exec_driver_sql(f"ALTER DATABASE {banco} SET enable_indexscan = off")
    outra = praca.segunda.com()
    outra._tokens["hub"] = praca.primeira.token("hub")
    return outra


def _inverter(casa: Casa, baixo: Lugar, alto: Lugar) -> None:
    """Rewrite the lower product's row until it lies behind the higher one's."""
    onde = sa.text("SELECT ctid < (SELECT ctid FROM PCEST WHERE CODFILIAL = :f AND CODPROD = :a) FROM PCEST "
                   "WHERE CODFILIAL = :f AND CODPROD = :p")  # fmt: skip
    row = {"f": baixo.filial, "p": baixo.codprod, "a": alto.codprod}
    for _ in range(20):
        with casa.engine.connect() as connection:
            if not connection.execute(onde, row).scalar_one():
                return
        casa.executar(
            "UPDATE PCEST SET QTEST = QTEST WHERE CODFILIAL = :f AND CODPROD = :p", f=baixo.filial, p=baixo.codprod
        )
    raise AssertionError("as linhas não se inverteram")
