"""The product on an instance that speaks Portuguese, in UTF-8 and in a set of one byte for each character."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from app.settings import Settings
from app.winthor.db.engine import create_engine
from tests.conftest import NOW, PostgresqlServer, _fill_demo
from tests.oracle_wire.fixture import oracle_on
from tests.oracle_wire.nls import BRAZILIAN
from tests.oracle_wire.server import OracleWireServer
from tests.support.builders import cliente_completo, item, kit, pre_venda
from tests.support.gateway import Casa, Relogio
from tests.support.invariants import conferir_invariantes

Site = tuple[Casa, OracleWireServer]
PAGO = {"situacaoPreVenda": 1, "pagamentos": [{"pagamentoForma": {"idRetaguarda": "DH"}}]}


@pytest.fixture(params=["AL32UTF8", "WE8MSWIN1252"])
def site(postgresql_server: PostgresqlServer, request: pytest.FixtureRequest) -> Iterator[Site]:
    with (
        postgresql_server.database() as url,
        oracle_on(url, schema="winthor", nls=BRAZILIAN, characterset=request.param) as server,
    ):
        _fill_demo(server.url)
        engine = create_engine(server.url)
        casa = Casa(engine, Settings(database_url=server.url, cache_segundos=0), Relogio(NOW))
        yield casa, server
        casa.close()
        engine.dispose()
        assert server.sorted_by_language == []


def test_the_life_of_a_pre_sale(site: Site) -> None:
    """Numbers and dates as anywhere: reserve, alter, pay, cancel, lists, conciliation, repeats byte for byte."""
    casa, _ = site
    corpo = pre_venda(item("200-2", Decimal("1.5")), kit(), cliente=cliente_completo(), observacoes="São João às 10h")
    answer = casa.enviar(corpo)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    assert casa.qtreserv(2) == Decimal("1.5")
    assert casa.enviar(corpo).get_data() == answer.get_data()
    numped = answer.get_json()["idPedidoRetaguarda"]
    numped = casa.reservar({**corpo, "idRetaguarda": numped, "preVendaItens": [item("200-2", Decimal("0.25"))]})
    assert str(casa.linha("PCPEDC", NUMPED=numped)["DATA"]) == "2026-03-02 00:00:00"
    pago: dict[str, Any] = {**pre_venda(item("200-2", Decimal("0.25"))), **PAGO, "idRetaguarda": numped}
    assert casa.enviar(pago).status_code == 200
    for rota in ("/api/v1/log", "/api/v1/reservas", "/api/v1/conciliacao", "/api/v1/estoque/1/2", "/api/v1/fluxo"):
        assert casa.pedir("GET", rota, "retaguarda").status_code == 200, rota
    assert casa.enviar(pre_venda(situacaoPreVenda=0, idRetaguarda=numped)).status_code == 200
    assert casa.qtreserv(2) == 0
    conferir_invariantes(casa)


def test_texts_are_cut_to_the_bytes_of_the_set(site: Site) -> None:
    casa, _ = site
    casa.reservar(pre_venda(cliente=cliente_completo(nome="ã" * 70)))
    (nome,) = [row["CLIENTE"] for row in casa.tabela("PCCLIENT") if row["CLIENTE"].startswith(("ã", "Ã"))]
    assert len(nome) == (30 if casa.gw.codificacao == "utf-8" else 60)


def test_a_number_that_the_set_cannot_hold_is_refused(site: Site) -> None:
    """Two that differ only there would be one pre-sale."""
    casa, _ = site
    answer = casa.enviar(pre_venda(numero="PV→1"))
    if casa.gw.codificacao == "utf-8":
        assert answer.status_code == 201
        return
    corpo = answer.get_json(force=True)
    assert (answer.status_code, corpo["codigo"]) == (422, "CAMPO_INVALIDO")
    assert corpo["errors"][0]["campo"] == "/numero"


def test_without_its_session_settings_it_would_sort_by_language(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: what the product says as it connects is what keeps it from that."""
    _, server = site
    monkeypatch.setattr("app.winthor.db.engine.SESSAO_DO_ORACLE", "ALTER SESSION SET NLS_COMP = BINARY")
    engine = create_engine(server.url)
    with Casa(engine, Settings(database_url=server.url, cache_segundos=0), Relogio(NOW)).gw.db.read():
        pass
    casa = Casa(engine, Settings(database_url=server.url, cache_segundos=0), Relogio(NOW))
    casa.reservar(pre_venda())
    assert server.sorted_by_language
    server.sorted_by_language.clear()
    casa.close()
    engine.dispose()
