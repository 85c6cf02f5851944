"""What the maps may ask for is what the services give, table by table and name by name."""

from __future__ import annotations

import datetime as dt
import tomllib
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.api.contrato.requisicao import parse_requisicao
from app.domain.cliente import Cliente
from app.domain.dinheiro import ZERO
from app.domain.entrega import LinhaPaga
from app.domain.estoque import Saldo
from app.domain.itens import Cadastro, Embalagem, Linha, Produto, montar_linhas
from app.domain.linhas import LinhaGravada
from app.domain.observacoes import repartir
from app.domain.pre_venda import parse_pre_venda
from app.domain.vendedor import Vendas
from app.mapping import Computed
from app.services.cliente.colunas import Registro, do_cliente, do_comprador
from app.services.operacao import registro
from app.services.operacao.registro import ColunasDoLog
from app.services.pre_venda import entregas
from app.services.pre_venda.colunas import (
    COLUNAS,
    ColunasDaLinhaDaEntrega,
    ColunasDaVendaFutura,
    DadosDoPedido,
    Fecho,
    do_pedido,
    dos_componentes,
    dos_itens,
    fecho_do_pedido,
    fecho_dos_componentes,
    fecho_dos_itens,
)
from app.winthor.cadastros import PlanoDePagamento
from tests.support.builders import cliente_completo, id_enviado, pre_venda

MAPPINGS = Path(__file__).parents[3] / "mappings"
AGORA = dt.datetime(2026, 3, 2, 9, 30, 15)  # noqa: DTZ001 - WinThor's clock has no zone
DIA = dt.datetime(2026, 3, 2)  # noqa: DTZ001

PEDIDO = DadosDoPedido(
    filial="1",
    vendas=Vendas(2, {0: 1, 1: 2}),
    supervisores={1: 10, 2: None},
    codemitente=100,
    plano=PlanoDePagamento(1, "VV", 30),
    agora=AGORA,
    condvenda=1,
    origemped="T",
    origemintegracao="PDVSYNC",
    observacoes=repartir("Entregar somente depois das 18 horas", lambda _coluna, texto: texto[:25])[0],
)


def produto(codprod: int, aux: int, qtunit: str = "1", tipo: str | None = None, **mais: Any) -> Produto:
    embalagens = {aux: Embalagem(aux, Decimal(qtunit), ativa=True, pvenda=Decimal(10))}
    return Produto(codprod, "", tipo, False, None, embalagens=embalagens, **mais)


def linhas() -> list[Linha]:
    """Two boxes of 12 of product 1, at 120 each with 10 % off; three kits of twice product 3, fetched at branch 2."""
    caixa = {
        "idProdutoRetaguarda": id_enviado("123-1"),
        "preco": Decimal(120),
        "quantidade": Decimal(2),
        "descontoPercentual": Decimal(10),
    }
    componente = {
        "idProdutoRetaguarda": id_enviado("300-3"),
        "quantidade": Decimal(2),
        "preco": Decimal(15),
        "sequencial": 4,
    }
    kit = {
        "idProdutoRetaguarda": id_enviado("5000-50"),
        "preco": Decimal(30),
        "quantidade": Decimal(3),
        "itensKit": [componente],
    }
    entrega = {"idLojaEntregaRetaguarda": "2", "dataEntrega": dt.date(2026, 3, 9)}
    lida = parse_pre_venda({"idLojaRetaguarda": "1", "preVendaItens": [caixa, {**kit, "entrega": entrega}]})
    produtos = {
        1: produto(1, 123, "12", pesobruto=Decimal("0.5"), volume=Decimal("0.1"), unidade="UN", qtunitcx=Decimal(12)),
        3: produto(3, 300),
        50: produto(50, 5000, tipo="CB", pesobruto=Decimal(2)),
    }
    feitas, problemas, _ = montar_linhas(lida, Cadastro(produtos, {}), converte_embalagem=True)
    assert problemas == []
    return feitas


def custos(real: str, fin: str, rep: str, cont: str) -> Saldo:
    return Saldo(custoreal=Decimal(real), custofin=Decimal(fin), custorep=Decimal(rep), custocont=Decimal(cont))


SALDOS = {
    ("1", 1): custos("6", "5", "4", "3"),
    ("2", 3): custos("1", "2", "3", "4"),
    ("2", 50): custos("9", "9", "9", "9"),
}
FECHO = Fecho(8000001, Cliente(20, codpraca=5, numregiao=7), SALDOS)
REGISTRO = Registro(
    documento="52998224725",
    bairro="SÉ",
    cidade="SÃO PAULO",
    uf="SP",
    codcidade=3550308,
    codpraca=5,
    numregiao=7,
    codusur=2,
    codplpag=1,
    codatividade=1,
    codcnae=None,
    codfunc=100,
)


def do_log() -> ColunasDoLog:
    """Columns of a row of PCLOGPEDIDOAPI, as its map is given them."""
    dados: list[ColunasDoLog] = []

    class Mapa:
        def build_row(self, _dados: Any, colunas: ColunasDoLog, _corpo: Any) -> dict[str, Any]:
            dados.append(colunas)
            return {}

    gw = SimpleNamespace(
        maps={"PCLOGPEDIDOAPI": Mapa()},
        hora_do_erp=lambda instante: instante,
    )
    requisicao = parse_requisicao(pre_venda(), caller="pdv1")
    registro._linha_do_log(cast(Any, gw), requisicao, AGORA, "{}", None, None)
    return dados[0]


def pedido_inteiro(feitas: list[Linha]) -> dict[str, Any]:
    return {
        **do_pedido(PEDIDO, feitas)._asdict(),
        **fecho_do_pedido(FECHO, feitas, FECHO.custos(feitas))._asdict(),
    }


def itens_inteiros(feitas: list[Linha]) -> list[dict[str, Any]]:
    partes = zip(dos_itens(PEDIDO, feitas), fecho_dos_itens(FECHO, FECHO.custos(feitas)), strict=True)
    return [{**antes._asdict(), **depois._asdict()} for antes, depois in partes]


def componentes_inteiros(linha: Linha) -> list[dict[str, Any]]:
    partes = zip(dos_componentes(PEDIDO, linha), fecho_dos_componentes(FECHO, linha), strict=True)
    return [{**antes._asdict(), **depois._asdict()} for antes, depois in partes]


def da_entrega() -> Any:
    """The header of a delivery (TV8) of the sale 8000001: two units of product 1."""
    linha = LinhaGravada(
        1, 1, 123, Decimal(1), Decimal(2), Decimal(10), "2", "P", custos=(ZERO,) * 4, ptabela=Decimal(12)
    )
    ordem = SimpleNamespace(data=DIA)
    paga = LinhaPaga(linha, linha, None)
    return entregas._cabecalho(cast(Any, ordem), 8000001, 8000002, [paga], "D", AGORA, {1: (Decimal(3), ZERO)})


def linhas_prontas() -> dict[str, list[tuple[Any, ...]]]:
    """Rows of each table as the functions give them, before and after the locks."""
    feitas = linhas()
    fecho = [fecho_do_pedido(FECHO, dadas, FECHO.custos(dadas)) for dadas in (feitas, [])]
    return {
        "PCPEDC": [do_pedido(PEDIDO, feitas), do_pedido(PEDIDO, []), *fecho],
        "PCPEDI": [*dos_itens(PEDIDO, feitas), *fecho_dos_itens(FECHO, FECHO.custos(feitas))],
        "PCPEDICESTA": [*dos_componentes(PEDIDO, feitas[1]), *fecho_dos_componentes(FECHO, feitas[1])],
        "PCPEDC_FUTURA": [ColunasDaVendaFutura(8000001)],
        "PCPEDI_FUTURA": [ColunasDaVendaFutura(8000001)],
        "PCPEDC_ENTREGA": [da_entrega()],
        "PCPEDI_ENTREGA": [ColunasDaLinhaDaEntrega(8000002, DIA)],
        "PCCLIENT": [do_cliente(20, dados, REGISTRO, AGORA) for dados in ({}, cliente_completo())],
        "PCVENDACONSUM": [do_comprador(8000001, dados) for dados in ({}, cliente_completo())],
        "PCLOGPEDIDOAPI": [do_log()],
    }


@pytest.mark.parametrize("tabela", COLUNAS)
def test_the_rows_are_of_the_types_that_the_maps_are_checked_against(tabela: str) -> None:
    computed = COLUNAS[tabela]
    tipos = {computed.row} if computed.closing is None else {computed.row, computed.closing}
    assert {type(pronta) for pronta in linhas_prontas()[tabela]} == tipos


@pytest.mark.parametrize("tabela", COLUNAS)
def test_every_value_is_of_the_type_of_its_field(tabela: str) -> None:
    errados = [
        (nome, valor)
        for pronta in linhas_prontas()[tabela]
        for nome, valor in pronta._asdict().items()  # type: ignore[attr-defined]
        if valor is not None and not isinstance(valor, COLUNAS[tabela].types[nome])
    ]
    assert errados == []


def test_every_table_has_its_rows() -> None:
    assert set(COLUNAS) == set(linhas_prontas())


def test_a_field_belongs_to_one_moment() -> None:
    for computed in COLUNAS.values():
        assert not computed.late & set(Computed(computed.row).types)


def pedidos_pelos_mapas() -> list[tuple[str, str, str]]:
    """Table, column and name of every context value that a map asks for."""
    return [
        (path.stem.upper(), coluna, entrada["context"])
        for path in sorted(MAPPINGS.glob("*.toml"))
        for coluna, entrada in tomllib.loads(path.read_text("utf-8"))["columns"].items()
        if "context" in entrada
    ]


@pytest.mark.parametrize(("tabela", "coluna", "nome"), pedidos_pelos_mapas())
def test_a_map_asks_for_what_there_is(tabela: str, coluna: str, nome: str) -> None:
    assert nome == coluna.lower()
    assert nome in COLUNAS[tabela].types


def test_every_computed_column_says_its_rule() -> None:
    """``prevenda mapeamentos mostrar`` teaches: a consultant reads there how a value comes about."""
    mudas = [
        (path.name, coluna)
        for path in sorted(MAPPINGS.glob("*.toml"))
        for coluna, entrada in tomllib.loads(path.read_text("utf-8"))["columns"].items()
        if "context" in entrada and not entrada.get("rule")
    ]
    assert mudas == []


def test_the_maps_ask_for_something() -> None:
    """But for a future sale: what changes in its rows is constant."""
    futura = {"PCPEDC_FUTURA", "PCPEDI_FUTURA"}
    assert {tabela for tabela, _, _ in pedidos_pelos_mapas()} == set(COLUNAS) - futura


def test_delivery() -> None:
    cabecalho = da_entrega()
    assert (cabecalho.numped, cabecalho.numpedentfut, cabecalho.codcob) == (8000002, 8000001, "D")
    assert (cabecalho.vltotal, cabecalho.vltabela, cabecalho.totpeso, cabecalho.numitens) == (20, 24, 6, 1)
    assert (cabecalho.data, cabecalho.hora, cabecalho.dtentrega) == (DIA, 9, DIA)


def test_order() -> None:
    contexto = pedido_inteiro(linhas())
    assert {
        nome: contexto[nome] for nome in ("vltotal", "vlatend", "vltabela", "totpeso", "totvolume", "numitens")
    } == {
        "vltotal": 330,
        "vlatend": 330,
        "vltabela": Decimal("24") * Decimal("11.111111") + 90,
        "totpeso": 18,  # 24 × 0.5 + 3 × 2
        "totvolume": Decimal("2.4"),
        "numitens": 2,
    }
    assert (contexto["codusur"], contexto["codsupervisor"]) == (2, None)
    assert (contexto["data"], contexto["hora"], contexto["minuto"]) == (DIA, 9, 30)
    assert (contexto["dtlibera"], contexto["horalibera"], contexto["minutolibera"]) == (DIA, 9, 30)
    assert (contexto["obs"], contexto["obs1"], contexto["obs2"]) == ("Entregar somente depois", "das 18 horas", None)


def test_costs_of_an_order_are_those_of_its_units() -> None:
    contexto = pedido_inteiro(linhas())  # 24 × product 1, and 3 × 2 × product 3 at branch 2
    custos_do_pedido = [contexto[nome] for nome in ("vlcustoreal", "vlcustofin", "vlcustorep", "vlcustocont")]
    assert custos_do_pedido == [24 * 6 + 6 * 1, 24 * 5 + 6 * 2, 24 * 4 + 6 * 3, 24 * 3 + 6 * 4]


def test_delivery_of_an_order_is_its_earliest_else_today() -> None:
    assert do_pedido(PEDIDO, linhas()).dtentrega == dt.date(2026, 3, 9)
    assert do_pedido(PEDIDO, linhas()[:1]).dtentrega == DIA


def test_item() -> None:
    caixa, kit = itens_inteiros(linhas())
    assert [caixa[n] for n in ("numseq", "codprod", "codauxiliar", "qt", "qtunitemb")] == [1, 1, 123, 24, 12]
    assert [caixa[n] for n in ("pvenda", "perdesc", "codfilialretira")] == [10, 10, "1"]
    assert caixa["ptabela"] == caixa["pbaserca"] == Decimal("11.111111")
    assert [caixa[n] for n in ("codusur", "codsupervisor", "unidade", "qtunitcx")] == [1, 10, "UN", 12]
    assert (caixa["dtentrega"], kit["dtentrega"]) == (DIA, dt.date(2026, 3, 9))
    assert (kit["codusur"], kit["codsupervisor"], kit["codfilialretira"]) == (2, None, "2")


@pytest.mark.parametrize(("indice", "esperados"), [(0, [6, 5, 4, 3]), (1, [2, 4, 6, 8])])
def test_unit_costs_are_of_the_row_that_gives_and_of_a_kit_those_of_its_components(
    indice: int, esperados: list[int]
) -> None:
    contexto = itens_inteiros([linhas()[indice]])[0]
    assert [contexto[n] for n in ("vlcustoreal", "vlcustofin", "vlcustorep", "vlcustocont")] == esperados
    assert contexto["custofinest"] == esperados[1]


def test_component() -> None:
    (contexto,) = componentes_inteiros(linhas()[1])
    assert [contexto[n] for n in ("codprod", "numseq", "codprodmp", "codauxiliar", "numseqitem")] == [50, 2, 3, 300, 4]
    assert [contexto[n] for n in ("qtmp", "qtunitemb", "pvenda", "ptabela", "pbaserca")] == [2, 1, 15, 15, 15]
    assert (contexto["vlcustoreal"], contexto["custofinest"]) == (1, 2)


def test_a_line_that_is_no_kit_has_no_components() -> None:
    assert componentes_inteiros(linhas()[0]) == []


@pytest.mark.parametrize(
    ("dados", "telefone", "celular"),
    [
        ({"telefone": "(11) 3333-4444", "celular": "(11) 98888-7777"}, "1133334444", "11988887777"),
        ({"telefone": "(11) 3333-4444"}, "1133334444", "1133334444"),
        ({"celular": "(11) 98888-7777"}, "11988887777", "11988887777"),
        ({}, None, None),
    ],
)
def test_telephone_and_mobile_fill_each_other(dados: dict[str, str], telefone: str | None, celular: str | None) -> None:
    contexto = do_cliente(20, dados, REGISTRO, AGORA)._asdict()
    assert {contexto[n] for n in ("telent", "telent1", "telcom", "telcob")} == {telefone}
    assert contexto["telcelent"] == celular


def test_new_customer() -> None:
    contexto = do_cliente(20, {}, REGISTRO, AGORA)._asdict()
    assert (contexto["codcli"], contexto["codcliprinc"]) == (20, 20)
    assert (contexto["cgcent"], contexto["tipofj"]) == ("52998224725", "F")
    for bloco in ("ent", "com", "cob"):
        assert [contexto[n + bloco] for n in ("bairro", "munic", "est")] == ["SÉ", "SÃO PAULO", "SP"]
    assert (contexto["dtcadastro"], contexto["dtprimcompra"]) == (AGORA, DIA)


def test_buyer_on_an_order_of_the_consumidor_final() -> None:
    contexto = do_comprador(8000001, {"cpfCnpj": "529.982.247-25", "celular": "(11) 98888-7777"})
    assert contexto == (8000001, "52998224725", "11988887777")
