"""What the CEP check makes of a reservation, seen from outside: answer, rows, calls and time (R7, R8)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from app.domain.documentos import documento_valido
from tests.support.builders import cliente_completo, item, pre_venda
from tests.support.cep_servers import (
    CEP_DESCONHECIDO,
    CIDADE_PEQUENA,
    MANAUS,
    PAULISTA,
    SE,
    Comportamento,
    CorpoEnorme,
    Cronometro,
    Pedido,
    ServidorLocal,
    byjg,
    cortar,
    esperar_ate,
    json_viacep,
    pagina_html,
    pendurar,
    pingar_corpo,
    redirecionar,
    resposta,
    threads_de_cep,
    viacep,
)
from tests.support.gateway import Casa

CEP_FORA = "05001000"  # no service answers about this one
CEP_MALFORMADO = "0100-10"
CNPJ_EXISTENTE = "11222333000181"  # of customer 20


@pytest.fixture(autouse=True)
def one_login_for_all(casa: Casa) -> Iterator[None]:
    """A password hash is slow on purpose; the demo's key is the same in every test."""
    yield
    assert esperar_ate(lambda: not threads_de_cep(), 3)


class Servicos:
    """Stand-ins of both services; ``pedidos`` counts what either was asked."""

    def __init__(self, viacep: ServidorLocal, byjg: ServidorLocal) -> None:
        self.viacep, self.byjg = viacep, byjg

    @property
    def pedidos(self) -> int:
        return len(self.viacep.pedidos) + len(self.byjg.pedidos)


def calado_sobre(cep: str, comportamento: Comportamento) -> Comportamento:
    """The service, but HTTP 503 when it is asked about ``cep``."""
    fora = resposta(503)
    return lambda pedido: fora(pedido) if cep in pedido.path else comportamento(pedido)


@pytest.fixture
def servicos() -> Iterator[Servicos]:
    with (
        ServidorLocal(calado_sobre(CEP_FORA, viacep())) as um,
        ServidorLocal(calado_sobre(CEP_FORA, byjg())) as outro,
    ):
        yield Servicos(um, outro)


@contextmanager
def gateway(casa: Casa, servicos: Servicos, **mudancas: Any) -> Iterator[Casa]:
    """A gateway on the same database that asks the stand-ins."""
    outra = casa.com(viacep_url=servicos.viacep.url, byjg_url=servicos.byjg.url, **mudancas)
    with closing(outra):
        yield outra


@pytest.fixture
def ligada(casa: Casa, servicos: Servicos) -> Iterator[Casa]:
    with gateway(casa, servicos) as outra:
        yield outra


def cpf(n: int) -> str:
    """The n-th CPF."""
    return next(doc for doc in (f"{n:09}{dv:02}" for dv in range(100)) if documento_valido(doc))


def novo(n: int, cep: str = SE.cep, **mais: Any) -> dict[str, Any]:
    """A complete customer that WinThor does not know, of Manaus as far as the sender knows."""
    enviado = {"cpfCnpj": cpf(n), "cep": cep, "bairro": "Centro", "cidade": "Manaus", "estado": "AM"}
    return cliente_completo(**(enviado | mais))


def com_cliente(numero: str, cliente: dict[str, Any] | None, **mais: Any) -> dict[str, Any]:
    return pre_venda(numero=numero, cliente=cliente, **mais)


def avisos(answer: Any) -> list[str]:
    return [aviso["codigo"] for aviso in answer.get_json()["data"]["avisos"]]


def parametro(casa: Casa, numero: int, valor: str | None) -> None:
    casa.executar("UPDATE PCMETAPARAMFILIAL SET VALORDEFAULT = :v WHERE ID = :n", v=valor, n=numero)


def endereco(casa: Casa, codcli: int) -> tuple[Any, ...]:
    row = casa.linha("PCCLIENT", CODCLI=codcli)
    return tuple(row[c] for c in ("BAIRROENT", "MUNICENT", "ESTENT", "CEPENT", "CODCIDADE"))


def julgar(casa: Casa, numero: str, cliente: dict[str, Any]) -> tuple[str, list[str]]:
    """What became of the customer, and the avisos or the refusal."""
    clientes = casa.contar("PCCLIENT")
    answer = casa.enviar(com_cliente(numero, cliente))
    escritos = casa.contar("PCCLIENT") - clientes
    if answer.status_code != 201:
        assert (answer.status_code, escritos) == (422, 0)
        return "refused", [f"{e['codigo']} {e['campo']}" for e in answer.get_json(force=True)["errors"]]
    codcli = answer.get_json()["data"]["codcli"]
    assert casa.linha("PCPEDC", NUMPEDHUBE=numero)["CODCLI"] == codcli
    destino = {1: "consumidor final", 20: "reused"}.get(codcli, "written")
    assert escritos == (destino == "written")
    return destino, avisos(answer)


# --- the decision table

POLITICAS = ("consumidor", "aceitar", "rejeitar")
ESCRITO, CONSUMIDOR, RECUSADO = "written", "consumidor final", "refused"
NAO_CONFERE = dict.fromkeys(["found", "unknown", "malformed", "down"], (ESCRITO, []))
CONFERE = {"found": (ESCRITO, ["ENDERECO_CORRIGIDO"]), "down": (ESCRITO, ["CEP_NAO_VERIFICADO"])}
# (parameter 4672, cep_desconhecido) -> what the services say -> what becomes of a complete new customer
TABELA = {
    **{("N", politica): NAO_CONFERE for politica in POLITICAS},
    ("S", "consumidor"): {
        **CONFERE,
        "unknown": (CONSUMIDOR, ["CEP_DESCONHECIDO", "CONSUMIDOR_FINAL"]),
        "malformed": (CONSUMIDOR, ["CEP_MALFORMADO", "CONSUMIDOR_FINAL"]),
    },
    ("S", "aceitar"): {
        **CONFERE,
        "unknown": (ESCRITO, ["CEP_DESCONHECIDO"]),
        "malformed": (ESCRITO, ["CEP_MALFORMADO"]),
    },
    ("S", "rejeitar"): {
        **CONFERE,
        "unknown": (RECUSADO, ["CAMPO_INVALIDO /cliente/cep"]),
        "malformed": (RECUSADO, ["CAMPO_INVALIDO /cliente/cep"]),
    },
}
CEPS = {"found": SE.cep, "unknown": CEP_DESCONHECIDO, "malformed": CEP_MALFORMADO, "down": CEP_FORA}
PERGUNTAS = {"found": 1, "unknown": 1, "malformed": 0, "down": 2}


@pytest.mark.parametrize(("valida", "politica"), TABELA)
def test_complete_new_customer(casa: Casa, servicos: Servicos, valida: str, politica: str) -> None:
    parametro(casa, 4672, valida)
    with gateway(casa, servicos, cep_desconhecido=politica) as outra:
        for n, (resultado, cep) in enumerate(CEPS.items(), 1):
            antes = servicos.pedidos
            assert julgar(outra, resultado, novo(n, cep)) == TABELA[valida, politica][resultado]
            assert servicos.pedidos - antes == (PERGUNTAS[resultado] if valida == "S" else 0)


@pytest.mark.parametrize("valida", ["N", "S"])
def test_incomplete_and_existing_customers_are_not_checked(casa: Casa, servicos: Servicos, valida: str) -> None:
    parametro(casa, 4672, valida)
    for politica in POLITICAS:
        with gateway(casa, servicos, cep_desconhecido=politica) as outra:
            for resultado, cep in CEPS.items():
                incompleto = novo(1, cep, email=None)
                assert julgar(outra, f"{politica}-{resultado}-1", incompleto) == (CONSUMIDOR, ["CONSUMIDOR_FINAL"])
                existente = novo(1, cep, cpfCnpj=CNPJ_EXISTENTE)
                assert julgar(outra, f"{politica}-{resultado}-2", existente) == ("reused", [])
    assert servicos.pedidos == 0


@pytest.mark.parametrize(("politica", "cep"), [("consumidor", SE.cep), ("aceitar", CEP_DESCONHECIDO)])
def test_rows_of_a_customer_whose_cep_is_found_or_accepted(
    casa: Casa, servicos: Servicos, politica: str, cep: str
) -> None:
    with gateway(casa, servicos, cep_desconhecido=politica) as outra:
        outra.reservar(com_cliente("PV-1", novo(1, cep)))
        outra.reservar(com_cliente("PV-2", novo(2, CEP_FORA)))
    corrigido, enviado = ("Sé", "São Paulo", "SP", cep, 1), ("Centro", "Manaus", "AM", cep, 2)
    assert endereco(casa, 1000) == (corrigido if cep == SE.cep else enviado)
    assert endereco(casa, 1001) == ("Centro", "Manaus", "AM", CEP_FORA, 2)


def test_an_unknown_cep_says_why_the_consumidor_final_was_used(ligada: Casa) -> None:
    answer = ligada.enviar(com_cliente("PV-1", novo(1, CEP_DESCONHECIDO)))
    desconhecido = "O CEP informado não existe: o cadastro do cliente conta como incompleto."
    assert answer.get_json()["data"]["avisos"] == [
        {"codigo": "CEP_DESCONHECIDO", "mensagem": desconhecido, "campos": ["/cliente/cep"]},
        {
            "codigo": "CONSUMIDOR_FINAL",
            "mensagem": "CEP não aceito: usado o consumidor final.",
            "campos": ["/cliente"],
        },
    ]


def test_a_refused_cep_names_the_parameter_and_leaves_nothing(casa: Casa, servicos: Servicos) -> None:
    with gateway(casa, servicos, cep_desconhecido="rejeitar") as outra:
        body = outra.recusado(com_cliente("PV-1", novo(1, CEP_DESCONHECIDO)))
    (problema,) = body["errors"]
    assert problema == {
        "codigo": "CAMPO_INVALIDO",
        "campo": "/cliente/cep",
        "mensagem": "O CEP informado não existe: corrija o CEP e envie de novo.",
        "rotina": "132 (parâmetro 4672)",
    }


def test_the_demo_says_that_no_service_was_asked(casa: Casa) -> None:
    assert avisos(casa.enviar(com_cliente("PV-1", novo(1)))) == ["ENDERECO_CORRIGIDO", "CEP_DEMONSTRACAO"]
    desconhecido = ["CEP_DESCONHECIDO", "CEP_DEMONSTRACAO", "CONSUMIDOR_FINAL"]
    assert avisos(casa.enviar(com_cliente("PV-2", novo(2, CEP_DESCONHECIDO)))) == desconhecido


# --- services that misbehave

FOLGA_S = 2.0  # what a busy machine may add
LEITURA_S, TOTAL_S = 1.5, 2.5


class Redireciona:
    """To an address inside the shop's network that must not be asked."""

    def __init__(self) -> None:
        self.interno = ServidorLocal(viacep())

    def __call__(self, pedido: Pedido) -> None:
        redirecionar(self.interno.url + "/latest/meta-data/")(pedido)


RUINS: dict[str, tuple[Comportamento, Comportamento, float]] = {
    # as ViaCEP, as ByJG, seconds that one of them costs
    "hanging": (pendurar, pendurar, LEITURA_S),
    "slow-body": (pingar_corpo, pingar_corpo, LEITURA_S),
    "html-page": (pagina_html, pagina_html, 0),
    "ten-megabytes": (CorpoEnorme(), CorpoEnorme(anunciar=False), 0),
    "wrong-cep": (
        resposta(200, json_viacep(MANAUS), "application/json"),
        resposta(200, f"ERRO|Cep {MANAUS.cep} não encontrado".encode()),
        0,
    ),
    "reset": (cortar, cortar, 0),
    "429": (resposta(429, Retry_After="60"), resposta(429), 0),
    "503": (resposta(503), resposta(503), 0),
}


@pytest.mark.um_banco
@pytest.mark.parametrize("nome", RUINS)
def test_when_viacep_fails_byjg_answers(ligada: Casa, servicos: Servicos, nome: str) -> None:
    servicos.viacep.comportamento, _, custo = RUINS[nome]
    with Cronometro() as tempo:
        answer = ligada.enviar(com_cliente("PV-1", novo(1)))
    assert (answer.status_code, avisos(answer)) == (201, ["ENDERECO_CORRIGIDO"])
    assert endereco(ligada, 1000) == ("Sé", "São Paulo", "SP", SE.cep, 1)
    assert (len(servicos.viacep.pedidos), len(servicos.byjg.pedidos)) == (1, 1)
    assert tempo.segundos < custo + FOLGA_S


@pytest.mark.um_banco
@pytest.mark.parametrize("nome", RUINS)
def test_when_both_fail_the_customer_is_accepted_unverified(ligada: Casa, servicos: Servicos, nome: str) -> None:
    servicos.viacep.comportamento, servicos.byjg.comportamento, custo = RUINS[nome]
    with Cronometro() as tempo:
        answer = ligada.enviar(com_cliente("PV-1", novo(1)))
    assert (answer.status_code, avisos(answer)) == (201, ["CEP_NAO_VERIFICADO"])
    assert endereco(ligada, 1000) == ("Centro", "Manaus", "AM", SE.cep, 2)
    assert ligada.ultimo_log()["STATUS"] == "A"
    assert tempo.segundos < (TOTAL_S if custo else 0) + FOLGA_S


def test_a_redirect_to_a_private_address_is_not_followed(ligada: Casa, servicos: Servicos) -> None:
    redireciona = Redireciona()
    servicos.viacep.comportamento = servicos.byjg.comportamento = redireciona
    with redireciona.interno, Cronometro() as tempo:
        answer = ligada.enviar(com_cliente("PV-1", novo(1)))
    assert (answer.status_code, avisos(answer)) == (201, ["CEP_NAO_VERIFICADO"])
    assert (servicos.pedidos, redireciona.interno.pedidos) == (2, [])
    assert tempo.segundos < FOLGA_S


def test_an_outage_is_not_remembered(ligada: Casa, servicos: Servicos) -> None:
    servicos.viacep.comportamento = servicos.byjg.comportamento = resposta(503)
    assert avisos(ligada.enviar(com_cliente("PV-1", novo(1)))) == ["CEP_NAO_VERIFICADO"]
    servicos.viacep.comportamento = viacep()
    assert avisos(ligada.enviar(com_cliente("PV-2", novo(2)))) == ["ENDERECO_CORRIGIDO"]


# --- city, district and state


def test_a_town_with_one_cep_keeps_the_district_that_was_sent(ligada: Casa) -> None:
    answer = ligada.enviar(com_cliente("PV-1", novo(1, CIDADE_PEQUENA.cep)))
    (aviso,) = answer.get_json()["data"]["avisos"]
    assert aviso["campos"] == ["/cliente/cidade", "/cliente/estado"]
    assert endereco(ligada, 1000) == ("Centro", "Jaguariúna", "SP", CIDADE_PEQUENA.cep, None)


def test_another_spelling_of_the_same_address_is_no_correction(ligada: Casa) -> None:
    enviado = novo(1, bairro="SE", cidade="SAO PAULO", estado="sp")
    assert avisos(ligada.enviar(com_cliente("PV-1", enviado))) == []
    assert endereco(ligada, 1000) == ("Sé", "São Paulo", "SP", SE.cep, 1)


def test_the_city_s_code_is_found_by_ibge_before_its_name(ligada: Casa) -> None:
    ligada.executar("UPDATE PCCIDADE SET NOMECIDADE = 'CAPITAL', CODCIDADE = 7 WHERE CODCIDADE = 1")
    ligada.executar("INSERT INTO PCCIDADE (CODCIDADE, NOMECIDADE, UF) VALUES (3, 'SAO PAULO', 'SP')")
    ligada.reservar(com_cliente("PV-1", novo(1)))
    assert ligada.linha("PCCLIENT", CODCLI=1000)["CODCIDADE"] == 7


def test_without_its_ibge_code_the_city_is_found_by_name_and_state(ligada: Casa) -> None:
    ligada.executar("UPDATE PCCIDADE SET CODIBGE = NULL")
    ligada.executar("INSERT INTO PCCIDADE (CODCIDADE, NOMECIDADE, UF) VALUES (0, 'SAO PAULO', 'RS')")
    ligada.reservar(com_cliente("PV-1", novo(1)))
    assert ligada.linha("PCCLIENT", CODCLI=1000)["CODCIDADE"] == 1
    assert ligada.linha("PCCLIENT", CODCLI=1000)["CODCIDADECOM"] == 1


# --- praça, activity, CNAE, RCA


def praca_do_novo(casa: Casa, n: int, **cliente: Any) -> tuple[int, int | None]:
    """Praça and price region that the n-th new customer gets."""
    casa.reservar(com_cliente(f"PV-{n}", novo(n, **cliente)))
    row = casa.linha("PCCLIENT", CODCLI=999 + n)
    assert casa.linha("PCPEDC", NUMPEDHUBE=f"PV-{n}")["CODPRACA"] == row["CODPRACA"]
    return row["CODPRACA"], row["NUMREGIAOCLI"]


@pytest.mark.parametrize("faixa", [("69000000", "69299999"), ("69000-000", "69299-999")], ids=["plain", "masked"])
def test_with_4680_the_praca_is_the_one_whose_range_holds_the_cep(ligada: Casa, faixa: tuple[str, str]) -> None:
    parametro(ligada, 4680, "S")
    sql = "UPDATE PCPRACA SET CEPINICIAL = :i, CEPFINAL = :f, NUMREGIAO = 2 WHERE CODPRACA = 2"
    ligada.executar(sql, i=faixa[0], f=faixa[1])
    assert praca_do_novo(ligada, 1, cep=MANAUS.cep) == (2, 2)
    assert praca_do_novo(ligada, 2, cep=PAULISTA.cep) == (1, 1)


def test_the_narrowest_active_range_is_taken(ligada: Casa) -> None:
    parametro(ligada, 4680, "S")
    faixas = [
        (3, "01310000", "01319999", "I", 2),
        (4, "01000000", "01999999", "A", 2),
        (5, "00000000", "99999999", "A", 1),
    ]
    for codigo, inicio, fim, situacao, regiao in faixas:
        ligada.executar(
            "INSERT INTO PCPRACA (CODPRACA, CEPINICIAL, CEPFINAL, SITUACAO, NUMREGIAO) VALUES (:c, :i, :f, :s, :r)",
            **{"c": codigo, "i": inicio, "f": fim, "s": situacao, "r": regiao},
        )
    assert praca_do_novo(ligada, 1, cep=PAULISTA.cep) == (4, 2)


def test_a_cep_outside_every_range_falls_to_4011_and_then_to_1(ligada: Casa) -> None:
    parametro(ligada, 4680, "S")
    parametro(ligada, 4011, "2")
    assert praca_do_novo(ligada, 1, cep=CEP_FORA) == (1, 1)  # 01000000 to 19999999 holds it
    ligada.executar("UPDATE PCPRACA SET CEPINICIAL = NULL, CEPFINAL = NULL")
    assert praca_do_novo(ligada, 2) == (2, 2)
    parametro(ligada, 4011, None)
    assert praca_do_novo(ligada, 3) == (1, 1)


def test_without_4680_the_cep_does_not_choose_the_praca(ligada: Casa) -> None:
    assert praca_do_novo(ligada, 1, cep=MANAUS.cep) == (1, 1)


def test_parameters_without_a_value_have_their_published_defaults(ligada: Casa) -> None:
    for numero in (4011, 4013, 4585, 4672, 4680):
        parametro(ligada, numero, None)
    assert avisos(ligada.enviar(com_cliente("PV-1", novo(1)))) == ["ENDERECO_CORRIGIDO"]
    row = ligada.linha("PCCLIENT", CODCLI=1000)
    assert [row[c] for c in ("CODPRACA", "CODATV1", "CODCNAE", "CODUSUR1")] == [1, 1, "4729-6/99", 8]


def test_activity_cnae_and_rca_come_from_the_branch_s_own_rows(ligada: Casa) -> None:
    valores = {"CODATVCIASHOP": "9", "CODCNAEECOMMERCE": "4744-0/99", "CODRCACIASHOP": "2"}
    for nome, valor in valores.items():
        ligada.executar("INSERT INTO PCPARAMFILIAL (NOME, CODFILIAL, VALOR) VALUES (:n, '1', :v)", n=nome, v=valor)
    ligada.reservar(com_cliente("PV-1", novo(1), idOperadorRetaguarda=100))
    row = ligada.linha("PCCLIENT", CODCLI=1000)
    assert [row[c] for c in ("CODATV1", "CODCNAE", "CODUSUR1")] == [9, "4744-0/99", 2]
    assert ligada.linha("PCPEDC")["CODUSUR"] == 1


# --- who is asked about, and who is not


def test_the_services_are_asked_only_for_a_customer_about_to_be_inserted(ligada: Casa, servicos: Servicos) -> None:
    sem_pergunta = [
        None,
        {"idRetaguarda": 21, **novo(1)},
        novo(1, cpfCnpj=CNPJ_EXISTENTE),
        novo(1, cpfCnpj="111.111.111-11"),
        novo(1, nome=None),
    ]
    for n, cliente in enumerate(sem_pergunta):
        ligada.reservar(com_cliente(f"PV-{n}", cliente))
    assert servicos.pedidos == 0
    ligada.reservar(com_cliente("PV-NOVO", novo(1)))
    assert servicos.pedidos == 1


def test_refusals_replays_and_repeated_ceps_cost_no_call(ligada: Casa, servicos: Servicos) -> None:
    ligada.recusado(com_cliente("PV-1", novo(1), preVendaItens=[item("999-999")]))
    assert servicos.pedidos == 0
    corpo = com_cliente("PV-1", novo(1))
    ligada.reservar(corpo)
    assert ligada.enviar(corpo).headers["Idempotent-Replayed"] == "true"
    ligada.reservar(com_cliente("PV-2", novo(2)))
    assert servicos.pedidos == 1


# --- the update of a paid order


@pytest.fixture
def pagar(ligada: Casa) -> Any:
    """Reserve for customer 20 (or whom the test names) and pay with other data; gives the answer."""

    def send(cliente: dict[str, Any], reservado: dict[str, Any] | None = None) -> Any:
        numped = ligada.reservar(com_cliente("PV-1", {"idRetaguarda": 20} if reservado is None else reservado))
        paga = com_cliente("PV-1", cliente, idRetaguarda=numped, situacaoPreVenda=1)
        answer = ligada.enviar(paga)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer

    return send


def test_a_paid_order_s_customer_gets_the_address_of_the_service(ligada: Casa, servicos: Servicos, pagar: Any) -> None:
    answer = pagar(novo(1, cpfCnpj=CNPJ_EXISTENTE))
    assert (avisos(answer), servicos.pedidos) == (["ENDERECO_CORRIGIDO"], 1)
    assert endereco(ligada, 20) == ("Sé", "São Paulo", "SP", SE.cep, 1)
    assert ligada.linha("PCCLIENT", CODCLI=20)["ENDERENT"] == "Rua das Flores"


@pytest.mark.parametrize(
    ("cep", "codigo", "escrito"),
    [
        (CEP_FORA, "CEP_NAO_VERIFICADO", ("Centro", "Manaus", "AM", CEP_FORA, 2)),
        (CEP_DESCONHECIDO, "CEP_DESCONHECIDO", ("SE", "SAO PAULO", "SP", "01001000", 1)),
    ],
)
def test_a_paid_order_whose_cep_is_not_confirmed(
    ligada: Casa, pagar: Any, cep: str, codigo: str, escrito: tuple[Any, ...]
) -> None:
    answer = pagar(novo(1, cep, cpfCnpj=CNPJ_EXISTENTE))
    assert avisos(answer) == [codigo]
    assert endereco(ligada, 20) == escrito
    assert ligada.linha("PCCLIENT", CODCLI=20)["CLIENTE"] == "Maria Aparecida"


@pytest.mark.parametrize(
    ("cliente", "reservado"),
    [
        (novo(1, cpfCnpj=CNPJ_EXISTENTE, bairro=None), None),
        (novo(1), None),
    ],
    ids=["incomplete", "somebody else"],
)
def test_a_payment_that_updates_no_address_asks_nobody(
    servicos: Servicos, pagar: Any, cliente: dict[str, Any], reservado: dict[str, Any] | None
) -> None:
    pagar(cliente, reservado)
    assert servicos.pedidos == 0


def test_a_payment_that_names_the_customer_of_a_consumidor_final_s_order_asks(
    ligada: Casa, servicos: Servicos, pagar: Any
) -> None:
    """The customer is known only now: it is written as a reservation would have written it (R22, R8)."""
    pagar(novo(1), {})
    codcli = ligada.linha("PCPEDC")["CODCLI"]
    assert servicos.pedidos == 1
    assert ligada.linha("PCCLIENT", CODCLI=codcli)["CLIENTE"] == "Maria Aparecida"


def test_a_city_that_winthor_does_not_know_takes_the_old_city_s_code_away(ligada: Casa, pagar: Any) -> None:
    pagar(novo(1, CIDADE_PEQUENA.cep, cpfCnpj=CNPJ_EXISTENTE))
    assert endereco(ligada, 20) == ("Centro", "Jaguariúna", "SP", CIDADE_PEQUENA.cep, None)


def test_with_4532_off_a_payment_asks_nobody_and_changes_nobody(ligada: Casa, servicos: Servicos, pagar: Any) -> None:
    parametro(ligada, 4532, "N")
    antes = ligada.tabela("PCCLIENT")
    pagar(novo(1, cpfCnpj=CNPJ_EXISTENTE))
    assert (servicos.pedidos, ligada.tabela("PCCLIENT")) == (0, antes)


def test_a_second_payment_asks_nobody(ligada: Casa, servicos: Servicos, pagar: Any) -> None:
    pagar({"idRetaguarda": 20})
    numped = ligada.linha("PCPEDC")["NUMPED"]
    paga = com_cliente("PV-1", novo(1, cpfCnpj=CNPJ_EXISTENTE), idRetaguarda=numped, situacaoPreVenda=1)
    assert ligada.enviar(paga).status_code == 200
    assert servicos.pedidos == 0
