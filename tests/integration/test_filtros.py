"""The filters of the log and of the reservations against a model that reads every row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest
import simplejson
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.services.acesso.credenciais import Caller
from app.services.consulta.operacoes import FiltroDoLog, listar_log
from app.services.consulta.reservas import FiltroDeReservas, listar
from app.services.consulta.resumo_do_log import resumir
from app.settings import Settings
from app.winthor.consultas import lista_de_operacoes
from app.winthor.consultas.lista_de_operacoes import Contagens
from tests.conftest import NOW
from tests.support.builders import item, kit, pre_venda
from tests.support.gateway import Casa, Relogio

TODAS = Caller("retaguarda", None, frozenset({"retaguarda"}))


@pytest.fixture(scope="module")
def cheia(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Any) -> Iterator[Casa]:
    """A shop with thirty operations of every kind, one every half hour."""
    path = tmp_path_factory.mktemp("filtros") / "demo.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = sa.create_engine(f"sqlite:///{path}")
    casa = Casa(engine, Settings(database_url=f"sqlite:///{path}", cache_segundos=0, jwt_minutos=1440), Relogio(NOW))
    for n in range(10):
        loja, login = ("2", "pdv2") if n % 3 == 0 else ("1", "pdv1")
        numero = f"N{n % 7}"
        produto = [item("10010-1001"), kit(), item("300-3", 60), item("999-1")][n % 4]
        answer = casa.enviar(pre_venda(produto, numero=numero, loja=loja), login)
        casa.relogio.andar(minutes=30)
        numped = answer.get_json(force=True).get("idPedidoRetaguarda")
        if numped is not None:
            situacao = n % 3
            extra = {"preVendaItens": [item("10020-1002", 3)]} if situacao == 2 else {"preVendaItens": None}
            corpo = {**pre_venda(numero=numero, loja=loja, idRetaguarda=numped), "situacaoPreVenda": situacao, **extra}
            casa.enviar(corpo, login)
            casa.relogio.andar(minutes=30)
    yield casa
    casa.close()
    engine.dispose()


def produtos(casa: Casa, numped: int | None) -> set[int]:
    linhas = {row["CODPROD"] for row in casa.tabela("PCPEDI") if row["NUMPED"] == numped}
    return linhas | {row["CODPRODMP"] for row in casa.tabela("PCPEDICESTA") if row["NUMPED"] == numped}


def recusados(casa: Casa, operacao: str) -> set[int]:
    """Products that a refused request named, or that were short, as its log row has them."""
    ids = [row["ID"] for row in casa.tabela("GW_OPERACAO")]
    if casa.tabela("GW_OPERACAO", ID=operacao)[0]["ESTADO"] != "R":
        return set()
    gravado = simplejson.loads(casa.tabela("PCLOGPEDIDOAPI")[ids.index(operacao)]["JSON"])
    itens = [i for i in gravado.get("preVendaItens") or [] if isinstance(i, dict)]
    enviados = [*itens, *[parte for i in itens for parte in i.get("itensKit") or []]]
    em_falta = {e["codprod"] for e in gravado["retorno"].get("errors", []) if "codprod" in e}
    return {int(i["idProdutoRetaguarda"].rpartition("-")[2]) for i in enviados} | em_falta


instantes = st.integers(-60, 700).map(lambda minutos: NOW + dt.timedelta(minutes=minutos))
FILTROS: dict[str, st.SearchStrategy[Any]] = {
    "operacao": st.sampled_from("IAC"),
    "status": st.sampled_from("ARP"),
    "filial": st.sampled_from(["1", "2", "10"]),
    "numero": st.sampled_from(["N0", "N1", "N5", "X"]),
    "numped": st.integers(8000001, 8000006),
    "codprod": st.sampled_from([1, 3, 50, 1001, 1002, 7]),
    "codigo": st.sampled_from(["ESTOQUE_INSUFICIENTE", "EMBALAGEM_NAO_CONFERE", "KIT_INVALIDO"]),
    "caller": st.sampled_from(["pdv1", "pdv2", "hub"]),
    "de": instantes,
    "ate": instantes,
    "filiais": st.sampled_from([frozenset({"1"}), frozenset({"2", "10"})]),
}


def passa(casa: Casa, row: dict[str, Any], filtro: dict[str, Any]) -> bool:
    inicio = row["DTINICIO"].replace(tzinfo=dt.UTC)
    modelo: dict[str, Callable[[Any], bool]] = {
        "operacao": lambda v: row["OPERACAO"] == v,
        "status": lambda v: row["ESTADO"] == v,
        "filial": lambda v: row["CODFILIAL"] == v,
        "numero": lambda v: row["NUMERO"] == v,
        "numped": lambda v: row["NUMPED"] == v,
        "codprod": lambda v: v in recusados(casa, row["ID"]) | produtos(casa, row["NUMPED"]),
        "codigo": lambda v: row["CODIGO"] == v,
        "caller": lambda v: row["CALLER"] == v,
        "de": lambda v: inicio >= v,
        "ate": lambda v: inicio <= v,
        "filiais": lambda v: row["CODFILIAL"] in v,
    }
    return all(modelo[nome](valor) for nome, valor in filtro.items())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filtro=st.fixed_dictionaries({}, optional=FILTROS), limite=st.integers(1, 8), raro=st.booleans())
def test_the_log_against_a_model(cheia: Casa, filtro: dict[str, Any], limite: int, raro: bool) -> None:
    """``raro``: the product is taken for a rare one, else for one that much is sold of."""
    with mock.patch.object(lista_de_operacoes, "LINHAS_DE_UM_RARO", 2000 if raro else 0):
        conferir_o_log(cheia, filtro, limite)


def conferir_o_log(cheia: Casa, filtro: dict[str, Any], limite: int) -> None:
    linhas = [row for row in reversed(cheia.tabela("GW_OPERACAO")) if passa(cheia, row, filtro)]
    completo = {"filiais": None, **filtro}

    vistas: list[str] = []
    cursor = None
    while True:
        pagina = listar_log(cheia.gw, FiltroDoLog(**completo, cursor=cursor, limite=limite))
        vistas += [operacao.id for operacao in pagina.itens]
        cursor = pagina.proximo
        if cursor is None:
            break

    assert vistas == [row["ID"] for row in linhas]
    if "de" in filtro:
        contagens = resumir(cheia.gw, FiltroDoLog(**completo)).contagens
        assert contagens == Contagens(*(sum(row["ESTADO"] == estado for row in linhas) for estado in "ARP"))


DAS_RESERVAS: dict[str, st.SearchStrategy[Any]] = {
    "filial": st.sampled_from(["1", "2", "10"]),
    "codprod": st.sampled_from([1, 3, 50, 1001, 1002, 7]),
    "numero": st.sampled_from(["N0", "N1", "N5", "X"]),
    "caller": st.sampled_from(["pdv1", "pdv2"]),
    "idade_minima_horas": st.integers(0, 12),
    "vence_em_minutos": st.sampled_from([0, 60, 20_000, 525_600]),
}
VIVAS = {"AUTORIZADA", "CONFIRMADA", "RESGATADA"}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filtro=st.fixed_dictionaries({}, optional=DAS_RESERVAS))
def test_the_reservations_against_a_model(cheia: Casa, filtro: dict[str, Any]) -> None:
    agora = cheia.relogio().replace(tzinfo=None)

    def serve(row: dict[str, Any]) -> bool:
        minutos = filtro.get("vence_em_minutos")
        return (
            row["ESTADO"] in VIVAS
            and filtro.get("filial") in {None, row["CODFILIAL"]}
            and filtro.get("numero") in {None, row["NUMERO"]}
            and filtro.get("caller") in {None, row["CALLER"]}
            and ("codprod" not in filtro or filtro["codprod"] in produtos(cheia, row["NUMPED"]))
            and row["DTCRIACAO"] <= agora - dt.timedelta(hours=filtro.get("idade_minima_horas", 0))
            and (minutos is None or _vence(row["DTEXPIRA"], agora + dt.timedelta(minutes=minutos)))
        )

    esperadas = [row["NUMPED"] for row in reversed(cheia.tabela("GW_RESERVA")) if serve(row)]
    assert [r.numped for r in listar(cheia.gw, TODAS, FiltroDeReservas(**filtro)).itens] == esperadas


def _vence(quando: dt.datetime | None, ate: dt.datetime) -> bool:
    return quando is not None and quando <= ate


@pytest.mark.parametrize(
    ("caminho", "filtros"),
    [
        ("/api/v1/log", {"filial": "1.0"}),
        ("/api/v1/reservas", {"filial": " 1 "}),
        ("/api/v1/log", {"numero": " PV-DO-FILTRO "}),
        ("/api/v1/reservas", {"numero": "PV-DO-FILTRO", "filial": "1.0"}),
    ],
)
def test_a_branch_and_a_number_are_read_as_in_a_body(casa: Casa, caminho: str, filtros: dict[str, str]) -> None:
    casa.reservar(pre_venda(numero="PV-DO-FILTRO"))
    achados = casa.pedir("GET", caminho, "retaguarda", query_string=filtros).get_json()["itens"]
    assert "PV-DO-FILTRO" in {achado["numero"] for achado in achados}


@pytest.mark.um_banco
@pytest.mark.parametrize("caminho", ["/api/v1/log", "/api/v1/reservas", "/api/v1/fluxo", "/api/v1/indicadores"])
def test_a_branch_that_cannot_be_is_told(casa: Casa, caminho: str) -> None:
    answer = casa.pedir("GET", caminho, "retaguarda", query_string={"filial": "123"})
    assert (answer.status_code, answer.get_json(force=True)["errors"][0]["campo"]) == (422, "/filial")
