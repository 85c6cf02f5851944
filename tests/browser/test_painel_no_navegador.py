"""The panel in a real browser with the network cut off: it renders, acts, and can be used by keyboard alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Dentro
from tests.browser.navegador import ENTER, TAB, Navegador
from tests.browser.paginas import PAGINAS
from tests.support.builders import pre_venda

pytestmark = pytest.mark.xdist_group("browser")


@pytest.mark.parametrize(("escuro", "largura"), [(False, 1280), (True, 360), (False, 768)])
def test_pages_render_without_a_network(dentro: Dentro, escuro: bool, largura: int) -> None:
    navegador, _casa, base = dentro
    navegador.aparencia(escuro=escuro, largura=largura)
    for caminho in PAGINAS:
        navegador.ir(f"{base}{caminho}")
        assert "Pré-vendas" in navegador.titulo
        estado = navegador.executar(
            "const c = getComputedStyle(document.body);"
            "return {fundo: c.backgroundColor, largura: document.documentElement.scrollWidth,"
            " fora: performance.getEntriesByType('resource').filter(r => !r.name.startsWith(location.origin)).length,"
            " falhas: performance.getEntriesByType('resource').filter(r => r.responseStatus >= 400).length,"
            " regras: [...document.styleSheets].reduce((n, s) => n + s.cssRules.length, 0),"
            " altura: document.querySelector('h1').getBoundingClientRect().height}"
        )
        assert estado["fundo"] == ("rgb(17, 23, 28)" if escuro else "rgb(244, 246, 248)"), caminho
        assert estado["largura"] <= largura, f"{caminho} is wider than the window"
        assert (estado["falhas"], estado["fora"]) == (0, 0)
        assert estado["regras"] > 80
        assert estado["altura"] > 0


@pytest.mark.parametrize("quem", ["retaguarda", "maria.de.oliveira", "maria.de.oliveira (só consulta)"])
def test_the_head_is_one_row(dentro: Dentro, quem: str) -> None:
    navegador, _casa, base = dentro
    navegador.ir(f"{base}/painel/reservas")
    navegador.executar("document.querySelector('.quem').textContent = arguments[0]", quem)
    topo = "const c = document.querySelector('.topo'); return [c.getBoundingClientRect().height, c.scrollWidth]"
    altura, largura = navegador.executar(topo)
    assert altura <= 64
    assert largura <= 1280
    navegador.aparencia(largura=390)
    altura, _ = navegador.executar(topo)
    assert altura <= 160  # a fifth of a phone's screen


def test_an_action_from_click_to_database_row(dentro: Dentro) -> None:
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


def test_a_stored_script_is_shown_and_not_run(dentro: Dentro) -> None:
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


def test_the_keyboard_is_enough(dentro: Dentro) -> None:
    """From the top of a page to a cancelled reservation, without a mouse; wherever the focus is, it can be seen."""
    navegador, casa, base = dentro
    navegador.ir(f"{base}/painel/reservas")
    navegador.teclar(TAB)
    assert navegador.foco()["texto"] == "Pular para o conteúdo"
    vistos = []
    for _ in range(40):
        foco = navegador.foco()
        assert foco["contorno"], f"no visible focus on {foco}"
        vistos.append(foco["nome"] or foco["texto"])
        if foco["nome"] == "numero":
            break
        navegador.teclar(TAB)
    assert {
        "Visão geral",
        "Operações",
        "Reservas",
        "Estoque",
        "Conciliação",
        "Saúde",
        "Sair",
        "o_que",
        "filial",
    } <= set(vistos)
    with navegador.outra_pagina():
        navegador.teclar(*"DEMO-15", ENTER)
    assert "numero=DEMO-15" in navegador.endereco
    assert navegador.executar("return document.querySelectorAll('tbody tr').length") == 1
    navegador.teclar(TAB, ENTER)
    assert navegador.executar("return document.activeElement.id || location.hash") in {"conteudo", "#conteudo"}
    for _ in range(60):
        navegador.teclar(TAB)
        if "/painel/reservas/" in navegador.foco()["href"]:
            break
    with navegador.outra_pagina():
        navegador.teclar(ENTER)
    assert navegador.texto("h1") == "Reserva 1000003"
    _tabular_ate(navegador, "motivo-cancelar")
    with navegador.outra_pagina():
        navegador.teclar(*"Parada no caixa 3", ENTER)
    _tabular_ate(navegador, "Confirmar o cancelamento")
    with navegador.outra_pagina():
        navegador.teclar(ENTER)
    assert "Reserva cancelada." in navegador.texto("[role=status]")
    assert casa.linha("GW_RESERVA", NUMPED=1000003)["ESTADO"] == "CANCELADA"


def _tabular_ate(navegador: Navegador, alvo: str) -> None:
    """Press Tab until the focus is on what has this id or text."""
    for _ in range(40):
        navegador.teclar(TAB)
        foco = navegador.foco()
        assert foco["contorno"], f"no visible focus on {foco}"
        if alvo in {foco["id"], foco["texto"]}:
            return
    raise AssertionError(f"Tab never came to {alvo}")


NAS_OPERACOES = {
    "operacao": "A",
    "status": "R",
    "filial": "2",
    "numero": "DEMO-04",
    "numped": "2000003",
    "codprod": "1004",
    "codigo": "ESTOQUE_INSUFICIENTE",
    "caller": "pdv1",
    "de": "2026-03-02T00:00",
    "ate": "2026-03-01T20:00",
}
NAS_RESERVAS = {
    "filial": "2",
    "codprod": "1",
    "estado": "CANCELADA",
    "numero": "DEMO-15",
    "caller": "pdv2",
    "venceEmMinutos": "1440",
    "idadeMinimaHoras": "1",
}


@pytest.mark.parametrize(
    ("pagina", "rota", "filtros"),
    [("operacoes", "/api/v1/log", NAS_OPERACOES), ("reservas", "/api/v1/reservas", NAS_RESERVAS)],
)
def test_each_filter_as_a_person_sets_it(dentro: Dentro, pagina: str, rota: str, filtros: dict[str, str]) -> None:
    """The rows of the page are those of the API with the same filter, and its address can be shared."""
    navegador, casa, base = dentro
    tabela = "[aria-label=Operações] tbody tr, [aria-label=Reservas] tbody tr"
    linhas = f"return document.querySelectorAll('{tabela}').length"
    todas = casa.pedir("GET", rota, "retaguarda").get_json()["itens"]
    for nome, valor in filtros.items():
        navegador.ir(f"{base}/painel/{pagina}")
        navegador.executar(
            "document.querySelector(`.filtros [name=${arguments[0]}]`).value = arguments[1]", nome, valor
        )
        navegador.clicar(".filtros button")
        esperadas = casa.pedir("GET", rota, "retaguarda", query_string={nome: valor}).get_json()["itens"]
        assert navegador.executar(linhas) == len(esperadas), nome
        assert 0 < len(esperadas), nome
        assert esperadas != todas, nome
        endereco = navegador.endereco
        navegador.ir(endereco)
        assert navegador.executar(linhas) == len(esperadas), nome


def test_a_screenshot_has_something_on_it(dentro: Dentro, tmp_path: Path) -> None:
    navegador, _casa, base = dentro
    navegador.ir(f"{base}/painel/operacoes")
    navegador.fotografar(tmp_path / "operacoes.png")
    assert (tmp_path / "operacoes.png").stat().st_size > 20_000
