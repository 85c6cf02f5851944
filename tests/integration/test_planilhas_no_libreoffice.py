"""Every spreadsheet of the panel, as LibreOffice with Brazil's settings opens it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.settings import Settings
from tests.support import escritorio
from tests.support.builders import item, pre_venda
from tests.support.databases import OFFICE_MISSING
from tests.support.escritorio import Celula
from tests.support.gateway import Casa, Relogio
from tests.support.panel import Atendente

LISTAS = (
    "operacoes?de=2026-03-01&ate=2026-03-03",
    "reservas",
    "estoque",
    "movimentos?filial=1&codprod=2",
    "conciliacao",
    "recusas?de=2026-03-01&ate=2026-03-03",
    "valor-retido",
    "fluxo",
)
# 2 March 2026, 09:00, as a spreadsheet counts days, and as it is shown: xlsx says how, of a CSV the program decides.
AS_NOVE = "46083,375"
MOMENTO = {"xlsx": "02/03/2026 09:00:00", "csv": "02/03/26 09:00"}


@pytest.fixture
def soffice() -> str:
    """LibreOffice; skipped, loudly, where there is none."""
    achado = escritorio.programa()
    if achado is None:
        pytest.skip(f"{OFFICE_MISSING}: apt-get install --no-install-recommends libreoffice-calc")
    return achado


@pytest.fixture
def loja(sqlite_engine: sa.Engine, now: dt.datetime) -> Iterator[Casa]:
    """The demo shop; what a file looks like depends on no database."""
    url = sqlite_engine.url.render_as_string(hide_password=False)
    casa = Casa(sqlite_engine, Settings(database_url=url, cache_segundos=0), Relogio(now))
    yield casa
    casa.close()


def baixar(pessoa: Atendente, pasta: Path) -> list[Path]:
    """Every list in both forms, under the names that the panel gives them."""
    baixadas = []
    for lista in LISTAS:
        for formato in ("xlsx", "csv"):
            sinal = "&" if "?" in lista else "?"
            resposta = pessoa.abrir(f"/painel/planilhas/{lista}{sinal}formato={formato}")
            assert resposta.status_code == 200, lista
            (nome,) = re.findall(r'filename="(.+)"', resposta.headers["Content-Disposition"])
            (pasta / nome).write_bytes(resposta.get_data())
            baixadas.append(pasta / nome)
    return baixadas


def textos(linha: dict[str, Celula], *titulos: str) -> list[str]:
    return [linha[titulo].texto for titulo in titulos]


def test_a_brazilian_office_reads_every_list(loja: Casa, soffice: str, tmp_path: Path) -> None:
    casa = loja
    numped = casa.reservar(pre_venda(item("200-2", 1.25, 3.3), numero="000123"))
    casa.enviar(pre_venda(item("300-3", 9), numero="=1+1"))
    casa.pedir("POST", "/winthor/varejo/matcon/v1/orders/pdvsync", "pdv1", json=pre_venda(loja="2"))
    casa.executar("UPDATE PCEST SET QTRESERV = QTRESERV + 1.5 WHERE CODFILIAL = '1' AND CODPROD = 2")
    (tmp_path / "baixadas").mkdir()
    arquivos = baixar(Atendente(casa), tmp_path / "baixadas")
    assert {a.stem for a in arquivos} == {
        "operacoes-2026-03-01-a-2026-03-03",
        "reservas-2026-03-02",
        "estoque-2026-03-02",
        "movimentos-2-filial-1-2026-03-02",
        "conciliacao-2026-03-02",
        "recusadas-antes-do-registro-2026-03-01-a-2026-03-03",
        "valor-retido-2026-03-02",
        "fluxo-30-dias-ate-2026-03-02",
    }
    abertas = escritorio.abrir(soffice, arquivos, tmp_path)
    for formato in ("xlsx", "csv"):
        aceita, recusada = sorted(
            abertas[f"operacoes-2026-03-01-a-2026-03-03.{formato}"], key=lambda linha: linha["Status"].texto
        )
        assert aceita["Início"] == Celula(MOMENTO[formato], AS_NOVE)
        assert textos(aceita, "Operação", "Status", "Total", "Login") == ["Reserva", "Aceita", "4,13", "hub"]
        assert textos(recusada, "Status", "Código") == ["Recusada", "ESTOQUE_INSUFICIENTE"]
        assert recusada["Motivo"].texto.startswith("Produto 3, filial 1: pedido 9")
        # What looks like a formula is none: nothing was computed.
        assert recusada["Pré-venda"].texto.lstrip("'") == "=1+1"

        (reserva,) = abertas[f"reservas-2026-03-02.{formato}"]
        assert reserva["Criada"] == Celula(MOMENTO[formato], AS_NOVE)
        assert " 23:59" in reserva["Vence"].texto
        assert reserva["Reserva"].texto == str(numped)  # a number of an order has no thousands
        assert textos(reserva, "Estado", "Nome da filial") == ["Autorizada", "CASA DE DEMONSTRACAO LTDA"]

        (movimento,) = abertas[f"movimentos-2-filial-1-2026-03-02.{formato}"]
        assert movimento["Reservado mudou"] == Celula("1,25", "1,25")
        assert movimento["Reserva"].numero == str(numped)
        assert [textos(x, "Produto", "Unidades") for x in abertas[f"conciliacao-2026-03-02.{formato}"]] == [
            ["2", "1,5"]
        ]
        (retido,) = abertas[f"valor-retido-2026-03-02.{formato}"]
        assert textos(retido, "Estado", "Unidades", "Valor") == ["Autorizada", "1,25", "4,13"]
        (porta,) = abertas[f"recusadas-antes-do-registro-2026-03-01-a-2026-03-03.{formato}"]
        assert textos(porta, "Login", "Código", "Vezes") == ["pdv1", "FILIAL_NAO_AUTORIZADA", "1"]
        assert porta["Hora"] == Celula(MOMENTO[formato], AS_NOVE)
    # Only xlsx can say of a text of digits that it is one.
    assert abertas["reservas-2026-03-02.xlsx"][0]["Pré-venda"] == Celula("000123", None)
