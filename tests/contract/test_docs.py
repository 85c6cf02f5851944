"""The documentation page: whole, local, without script."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from app.api.documento.documento import OPERACOES, construir
from app.api.documento.problemas import ERROS
from app.api.documento.vida import PEDIDOS, tabela
from app.domain.codigos import CODIGOS, TipoDeCodigo
from app.domain.vida import Estado, passo
from app.settings import Settings
from tests.conftest import NOW
from tests.support.gateway import Casa, Relogio
from tests.support.panel import Pagina


@contextlib.contextmanager
def casa_da_pagina(engine: sa.Engine) -> Iterator[Casa]:
    casa = Casa(engine, Settings(database_url=str(engine.url), cache_segundos=0), Relogio(NOW))
    yield casa
    casa.close()


@pytest.fixture
def html(sqlite_engine: sa.Engine) -> str:
    with casa_da_pagina(sqlite_engine) as casa:
        resposta = casa.app.test_client().get("/docs")
    assert (resposta.status_code, resposta.mimetype) == (200, "text/html")
    assert "default-src 'none'; style-src 'self'" in resposta.headers["Content-Security-Policy"]
    return resposta.get_data(as_text=True)


def test_every_operation_and_error_is_there(html: str) -> None:
    texto = Pagina(html).texto
    for operacao in OPERACOES:
        assert f"{operacao.metodo} {operacao.caminho}" in texto
        for exemplo in operacao.exemplos:
            assert exemplo.resumo in texto or exemplo.http not in operacao.respostas
    for codigo, erro in ERROS.items():
        assert f"{erro.http} {codigo}" in texto


def test_every_link_of_the_page_leads_somewhere(html: str) -> None:
    pagina = Pagina(html)
    ids = [atributos["id"] for _, atributos in pagina.atributos if "id" in atributos]
    assert len(ids) == len(set(ids))
    dentro = {elo[1:] for elo in pagina.elos if elo.startswith("#")}
    assert dentro <= set(ids)
    assert {elo for elo in pagina.elos if not elo.startswith("#")} == {"/docs", "/openapi.json", "/painel/"}


def test_every_aviso_is_told(html: str) -> None:
    texto = " ".join(Pagina(html).texto.split())
    de_aviso = [codigo for codigo in CODIGOS.values() if codigo.tipo is TipoDeCodigo.AVISO]
    assert len(de_aviso) > 25
    for aviso in de_aviso:
        assert f"{aviso.codigo} {aviso.o_que} {aviso.o_que_fazer}" in texto


@pytest.mark.parametrize("estado", Estado)
def test_the_life_is_told_as_the_table_has_it(estado: Estado) -> None:
    for acao, celula in zip(PEDIDOS.values(), tabela()[estado.value], strict=True):
        assert celula.recusa == passo(estado, acao).recusa
        assert bool(celula.texto) is (celula.recusa is None)


def test_every_member_says_what_it_is_and_what_is_written_from_it(html: str) -> None:
    esquemas = construir("", colunas=(("preVendaItens[].quantidade", ("PCPEDI.QT",)),))["components"]["schemas"]
    assert esquemas["Item"]["properties"]["quantidade"]["x-colunas"] == ["PCPEDI.QT"]
    texto = Pagina(html).texto
    for coluna in ("PCPEDI.QT", "PCPEDC.NUMPEDHUBE", "PCPEDICESTA.QTMP", "PCCLIENT.CGCENT"):
        assert coluna in texto
    for nome in ("PreVenda", "Item", "ItemKit", "Entrega", "Cliente", "Pagamento"):
        assert all(membro.get("description") for membro in esquemas[nome]["properties"].values()), nome


@pytest.mark.parametrize(
    ("procura", "onde"),
    [
        ("lockttl", "#corpo-PreVenda"),
        ("PCPEDI.QT", "#corpo-PreVenda"),
        ("estoque_insuf", "#erro-ESTOQUE_INSUFICIENTE"),
        ("Cancelar pre-venda", "#excluir"),
        ("PRAZO_REDUZIDO", "#aviso-PRAZO_REDUZIDO"),
        ("nada disto existe", None),
    ],
)
def test_search(sqlite_engine: sa.Engine, procura: str, onde: str | None) -> None:
    with casa_da_pagina(sqlite_engine) as casa:
        html = casa.app.test_client().get("/docs", query_string={"q": procura}).get_data(as_text=True)
    achados = re.search(r'id="achados".*?</section>', html, re.S)
    assert achados is not None
    if onde is None:
        assert "Nada com" in achados[0]
    else:
        assert f'href="{onde}"' in achados[0]


def test_what_is_searched_for_is_no_markup(sqlite_engine: sa.Engine) -> None:
    with casa_da_pagina(sqlite_engine) as casa:
        html = casa.app.test_client().get("/docs", query_string={"q": '"><b>x'}).get_data(as_text=True)
    assert "<b>x" not in html


def test_nothing_comes_from_outside_and_nothing_is_inline(html: str) -> None:
    pagina = Pagina(html)
    assert all(re.match("/(?!/)|#", recurso) for recurso in pagina.recursos), pagina.recursos
    assert not {tag for tag, _ in pagina.atributos} & {"script", "style", "iframe", "object", "embed"}
    assert not [a for _, a in pagina.atributos if any(nome.startswith("on") or nome == "style" for nome in a)]


def test_headings_have_no_gap(html: str) -> None:
    niveis = [int(nivel) for nivel in re.findall(r"<h([1-6])", html)]
    assert niveis[0] == 1
    assert all(depois <= antes + 1 for antes, depois in itertools.pairwise(niveis))
