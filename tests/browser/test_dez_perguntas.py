"""Ten questions of a clerk, answered by clicking from the first page: never more than four clicks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Dentro
from tests.browser.navegador import Navegador
from tests.integration.test_planilhas import celulas
from tests.support.builders import item, pre_venda

pytestmark = pytest.mark.xdist_group("browser")
CLIQUES = 4


class Pessoa:
    """Counts the clicks from the first page on; typing and choosing are no clicks, sending a form is one."""

    def __init__(self, navegador: Navegador, base: str) -> None:
        self._navegador = navegador
        self._base = base
        self.cliques = 0

    def comecar(self) -> None:
        """Back to the first page."""
        self._navegador.ir(f"{self._base}/painel/")
        self.cliques = 0

    def clicar(self, css: str) -> None:
        self.cliques += 1
        self._navegador.clicar(css)
        assert self.cliques <= CLIQUES, css

    def baixar(self, css: str, pasta: Path) -> Path:
        """Click what sends a file."""
        self.cliques += 1
        assert self.cliques <= CLIQUES, css
        return self._navegador.baixar(css, pasta)

    def elo(self, texto: str, onde: str = "body") -> None:
        """Click the first link with this text."""
        self._navegador.executar(
            "const [texto, onde] = arguments;"
            "const achado = [...document.querySelectorAll(`${onde} a`)].find(a => a.textContent.includes(texto));"
            "if (!achado) throw new Error(texto); achado.dataset.elo = 'sim';",
            texto,
            onde,
        )
        self.clicar("[data-elo=sim]")

    def procurar(self, texto: str) -> None:
        self._navegador.executar("document.querySelector('[name=o_que]').value = arguments[0]", texto)
        self.clicar(".procurar button")

    def escolher(self, nome: str, valor: str) -> None:
        self._navegador.executar("document.querySelector(`[name=${arguments[0]}]`).value = arguments[1]", nome, valor)

    def le(self, texto: str) -> None:
        assert texto in self._navegador.texto(), texto


@pytest.fixture
def pessoa(dentro: Dentro) -> tuple[Pessoa, Dentro]:
    navegador, _casa, base = dentro
    return Pessoa(navegador, base), dentro


def test_ten_questions(pessoa: tuple[Pessoa, Dentro], tmp_path: Path) -> None:
    p, (navegador, casa, _base) = pessoa
    parada = casa.reservar(pre_venda(item("300-3", 2), numero="PARADA"))
    casa.pedir("POST", "/winthor/varejo/matcon/v1/orders/pdvsync", "pdv1", json=pre_venda(loja="2"))

    p.comecar()  # 1: why was this refused?
    p.procurar("demo-11")
    p.clicar("[aria-label=Operações] tbody th a")
    p.le("Por que foi recusada")

    p.comecar()  # 2: who holds it? and 3: free it
    p.procurar("rolo de la")
    p.clicar("tbody td a[href*='filial=1']")
    p.le("PARADA")
    p.elo("Cancelar", "[aria-label='Quem retém']")
    p.le(f"Reserva {parada}")
    navegador.escrever("#motivo-cancelar", "Cliente desistiu")
    p.cliques = 0  # it is found; now it is freed
    p.clicar("section[aria-labelledby=cancelar] button")
    p.clicar("main form button")
    p.le("Reserva cancelada.")

    p.comecar()  # 4: what expires today?
    p.elo("hoje, em")
    p.le("DEMO-17")

    p.comecar()  # 5: how much money is held?
    retido = casa.pedir("GET", "/api/v1/indicadores", "retaguarda").get_json()["retido"]
    p.le(f"R$ {sum(r['valor'] for r in retido):.2f}".replace(".", ","))

    p.comecar()  # 6: find by name
    p.procurar("trincha")
    p.le("TRINCHA")

    p.comecar()  # 7: let another branch deliver it
    mudada = casa.reservar(pre_venda(item("10090-1009", 1), numero="MUDADA"))
    antes = {filial: casa.qtreserv(1009, filial) for filial in ("1", "10")}
    p.procurar(str(mudada))
    p.escolher("filial_1", "10")
    navegador.escrever("#motivo-remanejar", "A 10 fica mais perto")
    p.clicar("section[aria-labelledby=remanejar] button")
    p.le("Remanejar a reserva")
    p.clicar("main form button")
    p.le("Linhas remanejadas.")
    assert casa.linha("PCPEDI", NUMPED=mudada)["CODFILIALRETIRA"] == "10"
    assert {filial: casa.qtreserv(1009, filial) - antes[filial] for filial in antes} == {"1": -1, "10": 1}

    p.comecar()  # 8: the list for the boss
    p.elo("Reservas", ".topo")
    planilha = p.baixar(".planilhas a", tmp_path)
    assert planilha.name == f"reservas-{casa.gw.hora_do_erp(casa.gw.agora()):%Y-%m-%d}.xlsx"
    titulos, *linhas = celulas(planilha.read_bytes())
    da_mudada = next(linha for linha in linhas if ("inlineStr", "MUDADA") in linha)
    assert dict(zip([t for _, t in titulos], [v for _, v in da_mudada], strict=True))["Reserva"] == str(mudada)
    assert len(linhas) == len(casa.pedir("GET", "/api/v1/reservas?limite=200", "retaguarda").get_json()["itens"])

    p.comecar()  # 9: which till is failing?
    p.elo("Operações", ".topo")
    p.elo("Recusadas antes do registro")
    p.le("pdv1")
    p.le("FILIAL_NAO_AUTORIZADA")

    p.comecar()  # 10: what did my colleague do?
    p.elo("Conciliação", ".topo")
    p.le("Cliente desistiu")


def test_back_and_reload_send_nothing_again(pessoa: tuple[Pessoa, Dentro]) -> None:
    p, (navegador, casa, base) = pessoa
    numped = casa.reservar(pre_venda(numero="VOLTA"))
    navegador.ir(f"{base}/painel/reservas/{numped}")
    navegador.escrever("#motivo-cancelar", "Parada")
    navegador.clicar("section[aria-labelledby=cancelar] button")
    navegador.executar("location.reload()")
    p.le("Cancelar a reserva")
    navegador.clicar("main form button")
    quantas = casa.contar("GW_OPERACAO")
    assert navegador.executar("return performance.getEntriesByType('navigation')[0].name").endswith("aviso=cancelada")
    navegador.executar("location.reload()")
    navegador.executar("history.back()")
    assert casa.contar("GW_OPERACAO") == quantas
