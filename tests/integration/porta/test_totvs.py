"""Beside the TOTVS service: its logins, its tokens, its messages (R26)."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import simplejson
from werkzeug.test import TestResponse

from app.services.acesso.credenciais import criar_chave
from app.settings import SettingsError, from_env
from tests.support.builders import pre_venda
from tests.support.gateway import LOGIN, ROTA, Casa
from tests.support.totvs_server import ServidorTotvs

SENHA = "senha-da-loja-que-nao-pode-ficar"
ESTRANHAS = ("/winthor/varejo/matcon/v1/pdv/detalhepdv", "/winthor/varejo/matcon/v1/rca/consulta")


@pytest.fixture
def totvs() -> Iterator[ServidorTotvs]:
    with ServidorTotvs() as servidor:
        yield servidor


@pytest.fixture
def ao_lado(casa: Casa, totvs: ServidorTotvs) -> Iterator[Casa]:
    """The gateway with PREVENDA_LOGIN_TOTVS."""
    outra = casa.com(login_totvs=totvs.url)
    yield outra
    outra.close()


def entrar(casa: Casa, login: str = "pdv1", senha: str = SENHA) -> TestResponse:
    corpo = b'{ "login":"%b","senha":"%b" }' % (login.encode(), senha.encode())
    return casa.app.test_client().post(LOGIN, data=corpo, content_type="application/json")


def com_token(casa: Casa, token: str, corpo: dict[str, Any], method: str = "POST") -> TestResponse:
    return casa.app.test_client().open(ROTA, method=method, json=corpo, headers={"Authorization": f"Bearer {token}"})


def exp(casa: Casa, **quanto: float) -> int:
    return int((casa.relogio.agora + dt.timedelta(**quanto)).timestamp())


def test_the_login_and_its_answer_pass_unchanged(ao_lado: Casa, totvs: ServidorTotvs) -> None:
    token = totvs.token(exp=exp(ao_lado, hours=2))
    answer = entrar(ao_lado)
    assert (answer.status_code, answer.data) == (200, b'{"accessToken":"%b" , "tipo":1}' % token.encode())
    assert answer.content_type == "application/json;charset=UTF-8"
    (pedido,) = totvs.recebidos
    assert (pedido.method, pedido.path) == ("POST", LOGIN)
    assert pedido.corpo == b'{ "login":"pdv1","senha":"%b" }' % SENHA.encode()


def test_a_refused_login_is_theirs_too(ao_lado: Casa, totvs: ServidorTotvs) -> None:
    totvs.dar(http=401, corpo=b'{"mensagem":"Usuario invalido"}')
    answer = entrar(ao_lado)
    assert (answer.status_code, answer.data) == (401, b'{"mensagem":"Usuario invalido"}')
    assert ao_lado.tabela("GW_SESSAO_TOTVS") == []


def test_their_token_is_the_caller_here_with_the_rights_of_here(ao_lado: Casa, totvs: ServidorTotvs) -> None:
    token = totvs.token(exp=exp(ao_lado, hours=2))
    assert com_token(ao_lado, token, pre_venda()).status_code == 401, "nobody has seen it issued"
    entrar(ao_lado)
    assert com_token(ao_lado, token, pre_venda()).status_code == 201
    answer = com_token(ao_lado, token, pre_venda(numero="PV-2", loja="2"))
    assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (403, "FILIAL_NAO_AUTORIZADA")
    assert ao_lado.tabela("GW_OPERACAO")[-1]["CALLER"] == "pdv1"


def test_every_process_and_host_knows_it(ao_lado: Casa, totvs: ServidorTotvs) -> None:
    token = totvs.token(exp=exp(ao_lado, hours=2))
    entrar(ao_lado)
    with contextlib.closing(ao_lado.com()) as outro_host:
        assert com_token(outro_host, token, pre_venda()).status_code == 201


def test_a_login_unknown_here_has_no_rights_here(ao_lado: Casa, totvs: ServidorTotvs) -> None:
    token = totvs.token(exp=exp(ao_lado, hours=2))
    entrar(ao_lado, "caixa99")
    answer = com_token(ao_lado, token, pre_venda())
    assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (403, "ESCOPO_INSUFICIENTE")


def test_a_revoked_login_is_nobody(ao_lado: Casa, totvs: ServidorTotvs) -> None:
    token = totvs.token(exp=exp(ao_lado, hours=2))
    entrar(ao_lado)
    ao_lado.executar("UPDATE GW_CREDENCIAL SET ATIVO = 'N' WHERE LOGIN = 'pdv1'")
    with contextlib.closing(ao_lado.com()) as depois:
        assert com_token(depois, token, pre_venda()).status_code == 401


@pytest.mark.parametrize(("claims", "dura"), [({"minutes": 30}, 30), ({"days": 400}, 24 * 60), (None, 120)])
def test_it_ends_when_it_says_and_after_a_day_at_most(
    ao_lado: Casa, totvs: ServidorTotvs, claims: dict[str, float] | None, dura: int
) -> None:
    token = totvs.token(**({} if claims is None else {"exp": exp(ao_lado, **claims)}))
    entrar(ao_lado)
    ao_lado.relogio.andar(minutes=dura - 1)
    assert com_token(ao_lado, token, pre_venda()).status_code == 201
    ao_lado.relogio.andar(minutes=2)
    assert com_token(ao_lado, token, pre_venda(numero="PV-2")).status_code == 401


def _silencio(totvs: ServidorTotvs) -> None:
    totvs.dar(antes=lambda _handler: totvs.parando.wait(5))


def _corta(totvs: ServidorTotvs) -> None:
    totvs.dar(antes=lambda handler: handler.connection.shutdown(socket.SHUT_RDWR))


FALHAS = {
    "silent": _silencio,
    "cut off": _corta,
    "too long": lambda totvs: totvs.dar(corpo=b" " * (1024 * 1024 + 1)),
    "leads elsewhere": lambda totvs: totvs.dar(http=302, headers=(("Location", "http://127.0.0.1:1/"),)),
    "broken": lambda totvs: totvs.dar(http=502, corpo=b"<html>proxy de dentro</html>"),
    "compressed": lambda totvs: totvs.dar(headers=(("Content-Encoding", "gzip"),)),
}


@pytest.mark.parametrize("falha", FALHAS)
def test_away_it_stops_logins_and_nothing_else(casa: Casa, totvs: ServidorTotvs, falha: str) -> None:
    with contextlib.closing(casa.com(login_totvs=totvs.url)) as ao_lado:
        token = totvs.token(exp=exp(casa, hours=2))
        assert entrar(ao_lado).status_code == 200
        object.__setattr__(ao_lado.gw.totvs, "prazo_s", 0.3)
        FALHAS[falha](totvs)
        answer = entrar(ao_lado)
        assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (503, "TOTVS_INDISPONIVEL")
        assert int(answer.headers["Retry-After"]) > 0
        assert "proxy de dentro" not in answer.get_data(as_text=True)
        assert com_token(ao_lado, token, pre_venda()).status_code == 201


@pytest.mark.parametrize(("threads", "passam"), [(1, 1), (2, 1), (4, 2), (8, 4), (32, 4)])
def test_a_silent_service_leaves_half_of_the_threads_to_the_sales(
    casa: Casa, totvs: ServidorTotvs, threads: int, passam: int
) -> None:
    with contextlib.closing(casa.com(login_totvs=totvs.url, threads=threads)) as ao_lado:
        ao_lado._tokens["hub"] = casa.token("hub")
        em_voo = ao_lado.gw.totvs._vagas  # type: ignore[union-attr]
        assert [em_voo.acquire(blocking=False) for _ in range(passam + 1)] == [True] * passam + [False]
        answer = ao_lado.enviar(NOTA)
        assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (503, "TOTVS_INDISPONIVEL")
        assert totvs.recebidos == []
        em_voo.release()
        assert ao_lado.enviar(NOTA).status_code == 200


def test_a_fault_of_theirs_is_no_guess(ao_lado: Casa, totvs: ServidorTotvs) -> None:
    totvs.dar(http=500)
    for _ in range(15):
        assert entrar(ao_lado).status_code == 503
    totvs.token(exp=exp(ao_lado, hours=2))
    assert entrar(ao_lado).status_code == 200


def test_guessing_is_slowed_down_here_too(ao_lado: Casa, totvs: ServidorTotvs) -> None:
    totvs.dar(http=401)
    codes = [entrar(ao_lado, senha=f"errada-{n}").status_code for n in range(15)]
    assert codes[:5] == [401] * 5
    assert codes[-1] == 429
    assert len(totvs.recebidos) < 15


def test_the_password_stays_nowhere(ao_lado: Casa, totvs: ServidorTotvs, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token = totvs.token(exp=exp(ao_lado, hours=2))
    entrar(ao_lado)
    com_token(ao_lado, token, pre_venda())
    totvs.dar(http=500)
    entrar(ao_lado)
    guardado = simplejson.dumps(ao_lado.fotografia(), default=str) + caplog.text
    assert SENHA not in guardado
    assert token not in guardado


@pytest.mark.parametrize("sosia", ['"Login":"caixa99"', '"LOGIN":"x"', '" login":"x"', '"Senha":"x"', '"ſenha":"x"'])
def test_nobody_is_one_login_there_and_another_here(ao_lado: Casa, totvs: ServidorTotvs, sosia: str) -> None:
    """A reader that does not mind capitals would take the other member, and its token would be ``hub`` here."""
    totvs.token(exp=exp(ao_lado, hours=2))
    corpo = f'{{"login":"hub",{sosia},"senha":"{SENHA}"}}'.encode()
    answer = ao_lado.app.test_client().post(LOGIN, data=corpo, content_type="application/json")
    assert answer.status_code == 422
    assert (totvs.recebidos, ao_lado.tabela("GW_SESSAO_TOTVS")) == ([], [])


def test_other_members_of_a_login_pass(ao_lado: Casa, totvs: ServidorTotvs) -> None:
    totvs.token(exp=exp(ao_lado, hours=2))
    corpo = f'{{"login":"hub","senha":"{SENHA}","versao":"7"}}'.encode()
    assert ao_lado.app.test_client().post(LOGIN, data=corpo, content_type="application/json").status_code == 200
    assert totvs.recebidos[-1].corpo == corpo


# --- messages and paths of the other service


def test_a_terminal_s_key_is_told_to_nobody(ao_lado: Casa, totvs: ServidorTotvs) -> None:
    chave = criar_chave(ao_lado.gw.db, "caixa", "1", "pdv", ao_lado.relogio())
    totvs.dar(corpo=b"{}")
    for method, path, corpo in (("GET", ESTRANHAS[0], None), ("POST", ROTA, NOTA)):
        headers = {"Authorization": f"Bearer {chave}"}
        assert ao_lado.app.test_client().open(path, method=method, json=corpo, headers=headers).status_code == 200
        assert "authorization" not in totvs.recebidos[-1].headers


NOTA = {"chaveNfe": "3526", "itens": [1]}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_foreign_message_is_refused_without_a_row(casa: Casa, method: str) -> None:
    answer = casa.enviar(NOTA, method=method)
    assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (422, "MENSAGEM_DE_OUTRO_SERVICO")
    assert casa.tabela("PCLOGPEDIDOAPI") == casa.tabela("GW_OPERACAO") == []


def test_a_foreign_message_is_passed_on_where_there_is_a_service(ao_lado: Casa, totvs: ServidorTotvs) -> None:
    totvs.dar(http=202, corpo=b'{"recebido":true}')
    answer = ao_lado.enviar(NOTA)
    assert (answer.status_code, answer.data) == (202, b'{"recebido":true}')
    (pedido,) = totvs.recebidos
    assert simplejson.loads(pedido.corpo) == NOTA
    assert pedido.headers["authorization"] == f"Bearer {ao_lado.token('hub')}"
    assert ao_lado.tabela("PCLOGPEDIDOAPI") == []


@pytest.mark.parametrize("corpo", [{}, {"numero": "PV-1"}, {"situacaoPreVenda": 2, "chaveNfe": "1"}])
def test_what_may_be_a_pre_sale_is_judged(ao_lado: Casa, totvs: ServidorTotvs, corpo: dict[str, Any]) -> None:
    assert ao_lado.enviar(corpo).status_code == 422
    assert ao_lado.contar("PCLOGPEDIDOAPI") == 1
    assert totvs.recebidos == []


@pytest.mark.parametrize("path", ESTRANHAS)
def test_a_foreign_path(casa: Casa, ao_lado: Casa, totvs: ServidorTotvs, path: str) -> None:
    answer = casa.pedir("GET", path)
    assert answer.status_code == 404
    assert "serviço do TOTVS" in answer.get_json(force=True)["detail"]
    totvs.dar(corpo=b'{"x":1}')
    passed = ao_lado.pedir("GET", f"{path}?a=1&b=%C3%A9")
    assert (passed.status_code, passed.data) == (200, b'{"x":1}')
    assert totvs.recebidos[-1].path == f"{path}?a=1&b=%C3%A9"
    assert casa.pedir("GET", path, None).status_code == 401


@pytest.mark.parametrize(
    ("url", "ok"),
    [
        ("https://totvs.example:8443/base/", True),
        ("http://127.0.0.1:9000", True),
        ("http://totvs.example", False),
        ("https://a:b@totvs.example", False),
        ("https://totvs.example/?x=1", False),
        ("totvs.example", False),
        ("ftp://totvs.example", False),
    ],
)
def test_the_setting_is_an_address_nobody_listens_in_on(url: str, ok: bool) -> None:
    env = {"PREVENDA_LOGIN_TOTVS": url}
    if ok:
        assert from_env(env).login_totvs == url.rstrip("/")
    else:
        with pytest.raises(SettingsError, match="PREVENDA_LOGIN_TOTVS"):
            from_env(env)
