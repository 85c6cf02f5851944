"""Every judged request leaves one row in PCLOGPEDIDOAPI, and its GW_OPERACAO beside it (R15)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import simplejson
import sqlalchemy as sa
from sqlalchemy import event

from app.services.operacao import recuperacao
from tests.support.builders import cliente_completo, componente, item, kit, pre_venda
from tests.support.gateway import DO_LOG, ROTA, SEM_EFEITO, Casa

FALTA = pre_venda(item("300-3", 6))  # branch 1 has 5 of product 3


@contextlib.contextmanager
def antes_de(casa: Casa, trecho: str, fazer: Callable[[], object]) -> Iterator[list[object]]:
    """Do something once, just before the gateway sends the first statement that contains ``trecho``."""
    feito: list[object] = []
    chamado: list[bool] = []

    def hook(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if trecho in statement and not chamado:
            chamado.append(True)
            feito.append(fazer())

    event.listen(casa.gw.db.engine, "before_cursor_execute", hook)
    try:
        yield feito
    finally:
        event.remove(casa.gw.db.engine, "before_cursor_execute", hook)


def ver(casa: Casa, sql: str) -> list[tuple[Any, ...]]:
    """What another connection sees now, without waiting for any lock."""
    with casa.engine.connect().execution_options(reading=True) as connection:
        return [tuple(row) for row in connection.execute(sa.text(sql))]


def proibir_aceitas(casa: Casa) -> None:
    """A trigger that refuses to turn a log row to A."""
    if casa.engine.dialect.name == "oracle":
        pytest.skip("the protocol server has no triggers")
    if casa.postgresql:
        corpo = "BEGIN RAISE EXCEPTION 'uma regra do WinThor'; END"
        casa.executar(f"CREATE FUNCTION proibir() RETURNS trigger LANGUAGE plpgsql AS $$ {corpo} $$")
        casa.executar(
            "CREATE TRIGGER T BEFORE UPDATE ON PCLOGPEDIDOAPI FOR EACH ROW WHEN (NEW.STATUS = 'A') "
            "EXECUTE FUNCTION proibir()"
        )
    else:
        casa.executar(
            "CREATE TRIGGER T BEFORE UPDATE ON PCLOGPEDIDOAPI WHEN NEW.STATUS = 'A' "
            "BEGIN SELECT RAISE(ABORT, 'uma regra do WinThor'); END"
        )


ESTADOS = "SELECT (SELECT STATUS FROM PCLOGPEDIDOAPI), (SELECT ESTADO FROM GW_OPERACAO), COUNT(*) FROM PCPEDC"


# --- the row


def test_an_accepted_request_leaves_one_row(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    row = casa.linha("PCLOGPEDIDOAPI")
    assert (row["OPERACAO"], row["STATUS"], row["NUMPED"], row["POSICAO"], row["CODCLI"]) == ("I", "A", numped, "L", 1)
    assert str(row["DATA"]) == "2026-03-02 09:00:00"  # the ERP's clock: São Paulo


def test_a_refused_request_leaves_one_row(casa: Casa) -> None:
    body = casa.recusado(FALTA)
    row = casa.ultimo_log()
    assert (row["OPERACAO"], row["STATUS"], row["NUMPED"], row["POSICAO"], row["CODCLI"]) == (
        "I",
        "R",
        None,
        None,
        None,
    )
    assert row["JSON"]["retorno"] == {"codigo": "ESTOQUE_INSUFICIENTE", "errors": body["errors"]}


def test_a_request_with_wrong_fields_leaves_one_row(casa: Casa) -> None:
    body = casa.recusado(pre_venda(item(quantidade="duas"), item(preco=-1)))
    assert casa.ultimo_log()["JSON"]["retorno"]["errors"] == body["errors"]
    assert [problem["campo"] for problem in body["errors"]] == [
        "/preVendaItens/0/quantidade",
        "/preVendaItens/1/preco",
    ]


def test_json_is_the_request_and_the_answer(casa: Casa) -> None:
    body = pre_venda(
        item(preco=10.5), kit(itensKit=[componente("100-1", 2, 5)]), observacoes="Balcão ção", offline=False
    )
    answer = casa.enviar(body)
    logged = casa.ultimo_log()["JSON"]
    assert logged.pop("retorno") == simplejson.loads(answer.get_data(as_text=True), use_decimal=True)
    assert logged == simplejson.loads(simplejson.dumps(body), use_decimal=True)


def test_members_keep_their_order_and_retorno_comes_last(casa: Casa) -> None:
    casa.reservar(pre_venda())
    text = casa.linha("PCLOGPEDIDOAPI")["JSON"]
    assert list(simplejson.loads(text)) == [
        "situacaoPreVenda",
        "numero",
        "idLojaRetaguarda",
        "preVendaItens",
        "retorno",
    ]


OPERACOES: list[tuple[dict[str, Any], str, str]] = [
    ({}, "POST", "I"),
    ({"idRetaguarda": 0}, "POST", "I"),
    ({"idRetaguarda": "0"}, "POST", "I"),
    ({"idRetaguarda": " "}, "POST", "I"),
    ({"idRetaguarda": None}, "PUT", "I"),
    ({"idRetaguarda": 999}, "POST", "A"),
    ({"idRetaguarda": "999"}, "PUT", "A"),
    ({"situacaoPreVenda": 1, "idRetaguarda": 999}, "POST", "A"),
    ({"situacaoPreVenda": 3, "idRetaguarda": 999}, "POST", "A"),
    ({"situacaoPreVenda": 1}, "POST", "I"),
    ({"situacaoPreVenda": 3}, "POST", "I"),
    ({"situacaoPreVenda": 9}, "POST", "I"),
    ({"situacaoPreVenda": None}, "POST", "I"),
    ({"situacaoPreVenda": 9, "idRetaguarda": 999}, "POST", "A"),
    ({"situacaoPreVenda": 0, "idRetaguarda": 999}, "POST", "C"),
    ({"situacaoPreVenda": "cancelada"}, "POST", "C"),
    ({"situacaoPreVenda": None, "idRetaguarda": 999}, "DELETE", "C"),
    ({"situacaoPreVenda": 0}, "DELETE", "C"),
    ({"situacaoPreVenda": 2, "idRetaguarda": 999}, "DELETE", "C"),
]


def test_operation_of_a_request(casa: Casa) -> None:
    for mudanca, method, operacao in OPERACOES:
        casa.relogio.andar(seconds=1)
        answer = casa.enviar({**FALTA, **mudanca}, method=method)
        assert answer.status_code in {404, 409, 422}, (mudanca, method)
        gravadas = (casa.ultimo_log()["OPERACAO"], casa.tabela("GW_OPERACAO")[-1]["OPERACAO"])
        assert gravadas == (operacao, operacao), (mudanca, method)
    assert casa.contar("PCLOGPEDIDOAPI") == len(OPERACOES)


def test_the_number_sent_is_in_the_row_of_a_refusal(casa: Casa) -> None:
    casa.recusado(pre_venda(idRetaguarda=999))
    assert casa.ultimo_log()["NUMPED"] == 999


def test_each_attempt_has_its_own_row(casa: Casa) -> None:
    for _ in range(3):
        casa.relogio.andar(seconds=1)
        casa.recusado(FALTA)
    assert [row["STATUS"] for row in casa.tabela("PCLOGPEDIDOAPI")] == ["R", "R", "R"]
    assert casa.contar("GW_OPERACAO") == 3


# --- personal data


def test_customer_is_masked(casa: Casa) -> None:
    casa.reservar(pre_venda(cliente=cliente_completo(idRetaguarda=20, telefone=None)))
    assert casa.ultimo_log()["JSON"]["cliente"] == {
        **dict.fromkeys(("nome", "endereco", "numero", "bairro", "cidade", "cep", "email", "celular"), "***"),
        "cpfCnpj": "***.982.247-**",
        "estado": "SP",
        "idRetaguarda": 20,
        "telefone": None,
    }


def test_customer_of_a_refusal_is_masked(casa: Casa) -> None:
    casa.recusado({**FALTA, "cliente": cliente_completo(cpfCnpj="11.222.333/0001-81")})
    logged = casa.ultimo_log()["JSON"]["cliente"]
    assert (logged["cpfCnpj"], logged["nome"]) == ("**.222.333/****-**", "***")


def test_masked_log_holds_no_personal_data(casa: Casa) -> None:
    casa.enviar(pre_venda(cliente=cliente_completo()))
    casa.enviar({**FALTA, "numero": "PV-2", "cliente": cliente_completo(cpfCnpj="52998224726", nome={"a": "Maria"})})
    written = str(casa.tabela("PCLOGPEDIDOAPI")) + str(casa.tabela("GW_OPERACAO"))
    for canary in ("Maria", "Flores", "01001", "Exemplo", "98888", "52998224725", "529.982"):
        assert canary not in written


def test_customer_in_clear_when_the_site_says_so(casa: Casa) -> None:
    clara = casa.com(log_json="claro")
    clara.reservar(pre_venda(cliente=cliente_completo()))
    assert clara.ultimo_log()["JSON"]["cliente"] == cliente_completo()
    clara.close()


@pytest.mark.parametrize("log_json", ["mascarado", "claro"])
def test_unknown_members_lose_their_values(casa: Casa, log_json: str) -> None:
    outra = casa.com(log_json=log_json)
    body = pre_venda(item(cor="azul"), cartao={"numero": "4111"}, cliente={"apelido": "Mia"})
    outra.reservar(body)
    logged = outra.ultimo_log()["JSON"]
    assert (logged["cartao"], logged["preVendaItens"][0]["cor"], logged["cliente"]) == (
        "***",
        "***",
        {"apelido": "***"},
    )
    outra.close()


# --- what leaves no row


NAO_JULGADAS: list[tuple[int, str | None, dict[str, Any]]] = [
    (401, None, {"json": pre_venda()}),
    (403, "pdv1", {"json": pre_venda(loja="2")}),
    (403, "retaguarda", {"json": pre_venda()}),
    (405, "hub", {"method": "PATCH", "json": pre_venda()}),
    (413, "hub", {"data": b" " * 1_048_577, "content_type": "application/json"}),
    (415, "hub", {"data": b"{}", "content_type": "text/plain"}),
    (400, "hub", {"data": b'{"numero": ', "content_type": "application/json"}),
    (400, "hub", {"data": b"[{}]", "content_type": "application/json"}),
    (400, "hub", {"data": b'"PV-1"', "content_type": "application/json"}),
    (400, "hub", {"data": b'{"numero": 1, "numero": 1}', "content_type": "application/json"}),
]


def test_what_is_not_judged_leaves_no_row(casa: Casa) -> None:
    for status, login, kwargs in NAO_JULGADAS:
        answer = casa.pedir(**{"method": "POST", "path": ROTA, "login": login, **kwargs})
        assert answer.status_code == status, kwargs
    assert {nome: casa.contar(nome) for nome in DO_LOG} == dict.fromkeys(DO_LOG, 0)


def test_a_replay_leaves_no_row(casa: Casa) -> None:
    casa.reservar(pre_venda())
    antes = casa.fotografia()
    assert casa.enviar(pre_venda()).headers["Idempotent-Replayed"] == "true"
    assert casa.fotografia() == antes


# --- GW_OPERACAO


def test_operation_beside_an_accepted_row(casa: Casa) -> None:
    answer = casa.enviar(pre_venda(), "pdv1")
    row = casa.linha("GW_OPERACAO")
    expected = {
        "CODFILIAL": "1",
        "NUMERO": "PV-1",
        "SITUACAO": 2,
        "IDRETAGUARDA": None,
        "CALLER": "pdv1",
        "CHAVE": None,
        "OPERACAO": "I",
        "ESTADO": "A",
        "CODIGO": None,
        "HTTPSTATUS": 201,
        "RESPOSTA": answer.get_data(as_text=True),
        "NUMPED": answer.get_json()["idPedidoRetaguarda"],
        "DTINICIO": "2026-03-02 12:00:00",  # UTC
        "DTLIMITE": "2026-03-02 12:00:15",
        "DTFIM": "2026-03-02 12:00:00",
    }
    assert {name: str(row[name]) if name.startswith("DT") else row[name] for name in expected} == expected
    assert len(row["ID"]) == 32
    assert len(row["FINGERPRINT"]) == 64


def test_times_of_the_steps(casa: Casa) -> None:
    casa.reservar(pre_venda())
    tempos = simplejson.loads(casa.linha("GW_OPERACAO")["TEMPOS"])
    assert list(tempos) == ["abertura", "conferencia", "locks", "gravacao"]
    assert all(isinstance(ms, int) and 0 <= ms < 5000 for ms in tempos.values())


def test_operation_beside_a_refused_row(casa: Casa) -> None:
    body = casa.recusado(FALTA)
    row = casa.linha("GW_OPERACAO")
    assert (row["ESTADO"], row["CODIGO"], row["HTTPSTATUS"], row["NUMPED"]) == ("R", "ESTOQUE_INSUFICIENTE", 409, None)
    assert simplejson.loads(row["RESPOSTA"])["errors"] == body["errors"]
    assert str(row["DTFIM"]) == "2026-03-02 12:00:00"


@pytest.mark.parametrize("corpo", [pre_venda(), FALTA, pre_venda(numero="")])
def test_rowid_points_at_the_log_row_also_after_its_update(casa: Casa, corpo: dict[str, Any]) -> None:
    for n in range(3):
        casa.relogio.andar(seconds=1)
        casa.enviar({**corpo, "observacoes": f"outro {n}"})
        assert casa.ultimo_log()["JSON"]["observacoes"] == f"outro {n}"


# --- P first, A with the effect


def test_the_pending_row_is_seen_before_the_order_is_written(casa: Casa) -> None:
    with antes_de(casa, "INSERT INTO PCPEDC ", lambda: ver(casa, ESTADOS)) as visto:
        casa.reservar(pre_venda())
    assert visto == [[("P", "P", 0)]]


def test_accepted_in_the_very_commit_of_the_effect(casa: Casa) -> None:
    visto: list[Any] = []

    def hook(connection: sa.Connection) -> None:
        if connection.info.pop("do_teste", None):
            visto.append(ver(casa, ESTADOS))
            connection.connection.dbapi_connection.commit()
            visto.append(ver(casa, ESTADOS))

    def marcar(connection: sa.Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO PCPEDC "):
            connection.info["do_teste"] = True

    event.listen(casa.gw.db.engine, "before_cursor_execute", marcar)
    event.listen(casa.gw.db.engine, "commit", hook)
    casa.reservar(pre_venda())
    assert visto == [[("P", "P", 0)], [("A", "A", 1)]]


def test_no_effect_when_the_log_row_cannot_become_accepted(casa: Casa) -> None:
    antes = casa.fotografia(sem=SEM_EFEITO)
    proibir_aceitas(casa)
    answer = casa.enviar(pre_venda())
    assert answer.status_code == 422
    assert "uma regra do WinThor" not in answer.get_data(as_text=True)
    assert casa.fotografia(sem=SEM_EFEITO) == antes
    assert (casa.linha("PCLOGPEDIDOAPI")["STATUS"], casa.linha("GW_OPERACAO")["CODIGO"]) == ("R", "REGRA_DA_CASA")


def test_nothing_is_done_when_the_log_cannot_be_written(casa: Casa) -> None:
    antes = casa.fotografia(sem=DO_LOG)
    casa.executar("ALTER TABLE PCLOGPEDIDOAPI RENAME TO GUARDADA")
    answer = casa.enviar(pre_venda())
    casa.executar("ALTER TABLE GUARDADA RENAME TO PCLOGPEDIDOAPI")
    assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (503, "BANCO_INCOMPLETO")
    assert "Retry-After" not in answer.headers
    assert casa.fotografia(sem=DO_LOG) == antes
    assert {nome: casa.contar(nome) for nome in DO_LOG} == dict.fromkeys(DO_LOG, 0)
    assert casa.enviar(pre_venda()).status_code == 201


# --- the fence


def test_settled_by_recovery_meanwhile(casa: Casa) -> None:
    antes = casa.fotografia(sem=SEM_EFEITO)
    outra = casa.com()

    def recuperar() -> int:
        casa.relogio.andar(seconds=16)
        return len(recuperacao.recuperar(outra.gw))

    with antes_de(casa, "FROM PCFILIAL", recuperar) as feito:
        answer = casa.enviar(pre_venda())
    outra.close()
    assert feito == [1]
    assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (503, "BANCO_OCUPADO")
    assert casa.fotografia(sem=SEM_EFEITO) == antes
    assert casa.ultimo_log()["JSON"]["retorno"]["codigo"] == "INTERROMPIDA"
    assert casa.linha("PCLOGPEDIDOAPI")["STATUS"] == "R"


def test_past_its_deadline(casa: Casa) -> None:
    antes = casa.fotografia(sem=SEM_EFEITO)
    with antes_de(casa, "FROM PCFILIAL", lambda: casa.relogio.andar(seconds=15)):
        answer = casa.enviar(pre_venda())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert casa.fotografia(sem=SEM_EFEITO) == antes
    assert casa.linha("GW_OPERACAO")["ESTADO"] == "P"  # recovery's to settle


def test_a_refusal_does_not_overwrite_what_recovery_settled(casa: Casa) -> None:
    def recuperar() -> int:
        casa.relogio.andar(seconds=16)
        return len(recuperacao.recuperar(casa.gw))

    with antes_de(casa, "FROM PCFILIAL", recuperar):
        answer = casa.enviar(pre_venda(item("999-999")))
    assert answer.status_code == 422
    assert casa.linha("GW_OPERACAO")["CODIGO"] == "INTERROMPIDA"


def test_senders_own_member_retorno_gives_way(casa: Casa) -> None:
    casa.reservar(pre_venda(retorno="meu"))

    texto = casa.linha("PCLOGPEDIDOAPI")["JSON"]
    assert texto.count('"retorno": ') == 1
    assert casa.ultimo_log()["JSON"]["retorno"]["success"] is True


# --- what was refused is found by its product


def do_produto(casa: Casa, codprod: int, **mais: Any) -> list[str | None]:
    """Codes of the operations that the log finds by a product."""
    filtros = "".join(f"&{nome}={valor}" for nome, valor in mais.items())
    answer = casa.pedir("GET", f"/api/v1/log?codprod={codprod}{filtros}", "retaguarda")
    return [operacao["codigo"] for operacao in answer.get_json()["itens"]]


def test_a_refused_sale_is_found_by_what_was_asked_for_and_by_what_was_short(casa: Casa) -> None:
    casa.reservar(pre_venda(item("200-2", 1)))
    casa.recusado(pre_venda(kit(9), item("10010-1001", 1), numero="PV-2"))  # of product 3 there are 5
    casa.recusado(pre_venda(item("999-1002", 1), numero="PV-3"))
    kit_ = {**kit(itensKit=[componente("10030-1003", 1, 30)]), "quantidade": "x"}
    casa.recusado(pre_venda(kit_, numero="PV-4"))
    assert do_produto(casa, 2) == [None]
    assert do_produto(casa, 3) == do_produto(casa, 1001) == ["ESTOQUE_INSUFICIENTE"]
    assert do_produto(casa, 1002) == ["EMBALAGEM_NAO_CONFERE"]
    assert do_produto(casa, 1003) == ["CAMPO_INVALIDO"]
    assert do_produto(casa, 50, status="R") == ["CAMPO_INVALIDO", "ESTOQUE_INSUFICIENTE"]
    assert do_produto(casa, 4) == []


def test_what_is_forgotten_leaves_no_products(casa: Casa) -> None:
    casa.recusado(pre_venda(item("300-3", 99)))
    casa.relogio.andar(days=401)
    assert recuperacao.limpar(casa.gw) == 1
    assert casa.contar("GW_RECUSA_PRODUTO") == 0
