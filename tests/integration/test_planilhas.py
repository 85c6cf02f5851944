"""Spreadsheets of every list: local time, words, a decimal comma or a true number, text that stays text."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
import zipfile

import pytest

from tests.support.builders import item, pre_venda
from tests.support.gateway import Casa
from tests.support.panel import Atendente

LISTAS = ("operacoes", "reservas", "estoque", "conciliacao", "recusas", "valor-retido", "fluxo")
NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def linhas_csv(pessoa: Atendente, caminho: str) -> list[dict[str, str]]:
    resposta = pessoa.abrir(caminho)
    assert resposta.status_code == 200, resposta.get_data(as_text=True)
    texto = resposta.get_data().decode("utf-8")
    assert texto.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(texto[1:]), delimiter=";"))


def celulas(corpo: bytes) -> list[list[tuple[str, str]]]:
    """Each row of the sheet as (type, value)."""
    with zipfile.ZipFile(io.BytesIO(corpo)) as pacote:
        folha = ET.fromstring(pacote.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - made here
        assert pacote.testzip() is None
    return [
        [(c.get("t", "n"), "".join(c.itertext())) for c in row.findall("m:c", NS)]
        for row in folha.iterfind("m:sheetData/m:row", NS)
    ]


def test_operations_as_a_clerk_reads_them(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(numero="000123"))
    casa.enviar(pre_venda(item("300-3", 9), numero="=1+1"))
    pessoa = Atendente(casa)
    aceita, recusada = sorted(linhas_csv(pessoa, "/painel/planilhas/operacoes?formato=csv"), key=lambda x: x["Status"])
    assert aceita["Início"] == "02/03/2026 09:00:00"
    assert [aceita[n] for n in ("Operação", "Status", "Pré-venda", "Reserva", "Total", "Login")] == [
        "Reserva", "Aceita", "000123", str(numped), "20", "hub"
    ]  # fmt: skip
    assert recusada["Pré-venda"] == "'=1+1"
    assert recusada["Motivo"].startswith("Produto 3, filial 1: pedido 9")


def test_decimals_have_a_comma(casa: Casa) -> None:
    casa.reservar(pre_venda(item("200-2", 1.25, 3.3)))
    (linha,) = linhas_csv(Atendente(casa), "/painel/planilhas/valor-retido?formato=csv")
    assert (linha["Unidades"], linha["Valor"], linha["Estado"]) == ("1,25", "4,13", "Autorizada")


def test_text_stays_text_in_xlsx(casa: Casa) -> None:
    casa.reservar(pre_venda(numero="000123"))
    casa.reservar(pre_venda(numero="1E5"))
    resposta = Atendente(casa).abrir("/painel/planilhas/reservas?ordem=numero")
    assert resposta.headers["Content-Disposition"] == 'attachment; filename="reservas-2026-03-02.xlsx"'
    titulos, *linhas = celulas(resposta.get_data())
    assert [t for _, t in titulos[:5]] == ["Reserva", "Estado", "Filial", "Nome da filial", "Pré-venda"]
    assert {linha[4] for linha in linhas} == {("inlineStr", "000123"), ("inlineStr", "1E5")}
    assert all(("n", "46083.3750000000") in linha for linha in linhas)  # 2 March 2026, 09:00


def test_the_period_is_in_the_name(casa: Casa) -> None:
    resposta = Atendente(casa).abrir("/painel/planilhas/operacoes?de=2026-03-01&ate=2026-03-02")
    assert resposta.headers["Content-Disposition"].endswith('"operacoes-2026-03-01-a-2026-03-02.xlsx"')


@pytest.mark.parametrize("formato", ["xlsx", "csv"])
def test_every_list_has_one(casa: Casa, formato: str) -> None:
    casa.reservar(pre_venda())
    pessoa = Atendente(casa)
    for lista in LISTAS:
        assert pessoa.abrir(f"/painel/planilhas/{lista}?formato={formato}").status_code == 200, lista
    movimentos = f"/painel/planilhas/movimentos?filial=1&codprod=1&formato={formato}"
    assert pessoa.abrir(movimentos).status_code == 200
    assert pessoa.abrir("/painel/planilhas/nada").status_code == 404


def test_a_clerk_of_one_branch_gets_only_that_branch(casa: Casa) -> None:
    casa.executar("UPDATE GW_CREDENCIAL SET FILIAIS = '1' WHERE LOGIN = 'retaguarda'")
    casa.reservar(pre_venda(numero="ALHEIA", loja="2"))
    pessoa = Atendente(casa)
    for lista in LISTAS:
        assert "ALHEIA" not in pessoa.abrir(f"/painel/planilhas/{lista}?formato=csv").get_data(as_text=True)
    for caminho in ("movimentos?filial=2&codprod=1", "valor-retido?filial=2", "fluxo?filial=2"):
        assert pessoa.abrir(f"/painel/planilhas/{caminho}").status_code == 403


def test_one_odd_number_spoils_no_spreadsheet(casa: Casa) -> None:
    """XML has no such characters: one of them, and no program opens the file."""
    for n, estranho in enumerate(("\uffff", "\ufffe", "\U0001f600", "]]>")):
        casa.reservar(pre_venda(numero=f"PV {n}{estranho}"))
    pessoa = Atendente(casa)
    for lista in ("operacoes", "reservas", "movimentos?filial=1&codprod=1"):
        numeros = {
            texto for linha in celulas(pessoa.abrir(f"/painel/planilhas/{lista}").get_data()) for _, texto in linha
        }
        assert {"PV 0", "PV 1", "PV 2\U0001f600", "PV 3]]>"} <= numeros, lista


def test_what_stands_in_the_address_does_not_reach_a_header_as_it_is(casa: Casa) -> None:
    casa.reservar(pre_venda())
    pessoa = Atendente(casa)
    for filial in ("→", "１", '1"; filename=x.exe', "77"):
        assert pessoa.abrir(f"/painel/planilhas/movimentos?filial={filial}&codprod=1").status_code in {200, 422}, filial
    resposta = pessoa.abrir('/painel/planilhas/movimentos?filial=";&codprod=1')
    assert resposta.headers["Content-Disposition"] == 'attachment; filename="movimentos-1-filial---2026-03-02.xlsx"'
