"""The promise of no oversell through Oracle's driver: sessions of several gateways on the same stock rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.settings import Settings
from app.winthor.db.engine import create_engine
from tests.conftest import NOW
from tests.oracle_wire.server import OracleWireServer
from tests.support.builders import item, kit, pre_venda
from tests.support.gateway import Casa, Relogio

DE_UMA_VEZ = 8


@pytest.fixture
def casas(oracle_server: OracleWireServer) -> Iterator[list[Casa]]:
    """Two gateways, each with its pool."""
    engine = create_engine(oracle_server.url)
    settings = Settings(database_url=oracle_server.url, pool=DE_UMA_VEZ, cache_segundos=30)
    casas = [Casa(engine, settings, Relogio(NOW)) for _ in range(2)]
    for casa in casas:
        casa.token("hub")
    yield casas
    for casa in casas:
        casa.close()
    engine.dispose()


def todas(casas: list[Casa], corpos: list[dict[str, Any]]) -> Counter[tuple[int, str]]:
    """Send everything at once; how often each status and codigo was answered."""

    def enviar(n: int) -> tuple[int, str]:
        answer = casas[n % 2].enviar(corpos[n])
        return answer.status_code, answer.get_json(force=True).get("codigo", "")

    with ThreadPoolExecutor(DE_UMA_VEZ) as threads:
        return Counter(threads.map(enviar, range(len(corpos))))


def test_one_product_is_never_oversold(casas: list[Casa]) -> None:
    """Product 3 has five units in branch 1."""
    respostas = todas(casas, [pre_venda(item("300-3", 1), numero=f"PV-{n}") for n in range(16)])
    assert respostas == {(201, ""): 5, (409, "ESTOQUE_INSUFICIENTE"): 11}
    assert casas[0].qtreserv(3) == 5
    assert casas[0].contar("PCPEDC") == 5


def test_kits_and_loose_units_share_their_components(casas: list[Casa]) -> None:
    """The kit takes two of product 1 and one of product 3; the loose lines come in the other order."""
    corpos = [
        pre_venda(*((kit(),) if n % 2 else (item("300-3", 1), item("100-1", 1))), numero=f"PV-{n}") for n in range(12)
    ]
    respostas = todas(casas, corpos)
    assert respostas[(201, "")] == 5
    assert set(respostas) == {(201, ""), (409, "ESTOQUE_INSUFICIENTE")}
    assert casas[0].qtreserv(3) == 5
    em_kits = sum(1 for row in casas[0].tabela("PCPEDICESTA") if row["CODPRODMP"] == 1)
    assert casas[0].qtreserv(1) == 2 * em_kits + (5 - em_kits)


def test_one_pre_sale_sent_many_times_at_once_has_one_effect(casas: list[Casa]) -> None:
    respostas = todas(casas, [pre_venda(numero="PV-1") for _ in range(8)])
    assert respostas == {(201, ""): 8}
    assert casas[0].contar("PCPEDC") == 1
    assert casas[0].qtreserv(1) == 2
