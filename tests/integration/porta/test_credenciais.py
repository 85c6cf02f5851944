"""Keys of terminals, logins, tokens, and the commands that make and revoke them."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import re
import warnings
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from app import create_app
from app.cli import main
from app.services.acesso.credenciais import VALIDADE_DO_CACHE_S, CredencialRecusada, Porteiro, criar_chave, criar_login
from app.settings import Settings, SettingsError, parece_exemplo
from app.winthor import credenciais
from tests.integration.porta.conftest import Porta
from tests.support.builders import pre_venda
from tests.support.gateway import LOGIN, ROTA, Casa

RESERVAR = pre_venda()
DRAWN = "q8Zk3mVx7Rb2Tn5Wc9Yd4Hf6Jg1Ls0PaXeUo"


class Passo:
    """A monotonic clock that moves only when told."""

    def __init__(self) -> None:
        self.agora = 1000.0

    def __call__(self) -> float:
        return self.agora


def com_chave(casa: Casa, chave: str) -> int:
    """Status of a request that only reads, with this key or token."""
    headers = {"Authorization": f"Bearer {chave}"}
    return casa.pedir("GET", "/api/v1/pre-vendas/PV-1?idLojaRetaguarda=1", None, headers=headers).status_code


def nova_chave(casa: Casa, login: str = "caixa-9") -> str:
    return criar_chave(casa.gw.db, login, "1", "pdv", casa.relogio())


def keyid(chave: str) -> str:
    return chave.split("_")[1]


def prevenda(casa: Casa, *args: str, entrada: str | None = None) -> Result:
    env = {"PREVENDA_DATABASE_URL": casa.settings.database_url}
    return CliRunner().invoke(main, args, env=env, input=entrada)


# --- keys


def test_a_key_has_a_readable_prefix_and_256_random_bits(porta: Porta) -> None:
    chave = nova_chave(porta)
    achado = re.fullmatch(r"gwp_([0-9a-f]{16})_([A-Za-z0-9_-]{43})", chave)
    assert achado
    assert len(base64.urlsafe_b64decode(achado[2] + "=")) == 32


def test_only_a_keys_hash_is_kept(porta: Porta) -> None:
    chave = nova_chave(porta)
    segredo = chave.split("_", 2)[2]
    row = porta.linha("GW_CHAVE", KEYID=keyid(chave))
    assert row["HASH"] == hashlib.sha256(segredo.encode()).hexdigest()
    assert segredo not in str(porta.fotografia())


def test_a_key_reserves_in_its_branch_under_its_login(porta: Porta) -> None:
    chave = {"Authorization": f"Bearer {nova_chave(porta)}"}
    assert porta.pedir("POST", ROTA, None, json=RESERVAR, headers=chave).status_code == 201
    assert porta.linha("GW_RESERVA")["CALLER"] == "caixa-9"
    assert porta.pedir("POST", ROTA, None, json=pre_venda(loja="2"), headers=chave).status_code == 403


def test_two_keys_are_valid_while_one_replaces_the_other(porta: Porta) -> None:
    velha, nova = nova_chave(porta), nova_chave(porta)
    with pytest.raises(CredencialRecusada, match="já tem 2 chaves ativas"):
        nova_chave(porta)
    assert (com_chave(porta, velha), com_chave(porta, nova)) == (200, 200)
    porta.gw.db.run(lambda c: credenciais.revogar(c, keyid(velha)))
    assert (com_chave(porta, velha), com_chave(porta, nova)) == (401, 200)
    assert com_chave(porta, nova_chave(porta)) == 200


def test_last_use_is_noted_once_a_minute(porta: Porta) -> None:
    passo = Passo()
    porta.app.extensions["porteiro"] = Porteiro(porta.gw.db, 0, clock=passo)
    chave = nova_chave(porta)

    def uso() -> dt.datetime | None:
        momento: dt.datetime | None = porta.linha("GW_CHAVE", KEYID=keyid(chave))["DTULTIMOUSO"]
        return momento

    assert uso() is None
    com_chave(porta, chave)
    primeiro = porta.relogio.agora.replace(tzinfo=None)
    assert uso() == primeiro
    for segundos, esperado in ((59, 0), (1, 60)):
        passo.agora += segundos
        porta.relogio.andar(seconds=segundos)
        com_chave(porta, chave)
        assert uso() == primeiro + dt.timedelta(seconds=esperado)


def test_a_wrong_secret_is_not_a_use(porta: Porta) -> None:
    chave = nova_chave(porta)
    assert com_chave(porta, chave[:-1] + ("A" if chave[-1] != "A" else "B")) == 401
    assert porta.linha("GW_CHAVE", KEYID=keyid(chave))["DTULTIMOUSO"] is None


@pytest.mark.parametrize(
    "estragar",
    [
        lambda c: "gwx_" + c[4:],
        lambda c: c[4:],
        lambda c: "GWP_" + c[4:],
        lambda c: c.replace(keyid(c), "0" * 16),
        lambda c: c.replace(keyid(c), keyid(c).upper() + "0"),
        lambda c: c + "A",
        lambda c: c[:-1],
        lambda c: c.rpartition("_")[0] + "_" + hashlib.sha256(c.split("_", 2)[2].encode()).hexdigest()[:43],
        lambda c: f"gwp_{keyid(c)}_",
        lambda c: f"gwp_' OR '1'='1_{c.split('_', 2)[2]}",
        lambda c: c + "\x00",
    ],
)
def test_what_is_not_the_key(porta: Porta, estragar: Any) -> None:
    chave = nova_chave(porta)
    assert com_chave(porta, estragar(chave)) == 401


@pytest.mark.parametrize("forma", ["Basic {}", "bearer{}", "Token {}", "{}", "Bearer", "Bearer ", ""])
def test_a_key_comes_as_a_bearer_only(porta: Porta, forma: str) -> None:
    headers = {"Authorization": forma.format(nova_chave(porta))}
    assert porta.pedir("GET", "/api/v1/pre-vendas/1?idLojaRetaguarda=1", None, headers=headers).status_code == 401


def test_a_key_in_the_address_is_no_key(porta: Porta) -> None:
    path = f"/api/v1/pre-vendas/1?idLojaRetaguarda=1&access_token={nova_chave(porta)}"
    assert porta.pedir("GET", path, None).status_code == 401


@pytest.mark.parametrize("cache_segundos", [600, 30])
def test_revocation_reaches_another_process_within_half_a_minute(porta: Porta, cache_segundos: float) -> None:
    outra, passo = porta.com(), Passo()
    try:
        outra.app.extensions["porteiro"] = Porteiro(outra.gw.db, cache_segundos, clock=passo)
        chave, token = nova_chave(porta), porta.token("pdv1")
        assert (com_chave(outra, chave), com_chave(outra, token)) == (200, 200)
        for nome in ("caixa-9", "pdv1"):
            porta.gw.db.run(lambda c, nome=nome: credenciais.revogar(c, nome))
        passo.agora += VALIDADE_DO_CACHE_S - 1
        assert (com_chave(outra, chave), com_chave(outra, token)) == (200, 200)
        passo.agora += 1
        assert (com_chave(outra, chave), com_chave(outra, token)) == (401, 401)
    finally:
        outra.close()


# --- logins


def entrar(casa: Casa, login: str, senha: str, endereco: str = "10.0.0.1") -> Any:
    corpo = {"login": login, "senha": senha}
    return casa.app.test_client().post(LOGIN, json=corpo, environ_base={"REMOTE_ADDR": endereco})


def test_ten_wrong_passwords_in_a_minute_are_answered_429(porta: Porta) -> None:
    passo = Passo()
    porta.app.extensions["porteiro"] = Porteiro(porta.gw.db, 0, clock=passo)
    for _ in range(10):
        assert entrar(porta, "pdv1", "errada").status_code == 401
        passo.agora += 2
    answer = entrar(porta, "pdv1", "demo")
    assert (answer.status_code, answer.get_json(force=True)["codigo"]) == (429, "LIMITE_EXCEDIDO")
    assert answer.headers["Retry-After"] == "40"
    # Neither the terminal beside it nor another login waits.
    assert entrar(porta, "pdv1", "demo", "10.0.0.2").status_code == 200
    assert entrar(porta, "pdv2", "demo").status_code == 200
    passo.agora += 39
    assert entrar(porta, "pdv1", "demo").headers["Retry-After"] == "1"
    passo.agora += 1
    assert entrar(porta, "pdv1", "demo").status_code == 200


def test_the_upper_case_md5_some_pos_send_is_a_password_like_any_other(porta: Porta) -> None:
    md5 = hashlib.md5(b"segredo", usedforsecurity=False).hexdigest().upper()
    criar_login(porta.gw.db, "pdv-md5", md5, "1", "pdv", porta.relogio())
    assert entrar(porta, "pdv-md5", md5).status_code == 200
    assert entrar(porta, "pdv-md5", md5.lower()).status_code == 401
    assert entrar(porta, "pdv-md5", "segredo").status_code == 401


def test_an_unknown_login_costs_as_much_as_a_wrong_password(porta: Porta, monkeypatch: pytest.MonkeyPatch) -> None:
    vistos: list[str] = []
    monkeypatch.setattr(
        "app.services.acesso.credenciais.check_password_hash", lambda hash_, _senha: vistos.append(hash_.split("$")[0])
    )
    criar_login(porta.gw.db, "pdv-novo", "segredo", "1", "pdv", porta.relogio())
    entrar(porta, "pdv-novo", "errada")
    entrar(porta, "ninguem", "errada")
    assert vistos == ["scrypt:32768:8:1"] * 2


# --- tokens


def claims(porta: Porta, **mais: Any) -> dict[str, Any]:
    agora = int(porta.relogio().timestamp())
    return {
        **{"iss": "prevenda", "aud": "prevenda", "sub": "pdv1", "iat": agora, "exp": agora + 600},
        **{"filiais": ["1"], "escopos": ["pdv"]},
        **mais,
    }


def assinado(porta: Porta, algorithm: str = "HS256", **mais: Any) -> str:
    partes = {nome: valor for nome, valor in claims(porta, **mais).items() if valor is not ...}
    return jwt.encode(partes, porta.gw.chave_jwt, algorithm=algorithm)


def sem_assinatura(porta: Porta, alg: str, assinatura: str = "", **cabecalho: Any) -> str:
    def parte(valor: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(valor).encode()).decode().rstrip("=")

    return f"{parte({'alg': alg, 'typ': 'JWT', **cabecalho})}.{parte(claims(porta))}.{assinatura}"


def test_a_token_made_with_the_key_is_accepted(porta: Porta) -> None:
    assert com_chave(porta, assinado(porta)) == 200  # so that what follows fails for its own reason


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", "RS256", "ES256", "HS256", "HS512", "EdDSA", "PBES2"])
def test_tokens_without_a_true_signature(porta: Porta, alg: str) -> None:
    assert com_chave(porta, sem_assinatura(porta, alg)) == 401
    assert com_chave(porta, sem_assinatura(porta, alg, "AAAA")) == 401


@pytest.mark.parametrize(
    "cabecalho",
    [
        {"kid": "../../../../dev/null"},
        {"kid": "x' UNION SELECT '"},
        {"jku": "http://127.0.0.1/keys"},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"x5u": "http://127.0.0.1/cert"},
        {"crit": ["exp"]},
        {"b64": False},
    ],
)
def test_a_tokens_header_chooses_no_key(porta: Porta, cabecalho: dict[str, Any]) -> None:
    assert com_chave(porta, sem_assinatura(porta, "HS256", "AAAA", **cabecalho)) == 401


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_no_other_algorithm_even_with_the_key(porta: Porta, algorithm: str) -> None:
    with warnings.catch_warnings(action="ignore"):  # the demo's key is short for HS512
        token = assinado(porta, algorithm)
    assert com_chave(porta, token) == 401


@pytest.mark.parametrize(
    "mudanca",
    [
        {"exp": lambda agora: agora},
        {"exp": lambda agora: agora - 3600},
        {"exp": lambda _: ...},
        {"exp": lambda _: "9999999999"},
        {"exp": lambda _: None},
        {"iat": lambda agora: agora + 31},
        {"iat": lambda _: ...},
        {"iss": lambda _: "outro"},
        {"iss": lambda _: ...},
        {"aud": lambda _: "outro"},
        {"aud": lambda _: ...},
        {"sub": lambda _: ...},
        {"sub": lambda _: 1},
        {"sub": lambda _: "ninguem"},
        {"sub": lambda _: "pdv1' --"},
    ],
)
def test_claims_that_are_not_in_order(porta: Porta, mudanca: dict[str, Any]) -> None:
    agora = int(porta.relogio().timestamp())
    token = assinado(porta, **{nome: valor(agora) for nome, valor in mudanca.items()})
    assert com_chave(porta, token) == 401


def test_a_clock_half_a_minute_ahead_is_forgiven(porta: Porta) -> None:
    assert com_chave(porta, assinado(porta, iat=int(porta.relogio().timestamp()) + 30)) == 200


def test_a_token_dies_with_its_time(porta: Porta) -> None:
    token = assinado(porta)
    porta.relogio.andar(seconds=599)
    assert com_chave(porta, token) == 200
    porta.relogio.andar(seconds=1)
    assert com_chave(porta, token) == 401


@pytest.mark.parametrize("token", ["A" * 200_000, "." * 50_000, "a.b.c", "é.é.é", "\udcff", "eyJ" * 30_000 + ".x.y"])
def test_tokens_that_are_none(porta: Porta, token: str) -> None:
    headers = {"Authorization": b"Bearer " + token.encode("utf-8", "surrogatepass")}
    environ = {"HTTP_AUTHORIZATION": headers["Authorization"].decode("latin-1")}
    answer = porta.app.test_client().get("/api/v1/pre-vendas/1?idLojaRetaguarda=1", environ_overrides=environ)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_a_changed_payload_breaks_the_signature(porta: Porta) -> None:
    cabeca, _, assinatura = assinado(porta).split(".")
    forjado = jwt.encode(claims(porta, filiais=None), DRAWN).split(".")[1]
    assert com_chave(porta, f"{cabeca}.{forjado}.{assinatura}") == 401


# --- the signing key


def test_start_is_refused_without_a_signing_key_outside_the_demo(sqlite_engine: sa.Engine) -> None:
    with sqlite_engine.begin() as connection:
        connection.execute(sa.text("UPDATE GW_CONFIG SET VALOR = 'N' WHERE CHAVE = 'DEMO'"))
    url = str(sqlite_engine.url)
    with pytest.raises(SettingsError, match="PREVENDA_JWT_CHAVE: obrigatória fora da demonstração"):
        create_app(Settings(database_url=url))
    with pytest.raises(SettingsError, match="PREVENDA_JWT_CHAVE: parece um exemplo"):
        create_app(Settings(database_url=url, jwt_chave="troque-esta-chave-antes-de-usar-0123456789"))
    app = create_app(Settings(database_url=url, jwt_chave=DRAWN))
    app.extensions["prevenda"].db.engine.dispose()


@pytest.mark.parametrize(
    "chave", ["x" * 64, "0123" * 12, "ChangeMe-ChangeMe-ChangeMe-123456", "minha-senha-0123456789-abcdefgh"]
)
def test_keys_nobody_drew(chave: str) -> None:
    assert parece_exemplo(chave)


def test_a_drawn_key_is_taken() -> None:
    assert not parece_exemplo(DRAWN)


def test_a_token_of_another_installation_is_refused(porta: Porta) -> None:
    outra = porta.com(jwt_chave=DRAWN)
    try:
        assert com_chave(outra, porta.token("pdv1")) == 401
        assert com_chave(porta, outra.token("pdv1")) == 401
    finally:
        outra.close()


# --- the commands


def test_command_creates_a_login_with_a_drawn_password(porta: Porta) -> None:
    result = prevenda(porta, "credenciais", "criar", "loja-7", "--filiais", "1,2", "--json")
    assert result.exit_code == 0
    feito = json.loads(result.output)
    assert (feito["simulado"], feito["login"], len(feito["senha"])) == (False, "loja-7", 20)
    assert entrar(porta, "loja-7", feito["senha"]).status_code == 200
    row = porta.linha("GW_CREDENCIAL", LOGIN="loja-7")
    assert (row["FILIAIS"], row["ESCOPOS"], row["SENHA_HASH"].partition(":")[0]) == ("1,2", "pdv", "scrypt")
    assert feito["senha"] not in str(porta.fotografia())


def test_command_reads_a_password_and_does_not_show_it(porta: Porta) -> None:
    args = ("credenciais", "criar", "loja-8", "--filiais", "*", "--escopos", "retaguarda", "--senha-stdin")
    result = prevenda(porta, *args, entrada="uma senha longa\n")
    assert (result.exit_code, result.output) == (0, "Login criado para loja-8.\n")
    assert entrar(porta, "loja-8", "uma senha longa").status_code == 200
    assert prevenda(porta, *args, entrada="outra senha\n").exit_code == 1
    assert prevenda(porta, *args, entrada="curta\n").exit_code == 2


def test_command_creates_a_key_shown_once(porta: Porta) -> None:
    result = prevenda(porta, "credenciais", "criar", "caixa-9", "--filiais", "1", "--chave")
    [chave] = re.findall(r"gwp_\S+", result.output)
    assert com_chave(porta, chave) == 200
    listado = prevenda(porta, "credenciais", "listar")
    segredo, resumo = chave.split("_", 2)[2], porta.linha("GW_CHAVE", KEYID=keyid(chave))["HASH"]
    assert keyid(chave) in listado.output
    for formato in (listado.output, prevenda(porta, "credenciais", "listar", "--json").output):
        assert segredo not in formato
        assert resumo not in formato
        assert "scrypt" not in formato


@pytest.mark.parametrize("chave", [(), ("--chave",)])
def test_a_rehearsed_creation_writes_and_shows_nothing(porta: Porta, chave: tuple[str, ...]) -> None:
    antes = porta.fotografia()
    args = ("credenciais", "criar", "loja-9", "--filiais", "1", "--simular", *chave)
    assert prevenda(porta, *args).output == (
        "A chave para loja-9 pode ser criada.\n" if chave else "O login loja-9 pode ser criado.\n"
    )
    feito = json.loads(prevenda(porta, *args, "--json").output)
    assert feito == {"simulado": True, "login": "loja-9", "chave" if chave else "senha": ""}
    assert porta.fotografia() == antes
    assert prevenda(porta, "credenciais", "criar", "pdv1", "--filiais", "1", "--simular").exit_code == 1


@pytest.mark.parametrize(
    ("args", "texto"),
    [
        (("com espaço", "--filiais", "1"), "O login tem"),
        (("a\nb", "--filiais", "1"), "O login tem"),
        (("ok", "--filiais", "1;2"), "As filiais são"),
        (("ok", "--filiais", "123"), "As filiais são"),
        (("ok", "--filiais", "1", "--escopos", "pdv,tudo"), "Escopos desconhecidos: tudo"),
    ],
)
def test_command_refuses_what_is_malformed(porta: Porta, args: tuple[str, ...], texto: str) -> None:
    antes = porta.fotografia()
    for chave in ((), ("--chave",)):
        result = prevenda(porta, "credenciais", "criar", *args, *chave)
        assert result.exit_code == 1
        assert texto in result.stderr
    assert porta.fotografia() == antes


def test_command_needs_the_branches(porta: Porta) -> None:
    assert prevenda(porta, "credenciais", "criar", "ok").exit_code == 2


def test_command_revokes_a_login_with_its_keys(porta: Porta) -> None:
    chave = nova_chave(porta, "pdv1")
    result = prevenda(porta, "credenciais", "revogar", "pdv1", "--simular", "--json")
    assert json.loads(result.output) == {"simulado": True, "revogadas": [keyid(chave), "pdv1"]}
    assert (com_chave(porta, chave), com_chave(porta, porta.token("pdv1"))) == (200, 200)
    result = prevenda(porta, "credenciais", "revogar", "pdv1")
    assert (result.exit_code, result.output) == (0, f"Revogadas: {keyid(chave)}, pdv1\n")
    assert (com_chave(porta, chave), com_chave(porta, porta.token("pdv1"))) == (401, 401)
    again = prevenda(porta, "credenciais", "revogar", "pdv1")
    assert (again.exit_code, again.stderr) == (1, "Não há credencial ativa chamada pdv1.\n")


def test_listing_says_what_is_active_and_when_it_was_used(porta: Porta) -> None:
    com_chave(porta, porta.token("chave"))
    linhas = prevenda(porta, "credenciais", "listar").output.splitlines()
    assert "pdv1 (login): ativo, filiais 1, escopos pdv" in linhas
    assert [re.sub(r"[0-9a-f]{16}", "ID", linha) for linha in linhas if linha.startswith("caixa-")] == [
        "caixa-1 (chave ID): ativo, filiais 1, escopos pdv, último uso 2026-03-02 12:00 UTC",
        "caixa-2 (chave ID): revogado, filiais 1, escopos pdv",
    ]


def test_commands_say_so_when_there_is_no_database() -> None:
    result = CliRunner().invoke(
        main, ["credenciais", "listar"], env={"PREVENDA_DATABASE_URL": "sqlite:////nao/existe/x.db"}
    )
    assert result.exit_code == 1
    assert result.stderr.startswith("O banco de dados não respondeu: /nao/existe/x.db não existe; ")
