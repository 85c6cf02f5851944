"""``prevenda comparar``: every planted difference is found, and nothing else (R25)."""

from __future__ import annotations

import datetime as dt
import gc
import json
import re
import shutil
import tracemalloc
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import simplejson
from click.testing import CliRunner, Result

from app.api.contrato.requisicao import parse_do_log
from app.api.contrato.schemas import json_paths
from app.cli import main
from app.mapping import MappingError
from app.services.comparar.comparar import preparar
from app.services.comparar.soma import Soma
from app.services.mapas import load_site_maps
from app.services.pre_venda.colunas import COLUNAS
from tests.integration.comparar.totvs import Totvs
from tests.support.builders import item, pre_venda
from tests.support.gateway import Casa

ROOT = Path(__file__).parents[3]
MARCO = ("--de", "2026-03-01", "--ate", "2026-03-03")


@pytest.fixture
def totvs(casa: Casa) -> Totvs:
    return Totvs(casa)


def comparar(casa: Casa, *opcoes: str) -> Result:
    env = {"PREVENDA_DATABASE_URL": casa.settings.database_url, "PREVENDA_JWT_CHAVE": "x" * 40}
    return CliRunner().invoke(main, ["comparar", *(opcoes or MARCO)], env=env)


def relatorio(casa: Casa, *opcoes: str) -> dict[str, Any]:
    result = comparar(casa, *(opcoes or MARCO), "--json")
    assert result.exit_code in {0, 1}, (result.output, result.exception)
    return dict(simplejson.loads(result.stdout, use_decimal=True))


def abertas(dados: dict[str, Any]) -> dict[str, list[tuple[str, str, int]]]:
    return {
        f"{c['tabela']}.{c['coluna']}": [(p["totvs"], p["nosso"], p["vezes"]) for p in c["pares"]]
        for c in dados["colunas"]
        if c["diferentes"]
    }


def test_what_is_equal_is_equal(casa: Casa, totvs: Totvs) -> None:
    totvs.reservar(totvs.corpo())
    totvs.reservar(totvs.corpo(("123-1", 2, 120), ("200-2", 1.5, 9.5), filial="2"))
    totvs.recusar(totvs.corpo(("100-999", 1, 1)))
    result = comparar(casa, *MARCO, "--json")
    dados = simplejson.loads(result.stdout)
    assert (result.exit_code, abertas(dados)) == (0, {})
    assert (dados["lidas"], dados["reconhecidas"], dados["semItens"], dados["ilegiveis"]) == (3, 3, 0, 0)
    assert dados["vereditos"] == {
        "iguais": 3,
        "maisRigorosos": 0,
        "menosRigorosos": 0,
        "porCodigo": [{"codigo": "PRODUTO_NAO_ENCONTRADO", "vezes": 1}],
    }
    assert abertas(dados) == {}
    assert dados["propostas"] == []
    assert {c["coluna"]: c["iguais"] for c in dados["colunas"] if c["tabela"] == "PCPEDI"}["QT"] == 3
    assert dados["conclusao"].startswith("De 3 pré-vendas julgadas pelos dois, 3 (100 %) têm o mesmo veredito. Em 2")
    assert dados["conclusao"].endswith("Nenhuma coluna fica aberta.")


def test_nothing_is_written_and_nothing_is_locked(casa: Casa, totvs: Totvs) -> None:
    totvs.reservar(totvs.corpo())
    antes = casa.fotografia()
    with casa.comandos() as enviados:
        pass
    relatorio(casa)
    assert casa.fotografia() == antes
    assert enviados == []


PLANTADAS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, list[tuple[str, str, int]]]]] = {
    "a setting": ({"CONDVENDA": 7}, {}, {"PCPEDC.CONDVENDA": [("7", "1", 1)]}),
    "an origin": ({"ORIGEMPED": "W"}, {}, {"PCPEDC.ORIGEMPED": [("W", "R", 1)]}),
    "the seller": ({"CODUSUR": 2}, {}, {"PCPEDC.CODUSUR": [("2", "8", 1)]}),
    "packages not converted": (
        {},
        {"QT": 2, "QTUNITEMB": 1},
        {"PCPEDI.QT": [("2", "24", 1)], "PCPEDI.QTUNITEMB": [("1", "12", 1)]},
    ),
    "a price in cents": ({}, {"PVENDA": Decimal("10.01")}, {"PCPEDI.PVENDA": [("10,01", "10", 1)]}),
    "an empty column": ({}, {"BRINDE": None}, {"PCPEDI.BRINDE": [("(vazio)", "N", 1)]}),
    "another day": (
        {"DTENTREGA": dt.datetime(2026, 3, 9)},  # noqa: DTZ001
        {},
        {"PCPEDC.DTENTREGA": [("2026-03-09", "2026-03-02", 1)]},
    ),
}


@pytest.mark.parametrize("nome", PLANTADAS)
def test_a_planted_difference_is_found_and_nothing_else(casa: Casa, totvs: Totvs, nome: str) -> None:
    cabecalho, linhas, esperado = PLANTADAS[nome]
    totvs.reservar(totvs.corpo(("123-1", 2, 120)), linhas=linhas, **cabecalho)
    result = comparar(casa, *MARCO, "--json")
    dados = simplejson.loads(result.stdout)
    assert result.exit_code == 1
    assert abertas(dados) == esperado
    assert dados["vereditos"]["iguais"] == 1


def test_the_three_commonest_pairs_and_a_line_for_the_map(casa: Casa, totvs: Totvs) -> None:
    for _ in range(5):
        totvs.reservar(totvs.corpo(), CONDVENDA=7)
    for origem in ("W", "W", "W", "X", "X", "Y", "Z"):
        totvs.reservar(totvs.corpo(), CONDVENDA=7, ORIGEMPED=origem)
    dados = relatorio(casa)
    colunas = {c["coluna"]: c for c in dados["colunas"] if c["tabela"] == "PCPEDC"}
    assert colunas["CONDVENDA"]["proposta"] == "CONDVENDA = { const = 7 }"
    assert abertas(dados)["PCPEDC.ORIGEMPED"] == [("W", "R", 3), ("X", "R", 2), ("Y", "R", 1)]
    assert colunas["ORIGEMPED"]["proposta"] is None
    assert "PCPEDC.CONDVENDA (12 de 12)" in dados["conclusao"]


def test_columns_that_only_they_fill_are_proposed_as_map_lines(casa: Casa, totvs: Totvs, tmp_path: Path) -> None:
    casa.executar("ALTER TABLE PCPEDC ADD XLOJA VARCHAR(10)")
    casa.executar("ALTER TABLE PCPEDC ADD XTAXA NUMERIC(8,2)")
    for _ in range(3):
        totvs.reservar(totvs.corpo(), MATERIALDECONSTRUCAO="S", NUMPEDWEB=totvs.numero)
    casa.executar("UPDATE PCPEDC SET XLOJA = 'A\"B', XTAXA = 1.5")
    dados = relatorio(casa)
    propostas = {p["coluna"]: (p["exemplo"], p["linha"]) for p in dados["propostas"]}
    assert propostas == {
        "MATERIALDECONSTRUCAO": ("S", 'MATERIALDECONSTRUCAO = { const = "S" }'),
        "NUMPEDWEB": ("(varia)", None),
        "XLOJA": ('A"B', 'XLOJA = { const = "A\\"B", type = "VARCHAR2(10)" }'),
        "XTAXA": ("1,5", 'XTAXA = { const = 1.5, type = "NUMBER(8,2)" }'),
    }
    shutil.copytree(ROOT / "mappings", tmp_path / "m")
    mapa = tmp_path / "m" / "pcpedc.toml"
    texto = mapa.read_text("utf-8").replace(
        "[unmapped]", f"{propostas['MATERIALDECONSTRUCAO'][1]}\n\n[extra]\n%s\n%s\n\n[unmapped]"
    )
    mapa.write_text(texto % (propostas["XLOJA"][1], propostas["XTAXA"][1]), "utf-8")
    try:
        load_site_maps(tmp_path / "m", json_paths(), COLUNAS)
    except MappingError as error:
        pytest.fail("\n".join(error.problems))


def test_verdicts_stricter_and_laxer_by_our_code(casa: Casa, totvs: Totvs) -> None:
    totvs.recusar(totvs.corpo())
    numped = totvs.reservar(totvs.corpo())
    assert numped
    casa.executar("UPDATE PCLOGPEDIDOAPI SET JSON = REPLACE(JSON, '100-1', '100-999') WHERE STATUS = 'A'")
    totvs.reservar(
        totvs.corpo(), json_do_log=json.dumps({**totvs.corpo(), "situacaoPreVenda": 0, "idRetaguarda": numped})
    )
    dados = relatorio(casa)
    assert dados["vereditos"] == {
        "iguais": 1,
        "maisRigorosos": 1,
        "menosRigorosos": 1,
        "porCodigo": [{"codigo": "PRODUTO_NAO_ENCONTRADO", "vezes": 1}],
    }
    assert "1 seriam recusadas só por este gateway e 1 aceitas só por ele" in dados["conclusao"]


def test_the_stock_of_today_says_nothing_of_the_past(casa: Casa, totvs: Totvs) -> None:
    casa.executar("UPDATE PCEST SET QTESTGER = 0")
    totvs.reservar(totvs.corpo())
    assert relatorio(casa)["vereditos"]["iguais"] == 1


def test_a_row_that_cannot_be_read_is_a_line_of_the_report(casa: Casa, totvs: Totvs) -> None:
    for texto in ("{", "[1]", None, "não é JSON", '{"numero": "T-9"}', "{}"):
        totvs.registrar("A", None, "I", texto)
    totvs.reservar(totvs.corpo())
    dados = relatorio(casa)
    assert [dados[n] for n in ("lidas", "reconhecidas", "semItens", "ilegiveis")] == [7, 1, 2, 4]
    assert dados["vereditos"]["iguais"] == 1


def test_the_hubs_table_is_the_second_place(casa: Casa, totvs: Totvs) -> None:
    longo = "CLOB" if casa.engine.dialect.name == "oracle" else "TEXT"
    casa.executar(f"CREATE TABLE PCINTEGRACAOCORE (IDEXTERNO VARCHAR(100), DADOSRECEBIDOS {longo})")
    corpo = totvs.corpo()
    totvs.reservar(corpo, json_do_log='{"pedido": 1}', CONDVENDA=7)
    casa.executar(
        "INSERT INTO PCINTEGRACAOCORE VALUES (:id, :texto)",
        id=f"pdvsync-status-prevenda-{corpo['numero']}",
        texto=json.dumps(corpo),
    )
    dados = relatorio(casa)
    assert (dados["reconhecidas"], dados["semItens"]) == (1, 0)
    assert list(abertas(dados)) == ["PCPEDC.CONDVENDA"]


def test_what_people_changed_since_is_not_compared(casa: Casa, totvs: Totvs) -> None:
    numped = totvs.reservar(totvs.corpo(), ORIGEMPED="W")
    casa.executar(
        "UPDATE PCPEDC SET POSICAO = 'F', CODCOB = 'D', VLATEND = 0, ROTINALANCULTALT = '1402' WHERE NUMPED = :n",
        n=numped,
    )
    casa.executar("DELETE FROM PCPEDI WHERE NUMPED = :n", n=numped)
    assert list(abertas(relatorio(casa))) == ["PCPEDC.ORIGEMPED"]


def test_lines_in_another_order_and_a_line_too_few(casa: Casa, totvs: Totvs) -> None:
    numped = totvs.reservar(totvs.corpo(("100-1", 2, 10), ("200-2", 3, 5)))
    casa.executar("UPDATE PCPEDI SET NUMSEQ = 3 - NUMSEQ WHERE NUMPED = :n", n=numped)
    faltando = totvs.reservar(totvs.corpo(("100-1", 2, 10), ("200-2", 3, 5)))
    casa.executar("DELETE FROM PCPEDI WHERE NUMPED = :n AND CODPROD = 2", n=faltando)
    assert abertas(relatorio(casa)) == {
        "PCPEDI.(linhas)": [("1", "2", 1)],
        "PCPEDI.NUMSEQ": [("2", "1", 1), ("1", "2", 1)],
    }


def test_many_rows_of_one_instant_are_each_read_once(casa: Casa, totvs: Totvs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.comparar.comparar.PAGINA", 3)
    for quantas in (2, 7, 1, 3):
        for _ in range(quantas):
            totvs.recusar(totvs.corpo(("100-999", 1, 1)))
        totvs.agora += dt.timedelta(seconds=1)
    assert relatorio(casa)["lidas"] == 13


def test_rows_born_here_are_not_theirs(casa: Casa, totvs: Totvs) -> None:
    casa.reservar(pre_venda(item(), numero="PV-NOSSA"))
    totvs.reservar(totvs.corpo())
    assert relatorio(casa)["lidas"] == 1


def test_a_branch_and_a_span(casa: Casa, totvs: Totvs) -> None:
    totvs.reservar(totvs.corpo())
    totvs.reservar(totvs.corpo(filial="2"))
    totvs.recusar(totvs.corpo(filial="2"))
    totvs.agora += dt.timedelta(days=5)
    totvs.reservar(totvs.corpo(filial="2"))
    assert relatorio(casa, *MARCO, "--filial", "2")["lidas"] == 2
    assert relatorio(casa, "--de", "2026-03-07", "--ate", "2026-03-07")["lidas"] == 1


def test_personal_data_are_masked(casa: Casa, totvs: Totvs) -> None:
    totvs.reservar(totvs.corpo(observacoes="Entregar para João da Silva"), OBS="FULANO DE TAL")
    result = comparar(casa, *MARCO, "--json")
    assert abertas(simplejson.loads(result.stdout))["PCPEDC.OBS"] == [("***", "***", 1)]
    for saida in (result.stdout, comparar(casa, *MARCO, "--html").stdout, comparar(casa).stdout):
        assert not re.search("FULANO|Silva", saida)


def test_the_page_stands_alone_and_begins_with_the_conclusion(casa: Casa, totvs: Totvs) -> None:
    totvs.reservar(totvs.corpo(), CONDVENDA=7, LOG="<script>")
    pagina = comparar(casa, *MARCO, "--html").stdout
    assert pagina.startswith("<!doctype html>")
    assert "Abertas: PCPEDC.CONDVENDA (1 de 1)" in pagina.partition("<h2>")[0]
    assert "&lt;script&gt;" in pagina
    assert not re.search(r"<script|src=|href=|url\(", pagina)


def test_interrupted_and_continued_it_counts_each_day_once(
    casa: Casa, totvs: Totvs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for dia in (1, 2, 3):
        totvs.agora = dt.datetime(2026, 3, dia, 10)  # noqa: DTZ001
        totvs.reservar(totvs.corpo(), CONDVENDA=7)
    inteiro = relatorio(casa)
    estado = tmp_path / "estado.json"
    lidos = 0

    def parar(*args: Any, **kwargs: Any) -> Any:
        nonlocal lidos
        lidos += 1
        if lidos == 3:
            raise KeyboardInterrupt
        return original(*args, **kwargs)

    from app.winthor.consultas import comparacao

    original = comparacao.pagina_do_log
    with monkeypatch.context() as patch:
        patch.setattr(comparacao, "pagina_do_log", parar)
        result = comparar(casa, *MARCO, "--json", "--continuar", str(estado))
    assert (result.exit_code, result.stdout) == (130, "")
    assert "Interrompido" in result.stderr
    assert relatorio(casa, *MARCO, "--continuar", str(estado)) == inteiro
    assert not estado.exists()


@pytest.mark.parametrize(
    ("opcoes", "diz"),
    [
        (("--de", "2026-03-03", "--ate", "2026-03-01"), "--ate deve ser o mesmo dia de --de ou um dia depois."),
        ((*MARCO, "--json", "--html"), "Escolha --html ou --json."),
    ],
)
def test_wrong_usage(casa: Casa, opcoes: tuple[str, ...], diz: str) -> None:
    result = comparar(casa, *opcoes)
    assert (result.exit_code, result.stdout) == (2, "")
    assert diz in result.stderr


@pytest.mark.parametrize(
    "texto", ["", "{}", "[]", '{"de": "2026-01-01", "ate": "2026-01-02", "filial": null, "proximo": "x", "soma": {}}']
)
def test_a_file_that_is_no_state_is_told(casa: Casa, tmp_path: Path, texto: str) -> None:
    estado = tmp_path / "estado.json"
    estado.write_text(texto)
    result = comparar(casa, *MARCO, "--continuar", str(estado))
    assert result.exit_code == 2
    assert "não é o estado de uma comparação" in result.stderr
    assert estado.read_text() == texto


@pytest.mark.usefixtures("collector_of_a_server")
def test_memory_does_not_grow_with_the_orders(casa_pg: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    """The peak of four times as many orders is the peak of the few, which fill one batch."""
    monkeypatch.setattr("app.services.comparar.comparar.LOTE", 50)
    totvs = Totvs(casa_pg)
    comparador = preparar(casa_pg.gw, lambda corpo: parse_do_log(corpo, caller="comparar"), {})

    def pico(quantos: int) -> int:
        for _ in range(quantos):
            totvs.reservar(totvs.corpo())
        gc.collect()
        tracemalloc.start()
        soma = Soma()
        comparador.comparar_dia(soma, totvs.agora.date(), None, 1_000_000)
        maximo = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert soma.iguais == soma.lidas == totvs.numero
        return maximo

    pico(1)  # statements compiled, caches warm
    com_um_lote = pico(50)
    assert pico(150) < 1.25 * com_um_lote


def test_no_row_at_all(casa: Casa) -> None:
    result = comparar(casa)
    assert result.exit_code == 0
    assert result.stdout.startswith("Nenhuma pré-venda do período pôde ser comparada.")


def test_a_place_that_cannot_be_written_is_told_at_once(casa: Casa, totvs: Totvs, tmp_path: Path) -> None:
    totvs.reservar(totvs.corpo())
    result = comparar(casa, *MARCO, "--continuar", str(tmp_path / "ausente" / "estado.json"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "ausente" in result.stderr
    assert "Comparando" not in result.stderr


def test_a_row_that_cannot_be_read_does_not_end_it(casa: Casa, totvs: Totvs) -> None:
    totvs.reservar(totvs.corpo())
    for texto in ('{"preVendaItens": ' + "[" * 90_000 + "]" * 90_000 + "}", '{"preVendaItens": [{"preco": 1E999999}]}'):
        casa.executar(
            "INSERT INTO PCLOGPEDIDOAPI (DATA, NUMPED, OPERACAO, STATUS, JSON) "
            "SELECT MAX(DATA), 1, 'I', 'A', :json FROM PCLOGPEDIDOAPI",
            json=texto,
        )
    dados = relatorio(casa)
    assert (dados["lidas"], dados["reconhecidas"], dados["ilegiveis"]) == (3, 2, 1)
