"""The panel in a real browser with the network cut off: it renders, acts, and can be used by keyboard alone."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.api.ler_pedido import ler_pedido
from app.services.demonstracao import semear
from app.settings import Settings
from tests.alvos import CHROMIUM_MISSING
from tests.browser.navegador import ENTER, TAB, Navegador, programas
from tests.builders import pre_venda
from tests.casa import Casa, Relogio
from tests.servidor import servir

pytestmark = pytest.mark.xdist_group("browser")

PAGINAS = ("operacoes", "reservas", "estoque", "estoque?filial=1&codprod=50", "conciliacao", "saude")


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
    semear(casa.gw, lambda corpo, login: ler_pedido(corpo, caller=login))
    with servir(casa) as base:
        yield casa, base
    casa.close()


@pytest.fixture
def dentro(navegador: Navegador, casa_no_ar: tuple[Casa, str]) -> Iterator[tuple[Navegador, Casa, str]]:
    """A clerk who has logged in by clicking."""
    casa, base = casa_no_ar
    navegador.cdp("Network.clearBrowserCookies")
    navegador.aparencia()
    navegador.ir(f"{base}/painel/")
    navegador.escrever("#login", "retaguarda")
    navegador.escrever("#senha", "demo")
    navegador.clicar("main form button")
    assert navegador.endereco.endswith("/painel/operacoes")
    yield navegador, casa, base
    with contextlib.suppress(AssertionError):
        navegador.ir("about:blank")


@pytest.mark.parametrize("largura", [1280, 390])
@pytest.mark.parametrize("escuro", [False, True], ids=["light", "dark"])
def test_pages_render_without_a_network(dentro: tuple[Navegador, Casa, str], escuro: bool, largura: int) -> None:
    navegador, _casa, base = dentro
    navegador.aparencia(escuro=escuro, largura=largura)
    for caminho in PAGINAS:
        navegador.ir(f"{base}/painel/{caminho}")
        assert "Pré-vendas" in navegador.titulo
        estado = navegador.executar(
            "const c = getComputedStyle(document.body);"
            "return {fundo: c.backgroundColor, largura: document.documentElement.scrollWidth,"
            " falhas: performance.getEntriesByType('resource').filter(r => r.responseStatus >= 400).length,"
            " folhas: document.styleSheets.length, regras: document.styleSheets[0].cssRules.length,"
            " altura: document.querySelector('h1').getBoundingClientRect().height}"
        )
        assert estado["fundo"] == ("rgb(17, 23, 28)" if escuro else "rgb(244, 246, 248)"), caminho
        assert estado["largura"] <= largura, f"{caminho} is wider than the window"
        assert (estado["falhas"], estado["folhas"]) == (0, 1)
        assert estado["regras"] > 80
        assert estado["altura"] > 0


def test_an_action_from_click_to_database_row(dentro: tuple[Navegador, Casa, str]) -> None:
    navegador, casa, base = dentro
    numped = casa.reservar(pre_venda(numero="CLIQUE"))
    antes = casa.qtreserv(1)
    navegador.ir(f"{base}/painel/reservas?numero=CLIQUE")
    navegador.clicar("tbody th a")
    navegador.escrever("#motivo-cancelar", "Cliente <b>desistiu</b>")
    navegador.clicar("section[aria-labelledby=cancelar] button")
    assert f"Cancelar a reserva {numped}?" in navegador.texto("h1")
    assert "Cliente <b>desistiu</b>" in navegador.texto("q")
    assert casa.linha("GW_RESERVA", NUMPED=numped)["ESTADO"] == "AUTORIZADA"

    navegador.clicar("main form button")

    assert "Reserva cancelada." in navegador.texto("[role=status]")
    assert casa.linha("GW_RESERVA", NUMPED=numped)["ESTADO"] == "CANCELADA"
    assert casa.qtreserv(1) == antes - 2


def test_a_stored_script_is_shown_and_not_run(dentro: tuple[Navegador, Casa, str]) -> None:
    navegador, casa, base = dentro
    script = "<script>document.title='tomado'</script>"
    casa.reservar(pre_venda(numero=script))
    navegador.ir(f"{base}/painel/reservas")
    assert script in navegador.texto("tbody")
    assert "tomado" not in navegador.titulo
    # Even one that got into the page would not run.
    navegador.executar(
        "const s = document.createElement('script'); s.textContent = \"document.title='tomado'\";"
        "document.body.append(s);"
    )
    assert "tomado" not in navegador.titulo


def test_the_keyboard_is_enough(dentro: tuple[Navegador, Casa, str]) -> None:
    """From the top of a page to a filtered list, without a mouse; wherever the focus is, it can be seen."""
    navegador, _casa, base = dentro
    navegador.ir(f"{base}/painel/reservas")
    navegador.teclar(TAB)
    assert navegador.foco()["texto"] == "Pular para o conteúdo"
    vistos = []
    for _ in range(25):
        foco = navegador.foco()
        assert foco["contorno"], f"no visible focus on {foco}"
        vistos.append(foco["nome"] or foco["texto"])
        if foco["nome"] == "numero":
            break
        navegador.teclar(TAB)
    assert {"Operações", "Reservas", "Estoque", "Conciliação", "Saúde", "Sair", "filial"} <= set(vistos)
    with navegador.outra_pagina():
        navegador.teclar(*"DEMO-15", ENTER)
    assert "numero=DEMO-15" in navegador.endereco
    assert navegador.executar("return document.querySelectorAll('tbody tr').length") == 1
    navegador.teclar(TAB, ENTER)
    assert navegador.executar("return document.activeElement.id || location.hash") in {"conteudo", "#conteudo"}
    for _ in range(20):
        navegador.teclar(TAB)
        if "/painel/reservas/" in navegador.foco()["href"]:
            break
    with navegador.outra_pagina():
        navegador.teclar(ENTER)
    assert navegador.texto("h1").startswith("Reserva ")


def test_a_screenshot_has_something_on_it(dentro: tuple[Navegador, Casa, str], tmp_path: Path) -> None:
    navegador, _casa, base = dentro
    navegador.ir(f"{base}/painel/operacoes")
    navegador.fotografar(tmp_path / "operacoes.png")
    assert (tmp_path / "operacoes.png").stat().st_size > 20_000
