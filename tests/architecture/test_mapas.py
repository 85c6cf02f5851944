"""Every field of the published PDVSync document goes to a column, or is unmapped with a reason."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

MAPPINGS = Path(__file__).parents[2] / "mappings"
MAPS: dict[str, dict[str, Any]] = {
    path.stem.upper(): tomllib.loads(path.read_text("utf-8")) for path in MAPPINGS.glob("*.toml")
}
ITEM = "preVendaItens[]"
KIT = "preVendaItens[].itensKit[]"

# The document writes arrays as ".*." and the delivery branch as idRetaguardaLojaEntrega.
FIELDS = [
    ("situacaoPreVenda", "PCLOGPEDIDOAPI.OPERACAO"),
    ("numero", "PCPEDC.NUMPEDHUBE"),
    ("observacoes", "PCPEDC.OBS"),
    ("idOperadorRetaguarda", "PCPEDC.CODUSUR"),
    ("idLojaRetaguarda", "PCPEDC.CODFILIAL"),
    (f"{ITEM}.quantidade", "PCPEDI.QT"),
    (f"{ITEM}.preco", "PCPEDI.PVENDA"),
    (f"{ITEM}.desconto", "PCPEDI.PERDESC"),
    (f"{ITEM}.descontoPercentual", "PCPEDI.PERDESC"),
    (f"{ITEM}.idProdutoRetaguarda", "PCPEDI.CODPROD"),
    (f"{ITEM}.idVendedorRetaguarda", "PCPEDI.CODUSUR"),
    (f"{ITEM}.idVendedorRetaguarda", "PCPEDC.CODUSUR"),
    (f"{ITEM}.entrega.idLojaEntregaRetaguarda", "PCPEDI.CODFILIALRETIRA"),
    (f"{KIT}.idProdutoRetaguarda", "PCPEDICESTA.CODPRODMP"),
    (f"{KIT}.sequencial", "PCPEDICESTA.NUMSEQITEM"),
    (f"{KIT}.preco", "PCPEDICESTA.PVENDA"),
    (f"{KIT}.quantidade", "PCPEDICESTA.QTMP"),
    ("cliente.bairro", "PCCLIENT.BAIRROENT"),
    ("cliente.telefone", "PCCLIENT.TELENT"),
    ("cliente.telefone", "PCCLIENT.TELCELENT"),
    ("cliente.celular", "PCCLIENT.TELCELENT"),
    ("cliente.celular", "PCCLIENT.TELENT"),
    ("cliente.cep", "PCCLIENT.CEPENT"),
    ("cliente.cidade", "PCCLIENT.MUNICENT"),
    ("cliente.complemento", "PCCLIENT.COMPLEMENTOENT"),
    ("cliente.cpfCnpj", "PCCLIENT.CGCENT"),
    ("cliente.email", "PCCLIENT.EMAIL"),
    ("cliente.endereco", "PCCLIENT.ENDERENT"),
    ("cliente.estado", "PCCLIENT.ESTENT"),
    ("cliente.idRetaguarda", "PCPEDC.CODCLI"),
    ("cliente.numero", "PCCLIENT.NUMEROENT"),
    ("idRetaguarda", "PCLOGPEDIDOAPI.OPERACAO"),
]
WITHOUT_COLUMN = ["idPdv", "idInquilino", "offline", "lockTTL", "dataExpiracaoPagamento"]


@pytest.mark.parametrize(("path", "column"), FIELDS)
def test_published_field_is_mapped(path: str, column: str) -> None:
    table, _, name = column.partition(".")
    entry = MAPS[table]["columns"][name]
    assert path in [entry.get("json"), *entry.get("derived_from", [])]


@pytest.mark.parametrize("path", WITHOUT_COLUMN)
def test_field_without_a_column_has_a_reason(path: str) -> None:
    assert any(site_map.get("unmapped", {}).get(path, "").strip() for site_map in MAPS.values())


def test_itens_kit_gives_the_rows_of_the_components() -> None:
    assert {table: site_map.get("rows") for table, site_map in MAPS.items()} == {
        "PCPEDC": "",
        "PCPEDI": ITEM,
        "PCPEDICESTA": KIT,
        "PCCLIENT": "",
        "PCLOGPEDIDOAPI": "",
        "PCVENDACONSUM": "",
        "PCPEDC_FUTURA": "",
        "PCPEDI_FUTURA": ITEM,
        "PCPEDC_ENTREGA": "",
        "PCPEDI_ENTREGA": ITEM,
    }


def test_an_order_is_never_born_with_a_billing_type() -> None:
    assert "CODCOB" not in MAPS["PCPEDC"]["columns"]
