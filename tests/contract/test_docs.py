"""The documentation page: whole, local, without script."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from app.api.documento.documento import OPERACOES
from app.api.documento.problemas import ERROS
from app.settings import Settings
from tests.conftest import NOW
from tests.support.gateway import Casa, Relogio
from tests.support.panel import Pagina


@pytest.fixture
def html(sqlite_engine: sa.Engine) -> Iterator[str]:
    casa = Casa(sqlite_engine, Settings(database_url=str(sqlite_engine.url), cache_segundos=0), Relogio(NOW))
    resposta = casa.app.test_client().get("/docs")
    assert (resposta.status_code, resposta.mimetype) == (200, "text/html")
    assert "default-src 'none'; style-src 'self'" in resposta.headers["Content-Security-Policy"]
    yield resposta.get_data(as_text=True)
    casa.close()


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


def test_nothing_comes_from_outside_and_nothing_is_inline(html: str) -> None:
    pagina = Pagina(html)
    assert all(re.match("/(?!/)|#", recurso) for recurso in pagina.recursos), pagina.recursos
    assert not {tag for tag, _ in pagina.atributos} & {"script", "style", "iframe", "object", "embed", "form"}
    assert not [a for _, a in pagina.atributos if any(nome.startswith("on") or nome == "style" for nome in a)]


def test_headings_have_no_gap(html: str) -> None:
    niveis = [int(nivel) for nivel in re.findall(r"<h([1-6])", html)]
    assert niveis[0] == 1
    assert all(depois <= antes + 1 for antes, depois in itertools.pairwise(niveis))
