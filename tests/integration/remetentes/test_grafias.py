"""One reading of a value, however it is spelled, wherever it stands; and a repeat is known by what was meant (R12)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from app.domain.pre_venda import impressao_anterior
from tests.integration.test_recusas import cru
from tests.support.builders import cliente_completo, item, kit, pre_venda
from tests.support.gateway import ROTA, SEM_EFEITO, Casa

ZEROS = "00000000-0000-0000-0000-000000000000"


@pytest.mark.um_banco
@pytest.mark.parametrize("numero", ["{}", "{}.0", '"{}"', '"{}.0"', "{}E0", '" {} "', '"000{}"'])
@pytest.mark.parametrize("loja", ["1", "1.0", '"1"', '"1.0"', '" 1 "'])
def test_integers_compare_values(casa: Casa, numero: str, loja: str) -> None:
    numped = casa.reservar(pre_venda())
    corpo = f'{{"situacaoPreVenda": 0.0, "numero": "PV-1", "idLojaRetaguarda": {loja}, "idRetaguarda": %s}}'
    answer = cru(casa, corpo % numero.format(numped))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert casa.linha("GW_RESERVA")["ESTADO"] == "CANCELADA"


def test_an_exponent_too(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    corpo = (
        f'{{"situacaoPreVenda": "0.0", "numero": "PV-1", "idLojaRetaguarda": 1, "idRetaguarda": {Decimal(numped):E}}}'
    )
    assert cru(casa, corpo).status_code == 200


def test_a_number_that_is_no_whole_one_is_refused(casa: Casa) -> None:
    body = casa.recusado(pre_venda(situacaoPreVenda=0, idRetaguarda=Decimal("8000001.5")))
    assert (body["status"], body["message"]) == (422, "idRetaguarda: deve ser um código de até 10 dígitos.")


@pytest.mark.um_banco
@pytest.mark.parametrize("vazio", [None, "", " ", 0, "0", "0.0", Decimal("0.0"), "00", ZEROS, f"{{{ZEROS}}}"])
def test_what_absent_looks_like_in_every_id(casa: Casa, vazio: Any) -> None:
    corpo = pre_venda(
        item(idVendedorRetaguarda=vazio, entrega={"idLojaEntregaRetaguarda": vazio, "idRetaguardaLojaEntrega": vazio}),
        idRetaguarda=vazio,
        idOperadorRetaguarda=vazio,
        idPdv=vazio,
        idInquilino=vazio,
        cliente={"idRetaguarda": vazio},
    )
    casa.reservar(corpo)
    assert casa.linha("PCPEDI")["CODFILIALRETIRA"] == "1"
    assert casa.enviar(pre_venda()).headers["Idempotent-Replayed"] == "true"
    body = casa.recusado(pre_venda(numero="PV-2", loja=vazio))
    assert (body["status"], body["codigo"], body["errors"][0]["campo"]) == (422, "CAMPO_INVALIDO", "/idLojaRetaguarda")


@pytest.mark.um_banco
@pytest.mark.parametrize("vazia", [None, "", "0001-01-01T00:00:00", "0001-01-01", "0001-01-01T00:00:00Z", "0000-00-00"])
def test_what_absent_looks_like_in_every_date(casa: Casa, vazia: Any) -> None:
    casa.reservar(pre_venda(item(entrega={"dataEntrega": vazia}), dataExpiracaoPagamento=vazia))
    assert casa.enviar(pre_venda()).headers["Idempotent-Replayed"] == "true"


# --- a repeat in other words

ESCRITO = {"cpfCnpj": "529.982.247-25", "cep": "01001-000", "celular": "(11) 98888-7777", "estado": "SP"}
OUTRAS = [
    {"cliente": {"cpfCnpj": "52998224725"}},
    {"cliente": {"cpfCnpj": 52998224725}},
    {"cliente": {"cep": "01001000"}},
    {"cliente": {"cep": "01.001-000"}},
    {"cliente": {"cep": "01001 000"}},
    {"cliente": {"cep": 1001000}},
    {"cliente": {"celular": "11988887777"}},
    {"cliente": {"celular": 11988887777}},
    {"cliente": {"estado": "sp"}},
    {"item": {"desconto": 0}},
    {"item": {"descontoPercentual": Decimal("0.00")}},
    {"item": {"idProdutoRetaguarda": "0100-01"}},
    {"item": {"idVendedorRetaguarda": "0100"}},
    {"item": {"idVendedorRetaguarda": Decimal("100.0")}},
    {"item": {"entrega": {"idLojaEntregaRetaguarda": "1"}}},
    {"item": {"entrega": {"idRetaguardaLojaEntrega": Decimal("1.0"), "dataEntrega": "0001-01-01T00:00:00"}}},
    {"item": {"quantidade": Decimal("2.000")}},
    {"item": {"preco": Decimal("1E+1")}},
    {"raiz": {"idPdv": "outro", "offline": True}},
    {"raiz": {"situacaoPreVenda": "2.0", "idRetaguarda": ZEROS}},
    {"raiz": {"lockTTL": "48h"}},
    {"raiz": {"idOperadorRetaguarda": "100.0"}},
]


def venda(outra: dict[str, Any]) -> dict[str, Any]:
    return pre_venda(
        {**item(idVendedorRetaguarda=100), **outra.get("item", {})},
        cliente=cliente_completo(**{**ESCRITO, **outra.get("cliente", {})}),
        **{"lockTTL": "2d", "idOperadorRetaguarda": 100, **outra.get("raiz", {})},
    )


@pytest.mark.um_banco
@pytest.mark.parametrize("outra", OUTRAS, ids=str)
def test_the_same_sale_in_other_words_is_a_repeat(casa: Casa, outra: dict[str, Any]) -> None:
    primeira = casa.enviar(venda({}))
    assert primeira.status_code == 201, primeira.get_data(as_text=True)
    antes = casa.fotografia()
    answer = casa.enviar(venda(outra))
    assert (answer.status_code, answer.headers.get("Idempotent-Replayed")) == (201, "true"), outra
    assert answer.get_data() == primeira.get_data()
    assert casa.fotografia() == antes


DE_FATO = [
    {"cliente": {"cpfCnpj": "111.444.777-35"}},
    {"cliente": {"cep": "01001-001"}},
    {"item": {"desconto": 1}},
    {"item": {"entrega": {"idLojaEntregaRetaguarda": "2"}}},
    {"item": {"idVendedorRetaguarda": "RCA-1"}},
    {"raiz": {"lockTTL": "3d"}},
]


@pytest.mark.um_banco
@pytest.mark.parametrize("outra", DE_FATO, ids=str)
def test_another_sale_is_none(casa: Casa, outra: dict[str, Any]) -> None:
    numped = casa.reservar(venda({}))
    body = casa.recusado(venda(outra), sorteia=True)
    assert (body["codigo"], body["idPedidoRetaguarda"]) == ("NUMERO_EM_USO", numped)


# --- requests that the version before has stored


def como_antes(casa: Casa, corpo: dict[str, Any]) -> None:
    """The newest operation as the version before would have stored it: under the fingerprint of what was written."""
    from app.api.contrato.requisicao import parse_requisicao

    requisicao = parse_requisicao(corpo, caller="hub")
    antiga = impressao_anterior(requisicao.dados)
    assert requisicao.impressao != antiga
    ultima = casa.tabela("GW_OPERACAO")[-1]["ID"]
    casa.executar("UPDATE GW_OPERACAO SET FINGERPRINT = :f WHERE ID = :id", f=antiga, id=ultima)


def test_after_an_upgrade_every_answered_request_still_replays(casa: Casa) -> None:
    """A whole life under version 1, then the hub sends it all once more to version 2."""
    reserva = venda({"item": {"desconto": Decimal("0.0"), "idProdutoRetaguarda": "0100-1"}})
    numped = casa.reservar(reserva)
    como_antes(casa, reserva)
    alteracao = venda({"raiz": {"idRetaguarda": numped, "observacoes": "altera"}})
    novo = casa.reservar(alteracao)
    como_antes(casa, alteracao)
    paga = pre_venda(situacaoPreVenda=1, idRetaguarda=novo, cliente=cliente_completo(**ESCRITO))
    paga.pop("preVendaItens")
    assert casa.enviar(paga).status_code == 200
    como_antes(casa, paga)
    antes = casa.fotografia()
    for corpo, http in ((alteracao, 201), (paga, 200)):
        answer = casa.enviar(corpo)
        assert (answer.status_code, answer.headers.get("Idempotent-Replayed")) == (http, "true")
    assert casa.enviar(reserva).get_json(force=True)["codigo"] == "RESERVA_SUBSTITUIDA"
    depois = casa.fotografia(sem=SEM_EFEITO)
    assert depois == {nome: linhas for nome, linhas in antes.items() if nome not in SEM_EFEITO}
    cancela = pre_venda(situacaoPreVenda=0, idRetaguarda=novo)
    assert casa.enviar(cancela).status_code == 200
    como_antes(casa, cancela)
    assert casa.enviar(cancela).headers["Idempotent-Replayed"] == "true"


def test_an_idempotency_key_of_before_the_upgrade(casa: Casa) -> None:
    chave = [("Idempotency-Key", "k-1")]
    corpo = pre_venda(kit())
    assert casa.enviar(corpo, headers=chave).status_code == 201
    como_antes(casa, corpo)
    answer = casa.enviar(corpo, headers=chave)
    assert (answer.status_code, answer.headers["Idempotent-Replayed"]) == (201, "true")
    outra = casa.enviar(pre_venda(numero="PV-2"), headers=chave)
    assert outra.get_json(force=True)["codigo"] == "CHAVE_REUTILIZADA"


# --- the number of a pre-sale, in body, path and query


@pytest.mark.parametrize(
    "numero", ["  PV 7 ", "/PV-7", "PV/7", "PV-7/", "//7//", "7", "ação-é", "simulacao", "a?b&c#d%"]
)
def test_one_pre_sale_in_body_path_and_query(casa: Casa, numero: str) -> None:
    numped = casa.reservar(pre_venda(numero=numero))
    visto = casa.linha("PCPEDC")["NUMPEDHUBE"]
    assert visto == numero.strip()
    for escrito in (numero, visto, f" {visto} "):
        onde = [
            casa.pedir("GET", f"/api/v1/pre-vendas/{quote(escrito, '')}?idLojaRetaguarda=1"),
            casa.pedir("GET", f"/api/v1/pre-vendas?numero={quote(escrito, '')}&idLojaRetaguarda=1.0"),
            casa.pedir("GET", f"{ROTA}/consulta?numero={quote(escrito, '')}&idLojaRetaguarda=%201"),
        ]
        assert [answer.status_code for answer in onde] == [200, 200, 200], escrito
        assert [answer.get_json()["situacao"] for answer in onde[:2]] == ["ACEITA", "ACEITA"]
        assert onde[2].get_json()["data"]["idRetaguarda"] == numped
    for escrito in (f"{numped}.0", f"0{numped}", f" {numped} "):
        answer = casa.pedir("GET", f"{ROTA}/consulta?idRetaguarda={quote(escrito, '')}")
        assert answer.get_json()["data"]["numero"] == visto


def test_a_pre_sale_that_never_came_is_said_in_a_sentence(casa: Casa) -> None:
    body = casa.pedir("GET", f"{ROTA}/consulta?numero=NADA&idLojaRetaguarda=1").get_json(force=True)
    assert (body["status"], body["message"]) == (404, "Não existe reserva desta pré-venda nesta filial.")
    body = casa.pedir("GET", "/api/v1/pre-vendas?idLojaRetaguarda=1").get_json(force=True)
    assert (body["status"], body["errors"][0]["campo"]) == (422, "/numero")


@pytest.mark.um_banco
@pytest.mark.parametrize("loja", ["1.0", Decimal("1.0"), " 1 ", 1])
def test_the_branch_of_a_login_is_one_however_it_is_written(casa: Casa, loja: Any) -> None:
    assert casa.enviar(pre_venda(loja=loja), "pdv1").status_code == 201
    answer = casa.enviar(pre_venda(loja=loja, numero="PV-2"), "pdv2")
    assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (403, "FILIAL_NAO_AUTORIZADA")


@pytest.mark.parametrize("mais", ["%2B00:00", "+00:00", "Z"])
def test_an_offset_whose_plus_the_address_has_eaten(casa: Casa, mais: str) -> None:
    answer = casa.pedir("GET", f"/api/v1/log?de=2026-03-02T00:00:00{mais}", "retaguarda")
    assert answer.status_code == 200, answer.get_data(as_text=True)


# --- control characters


def test_control_characters_in_free_text_become_blanks(casa: Casa) -> None:
    casa.executar("UPDATE PCPARAMFILIAL SET VALOR = 'N' WHERE NOME LIKE '%CEP%'")
    corpo = pre_venda(observacoes="Retirar \x96 logo\x0bjá\x00", cliente=cliente_completo(nome="Maria\x00 Souza"))
    answer = casa.enviar(corpo)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    avisos = {aviso["codigo"]: aviso["campos"] for aviso in answer.get_json()["data"]["avisos"]}
    assert avisos["TEXTO_LIMPO"] == ["/observacoes", "/cliente/nome"]
    pedido = casa.linha("PCPEDC")
    assert pedido["OBS"] == "Retirar logo já"
    assert casa.linha("PCCLIENT", CODCLI=pedido["CODCLI"])["CLIENTE"].startswith("Maria")
    assert casa.enviar(corpo).headers["Idempotent-Replayed"] == "true"


@pytest.mark.um_banco
@pytest.mark.parametrize("numero", ["PV\x00-1", "PV\x96", "PV\x0b1", "PV\n1"])
def test_in_a_name_they_are_refused_and_the_member_is_named(casa: Casa, numero: str) -> None:
    body = casa.recusado(pre_venda(numero=numero))
    assert (body["status"], [problema["campo"] for problema in body["errors"]]) == (422, ["/numero"])
    assert body["message"].startswith("numero: não pode ter ")


def test_a_number_with_a_character_that_the_database_lacks(sqlite_engine: sa.Engine, casa: Casa) -> None:
    """It would be stored as another, and never found again."""
    outra = casa.com(codificacao_banco="cp1252")
    body = outra.recusado(pre_venda(numero="PV-Ω"))
    assert (body["status"], body["errors"][0]["campo"]) == (422, "/numero")
    assert outra.enviar(pre_venda(numero="PV-é€")).status_code == 201
    outra.close()


# --- what was sent as a number that is text


@pytest.mark.um_banco
@pytest.mark.parametrize("cep", ["90.001-120", "90001 120", "90001-120", 90001120, "90001120"])
def test_a_cep_is_read_as_people_write_it(casa: Casa, cep: Any) -> None:
    casa.executar("UPDATE PCPARAMFILIAL SET VALOR = 'N' WHERE NOME LIKE '%CEP%'")
    answer = casa.enviar(pre_venda(cliente=cliente_completo(cep=cep)))
    codigos = [aviso["codigo"] for aviso in answer.get_json()["data"]["avisos"]]
    assert "CEP_MALFORMADO" not in codigos
    codcli = casa.linha("PCPEDC")["CODCLI"]
    if codcli != 1:
        assert casa.linha("PCCLIENT", CODCLI=codcli)["CEPENT"] == "90001120"


@pytest.mark.parametrize("valor", ["8.0", "8,00", " 8 ", "08"])
def test_a_parameter_is_read_by_its_value(casa: Casa, valor: str) -> None:
    casa.executar("UPDATE PCPARAMFILIAL SET VALOR = :v WHERE VALOR = '8'", v=valor)
    casa.reservar(pre_venda())
    assert casa.linha("PCPEDC")["CODUSUR"] == 8
