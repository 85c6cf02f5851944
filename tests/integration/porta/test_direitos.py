"""Rights are those of the credential now, not those of the day a token was made; and nobody locks another out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
from click.testing import CliRunner

from app.cli import main
from app.services.acesso.credenciais import CredencialRecusada, Porteiro, criar_chave, criar_login, trocar_senha
from app.services.acesso.tentativas import FALHAS_DO_ENDERECO, FALHAS_DO_LOGIN, TentativasDoProcesso
from tests.integration.porta.conftest import Porta
from tests.integration.porta.test_credenciais import DRAWN, com_chave, entrar
from tests.support.builders import pre_venda
from tests.support.gateway import LOGIN, ROTA, Casa
from tests.support.panel import Atendente

NOVA = "outra senha longa"


def token(casa: Casa, login: str = "pdv1", senha: str = "demo") -> str:
    texto: str = entrar(casa, login, senha).get_json()["accessToken"]
    return texto


def sair(pessoa: Atendente) -> Any:
    return pessoa.enviar(pessoa.ver("/painel/saude").formulario("/sair"))


# --- tokens and sessions


def test_a_branch_or_scope_that_was_taken_away_is_gone_from_the_token(porta: Porta) -> None:
    antigo = {"Authorization": f"Bearer {token(porta, 'hub')}"}
    assert porta.pedir("POST", ROTA, None, json=pre_venda(numero="PV-1"), headers=antigo).status_code == 201
    porta.executar("UPDATE GW_CREDENCIAL SET FILIAIS = '2' WHERE LOGIN = 'hub'")
    answer = porta.pedir("POST", ROTA, None, json=pre_venda(numero="PV-2"), headers=antigo)
    assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (403, "FILIAL_NAO_AUTORIZADA")
    porta.executar("UPDATE GW_CREDENCIAL SET ESCOPOS = 'retaguarda' WHERE LOGIN = 'hub'")
    answer = porta.pedir("POST", ROTA, None, json=pre_venda(loja="2", numero="PV-3"), headers=antigo)
    assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (403, "ESCOPO_INSUFICIENTE")


def test_another_password_ends_the_tokens_of_the_one_before(porta: Porta) -> None:
    antigo = token(porta)
    trocar_senha(porta.gw.db, "pdv1", NOVA)
    assert com_chave(porta, antigo) == 401
    assert entrar(porta, "pdv1", "demo").status_code == 401
    assert com_chave(porta, token(porta, senha=NOVA)) == 200


def test_another_password_ends_the_sessions_of_the_one_before(porta: Porta) -> None:
    pessoa = Atendente(porta)
    assert pessoa.abrir("/painel/saude").status_code == 200
    trocar_senha(porta.gw.db, "retaguarda", NOVA)
    assert pessoa.abrir("/painel/saude").status_code == 303


def test_a_session_has_the_rights_that_its_login_has_now(porta: Porta) -> None:
    pessoa = Atendente(porta)
    porta.executar("UPDATE GW_CREDENCIAL SET ESCOPOS = 'pdv' WHERE LOGIN = 'retaguarda'")
    assert pessoa.abrir("/painel/saude").status_code == 403


def test_whoever_has_a_copy_of_the_cookie_is_out_with_the_log_out(porta: Porta) -> None:
    pessoa, ladrao = Atendente(porta), Atendente(porta, "")
    cookie = pessoa.cliente.get_cookie("prevenda_painel", path="/painel")
    assert cookie is not None
    ladrao.cliente.set_cookie("prevenda_painel", cookie.value, path="/painel")
    assert ladrao.abrir("/painel/saude").status_code == 200
    outra = Atendente(porta)
    assert sair(pessoa).status_code == 303
    assert ladrao.abrir("/painel/saude").status_code == 303
    assert outra.abrir("/painel/saude").status_code == 200  # the same login, another session
    assert porta.contar("GW_SESSAO") == 1
    porta.relogio.andar(hours=9)
    porta.app.extensions["porteiro"].encerrar("outra", porta.relogio(), porta.relogio())
    assert porta.contar("GW_SESSAO") == 1  # what is over anyway is forgotten


def test_a_key_of_a_revoked_login_is_none(porta: Porta) -> None:
    chave = criar_chave(porta.gw.db, "pdv1", "1", "pdv", porta.relogio())
    assert com_chave(porta, chave) == 200
    porta.executar("UPDATE GW_CREDENCIAL SET ATIVO = 'N' WHERE LOGIN = 'pdv1'")
    assert com_chave(porta, chave) == 401
    with pytest.raises(CredencialRecusada, match="foi revogado"):
        criar_chave(porta.gw.db, "pdv1", "1", "pdv", porta.relogio())


@pytest.mark.parametrize(
    "mais",
    [
        {"filiais": 1},
        {"filiais": [[1]]},
        {"filiais": {"1": 1}},
        {"filiais": "1"},
        {"escopos": 7},
        {"escopos": [{}]},
        {"escopos": "pdv"},
        {"exp": float("inf")},
        {"exp": float("nan")},
        {"exp": 10**400},
        {"exp": True},
        {"iat": -1},
        {"iat": [1]},
        {"sub": "pdv1\x00"},
        {"sub": "pdv1\udcff"},
        {"sub": "a" * 10_000},
        {"ver": 1},
        {"ver": ["x"]},
        {"nbf": "x"},
        {"nbf": 1e308},
        {"aud": {"x": 1}},
        {"iss": ["prevenda"]},
        {"jti": {}},
    ],
)
def test_odd_claims_under_a_true_signature_are_no_caller(porta: Porta, mais: dict[str, Any]) -> None:
    agora = int(porta.relogio().timestamp())
    claims = {"iss": "prevenda", "aud": "prevenda", "sub": "pdv1", "iat": agora, "exp": agora + 600}
    claims |= {"filiais": ["1"], "escopos": ["pdv"]}
    try:
        feito = jwt.encode({**claims, **mais}, porta.gw.chave_jwt, algorithm="HS256")
    except Exception:
        pytest.skip("PyJWT does not even sign it")
    assert com_chave(porta, feito) == 401


# --- two signing keys


@pytest.fixture
def trocada(porta: Porta) -> Iterator[Casa]:
    casa = porta.com(jwt_chave=DRAWN, jwt_chave_anterior=porta.gw.chave_jwt)
    yield casa
    casa.close()


def test_while_the_key_is_changed_the_one_before_still_verifies(porta: Porta, trocada: Casa) -> None:
    assert com_chave(trocada, token(porta)) == 200
    assert com_chave(porta, token(trocada)) == 401
    pessoa, depois = Atendente(porta), Atendente(trocada, "")
    cookie = pessoa.cliente.get_cookie("prevenda_painel", path="/painel")
    assert cookie is not None
    depois.cliente.set_cookie("prevenda_painel", cookie.value, path="/painel")
    assert depois.abrir("/painel/saude").status_code == 200
    aberto = pessoa.ver("/painel/saude").formulario("/sair")
    assert depois.enviar(aberto).status_code == 303


def test_without_the_older_key_its_tokens_are_none(porta: Porta) -> None:
    casa = porta.com(jwt_chave=DRAWN)
    assert com_chave(casa, token(porta)) == 401
    casa.close()


# --- guesses


class Passo:
    def __init__(self) -> None:
        self.agora = 1000.0

    def __call__(self) -> float:
        return self.agora


def test_random_names_from_one_address_are_slowed_down(porta: Porta, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.acesso.credenciais.check_password_hash", lambda _hash, senha: senha == "demo")
    codigos = [entrar(porta, f"nome{n}", "x").status_code for n in range(FALHAS_DO_ENDERECO + 5)]
    assert codigos == [401] * FALHAS_DO_ENDERECO + [429] * 5
    assert entrar(porta, "outro", "x").headers["Retry-After"] is not None
    assert entrar(porta, "pdv1", "demo", "10.0.0.2").status_code == 200


def test_an_address_that_a_login_came_from_before_is_not_locked_by_the_names_of_others(
    porta: Porta, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.acesso.credenciais.check_password_hash", lambda _hash, senha: senha == "demo")
    assert entrar(porta, "pdv1", "demo").status_code == 200
    for n in range(FALHAS_DO_ENDERECO + 1):
        entrar(porta, f"nome{n}", "x")
    assert entrar(porta, "pdv2", "demo").status_code == 429
    assert entrar(porta, "pdv1", "demo").status_code == 200


def test_whoever_holds_a_token_of_the_login_is_not_locked_out_by_guesses_at_it(
    porta: Porta, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that has expired: it is why he logs in."""
    meu = token(porta)
    monkeypatch.setattr("app.services.acesso.credenciais.check_password_hash", lambda _hash, senha: senha == "demo")
    porta.relogio.andar(hours=5)
    for _ in range(11):
        entrar(porta, "pdv1", "errada")
    assert entrar(porta, "pdv1", "demo").status_code == 429
    com_token = {"Authorization": f"Bearer {meu}"}

    def meu_login(login: str, senha: str) -> int:
        corpo = {"login": login, "senha": senha}
        http: int = porta.pedir(
            "POST", LOGIN, None, json=corpo, headers=com_token, environ_base={"REMOTE_ADDR": "10.0.0.1"}
        ).status_code
        return http

    assert meu_login("pdv1", "demo") == 200
    for _ in range(11):
        entrar(porta, "pdv2", "errada")
    assert meu_login("pdv2", "demo") == 429  # a token of another login opens nothing


def test_the_bound_holds_in_a_burst() -> None:
    tentativas, lado_a_lado = TentativasDoProcesso(), threading.Barrier(40)

    def adivinhar(_n: int) -> bool:
        lado_a_lado.wait(10)
        return tentativas.pedir("10.0.0.1", "pdv1", False) == 0

    with ThreadPoolExecutor(40) as pool:
        assert sum(pool.map(adivinhar, range(40))) == 10


def test_a_login_guessed_from_everywhere_is_open_where_it_was_used_before() -> None:
    passo = Passo()
    tentativas = TentativasDoProcesso(passo)
    assert tentativas.pedir("192.0.2.1", "pdv1", False) == 0
    tentativas.acertou("192.0.2.1", "pdv1", False)
    feitas = [tentativas.pedir(f"10.0.{n}.1", "pdv1", False) for n in range(FALHAS_DO_LOGIN + 1)]
    assert feitas == [0] * FALHAS_DO_LOGIN + [60]
    assert tentativas.pedir("192.0.2.1", "pdv1", False) == 0
    passo.agora += 60
    assert tentativas.pedir("10.0.99.1", "pdv1", False) == 0


def test_addresses_of_one_ipv6_network_are_one() -> None:
    tentativas = TentativasDoProcesso()
    feitas = [tentativas.pedir(f"2001:db8::{n:x}", "pdv1", False) for n in range(11)]
    assert feitas == [0] * 10 + [60]


def test_what_is_remembered_of_guesses_is_bounded() -> None:
    tentativas = TentativasDoProcesso()
    for n in range(11_000):
        tentativas.pedir(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", f"nome{n}", False)
    assert len(tentativas._falhas) <= 10_000


def test_names_without_end_do_not_push_out_what_was_counted() -> None:
    """What was refused is asked about, not counted: it takes nobody's place."""
    tentativas = TentativasDoProcesso()
    assert [tentativas.pedir("10.0.0.1", f"nome{n}", False) for n in range(FALHAS_DO_ENDERECO)] == [0] * 30
    for n in range(11_000):
        assert tentativas.pedir("10.0.0.1", f"outro{n}", False) > 0
    assert tentativas.pedir("10.0.0.1", "pdv1", False) > 0
    assert len(tentativas._falhas) < 100


def test_a_login_s_body_is_small(porta: Porta) -> None:
    def http(tamanho: int) -> int:
        corpo = {"login": "pdv1", "senha": "errada", "mais": "x" * tamanho}
        status: int = porta.app.test_client().post(LOGIN, json=corpo).status_code
        return status

    assert (http(7000), http(9000)) == (401, 413)


@pytest.mark.parametrize("login", ["pdv1\x00", "\x00", "pdv1\n", "é", "a" * 60 + "\x00"])
def test_a_login_with_what_no_login_has(casa: Casa, login: str) -> None:
    answer = casa.app.test_client().post(LOGIN, json={"login": login, "senha": "demo"})
    assert answer.status_code in (400, 401, 422)
    pessoa = Atendente(casa, "")
    assert pessoa.entrar(login, "demo").status_code in (401, 403)


@pytest.mark.parametrize("voltar", ["//[", "http://[", "/painel/\\evil", "//evil.example/painel/", "/painel/\x00"])
def test_where_to_go_after_the_login_is_a_page_of_the_panel(porta: Porta, voltar: str) -> None:
    pessoa = Atendente(porta)
    answer = pessoa.cliente.get("/painel/entrar", query_string={"voltar": voltar})
    assert answer.status_code in (303, 400)
    if answer.status_code == 303:
        assert answer.headers["Location"] == "/painel/visao"


def test_a_stranger_who_logs_out_writes_nothing(casa: Casa) -> None:
    """The login page gives everybody a session: there is nothing in it that could be ended."""
    pessoa = Atendente(casa, "")
    pagina = pessoa.ver("/painel/entrar")
    csrf = dict(pagina.formulario("/entrar").campos)["csrf"]
    assert pessoa.cliente.post("/painel/sair", data={"csrf": csrf}).status_code == 303
    assert casa.tabela("GW_SESSAO") == []


# --- the command


def prevenda(casa: Casa, *args: str, entrada: str | None = None) -> Any:
    env = {"PREVENDA_DATABASE_URL": casa.settings.database_url}
    return CliRunner().invoke(main, args, env=env, input=entrada)


def test_the_command_changes_a_password(porta: Porta) -> None:
    criar_login(porta.gw.db, "loja-1", "senha antiga", "1", "pdv", porta.relogio())
    antigo = token(porta, "loja-1", "senha antiga")
    assert prevenda(porta, "credenciais", "senha", "loja-1", "--simular").output == (
        "A senha de loja-1 pode ser trocada.\n"
    )
    assert com_chave(porta, antigo) == 200
    feita = prevenda(porta, "credenciais", "senha", "loja-1", "--senha-stdin", entrada=f"{NOVA}\n")
    assert (feita.exit_code, feita.output) == (0, "Senha trocada para loja-1.\n")
    assert com_chave(porta, antigo) == 401
    assert entrar(porta, "loja-1", NOVA).status_code == 200
    assert prevenda(porta, "credenciais", "senha", "ninguem").exit_code == 1
    assert prevenda(porta, "credenciais", "senha", "loja-1", "--senha-stdin", entrada="curta\n").exit_code == 2


def test_a_changed_password_is_known_to_another_process_within_half_a_minute(porta: Porta) -> None:
    outra, passo = porta.com(), Passo()
    outra.app.extensions["porteiro"] = Porteiro(outra.gw.db, 600, clock=passo)
    antigo = token(porta)
    assert com_chave(outra, antigo) == 200
    trocar_senha(porta.gw.db, "pdv1", NOVA)
    passo.agora += 30
    assert com_chave(outra, antigo) == 401
    outra.close()
