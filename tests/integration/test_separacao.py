"""Under separation: position M, a load, or any stamp; columns that a release lacks are passed over (R24)."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from app.services.tempo import expirar
from app.winthor import separacao
from app.winthor.esquema import catalogo
from app.winthor.esquema.tables import PCPEDC
from tests.support.builders import item, pre_venda
from tests.support.gateway import Casa

HOJE = dt.datetime.fromisoformat("2026-03-02T10:00:00")
SINAIS: tuple[dict[str, Any], ...] = (
    {"POSICAO": "M"},
    {"NUMCAR": 7},
    {"DTINICIALSEP": HOJE},
    {"DTFINALSEP": HOJE},
    {"NUMVIASMAPASEP": 1},
    {"CODFUNCSEP": 100},
    {"DTINICIALCHECKOUT": HOJE},
    {"DTFINALCHECKOUT": HOJE},
    {"CODFUNCCONF": 100},
)
NENHUM: tuple[dict[str, Any], ...] = ({"NUMCAR": 0}, {"NUMVIASMAPASEP": 0}, {"CODFUNCSEP": 0, "CODFUNCCONF": 0})
CARIMBOS = [str(coluna.name) for coluna in (*separacao.DATAS, *separacao.NUMEROS)]


def carimbar(casa: Casa, numped: int, **colunas: Any) -> None:
    with casa.engine.begin() as connection:
        connection.execute(sa.update(PCPEDC).where(PCPEDC.c.NUMPED == numped).values(**colunas))


def pedir(casa: Casa, situacao: int, numped: int, **mais: Any) -> Any:
    corpo = {**pre_venda(item(**mais)), "situacaoPreVenda": situacao, "idRetaguarda": numped}
    return casa.enviar(corpo)


@pytest.mark.parametrize("sinal", SINAIS, ids=lambda sinal: next(iter(sinal)))
def test_no_till_touches_what_is_being_picked(casa: Casa, sinal: dict[str, Any]) -> None:
    numped = casa.reservar(pre_venda(lockTTL="1h"))
    carimbar(casa, numped, **sinal)
    for situacao, mais in ((2, {"quantidade": 3}), (0, {})):
        answer = pedir(casa, situacao, numped, **mais)
        assert (answer.status_code, answer.get_json()["codigo"]) == (409, "RESERVA_EM_SEPARACAO"), situacao
    assert casa.enviar(pre_venda(lockTTL="1h")).get_json()["codigo"] == "RESERVA_EM_SEPARACAO"  # a replay
    lista = casa.pedir("GET", "/api/v1/reservas?estado=RECONHECIDA", "retaguarda").get_json()["itens"]
    assert [reserva["idRetaguarda"] for reserva in lista] == [numped]
    casa.relogio.andar(hours=1, seconds=1)
    assert expirar.expirar(casa.gw).expiradas == []
    paga = pedir(casa, 1, numped).get_json()["data"]
    assert (paga["situacaoReserva"], paga["posicao"]) == ("RECONHECIDA", sinal.get("POSICAO", "L"))
    assert casa.qtreserv(1) == Decimal(2)


@pytest.mark.parametrize("colunas", NENHUM, ids=lambda colunas: next(iter(colunas)))
def test_a_zero_is_no_stamp(casa: Casa, colunas: dict[str, Any]) -> None:
    numped = casa.reservar(pre_venda())
    carimbar(casa, numped, **colunas)
    assert pedir(casa, 0, numped).status_code == 200


def test_a_release_without_the_columns_works_by_what_it_has(casa: Casa) -> None:
    for nome in CARIMBOS:
        casa.executar(f"ALTER TABLE PCPEDC DROP COLUMN {nome}")
    with closing(casa.com()) as outra:
        numped = outra.reservar(pre_venda())
        assert pedir(outra, 2, numped, quantidade=3).status_code == 201
        outro = outra.reservar(pre_venda(numero="PV-2"))
        outra.executar("UPDATE PCPEDC SET NUMCAR = 5 WHERE NUMPED = :n", n=outro)
        corpo = {**pre_venda(numero="PV-2"), "situacaoPreVenda": 0, "idRetaguarda": outro}
        assert outra.enviar(corpo).get_json()["codigo"] == "RESERVA_EM_SEPARACAO"
        assert outra.pedir("GET", "/api/v1/reservas", "retaguarda").status_code == 200
        site = catalogo.ler_se_puder(outra.gw.db)
        assert separacao.colunas_que_faltam(outra.gw.db, site) == CARIMBOS


def test_without_the_catalog_each_column_is_tried(casa: Casa) -> None:
    casa.executar("ALTER TABLE PCPEDC DROP COLUMN CODFUNCSEP")
    assert separacao.colunas_que_faltam(casa.gw.db, catalogo.Catalogo()) == ["CODFUNCSEP"]
