"""What one more item costs: the same work and a bounded amount of memory, however many there are already."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from app.settings import Settings
from tests.conftest import NOW
from tests.support.builders import item, pre_venda
from tests.support.gateway import Casa, Relogio

MEMORIA_POR_ITEM = 12_000  # bytes at the peak; 6 300 when this was written


@pytest.fixture
def quente(sqlite_engine: sa.Engine) -> Iterator[Casa]:
    """A gateway with plenty of stock, whose caches and statements are warm for every length of list used here."""
    url = sqlite_engine.url.render_as_string(hide_password=False)
    casa = Casa(sqlite_engine, Settings(database_url=url, cache_segundos=3600), Relogio(NOW))
    casa.executar("UPDATE PCEST SET QTESTGER = 1000000, QTBLOQUEADA = 0")
    for n, quantos in enumerate((100, 200, 400)):
        reservar(casa, quantos, f"AQUECER-{n}")
    yield casa
    casa.close()


def reservar(casa: Casa, quantos: int, numero: str) -> None:
    """60 products in turn, so that the number of stock rows and the length of the lists stay the same."""
    itens = [item(f"{codprod * 10}-{codprod}") for codprod in (1001 + n % 60 for n in range(quantos))]
    casa.reservar(pre_venda(*itens, numero=numero))
    casa.relogio.andar(seconds=1)


def chamadas(casa: Casa, quantos: int) -> int:
    """Calls of functions, Python's and C's, that a reservation makes: work that no clock disturbs."""
    feitas = 0

    def contar(_frame: object, evento: str, _argumento: object) -> None:
        nonlocal feitas
        feitas += evento in {"call", "c_call"}

    sys.setprofile(contar)
    try:
        reservar(casa, quantos, f"CONTAR-{quantos}")
    finally:
        sys.setprofile(None)
    return feitas


def test_work_grows_with_the_items_and_not_faster(quente: Casa) -> None:
    cem, duzentos, quatrocentos = (chamadas(quente, quantos) for quantos in (100, 200, 400))
    por_item = (duzentos - cem) / 100
    assert (quatrocentos - duzentos) / 200 == pytest.approx(por_item, rel=0.02)


def pico(casa: Casa, quantos: int) -> int:
    """Most memory in use at once by Python's objects during a reservation, beyond what was there."""
    gc.collect()
    tracemalloc.start()
    try:
        antes = tracemalloc.get_traced_memory()[0]
        reservar(casa, quantos, f"PESAR-{quantos}")
        return tracemalloc.get_traced_memory()[1] - antes
    finally:
        tracemalloc.stop()


@pytest.mark.usefixtures("collector_of_a_server")
def test_memory_of_one_more_item_is_bounded(quente: Casa) -> None:
    cem, quatrocentos = pico(quente, 100), pico(quente, 400)
    assert (quatrocentos - cem) / 300 < MEMORIA_POR_ITEM
