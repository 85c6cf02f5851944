"""One browser for all tests, and a clerk who has logged in to a demo shop."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from app.settings import Settings
from tests.browser.navegador import Navegador, programas
from tests.contract.demonstrada import nova
from tests.support.databases import CHROMIUM_MISSING
from tests.support.gateway import Casa, Relogio
from tests.support.in_process import servir

# The browser, the shop behind the panel, and its address.
Dentro = tuple[Navegador, Casa, str]


@pytest.fixture(scope="session")
def navegador(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Navegador]:
    """One browser for all; the tests are skipped, loudly, where there is none."""
    achados = programas()
    if achados is None:
        pytest.skip(f"{CHROMIUM_MISSING}: apt-get install chromium chromium-driver")
    navegador = Navegador(*achados, tmp_path_factory.mktemp("perfil"))
    yield navegador
    navegador.fechar()


@pytest.fixture
def casa_no_ar(sqlite_engine: sa.Engine, now: dt.datetime) -> Iterator[tuple[Casa, str]]:
    """The demo shop served over HTTP, with its operations; and its address."""
    url = sqlite_engine.url.render_as_string(hide_password=False)
    casa = Casa(sqlite_engine, Settings(database_url=url, pool=20, cache_segundos=0), Relogio(now))
    nova(casa)
    with servir(casa) as base:
        yield casa, base
    casa.close()


@pytest.fixture
def dentro(navegador: Navegador, casa_no_ar: tuple[Casa, str]) -> Iterator[Dentro]:
    """A clerk who has logged in by clicking."""
    casa, base = casa_no_ar
    navegador.cdp("Network.clearBrowserCookies")
    navegador.aparencia()
    navegador.ir(f"{base}/painel/")
    navegador.escrever("#login", "retaguarda")
    navegador.escrever("#senha", "demo")
    navegador.clicar("main form button")
    assert navegador.endereco.endswith("/painel/visao")
    yield navegador, casa, base
    with contextlib.suppress(AssertionError):
        navegador.ir("about:blank")
