"""A site maps members of its own to columns of its own by editing TOML only."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.mapping import MappingError
from app.settings import from_env
from tests.support.builders import componente, item, kit, pre_venda
from tests.support.gateway import Casa

MAPPINGS = Path(__file__).parents[2] / "mappings"

Site = Callable[..., Casa]


@pytest.fixture
def site(casa: Casa, tmp_path: Path) -> Iterator[Site]:
    """Starts a gateway with lines added to copies of the maps, and the columns they name added to the database."""
    casas: list[Casa] = []
    pasta = tmp_path / "mapas"
    shutil.copytree(MAPPINGS, pasta)

    def start(**linhas: str) -> Casa:
        for tabela, linha in linhas.items():
            arquivo = pasta / f"{tabela}.toml"
            arquivo.write_text(arquivo.read_text("utf-8") + f"\n[extra]\n{linha}\n", "utf-8")
        env = {"PREVENDA_DATABASE_URL": casa.settings.database_url, "PREVENDA_MAPEAMENTOS": str(pasta)}
        casas.append(Casa(casa.engine, from_env(env), casa.relogio))
        return casas[-1]

    yield start
    for outra in casas:
        outra.close()


def coluna(casa: Casa, nome: str) -> list[Any]:
    """Values of ``TABLE.COLUMN`` in the order of NUMSEQ."""
    tabela, _, campo = nome.partition(".")
    ordem = "NUMPED" if tabela == "PCPEDC" else "NUMSEQ, NUMSEQITEM" if tabela == "PCPEDICESTA" else "NUMSEQ"
    query = sa.text(f"SELECT {campo} FROM {tabela} ORDER BY {ordem}")  # noqa: S608 - names of this file
    with casa.engine.connect() as connection:
        return list(connection.execute(query).scalars())


CANAL = 'XCANAL = { json = "origem.canal", type = "VARCHAR2(5)" }'
COR = 'XCOR = { json = "preVendaItens[].cor", type = "VARCHAR2(20)" }'


def test_header_column(casa: Casa, site: Site) -> None:
    casa.executar("ALTER TABLE PCPEDC ADD XCANAL VARCHAR(5)")
    numped = site(pcpedc=CANAL).reservar(pre_venda(origem={"canal": "balcão da loja"}))
    assert coluna(casa, "PCPEDC.XCANAL") == ["balc"]  # 5 bytes: the accent does not fit whole
    assert casa.linha("PCPEDC", NUMPED=numped)["NUMPEDHUBE"] == "PV-1"


def test_item_column(casa: Casa, site: Site) -> None:
    casa.executar("ALTER TABLE PCPEDI ADD XCOR VARCHAR(20)")
    site(pcpedi=COR).reservar(pre_venda(item(cor="azul"), item("200-2"), item("10010-1001", cor="verde")))
    assert coluna(casa, "PCPEDI.XCOR") == ["azul", None, "verde"]


def test_component_column(casa: Casa, site: Site) -> None:
    casa.executar("ALTER TABLE PCPEDICESTA ADD XLADO VARCHAR(20)")
    lado = 'XLADO = { json = "preVendaItens[].itensKit[].lado", type = "VARCHAR2(20)" }'
    itens_kit = [{**componente("100-1", 2, 10), "lado": "A"}, {**componente("300-3", 1, 10, 2), "lado": "B"}]
    site(pcpedicesta=lado).reservar(pre_venda(item(), kit(itensKit=itens_kit)))
    assert coluna(casa, "PCPEDICESTA.XLADO") == ["A", "B"]


def test_header_value_in_every_item(casa: Casa, site: Site) -> None:
    casa.executar("ALTER TABLE PCPEDI ADD XCANAL VARCHAR(5)")
    site(pcpedi=CANAL).reservar(pre_venda(item(), item("200-2"), origem={"canal": "loja"}))
    assert coluna(casa, "PCPEDI.XCANAL") == ["loja", "loja"]


def test_number_column_is_exact(casa: Casa, site: Site) -> None:
    casa.executar("ALTER TABLE PCPEDC ADD XFRETE NUMERIC(10, 2)")
    corpo = pre_venda(frete=Decimal("12.345"))
    site(pcpedc='XFRETE = { json = "frete", type = "NUMBER(10,2)" }').reservar(corpo)
    assert [round(Decimal(str(valor)), 2) for valor in coluna(casa, "PCPEDC.XFRETE")] == [Decimal("12.35")]


def test_absent_member_is_null(casa: Casa, site: Site) -> None:
    casa.executar("ALTER TABLE PCPEDC ADD XCANAL VARCHAR(5)")
    site(pcpedc=CANAL).reservar(pre_venda(origem="texto"))
    assert coluna(casa, "PCPEDC.XCANAL") == [None]


def test_value_that_does_not_fit_names_the_member(casa: Casa, site: Site) -> None:
    casa.executar("ALTER TABLE PCPEDI ADD XCOR VARCHAR(20)")
    body = site(pcpedi=COR).recusado(pre_venda(item(cor="azul"), item(cor={"r": 1})))
    assert [(p["codigo"], p["campo"]) for p in body["errors"]] == [("CAMPO_INVALIDO", "/preVendaItens/1/cor")]


def test_value_that_does_not_fit_is_refused_before_any_stock_is_locked(casa: Casa, site: Site) -> None:
    """With more units than there are: the stock was looked at beside the customer, and nothing of it is locked."""
    casa.executar("ALTER TABLE PCPEDI ADD XCOR VARCHAR(20)")
    loja = site(pcpedi=COR)
    with loja.comandos() as comandos:
        body = loja.enviar(pre_venda(item(quantidade=5000, cor={"r": 1}))).get_json(force=True)
    assert [(p["codigo"], p["campo"]) for p in body["errors"]] == [("CAMPO_INVALIDO", "/preVendaItens/0/cor")]
    assert not [c for c in comandos if "PCEST" in c and ("FOR UPDATE" in c or not c.startswith("SELECT"))]
    assert any("GW_OPERACAO" in comando for comando in comandos)


def test_mapped_member_is_not_reported_as_ignored(casa: Casa, site: Site) -> None:
    casa.executar("ALTER TABLE PCPEDC ADD XCANAL VARCHAR(5)")
    answer = site(pcpedc=CANAL).enviar(pre_venda(origem={"canal": "loja", "outro": 1}))
    avisos = {aviso["codigo"]: aviso["campos"] for aviso in answer.get_json()["data"]["avisos"]}
    assert avisos["MEMBROS_IGNORADOS"] == ["origem.outro"]


def test_counts_in_the_fingerprint(casa: Casa, site: Site) -> None:
    casa.executar("ALTER TABLE PCPEDC ADD XCANAL VARCHAR(5)")
    casa.executar("ALTER TABLE PCPEDI ADD XCOR VARCHAR(20)")
    outra = site(pcpedc=CANAL, pcpedi=COR)
    corpo = pre_venda(item(cor="azul"), origem={"canal": "loja"})
    numped = outra.reservar(corpo)
    assert outra.enviar({**corpo, "semMapa": 1}).headers["Idempotent-Replayed"] == "true"
    for mudado in ({**corpo, "origem": {"canal": "web"}}, {**corpo, "preVendaItens": [item(cor="verde")]}):
        assert outra.recusado(mudado)["idPedidoRetaguarda"] == numped


def test_the_delivered_maps_do_not_change(casa: Casa, site: Site) -> None:
    casa.executar("ALTER TABLE PCPEDC ADD XCANAL VARCHAR(5)")
    site(pcpedc=CANAL)
    casa.reservar(pre_venda(origem={"canal": "loja"}))
    assert coluna(casa, "PCPEDC.XCANAL") == [None]


def test_a_wrong_line_stops_the_start(site: Site) -> None:
    with pytest.raises(MappingError) as error:
        site(pcpedc='XCANAL = { json = "origem.canal", type = "VARCHAR2" }', pcpedi="QT = { const = 1 }")
    assert {tuple(problem.split(": ")[:2]) for problem in error.value.problems} == {
        ("pcpedc.toml", "XCANAL"),
        ("pcpedi.toml", "QT"),
    }
