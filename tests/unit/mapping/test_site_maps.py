"""The maps of the repository: they load, and the rows they build are those of a reservation."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.mapping import ColumnSpec, MappingError, Maps
from app.services.mapas import REQUIRED_TABLES, load_site_maps, winthor_catalog
from app.services.pre_venda.colunas import COLUNAS

MAPPINGS = Path(__file__).parents[3] / "mappings"
REQUIRED = ("situacaoPreVenda", "numero", "idLojaRetaguarda")
OPTIONAL = [
    "observacoes",
    "idOperadorRetaguarda",
    "idRetaguarda",
    "idPdv",
    "offline",
    "idInquilino",
    "lockTTL",
    "dataExpiracaoPagamento",
    "cliente.idRetaguarda",
    "cliente.cpfCnpj",
    "cliente.nome",
    "cliente.endereco",
    "cliente.numero",
    "cliente.complemento",
    "cliente.bairro",
    "cliente.cidade",
    "cliente.estado",
    "cliente.cep",
    "cliente.email",
    "cliente.telefone",
    "cliente.celular",
    "preVendaItens[].quantidade",
    "preVendaItens[].preco",
    "preVendaItens[].desconto",
    "preVendaItens[].descontoPercentual",
    "preVendaItens[].idProdutoRetaguarda",
    "preVendaItens[].idVendedorRetaguarda",
    "preVendaItens[].entrega.idLojaEntregaRetaguarda",
    "preVendaItens[].entrega.tipoEntrega",
    "preVendaItens[].entrega.dataEntrega",
    "preVendaItens[].itensKit[].idProdutoRetaguarda",
    "preVendaItens[].itensKit[].sequencial",
    "preVendaItens[].itensKit[].preco",
    "preVendaItens[].itensKit[].quantidade",
    "pagamentos[].pagamentoForma.idRetaguarda",
    "pagamentos[].pagamentoCondicao.idRetaguarda",
]
JSON_PATHS = dict.fromkeys(REQUIRED, "required") | dict.fromkeys(OPTIONAL, "optional")
CATALOG = winthor_catalog()
SAMPLES = {"number": 1, "text": "1", "clob": "{}", "date": dt.date(2026, 1, 31)}


@pytest.fixture(scope="module")
def maps() -> Maps:
    return load_site_maps(MAPPINGS, JSON_PATHS, COLUNAS)


def context(table: str, **values: object) -> SimpleNamespace:
    samples = {name.lower(): SAMPLES[spec.kind] for name, spec in CATALOG[table].items()}
    return SimpleNamespace(**samples | values)


def test_every_table_of_a_reservation_has_a_map(maps: Maps) -> None:
    assert sorted(maps) == sorted(REQUIRED_TABLES)


def test_a_missing_map_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(MappingError) as error:
        load_site_maps(tmp_path, JSON_PATHS, COLUNAS)
    assert error.value.problems == [
        f"{table.lower()}.toml: -: falta o mapa da tabela {table}" for table in REQUIRED_TABLES
    ]


def test_order_is_written_as_released_and_without_billing_type(maps: Maps) -> None:
    row = maps["PCPEDC"].build_row({"numero": "A-1", "idLojaRetaguarda": "2"}, context("PCPEDC"), {})
    assert (row["POSICAO"], row["NUMPEDHUBE"], row["CODFILIAL"], row["CODFILIALNF"]) == ("L", "A-1", "2", "2")
    assert row["PERMITEFATURARCOMWMSPEND"] == "N"
    assert not {"CODCOB", "DTCANCEL", "CODFUNCCANCEL"} & row.keys()


@pytest.mark.parametrize(("tipo", "expected"), [(0, "RI"), (1, "RP"), (2, "EN"), (3, "EF"), (None, None)])
def test_item_delivery_type(maps: Maps, tipo: int | None, expected: str | None) -> None:
    dados = {"preVendaItens": [{"entrega": {"tipoEntrega": tipo}}]}
    row = maps["PCPEDI"].build_row(dados, context("PCPEDI"), {}, (0,))
    assert (row["TIPOENTREGA"], row["POSICAO"]) == (expected, "L")


def test_item_quantity_keeps_six_decimals(maps: Maps) -> None:
    values = context("PCPEDI", qt=Decimal("0.0000005"), pvenda=Decimal("10") / 3)
    row = maps["PCPEDI"].build_row({"preVendaItens": [{}]}, values, {}, (0,))
    assert (row["QT"], row["PVENDA"]) == (Decimal("0.000001"), Decimal("3.333333"))


def test_component_from_the_master_data_needs_no_json(maps: Maps) -> None:
    dados = {"preVendaItens": [{"itensKit": None}]}
    row = maps["PCPEDICESTA"].build_row(dados, context("PCPEDICESTA"), {}, (0,))
    assert None not in row.values()


def test_customer_blocks_copy_the_delivery_block(maps: Maps) -> None:
    cliente = {"nome": "Ana", "endereco": "Rua A", "numero": None, "cep": "01310-100", "email": "Ana@X.com"}
    row = maps["PCCLIENT"].build_row({"cliente": cliente}, context("PCCLIENT"), {})
    for block in ("ENT", "COM", "COB"):
        assert (row[f"ENDER{block}"], row[f"NUMERO{block}"], row[f"CEP{block}"]) == ("Rua A", "S/N", "01310100")
    assert (row["CLIENTE"], row["FANTASIA"], row["EMAIL"], row["EMAILNFE"]) == ("Ana", "Ana", "Ana@X.com", "ana@x.com")
    assert (row["BLOQUEIO"], row["CONSUMIDORFINAL"], row["LIMCRED"], row["CODCOB"]) == ("N", "S", 0, "D")


def test_log_keeps_the_whole_json(maps: Maps) -> None:
    row = maps["PCLOGPEDIDOAPI"].build_row({}, context("PCLOGPEDIDOAPI", json="é" * 5000), {})
    assert row["JSON"] == "é" * 5000


def test_three_hundred_items(maps: Maps) -> None:
    dados = {"preVendaItens": [{"entrega": {"tipoEntrega": n % 3}} for n in range(300)]}
    contexts = [context("PCPEDI", numseq=n + 1) for n in range(300)]
    rows = maps["PCPEDI"].draft(dados, contexts, {}, [(n,) for n in range(300)]).rows(contexts)
    assert [row["NUMSEQ"] for row in rows] == list(range(1, 301))
    assert {row["TIPOENTREGA"] for row in rows} == {"RI", "RP", "EN"}


def test_catalog_knows_types_and_nullability() -> None:
    order = CATALOG["PCPEDC"]
    assert order["NUMPED"] == ColumnSpec("NUMPED", "number", None, 10, 0, nullable=False)
    assert order["OBS"] == ColumnSpec("OBS", "text", 25)
    assert order["DATA"].kind == "date"
    assert order["PERMITEFATURARCOMWMSPEND"].has_default
    assert CATALOG["PCLOGPEDIDOAPI"]["JSON"].kind == "clob"
