"""What a till can show: the field and the item, what is wrong with a form, and what may have been meant (§4.3)."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import pytest
import simplejson

from tests.integration.test_recusas import cru
from tests.support.builders import componente, item, kit, pre_venda
from tests.support.gateway import ROTA, Casa

pytestmark = pytest.mark.um_banco

FRASES: list[tuple[dict[str, Any], str]] = [
    (
        pre_venda(item(quantidade="1")),
        "quantidade do item 1: veio texto; deve ser um número sem aspas.",
    ),
    (
        pre_venda(item(), item(preco="120,00")),
        "preco do item 2: veio texto com vírgula; deve ser um número sem aspas e com ponto decimal, como 120.50.",
    ),
    (
        pre_venda(item(), kit(itensKit=[componente("100-1", 2, 10), componente("300-3", 0, 10)])),
        "quantidade do componente 2 do item 2: deve ser maior que zero.",
    ),
    (pre_venda(item(entrega={"tipoEntrega": 9})), "tipoEntrega do item 1: deve ser "),
    (pre_venda(cliente={"cep": [1]}), "cep do cliente: deve ser texto."),
    (
        pre_venda(pagamentos=[{"pagamentoCondicao": {"idRetaguarda": "x"}}]),
        "idRetaguarda da condição do pagamento 1: deve ser um código de até 4 dígitos.",
    ),
    (pre_venda() | {"preVendaItens": ["x"]}, "item 1: deve ser um objeto."),
    (pre_venda(situacaoPreVenda=0), "idRetaguarda: campo obrigatório. O número da reserva."),
    (pre_venda(item("300-3", 6)), "quantidade do item 1: "),
]


def test_the_message_names_the_field_and_the_item(casa: Casa) -> None:
    for corpo, frase in FRASES:
        body = casa.recusado(corpo)
        assert body["message"].startswith(frase), body["message"]
        assert body["detail"] == body["message"]


def test_and_how_many_more_there_are(casa: Casa) -> None:
    body = casa.recusado(pre_venda(item(quantidade="1", preco="2")))
    assert body["message"].endswith("sem aspas. (e mais 1)")
    assert [problema["mensagem"] for problema in body["errors"]] == ["Veio texto; deve ser um número sem aspas."] * 2


# --- a member with a wrong name


def test_a_misspelt_member_is_told_in_the_refusal_it_causes(casa: Casa) -> None:
    corpo = pre_venda()
    corpo["prevendaItens"] = corpo.pop("preVendaItens")
    body = casa.recusado(corpo)
    assert body["message"] == ("preVendaItens: deve ter ao menos um item. Veio prevendaItens: seria preVendaItens?")
    (aviso,) = body["avisos"]
    assert (aviso["codigo"], aviso["campos"]) == ("MEMBROS_IGNORADOS", ["prevendaItens"])
    assert aviso["mensagem"].endswith("prevendaItens: seria preVendaItens?")


@pytest.mark.parametrize(
    ("errado", "certo"),
    [("quantidad", "quantidade"), ("Preco", "preco"), ("idProdutoRetaguardas", "idProdutoRetaguarda")],
)
def test_in_an_item_too(casa: Casa, errado: str, certo: str) -> None:
    linha = item()
    linha[errado] = linha.pop(certo)
    body = casa.recusado(pre_venda(linha))
    frase = f"{certo} do item 1: campo obrigatório. Veio preVendaItens[].{errado}: seria preVendaItens[].{certo}?"
    assert body["message"] == frase


def test_an_accepted_sale_says_what_a_member_seems_to_be(casa: Casa) -> None:
    answer = casa.enviar(pre_venda(observacao="fundos", xyz=1))
    (ignorados,) = [a for a in answer.get_json()["data"]["avisos"] if a["codigo"] == "MEMBROS_IGNORADOS"]
    assert ignorados["campos"] == ["observacao", "xyz"]
    assert ignorados["mensagem"].endswith("foram ignorados. observacao: seria observacoes?")


def test_a_refusal_without_anything_to_say_has_no_avisos(casa: Casa) -> None:
    assert "avisos" not in casa.recusado(pre_venda(item("300-3", 6)))


def test_a_product_id_whose_codes_have_changed_places(casa: Casa) -> None:
    body = casa.recusado(pre_venda(item("1-123"), kit(itensKit=[componente("1-100", 2, 10)]), item("999-999")))
    assert [problema["mensagem"] for problema in body["errors"]] == [
        "O produto 123 não existe no WinThor. Os códigos foram invertidos? Seria 123-1.",
        "O produto 100 não existe no WinThor. Os códigos foram invertidos? Seria 100-1.",
        "O produto 999 não existe no WinThor.",
    ]


# --- the header of the token


@pytest.mark.parametrize(
    ("cabecalho", "palavras"),
    [
        (None, "Falta o cabeçalho Authorization"),
        ("Basic aHViOmRlbW8=", "outro tipo Basic"),
        ("Bearer", "Falta a palavra Bearer antes do token"),
        ("Bearer ", "Falta a palavra Bearer antes do token"),
        ("{token}", "Falta a palavra Bearer antes do token"),
        ("Bearer Bearer {token}", "veio duas vezes"),
        ('Bearer "{token}"', "aspas"),
        ("Bearer <{token}>", "sinais em volta"),
        ("Bearer abc", "É preciso um token válido"),
    ],
)
def test_what_is_wrong_with_the_header(casa: Casa, cabecalho: str | None, palavras: str) -> None:
    token = casa.token("hub")
    headers = {} if cabecalho is None else {"Authorization": cabecalho.format(token=token)}
    answer = casa.pedir("GET", f"{ROTA}/consulta?idLojaRetaguarda=1", None, headers=headers)
    body = answer.get_json(force=True)
    assert (answer.status_code, body["code"]) == (401, "AUTHENTICATION_FAILED")
    if cabecalho is not None and cabecalho.strip() == "Bearer":
        palavras = "Falta a palavra Bearer antes do token" if "antes" in body["message"] else "depois da palavra Bearer"
    assert palavras in body["message"]
    assert token not in answer.get_data(as_text=True)


@pytest.mark.parametrize(("mais", "ha"), [({"minutes": 3}, "3 min"), ({"hours": 5}, "5 h"), ({"days": 3}, "3 dias")])
def test_since_when_a_token_is_over(casa: Casa, mais: dict[str, float], ha: str) -> None:
    token = casa.token("hub")
    casa.relogio.andar(hours=2)
    casa.relogio.andar(**mais)
    headers = {"Authorization": f"Bearer {token}"}
    body = casa.pedir("GET", f"{ROTA}/consulta?idLojaRetaguarda=1", None, headers=headers).get_json(force=True)
    assert body["message"] == f"O token venceu há {ha}; faça o login de novo."


# --- bodies and addresses


@pytest.mark.parametrize("comprimir", [gzip.compress, zlib.compress])
@pytest.mark.parametrize("cabecalho", [{}, {"Content-Encoding": "gzip"}])
def test_a_compressed_body_is_told_as_one(casa: Casa, comprimir: Any, cabecalho: dict[str, str]) -> None:
    corpo = comprimir(simplejson.dumps(pre_venda()).encode())
    answer = casa.pedir("POST", ROTA, data=corpo, content_type="application/json", headers=cabecalho)
    body = answer.get_json(force=True)
    assert (answer.status_code, body["codigo"]) == (415, "TIPO_NAO_SUPORTADO")
    assert "comprimido" in body["message"]


@pytest.mark.parametrize(
    ("tipo", "veio"), [("text/plain", "text/plain"), ("", "sem tipo"), ("text/plain; charset=latin-1", "text/plain")]
)
def test_what_type_came(casa: Casa, tipo: str, veio: str) -> None:
    body = cru(casa, "{}", tipo).get_json(force=True)
    assert body["message"] == f"O corpo deve ser application/json; veio {veio}."


@pytest.mark.parametrize(
    ("corpo", "motivo"),
    [
        ('{"numero": "1",}', "vírgula sobrando"),
        ("{'numero': 1}", "aspas simples"),
        ('{"observacoes": "a\nb"}', "quebra de linha"),
        ("", "vazio"),
        ('{"preco": 10,50}', "vírgula decimal"),
    ],
)
def test_why_a_body_is_no_json(casa: Casa, corpo: str, motivo: str) -> None:
    body = cru(casa, corpo).get_json(force=True)
    assert (body["status"], body["codigo"]) == (400, "JSON_INVALIDO")
    assert motivo in body["message"]


@pytest.mark.parametrize(
    ("metodo", "path", "http", "seria"),
    [
        ("POST", f"{ROTA}/", 404, ROTA),
        ("GET", f"{ROTA}/consulta/", 404, f"{ROTA}/consulta"),
        ("POST", ROTA.replace("/v1/", "//v1/"), 404, ROTA),
        ("GET", ROTA, 405, f"{ROTA}/consulta"),
        ("GET", "/API/V1/Reservas", 404, "/api/v1/reservas"),
    ],
)
def test_the_address_that_may_have_been_meant(casa: Casa, metodo: str, path: str, http: int, seria: str) -> None:
    body = casa.pedir(metodo, path).get_json(force=True)
    assert (body["status"], body["message"].partition("; ")[2]) == (http, f"seria {seria}?")


def test_no_address_is_made_up(casa: Casa) -> None:
    assert casa.pedir("GET", "/nada").get_json(force=True)["message"] == "Este endereço não existe."
    assert casa.pedir("PATCH", ROTA).get_json(force=True)["message"] == "Este endereço não aceita este método."
