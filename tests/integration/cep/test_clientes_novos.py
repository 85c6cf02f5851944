"""A new customer's row, and the buyer's row on an order of the consumidor final (R7, docs/winthor.md §2.6, §2.13)."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from app.winthor.esquema.tables import PCCLIENT, PCVENDACONSUM
from app.winthor.esquema.types import VARCHAR2
from tests.support.builders import cliente_completo, pre_venda
from tests.support.gateway import Casa

CPF = "52998224725"
CNPJ_COM_LETRAS = "12ABC34501DE35"

# Marked R in docs/winthor.md §2.6: the routines rely on them.
OBRIGATORIAS = (
    *("CLIENTE", "FANTASIA", "CGCENT", "TIPOFJ", "IEENT", "ENDERENT", "NUMEROENT", "BAIRROENT", "MUNICENT", "ESTENT"),
    *("CEPENT", "TELENT", "TELENT1", "TELCELENT", "EMAIL", "EMAILNFE", "CODCIDADE", "CODCIDADECOM", "CODPRACA"),
    *("CODATV1", "CODUSUR1", "CODCOB", "CODPLPAG", "CODCLIPRINC", "CODFUNCCAD", "CODFUNCCADASTRO", "DTCADASTRO"),
    *("DTULTALTER", "HORACADASTRO", "CONSUMIDORFINAL", "CONTRIBUINTE", "BLOQUEIO", "BLOQUEIOSEFAZ"),
    *("BLOQUEIOSEFAZPED", "LIMCRED"),
)
DO_BLOCO = ("ENDER", "NUMERO", "COMPLEMENTO", "BAIRRO", "MUNIC", "EST", "CEP", "TEL")


@pytest.fixture(autouse=True)
def one_login_for_all(casa: Casa) -> None:
    """A password hash is slow on purpose; the demo's key is the same in every test."""


def com(casa: Casa, **mudancas: Any) -> Any:
    """Another gateway on the same database, closed at the end of a ``with`` block."""
    outra = casa.com(**mudancas)
    return closing(outra)


def com_cliente(numero_pv: str = "PV-1", **cliente: Any) -> dict[str, Any]:
    return pre_venda(numero=numero_pv, cliente=cliente_completo(**cliente))


def sem_conferir_cep(casa: Casa) -> None:
    casa.executar("UPDATE PCMETAPARAMFILIAL SET VALORDEFAULT = 'N' WHERE ID = 4672")


def codcli(casa: Casa, corpo: dict[str, Any]) -> int:
    return int(casa.linha("PCPEDC", NUMPED=casa.reservar(corpo))["CODCLI"])


# --- the row


@pytest.mark.parametrize("documento", [CPF, CNPJ_COM_LETRAS])
def test_no_obligatory_column_is_empty(casa: Casa, documento: str) -> None:
    casa.reservar(com_cliente(cpfCnpj=documento, numero=None, complemento=None))
    novo = casa.linha("PCCLIENT", CODCLI=1000)
    assert [coluna for coluna in OBRIGATORIAS if novo[coluna] is None] == []


@pytest.mark.parametrize("mais", [{"complemento": "Fundos", "telefone": "1132221111"}, {"numero": None}])
def test_the_blocks_com_and_cob_are_copies_of_ent(casa: Casa, mais: dict[str, Any]) -> None:
    casa.reservar(com_cliente(**mais))
    novo = casa.linha("PCCLIENT", CODCLI=1000)
    ent, com_, cob = ([novo[coluna + bloco] for coluna in DO_BLOCO] for bloco in ("ENT", "COM", "COB"))
    assert com_ == ent
    assert cob == ent
    assert ent[2] == mais.get("complemento")


def test_the_e_mail_is_kept_and_lower_case_for_the_nfe(casa: Casa) -> None:
    casa.reservar(com_cliente(email="Maria.LIMA@Exemplo.COM.BR"))
    novo = casa.linha("PCCLIENT", CODCLI=1000)
    assert (novo["EMAIL"], novo["EMAILNFE"]) == ("Maria.LIMA@Exemplo.COM.BR", "maria.lima@exemplo.com.br")


TELEFONES = [
    # telefone, celular -> TELENT, TELCELENT
    ("+55 (11) 98888-7777", None, ("5511988887777", "5511988887777")),
    ("0055 11 98888-7777", "(11) 3222-1111", ("5511988887777", "1132221111")),
    ("(11) 3222-1111 ramal 12", "11 98888-7777 / 97777-6666", ("1132221111", "11988887777")),
    (None, "1" * 20, ("1" * 13, "1" * 13)),
    ("não tem", "000", (None, None)),
]


def test_telephones(casa: Casa) -> None:
    cpfs = ("52998224725", "11144477735", "12345678909", "01234567890", "98765432100")
    for n, (telefone, celular, gravados) in enumerate(TELEFONES):
        casa.reservar(com_cliente(f"PV-{n}", cpfCnpj=cpfs[n], telefone=telefone, celular=celular))
        novo = casa.linha("PCCLIENT", CODCLI=1000 + n)
        assert (novo["TELENT"], novo["TELCELENT"]) == gravados
        assert {novo[coluna] for coluna in ("TELENT1", "TELCOM", "TELCOB")} == {gravados[0]}


# --- widths


@pytest.fixture(params=["utf-8", "cp1252"])
def codificacao(request: pytest.FixtureRequest, casa: Casa) -> str:
    """Character set of the database."""
    if casa.engine.dialect.name == "oracle" and request.param != "utf-8":
        pytest.skip("the suite's Oracle is AL32UTF8")
    return str(request.param)


# In UTF-8 one byte, then two for each letter; as long as the contract takes.
LONGOS = {
    **dict.fromkeys(["nome", "endereco", "bairro", "cidade", "complemento", "email"], "a" + "É" * 190),
    "numero": "a" + "É" * 29,
}


def larguras(tabela: Any) -> dict[str, int]:
    return {str(c.name): c.type.length for c in tabela.columns if isinstance(c.type, VARCHAR2)}


def cabe(largura: int, codificacao: str) -> int:
    """Characters of a long text that fit the width: bytes count, and no character is split."""
    return largura if codificacao == "cp1252" else 1 + (largura - 1) // 2


def test_every_text_is_clipped_to_its_column_on_a_character_border(casa: Casa, codificacao: str) -> None:
    sem_conferir_cep(casa)
    with com(casa, codificacao_banco=codificacao) as outra:
        outra.reservar(com_cliente(**LONGOS))
    novo = {c: v for c, v in casa.linha("PCCLIENT", CODCLI=1000).items() if isinstance(v, str) and "É" in v.upper()}
    assert {"CLIENTE", "FANTASIA", "MUNICENT", "MUNICENT2", "NUMEROENT", "EMAILNFE", "COMPLEMENTOCOB"} <= set(novo)
    esperados = {coluna: cabe(larguras(PCCLIENT)[coluna], codificacao) for coluna in novo}
    assert {coluna: len(valor) for coluna, valor in novo.items()} == esperados


def test_a_city_of_fifteen_bytes(casa: Casa, codificacao: str) -> None:
    cidade = {"utf-8": "São José do R", "cp1252": "São José do Rio"}[codificacao]
    sem_conferir_cep(casa)
    with com(casa, codificacao_banco=codificacao) as outra:
        outra.reservar(com_cliente(cidade="São José do Rio Preto", numero="1234567"))
    novo = casa.linha("PCCLIENT", CODCLI=1000)
    assert [novo[coluna] for coluna in ("MUNICENT", "MUNICCOM", "MUNICCOB")] == [cidade] * 3
    assert (novo["MUNICENT2"], novo["NUMEROENT"]) == ("São José do Rio Preto", "123456")


# --- PCVENDACONSUM


def test_the_buyer_of_an_order_of_the_consumidor_final_is_kept_by_setting(casa: Casa) -> None:
    with com(casa, grava_pcvendaconsum=True) as outra:
        numped = outra.reservar(com_cliente(email=None))
    gravado = {c: v for c, v in casa.linha("PCVENDACONSUM").items() if v is not None}
    assert casa.linha("PCPEDC")["CODCLI"] == 1
    assert gravado == {
        **{"NUMPED": numped, "CLIENTE": "Maria Aparecida", "CGCENT": CPF, "TELENT": "11988887777"},
        **{"ENDERENT": "Rua das Flores", "NUMEROENT": "12", "BAIRROENT": "Sé", "MUNICENT": "São Paulo"},
        **{"ESTENT": "SP", "CEPENT": "01001000"},
        **{"IEENT": "ISENTO", "CONSUMIDORFINAL": "S", "CONTRIBUINTE": "N"},
    }


def test_a_buyer_whose_cep_does_not_exist_is_kept_too(casa: Casa) -> None:
    with com(casa, grava_pcvendaconsum=True) as outra:
        outra.reservar(com_cliente(cep="99999-999"))
    assert casa.linha("PCVENDACONSUM")["CEPENT"] == "99999999"


def test_an_altered_order_has_its_own_row(casa: Casa) -> None:
    with com(casa, grava_pcvendaconsum=True) as outra:
        numped = outra.reservar(com_cliente(email=None))
        novo = outra.reservar(com_cliente(email=None, nome="Ana") | {"idRetaguarda": numped})
    assert [(row["NUMPED"], row["CLIENTE"]) for row in casa.tabela("PCVENDACONSUM")] == [
        (numped, "Maria Aparecida"),
        (novo, "Ana"),
    ]


@pytest.mark.parametrize(
    "cliente", [None, cliente_completo(), {"idRetaguarda": 20}], ids=["nobody", "new customer", "existing customer"]
)
def test_no_row_where_there_is_no_unwritten_buyer(casa: Casa, cliente: dict[str, Any] | None) -> None:
    with com(casa, grava_pcvendaconsum=True) as outra:
        outra.reservar(pre_venda(cliente=cliente))
    assert casa.contar("PCVENDACONSUM") == 0


def test_without_the_setting_no_row_is_written(casa: Casa) -> None:
    casa.reservar(com_cliente(email=None))
    assert casa.contar("PCVENDACONSUM") == 0


def test_the_buyer_s_texts_are_clipped_too(casa: Casa, codificacao: str) -> None:
    with com(casa, grava_pcvendaconsum=True, codificacao_banco=codificacao) as outra:
        outra.reservar(com_cliente(**LONGOS, cep=None, telefone="1" * 20))
    row = casa.linha("PCVENDACONSUM")
    textos = {coluna: valor for coluna, valor in row.items() if isinstance(valor, str) and "É" in valor}
    assert {c: len(v) for c, v in textos.items()} == {c: cabe(larguras(PCVENDACONSUM)[c], codificacao) for c in textos}
    assert set(textos) >= {"CLIENTE", "ENDERENT", "NUMEROENT", "BAIRROENT", "MUNICENT", "EMAIL"}
    assert row["TELENT"] == "1" * 13


# --- documents in other forms, numbers given by hand


def test_a_document_in_another_form_is_found_only_normalised(casa: Casa) -> None:
    outras = ("529 982 247 25", "529.982.24725", "529982247-25")
    with com(casa, cgcent_normalizado=True) as normalizada:
        for n, gravado in enumerate(outras):
            casa.executar("UPDATE PCCLIENT SET CGCENT = :d WHERE CODCLI = 21", d=gravado)
            assert codcli(normalizada, com_cliente(f"PV-{n}")) == 21
    assert codcli(casa, com_cliente("PV-9")) == 1000


def test_normalised_search_finds_small_letters_and_the_oldest(casa: Casa) -> None:
    for codigo, gravado in ((20, "12abc34501de35"), (21, "12.ABC.345/01DE-35"), (22, CNPJ_COM_LETRAS)):
        casa.executar("UPDATE PCCLIENT SET CGCENT = :d WHERE CODCLI = :c", d=gravado, c=codigo)
    with com(casa, cgcent_normalizado=True) as outra:
        assert codcli(outra, com_cliente(cpfCnpj=CNPJ_COM_LETRAS)) == 20
    assert codcli(casa, com_cliente("PV-2", cpfCnpj=CNPJ_COM_LETRAS)) == 21


def test_where_winthor_does_not_number_customers_the_consumidor_final_is_used(casa: Casa) -> None:
    casa.executar("UPDATE PCCONSUM SET NUMAUTOMATICCLI = 'N'")
    answer = casa.enviar(com_cliente())
    (aviso,) = answer.get_json()["data"]["avisos"]
    texto = "O WinThor não numera clientes automaticamente: usado o consumidor final."
    assert aviso == {"codigo": "CONSUMIDOR_FINAL", "mensagem": texto, "campos": ["/cliente"]}
    assert (casa.linha("PCPEDC")["CODCLI"], casa.contar("PCCLIENT")) == (1, 4)
    assert casa.linha("PCCONSUM")["PROXNUMCLI"] == 1000


@pytest.mark.parametrize(("numera", "esperado"), [("S", 1000), (None, 1000), ("N", 1)])
def test_automatic_numbering_is_on_unless_it_is_off(casa: Casa, numera: str | None, esperado: int) -> None:
    casa.executar("UPDATE PCCONSUM SET NUMAUTOMATICCLI = :v", v=numera)
    assert codcli(casa, com_cliente()) == esperado
    assert codcli(casa, com_cliente("PV-2", cpfCnpj="11222333000181")) == 20
