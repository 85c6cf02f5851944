"""A refusal costs the next request on its connection nothing: what is prepared there stays prepared."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
import sqlalchemy as sa

from app.domain.recusas import Recusa, recusar
from app.winthor import operacoes
from app.winthor.db.faults import Falha
from app.winthor.db.transaction import Database
from tests.support.builders import item, pre_venda
from tests.support.gateway import Casa

PREPARADOS = sa.text("SELECT COUNT(*) FROM pg_prepared_statements")


@pytest.fixture
def de_uma_conexao(casa_pg: Casa) -> Iterator[Casa]:
    """A gateway that has one connection, on which a pre-sale was sold and altered until all was prepared."""
    casa = casa_pg.com(pool=1, cache_segundos=30)
    for n in range(8):  # psycopg prepares a statement at its sixth execution
        numped = casa.reservar(pre_venda(item("10010-1001", 1), numero=f"Q-{n}"))
        casa.relogio.andar(seconds=1)
        casa.reservar(pre_venda(item("10010-1001", 2), numero=f"Q-{n}", idRetaguarda=numped))
    yield casa
    casa.close()


def preparados(casa: Casa) -> int:
    with casa.gw.db.read() as connection:
        return int(connection.execute(PREPARADOS).scalar_one())


def test_refusals_of_every_kind_leave_what_is_prepared(de_uma_conexao: Casa) -> None:
    casa = de_uma_conexao
    velha = casa.tabela("GW_RESERVA")[0]["NUMPED"]
    antes = preparados(casa)
    assert antes > 15
    recusadas = [
        (pre_venda(item("10010-1001", 10**7), numero="R-1"), "ESTOQUE_INSUFICIENTE"),
        (pre_venda(numero="R-2", situacaoPreVenda=1, idRetaguarda=77), "RESERVA_NAO_ENCONTRADA"),  # under its locks
        (pre_venda(item("10010-1001", 9), numero="Q-0", idRetaguarda=velha), "RESERVA_SUBSTITUIDA"),
        (pre_venda(item("10010-1001", 1), numero="Q-0"), "RESERVA_SUBSTITUIDA"),  # the repeat of what was replaced
    ]
    for corpo, codigo in recusadas:
        casa.relogio.andar(seconds=1)
        assert casa.enviar(corpo).get_json(force=True)["codigo"] == codigo
        assert preparados(casa) >= antes, codigo


def test_what_was_written_is_undone(casa: Casa) -> None:
    """An anchor that was made in a transaction which then says no is not left."""
    gw = casa.gw

    def nada(connection: sa.Connection) -> None:
        operacoes.lock_pre_venda(connection, "1", "NADA", gw.agora().replace(tzinfo=None), conhecida=False)
        raise recusar("EM_PROCESSAMENTO", "não")

    with pytest.raises(Recusa):
        gw.db.run(nada)
    assert casa.contar("GW_PRE_VENDA") == 0


@pytest.mark.parametrize("falta", [Falha("teste"), KeyboardInterrupt()], ids=["a fault", "an interrupt"])
def test_a_fault_is_rolled_back(casa_pg: Casa, falta: BaseException) -> None:
    fins: list[str] = []
    engine = casa_pg.gw.db.engine
    sa.event.listen(engine, "rollback", lambda _: fins.append("ROLLBACK"))
    sa.event.listen(engine, "commit", lambda _: fins.append("COMMIT"))
    for erro, fim in ((falta, "ROLLBACK"), (recusar("EM_PROCESSAMENTO", "não"), "COMMIT")):
        fins.clear()
        with pytest.raises(type(erro)):
            Database(engine).run(partial(ler_e_dizer_nao, erro))
        assert fins[0] == fim


def ler_e_dizer_nao(erro: BaseException, connection: sa.Connection) -> None:
    connection.execute(sa.select(sa.literal(1)))
    raise erro
