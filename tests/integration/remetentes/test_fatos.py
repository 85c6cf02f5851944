"""An event that reports a fact is never refused for a member that it does not need: every member of the contract, in
every such state, with every kind of wrong value (§4.2)."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from app.api.contrato.fields import OBRIGATORIO
from app.api.contrato.requisicao import parse_requisicao
from app.api.contrato.schemas import json_paths
from tests.support.builders import cliente_completo, componente, item, kit, pre_venda
from tests.support.exaustivo import EXAUSTIVO
from tests.support.gateway import Casa

SIMULACAO = "/api/v1/pre-vendas/simulacao"
NECESSARIOS = ["situacaoPreVenda", "numero", "idLojaRetaguarda", "idRetaguarda"]
ESTADOS = {0: "CANCELADA", 1: "CONFIRMADA", 3: "RESGATADA"}

VALORES: list[Any] = [
    *(True, False, [1], ["x"], {"a": 1}, -1, Decimal("-1.5"), Decimal("1.5"), 10**25, Decimal("1E-13")),
    *("CAIXA 3", "1,50", "\x00", "\x96", "x" * 5000, "amanhã", "٣", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
]

ITENS = [
    item(
        "100-1",
        2,
        10,
        desconto=Decimal("0.5"),
        descontoPercentual=Decimal("2.439024"),
        idVendedorRetaguarda="100",
        entrega={"idLojaEntregaRetaguarda": "1", "tipoEntrega": 0, "dataEntrega": "2026-03-09"},
    ),
    kit(1, 30, itensKit=[componente("100-1", 2, 10), componente("300-3", 1, 10, 2)]),
]


def reservado(numero: str) -> dict[str, Any]:
    return pre_venda(*copy.deepcopy(ITENS), numero=numero, cliente=cliente_completo(idRetaguarda=20))


def fato(situacao: int, numped: int, numero: str) -> dict[str, Any]:
    """The event with every member of the contract, each good."""
    return reservado(numero) | {
        "situacaoPreVenda": situacao,
        "idRetaguarda": numped,
        "observacoes": "Retirar",
        "idOperadorRetaguarda": 100,
        "idPdv": "1",
        "offline": True,
        "idInquilino": "x",
        "lockTTL": "7d",
        "dataExpiracaoPagamento": "2026-03-09",
        "cliente": {**cliente_completo(idRetaguarda=20), "telefone": "1133334444", "complemento": "fundos"},
        "pagamentos": [{"pagamentoForma": {"idRetaguarda": "D"}, "pagamentoCondicao": {"idRetaguarda": 1}}],
    }


def passos(path: str) -> Iterator[str | int]:
    """Keys to the member; of a list the first element that has it: the kit's components are in the second item."""
    for parte in path.split("."):
        yield parte.removesuffix("[]")
        if parte.endswith("[]"):
            yield 1 if path.startswith("preVendaItens[].itensKit") and parte == "preVendaItens[]" else 0


CONTAINERS = [
    *("cliente", "preVendaItens", "preVendaItens[]", "preVendaItens[].entrega", "preVendaItens[].itensKit"),
    *("preVendaItens[].itensKit[]", "pagamentos", "pagamentos[]", "pagamentos[].pagamentoForma"),
    "pagamentos[].pagamentoCondicao",
]
PATHS = [path for path in [*sorted(json_paths()), *CONTAINERS] if path not in NECESSARIOS]


def com(corpo: dict[str, Any], path: str, valor: Any) -> tuple[dict[str, Any], str]:
    """The body with the value in place of the member, and where that is."""
    *acima, ultimo = passos(path)
    alvo: Any = corpo
    for passo in acima:
        alvo = alvo[passo]
    alvo[ultimo] = valor
    return corpo, "".join(f"/{passo}" for passo in passos(path))


def e_ilegivel(corpo: dict[str, Any], pointer: str, situacao: int) -> bool:
    """Whether a reservation with that body would be refused for that member, or for what it holds; what is only
    missing counts where the items are compared."""
    lido = parse_requisicao({**corpo, "situacaoPreVenda": 2}, caller="hub")
    campos = {p.campo for p in lido.problemas if situacao == 1 or p.mensagem != OBRIGATORIO}
    campos |= {campo for aviso in lido.avisos if aviso.codigo == "LOCK_TTL_IGNORADO" for campo in aviso.campos}
    return any(f"{campo}/".startswith(f"{pointer}/") for campo in campos)


@pytest.mark.um_banco
@pytest.mark.parametrize("situacao", ESTADOS)
def test_every_member_with_every_wrong_value(casa: Casa, situacao: int) -> None:
    """Rehearsed, so that each row meets the reservation as it was made. In `make test` each value in each member
    meets one of the three states, in `make exaustivo` all."""
    casos = [(path, valor, n + m) for n, path in enumerate(PATHS) for m, valor in enumerate(VALORES)]
    assert len(casos) > 600
    vez = list(ESTADOS).index(situacao)
    numped = casa.reservar(reservado("PV-F"))
    antes = casa.fotografia()
    linhas = 0
    for path, valor, n in casos:
        if EXAUSTIVO or n % len(ESTADOS) == vez:
            corpo, pointer = com(fato(situacao, numped, "PV-F"), path, valor)
            linhas += 1
            answer = casa.enviar(corpo, rota=SIMULACAO)
            linha = (situacao, path, valor, answer.get_data(as_text=True))
            if not e_ilegivel(corpo, pointer, situacao):
                # What can be read counts: other goods than those reserved are not paid by this.
                divergem = situacao == 1 and path.startswith("preVendaItens[]")
                assert answer.status_code == 200 or (divergem and answer.get_json(force=True)["codigo"] == DIVERGEM), (
                    linha
                )
                continue
            assert answer.status_code == 200, linha
            data = answer.get_json()["data"]
            assert data["situacaoReserva"] == ESTADOS[situacao], linha
            ditos = [campo for aviso in data["avisos"] if aviso["codigo"] in DITOS for campo in aviso["campos"]]
            assert any(f"{campo}/".startswith(f"{pointer}/") for campo in ditos), linha
    assert linhas == len(casos) if EXAUSTIVO else linhas >= len(casos) // len(ESTADOS)
    assert casa.fotografia() == antes


DIVERGEM = "ITENS_DIVERGENTES"
DITOS = {"MEMBRO_ILEGIVEL", "COBRANCA_DESCONHECIDA", "PLANO_DESCONHECIDO"}


@pytest.mark.um_banco
@pytest.mark.parametrize("situacao", ESTADOS)
@pytest.mark.parametrize("path", NECESSARIOS)
def test_what_a_fact_needs_is_asked_for(casa: Casa, situacao: int, path: str) -> None:
    numped = casa.reservar(reservado("PV-F"))
    for valor in ([1], {"a": 1}, True, Decimal("1.5"), "\x00x"):
        corpo, pointer = com(fato(situacao, numped, "PV-F"), path, valor)
        body = casa.recusado(corpo)
        assert body["status"] == 422, valor
        assert pointer in {problema["campo"] for problema in body["errors"]}, valor


ESTRANHOS = {
    "idOperadorRetaguarda": "CAIXA 3",
    "idPdv": {"id": 1},
    "idInquilino": {"id": 1},
    "observacoes": ["x"],
    "lockTTL": "sempre",
    "dataExpiracaoPagamento": "amanhã",
    "cliente": "Maria",
    "pagamentos": "dinheiro",
    "preVendaItens": {"0": {}},
}


@pytest.mark.parametrize("situacao", ESTADOS)
def test_and_has_its_effect(casa: Casa, situacao: int) -> None:
    """All of them wrong at once: the stock is freed, or the reservation paid or rescued, and each member is named."""
    numped = casa.reservar(reservado("PV-E"))
    answer = casa.enviar(fato(situacao, numped, "PV-E") | ESTRANHOS)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    campos = {aviso["codigo"]: aviso["campos"] for aviso in answer.get_json()["data"]["avisos"]}
    assert sorted(campos) == ["MEMBROS_IGNORADOS", "MEMBRO_ILEGIVEL"]
    assert sorted(campos["MEMBRO_ILEGIVEL"]) == sorted(f"/{nome}" for nome in ESTRANHOS)
    assert casa.linha("GW_RESERVA")["ESTADO"] == ESTADOS[situacao]
    assert casa.qtreserv(1) == (0 if situacao == 0 else 4)
    if situacao == 0:
        assert casa.linha("PCPEDC")["CODFUNCCANCEL"] == casa.settings.codfunc
    assert casa.ultimo_log()["STATUS"] == "A"


@pytest.mark.parametrize(
    "valor", ["CAIXA 3", {"id": 1}, Decimal("12.5"), "x" * 201, -1, True, 99999, "00099999", Decimal("99999.0")]
)
def test_an_operator_that_there_is_not_is_not_written(casa: Casa, valor: Any) -> None:
    numped = casa.reservar(pre_venda())
    answer = casa.enviar(pre_venda(situacaoPreVenda=0, idRetaguarda=numped, idOperadorRetaguarda=valor))
    assert answer.status_code == 200
    avisos = [(aviso["codigo"], aviso["campos"]) for aviso in answer.get_json()["data"]["avisos"]]
    assert avisos == [("MEMBRO_ILEGIVEL", ["/idOperadorRetaguarda"])]
    assert casa.linha("PCPEDC")["CODFUNCCANCEL"] == casa.settings.codfunc
    assert casa.qtreserv(1) == 0


def test_an_operator_that_there_is_is_written(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    answer = casa.enviar(pre_venda(situacaoPreVenda=0, idRetaguarda=numped, idOperadorRetaguarda="300.0"))
    assert answer.get_json()["data"]["avisos"] == []
    assert casa.linha("PCPEDC")["CODFUNCCANCEL"] == 300


@pytest.mark.parametrize(
    ("forma", "condicao", "codigos", "gravados"),
    [
        ("DINHEIRO", "A VISTA", ["PLANO_DESCONHECIDO", "COBRANCA_DESCONHECIDA"], (None, 1)),
        ("CARTAO-POS", 1, ["COBRANCA_DESCONHECIDA"], (None, 1)),
        ("d-pos", "1.0", [], ("D", 1)),
        ("x" * 300, 10**12, ["COBRANCA_DESCONHECIDA", "PLANO_DESCONHECIDO"], (None, 1)),
        (None, "0", [], (None, 1)),
        ("-POS", Decimal("1.5"), ["PLANO_DESCONHECIDO", "COBRANCA_DESCONHECIDA"], (None, 1)),
        ({"a": 1}, [2], ["MEMBRO_ILEGIVEL"], (None, 1)),
    ],
)
def test_a_payment_with_codes_that_are_none(
    casa: Casa, forma: Any, condicao: Any, codigos: list[str], gravados: tuple[str | None, int]
) -> None:
    """Refused, paid goods would be sold again when the reservation expires."""
    numped = casa.reservar(pre_venda())
    pago = [{"pagamentoForma": {"idRetaguarda": forma}, "pagamentoCondicao": {"idRetaguarda": condicao}}]
    answer = casa.enviar(pre_venda(situacaoPreVenda=1, idRetaguarda=numped, pagamentos=pago))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert [aviso["codigo"] for aviso in answer.get_json()["data"]["avisos"]] == codigos
    pedido = casa.linha("PCPEDC")
    assert (pedido["CODCOB"], pedido["CODPLPAG"]) == gravados
    assert casa.linha("GW_RESERVA")["ESTADO"] == "CONFIRMADA"


def test_a_payment_whose_goods_can_be_read_still_must_be_of_those_reserved(casa: Casa) -> None:
    numped = casa.reservar(pre_venda(item(quantidade=2)))
    body = casa.recusado(pre_venda(item(quantidade=3), situacaoPreVenda=1, idRetaguarda=numped))
    assert body["codigo"] == DIVERGEM
    vago = {nome: valor for nome, valor in item(quantidade=3).items() if nome != "preco"}
    answer = casa.enviar(pre_venda(vago, situacaoPreVenda=1, idRetaguarda=numped))
    assert answer.status_code == 200
    (aviso,) = answer.get_json()["data"]["avisos"]
    assert (aviso["codigo"], aviso["campos"]) == ("MEMBRO_ILEGIVEL", ["/preVendaItens/0/preco"])
    assert casa.qtreserv(1) == 2


def test_a_payment_of_more_items_than_are_read_is_as_reserved(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    answer = casa.enviar(pre_venda(*[item(quantidade=1)] * 501, situacaoPreVenda=1, idRetaguarda=numped))
    assert answer.status_code == 200
    assert answer.get_json()["data"]["avisos"][0]["campos"] == ["/preVendaItens"]
