"""Login, tokens, branches, scopes, errors and the documents of the HTTP routes (§4)."""

from __future__ import annotations

import datetime as dt
import json
import random
import re
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
from sqlalchemy import event
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.settings import Settings
from app.winthor.esquema.gateway_tables import GW_OPERACAO
from tests.conftest import PostgresqlServer
from tests.support.builders import item, kit, pre_venda
from tests.support.gateway import LOGIN, ROTA, Casa, Relogio

# Routes that answer without a token; the panel has its own login.
PUBLICAS = {LOGIN, "/health/live", "/health/ready", "/metrics", "/openapi.json", "/docs"}
MEMBROS = {"type", "title", "status", "detail", "instance", "codigo", "success", "message", "errors"}


@pytest.fixture
def api(sqlite_engine: sa.Engine, now: dt.datetime) -> Iterator[Casa]:
    """The gateway on SQLite alone, for what does not depend on the database."""
    settings = Settings(database_url=str(sqlite_engine.url), cache_segundos=0)
    casa = Casa(sqlite_engine, settings, Relogio(now))
    yield casa
    casa.close()


def problema(answer: TestResponse, http: int, codigo: str) -> dict[str, Any]:
    """Check that an answer is a whole problem body (RFC 9457 and §4.3), and give it."""
    assert answer.mimetype == "application/problem+json"
    body: dict[str, Any] = answer.get_json(force=True)
    assert (answer.status_code, body["codigo"]) == (http, codigo), body
    assert body.keys() >= MEMBROS
    assert (body["status"], body["success"], body["detail"]) == (http, False, body["message"])
    assert body["instance"].startswith("/")
    assert body["errors"]
    for entry in body["errors"]:
        assert {"codigo", "campo", "mensagem"} <= entry.keys()
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    return body


def entrar(casa: Casa, corpo: Any, **kwargs: Any) -> TestResponse:
    return casa.app.test_client().post(LOGIN, json=corpo, **kwargs)


def com_token(casa: Casa, token: str, **kwargs: Any) -> TestResponse:
    """A request that only reads, with this token."""
    headers = {"Authorization": f"Bearer {token}"}
    return casa.pedir("GET", "/api/v1/pre-vendas/PV-1?idLojaRetaguarda=1", None, headers=headers, **kwargs)


def rotas(casa: Casa) -> Iterator[tuple[str, str, Rule]]:
    """Method and path of every route, arguments filled."""
    for rule in casa.app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, re.sub(r"<[^>]+>", "1", rule.rule), rule


def aberta(path: str) -> bool:
    return path in PUBLICAS or path.startswith("/painel")


# --- login


def test_login(api: Casa) -> None:
    answer = entrar(api, {"login": "pdv1", "senha": "demo", "outro": 1})
    assert (answer.status_code, list(answer.get_json())) == (200, ["accessToken"])
    assert com_token(api, answer.get_json()["accessToken"]).status_code == 200


def test_token_says_who_where_and_what_for(api: Casa) -> None:
    def claims(login: str) -> tuple[Any, ...]:
        token = jwt.decode(api.token(login), options={"verify_signature": False})
        return token["sub"], token["filiais"], token["escopos"], token["exp"] - token["iat"]

    assert claims("pdv1") == ("pdv1", ["1"], ["pdv"], 7200)
    assert claims("hub") == ("hub", None, ["pdv"], 7200)
    assert claims("retaguarda") == ("retaguarda", None, ["retaguarda", "retaguarda-agir"], 7200)


def test_wrong_login(api: Casa) -> None:
    for login, senha in (("pdv1", "Demo"), ("pdv1", "demo "), ("ninguem", "demo"), ("PDV1", "demo")):
        body = problema(entrar(api, {"login": login, "senha": senha}), 401, "NAO_AUTENTICADO")
        assert body["code"] == "AUTHENTICATION_FAILED"
        assert body["description"] == "Login ou senha não conferem."


def test_revoked_login(api: Casa) -> None:
    api.executar("UPDATE GW_CREDENCIAL SET ATIVO = 'N' WHERE LOGIN = 'pdv1'")
    problema(entrar(api, {"login": "pdv1", "senha": "demo"}), 401, "NAO_AUTENTICADO")


def test_login_without_its_fields(api: Casa) -> None:
    for corpo in ({}, {"login": None, "senha": ""}, {"login": 1, "senha": ["demo"]}):
        body = problema(entrar(api, corpo), 422, "CAMPO_INVALIDO")
        assert sorted(entry["campo"] for entry in body["errors"]) == ["/login", "/senha"]


def test_login_bodies_that_are_no_object(api: Casa) -> None:
    problema(entrar(api, ["pdv1"]), 400, "JSON_INVALIDO")
    problema(api.app.test_client().post(LOGIN, data="login=pdv1"), 415, "TIPO_NAO_SUPORTADO")
    problema(api.app.test_client().get(LOGIN), 405, "METODO_NAO_PERMITIDO")


def test_password_is_not_stored_in_clear(api: Casa) -> None:
    assert {row["SENHA_HASH"].partition(":")[0] for row in api.tabela("GW_CREDENCIAL")} == {"scrypt"}


# --- tokens


def test_life_of_a_token(api: Casa) -> None:
    token = api.token("pdv1")
    nasceu = api.relogio.agora
    for minutos, http in ((119.9, 200), (120, 401), (10_000, 401), (-0.4, 200), (-1, 401)):
        api.relogio.agora = nasceu + dt.timedelta(minutes=minutos)
        assert com_token(api, token).status_code == http, minutos


def test_life_of_a_token_is_a_setting(api: Casa) -> None:
    curta = api.com(jwt_minutos=1)
    token = curta.token("pdv1")
    api.relogio.andar(seconds=60)
    problema(com_token(curta, token), 401, "NAO_AUTENTICADO")
    curta.close()


def forjar(casa: Casa, *, chave: str | None = None, algoritmo: str = "HS256", **claims: Any) -> str:
    """A token like ours but for what is given; None takes a claim out."""
    agora = int(casa.relogio().timestamp())
    valor = {"iss": "prevenda", "aud": "prevenda", "sub": "hub", "iat": agora, "exp": agora + 60, "escopos": ["pdv"]}
    valor = {name: claim for name, claim in (valor | claims).items() if claim is not None}
    return jwt.encode(valor, chave or casa.gw.chave_jwt, algorithm=algoritmo)


def test_a_token_like_ours_passes(api: Casa) -> None:
    assert com_token(api, forjar(api)).status_code == 200


def test_forged_tokens(api: Casa) -> None:
    cabeca, carga, assinatura = api.token("pdv1").split(".")
    nenhum = jwt.encode({"sub": "hub", "exp": 9_999_999_999, "iat": 0}, "", algorithm="none")
    forjados = {
        "other key": forjar(api, chave="x" * 64),
        "other algorithm": forjar(api, chave=api.gw.chave_jwt * 2, algoritmo="HS512"),
        "alg none": nenhum,
        "alg none, our claims": nenhum.split(".")[0] + "." + carga + ".",
        "signature of another": f"{cabeca}.{forjar(api).split('.')[1]}.{assinatura}",
        "no signature": f"{cabeca}.{carga}.",
        "cut": f"{cabeca}.{carga}",
        "empty": "",
        "text": "demo",
        "other issuer": forjar(api, iss="outro"),
        "other audience": forjar(api, aud="outro"),
        "no expiry": forjar(api, exp=None),
        "no birth": forjar(api, iat=None),
        "nobody": forjar(api, sub=None),
        "born tomorrow": forjar(api, iat=int(api.relogio().timestamp()) + 86400),
        "text for expiry": forjar(api, exp="nunca"),
        "number for name": forjar(api, sub=7),
        "not ASCII": "é.é.é",
        "huge": "a" * 10_000,
    }
    passed = [nome for nome, token in forjados.items() if com_token(api, token).status_code != 401]
    assert passed == []


def test_authorization_that_is_no_bearer_token(api: Casa) -> None:
    for tipo in ("", "Bearer", "Basic {}", "Token {}", "{}", "Bearer  "):
        headers = {"Authorization": tipo.format(api.token("hub"))}
        answer = api.pedir("GET", "/api/v1/pre-vendas/PV-1?idLojaRetaguarda=1", None, headers=headers)
        problema(answer, 401, "NAO_AUTENTICADO")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_bearer_in_any_case(api: Casa) -> None:
    headers = {"Authorization": f"bearer {api.token('hub')}"}
    assert api.pedir("POST", ROTA, None, json=pre_venda(), headers=headers).status_code == 201


# --- every route


def test_every_route_wants_a_token(api: Casa) -> None:
    fechadas = [(method, path) for method, path, _ in rotas(api) if not aberta(path)]
    assert len(fechadas) >= 8
    for method, path in fechadas:
        body = problema(api.pedir(method, path, None, json={}), 401, "NAO_AUTENTICADO")
        assert body["code"] == "AUTHENTICATION_FAILED", (method, path)


def test_a_route_judges_the_token_before_the_body(api: Casa) -> None:
    problema(api.pedir("POST", ROTA, None, data=b"{", content_type="text/plain"), 401, "NAO_AUTENTICADO")


def test_every_route_names_its_scopes(api: Casa) -> None:
    for _, path, rule in rotas(api):
        if not aberta(path):
            escopos = getattr(api.app.view_functions[rule.endpoint], "escopos", ())
            assert set(escopos) & {"pdv", "retaguarda", "retaguarda-agir"}, path


def test_every_route_refuses_a_login_without_its_scope(api: Casa) -> None:
    api.executar("UPDATE GW_CREDENCIAL SET ESCOPOS = 'outro' WHERE LOGIN = 'hub'")
    token = forjar(api, escopos=["pdv", "retaguarda", "retaguarda-agir"])  # what it says counts for nothing
    for method, path, _ in rotas(api):
        if not aberta(path):
            answer = api.pedir(method, path, None, json={}, headers={"Authorization": f"Bearer {token}"})
            problema(answer, 403, "ESCOPO_INSUFICIENTE")


# --- branches and scopes


def test_a_login_acts_on_its_branches(api: Casa) -> None:
    vezes = [("pdv1", "1"), ("pdv1", 1), ("pdv1", " 1 "), ("pdv2", "2"), ("hub", "1"), ("hub", "10")]
    for n, (login, loja) in enumerate(vezes):
        assert api.enviar(pre_venda(loja=loja, numero=f"PV-{n}"), login).status_code == 201, (login, loja)


def test_a_login_does_not_act_on_other_branches(api: Casa) -> None:
    for login, loja in (("pdv1", "2"), ("pdv2", "1"), ("pdv1", "01"), ("pdv1", "99"), ("pdv1", 10), ("pdv2", "1,2")):
        body = problema(api.enviar(pre_venda(loja=loja), login), 403, "FILIAL_NAO_AUTORIZADA")
        assert [entry["campo"] for entry in body["errors"]] == ["/idLojaRetaguarda"]
    assert (api.contar("PCPEDC"), api.contar("GW_OPERACAO")) == (0, 0)


def test_a_branch_that_is_absent_or_no_code_is_a_wrong_field(api: Casa) -> None:
    for loja in (None, "", " ", 0, [], ["2"], {}, 1.5, True):
        api.relogio.andar(seconds=1)
        body = api.recusado(pre_venda(loja=loja), "pdv1")
        assert (body["status"], body["errors"][0]["campo"]) == (422, "/idLojaRetaguarda"), loja


def test_the_back_office_posts_no_pre_sale(api: Casa) -> None:
    problema(api.enviar(pre_venda(), "retaguarda"), 403, "ESCOPO_INSUFICIENTE")


def test_a_till_does_not_read_the_log(api: Casa) -> None:
    problema(api.pedir("GET", "/api/v1/log", "hub"), 403, "ESCOPO_INSUFICIENTE")


# --- GET /api/v1/pre-vendas/{numero}


def situacao(casa: Casa, numero: str = "PV-1", loja: str = "1", login: str = "pdv1") -> dict[str, Any]:
    answer = casa.pedir("GET", f"/api/v1/pre-vendas/{numero}", login, query_string={"idLojaRetaguarda": loja})
    assert answer.status_code == 200
    body: dict[str, Any] = answer.get_json()
    return body


def test_a_request_that_never_arrived(casa: Casa) -> None:
    assert situacao(casa) == {"numero": "PV-1", "filial": "1", "situacao": "NUNCA_CHEGOU", "resposta": None}


def test_an_accepted_request(casa: Casa) -> None:
    answer = casa.enviar(pre_venda(), "pdv1").get_json()
    body = situacao(casa, login="retaguarda")
    assert (body["situacao"], body["resposta"], body["http"]) == ("ACEITA", answer, 201)
    assert body["idPedidoRetaguarda"] == answer["idPedidoRetaguarda"]
    assert (body["caller"], body["inicio"]) == ("pdv1", "2026-03-02T12:00:00.000+00:00")


def test_a_refused_request(casa: Casa) -> None:
    errors = casa.recusado(pre_venda(item("300-3", 6)))["errors"]
    body = situacao(casa)
    assert (body["situacao"], body["codigo"], body["http"]) == ("RECUSADA", "ESTOQUE_INSUFICIENTE", 409)
    assert body["resposta"] == {"codigo": "ESTOQUE_INSUFICIENTE", "errors": errors}


class Queda(BaseException):
    """The process dies."""


def test_a_request_in_progress(casa: Casa) -> None:
    def morrer(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO PCPEDC "):
            raise Queda

    event.listen(casa.gw.db.engine, "before_cursor_execute", morrer)
    with pytest.raises(Queda):
        casa.enviar(pre_venda())
    event.remove(casa.gw.db.engine, "before_cursor_execute", morrer)
    body = situacao(casa)
    assert (body["situacao"], body["resposta"], body["fim"]) == ("EM_PROCESSAMENTO", None, None)


def test_situation_is_of_the_newest_request(casa: Casa) -> None:
    casa.recusado(pre_venda(item("300-3", 6)))
    casa.relogio.andar(seconds=1)
    casa.reservar(pre_venda())
    assert situacao(casa)["situacao"] == "ACEITA"


def test_situation_of_another_branch(casa: Casa) -> None:
    casa.reservar(pre_venda(loja="2"))
    assert situacao(casa, loja="1")["situacao"] == "NUNCA_CHEGOU"
    answer = casa.pedir("GET", "/api/v1/pre-vendas/PV-1?idLojaRetaguarda=2", "pdv1")
    problema(answer, 403, "FILIAL_NAO_AUTORIZADA")


def test_situation_needs_the_branch(casa: Casa) -> None:
    body = problema(casa.pedir("GET", "/api/v1/pre-vendas/PV-1", "pdv1"), 422, "CAMPO_INVALIDO")
    assert body["errors"][0]["campo"] == "/idLojaRetaguarda"


# --- GET /api/v1/log


@pytest.fixture
def operacoes(casa: Casa) -> list[dict[str, Any]]:
    """60 operations of every kind, newest first."""
    sorte = random.Random(7)  # noqa: S311 - a seed
    inicio = dt.datetime(2026, 3, 1, tzinfo=dt.UTC).replace(tzinfo=None)
    rows = []
    for n in range(60):
        nasceu = inicio + dt.timedelta(minutes=10 * n)
        rows.append(
            {
                "ID": f"{int(nasceu.replace(tzinfo=dt.UTC).timestamp() * 1000):012x}{sorte.getrandbits(80):020x}",
                "CODFILIAL": sorte.choice(["1", "2", "10", None]),
                "NUMERO": sorte.choice(["PV-1", "PV-2", "PV-3"]),
                "CALLER": sorte.choice(["pdv1", "hub"]),
                "OPERACAO": sorte.choice("IAC"),
                "ESTADO": sorte.choice("PAR"),
                "CODIGO": sorte.choice([None, "ESTOQUE_INSUFICIENTE", "NUMERO_EM_USO"]),
                "NUMPED": sorte.choice([None, 8000001, 8000002]),
                "DTINICIO": nasceu,
                "DTLIMITE": nasceu + dt.timedelta(seconds=15),
            }
        )
    with casa.engine.begin() as connection:
        connection.execute(sa.insert(GW_OPERACAO), rows)
    return rows[::-1]


def ler_log(casa: Casa, **filtros: Any) -> list[str]:
    """Ids of every page, in the order they came."""
    ids: list[str] = []
    cursor: str | None = None
    while True:
        query = {**filtros, **({"cursor": cursor} if cursor else {})}
        answer = casa.pedir("GET", "/api/v1/log", "retaguarda", query_string=query)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        body = answer.get_json()
        ids += [entry["id"] for entry in body["itens"]]
        cursor = body["proximo"]
        if cursor is None:
            return ids
        assert len(body["itens"]) == int(filtros.get("limite", 50))


COLUNAS = {"operacao": "OPERACAO", "status": "ESTADO", "filial": "CODFILIAL", "numero": "NUMERO"} | {
    "numped": "NUMPED",
    "codigo": "CODIGO",
    "caller": "CALLER",
}


def test_pages_hold_each_operation_once(casa: Casa, operacoes: list[dict[str, Any]]) -> None:
    todas = [row["ID"] for row in operacoes]
    for limite in (1, 7, 20, 59, 60, 61, 200):
        assert ler_log(casa, limite=limite) == todas, limite
    assert ler_log(casa) == todas


def test_filters_by_brute_force(casa: Casa, operacoes: list[dict[str, Any]]) -> None:
    sorte = random.Random(11)  # noqa: S311 - a seed
    for _ in range(40):
        modelo = sorte.choice(operacoes)
        nomes = [
            nome for nome in sorte.sample(sorted(COLUNAS), sorte.randint(1, 3)) if modelo[COLUNAS[nome]] is not None
        ]
        filtros = {nome: modelo[COLUNAS[nome]] for nome in nomes}
        esperadas = [row["ID"] for row in operacoes if all(row[COLUNAS[n]] == v for n, v in filtros.items())]
        assert ler_log(casa, limite=7, **filtros) == esperadas, filtros


@pytest.mark.parametrize(
    ("de", "ate", "quantas"),
    [
        ("2026-03-01T01:00:00Z", "2026-03-01T02:00:00Z", 7),
        ("2026-03-01T01:00:01Z", "2026-03-01T01:59:59Z", 5),
        ("2026-02-28T22:00:00-03:00", "2026-02-28T23:00:00-03:00", 7),
        ("2026-02-28T22:00:00", "2026-02-28T23:00:00", 7),  # no offset: the ERP's clock
        ("2026-03-01", "2026-03-02", 42),  # midnight in São Paulo is 03:00 UTC
    ],
)
def test_window_of_time(casa: Casa, operacoes: list[dict[str, Any]], de: str, ate: str, quantas: int) -> None:
    assert len(ler_log(casa, de=de, ate=ate)) == quantas


def test_a_new_operation_does_not_move_the_pages(casa: Casa, operacoes: list[dict[str, Any]]) -> None:
    primeira = casa.pedir("GET", "/api/v1/log?limite=30", "retaguarda").get_json()
    casa.reservar(pre_venda())
    segunda = ler_log(casa, limite=30, cursor=primeira["proximo"])
    assert [entry["id"] for entry in primeira["itens"]] + segunda[:30] == [row["ID"] for row in operacoes]


def test_filter_by_product_also_inside_kits(casa: Casa) -> None:
    for n, linha in enumerate((item("200-2"), kit(), item("10010-1001"))):
        casa.relogio.andar(seconds=1)
        casa.reservar(pre_venda(linha, numero=f"PV-{n}"))
    por_numero = {row["ID"]: row["NUMERO"] for row in casa.tabela("GW_OPERACAO")}
    achados = {p: [por_numero[i] for i in ler_log(casa, codprod=p)] for p in (2, 3, 50, 1001, 999)}
    assert achados == {2: ["PV-0"], 3: ["PV-1"], 50: ["PV-1"], 1001: ["PV-2"], 999: []}


def test_an_entry_of_the_log(casa: Casa) -> None:
    numped = casa.reservar(pre_venda())
    (entry,) = casa.pedir("GET", "/api/v1/log", "retaguarda").get_json()["itens"]
    assert list(entry.pop("tempos")) == ["abertura", "conferencia", "locks", "gravacao"]
    assert len(entry.pop("id")) == 32
    assert entry == {
        "operacao": "I",
        "status": "A",
        "codigo": None,
        "http": 201,
        "filial": "1",
        "numero": "PV-1",
        "idPedidoRetaguarda": numped,
        "idRetaguarda": None,
        "caller": "hub",
        "inicio": "2026-03-02T12:00:00.000+00:00",
        "fim": "2026-03-02T12:00:00.000+00:00",
    }


def test_the_back_office_of_one_branch_sees_its_own(casa: Casa, operacoes: list[dict[str, Any]]) -> None:
    casa.executar("UPDATE GW_CREDENCIAL SET FILIAIS = '1,2' WHERE LOGIN = 'retaguarda'")
    esperadas = [row["ID"] for row in operacoes if row["CODFILIAL"] in {"1", "2"}]
    assert ler_log(casa) == esperadas
    assert ler_log(casa, filial="10") == []


def test_wrong_filters_are_all_told(casa: Casa) -> None:
    query = {"operacao": "X", "status": "Z", "numped": "abc", "de": "ontem", "cursor": "1", "limite": "201"}
    answer = casa.pedir("GET", "/api/v1/log", "retaguarda", query_string=query)
    body = problema(answer, 422, "CAMPO_INVALIDO")
    assert sorted(entry["campo"] for entry in body["errors"]) == sorted(f"/{nome}" for nome in query)


# --- health


def test_health(casa: Casa) -> None:
    for path in ("/health/live", "/health/ready"):
        answer = casa.pedir("GET", path, None)
        assert (answer.status_code, answer.get_json()["status"]) == (200, "ok")


def test_ready_tells_of_operations_past_their_deadline(casa: Casa, operacoes: list[dict[str, Any]]) -> None:
    pendentes = sum(row["ESTADO"] == "P" for row in operacoes)
    avisos = casa.pedir("GET", "/health/ready", None).get_json()["avisos"]
    assert any(aviso.startswith(f"{pendentes} operação(ões) pendente(s)") for aviso in avisos)


def test_not_ready_without_the_gateways_tables(casa: Casa) -> None:
    casa.executar("ALTER TABLE GW_OPERACAO RENAME TO GUARDADA")
    answer = casa.pedir("GET", "/health/ready", None)
    problema(answer, 503, "BANCO_INCOMPLETO")
    assert "Retry-After" not in answer.headers
    assert casa.pedir("GET", "/health/live", None).status_code == 200


def test_not_ready_while_the_database_is_gone(casa_pg: Casa, postgresql_server: PostgresqlServer) -> None:
    banco = casa_pg.engine.url.database
    casa_pg.engine.dispose()
    postgresql_server.execute(f"ALTER DATABASE {banco} ALLOW_CONNECTIONS false")
    postgresql_server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{banco}'")  # noqa: S608
    problema(casa_pg.pedir("GET", "/health/ready", None), 503, "BANCO_INDISPONIVEL")
    problema(casa_pg.app.test_client().post(LOGIN, json={"login": "hub", "senha": "demo"}), 503, "BANCO_INDISPONIVEL")
    assert casa_pg.pedir("GET", "/health/live", None).status_code == 200
    postgresql_server.execute(f"ALTER DATABASE {banco} ALLOW_CONNECTIONS true")
    assert casa_pg.pedir("GET", "/health/ready", None).status_code == 200
    assert casa_pg.enviar(pre_venda()).status_code == 201


# --- /openapi.json


def documento(casa: Casa) -> dict[str, Any]:
    answer = casa.pedir("GET", "/openapi.json", None)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    body: dict[str, Any] = answer.get_json()
    return body


def test_document_lists_exactly_the_routes(api: Casa) -> None:
    existentes = {
        (method.lower(), re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for method, path, rule in rotas(api)
        if not path.startswith(("/painel", "/docs"))
    }
    descritas = {(verb, path) for path, verbs in documento(api)["paths"].items() for verb in verbs}
    assert descritas == existentes


def test_document_says_where_a_token_is_needed(api: Casa) -> None:
    for path, verbs in documento(api)["paths"].items():
        for verb, operation in verbs.items():
            assert bool(operation.get("security")) != aberta(path), (verb, path)
            assert operation["summary"], (verb, path)
            assert any(code.startswith("2") for code in operation["responses"]), (verb, path)


def test_references_of_the_document_exist(api: Casa) -> None:
    body = documento(api)
    texto = json.dumps(body)
    for referencia in set(re.findall(r'"#/([^"]+)"', texto)):
        alvo: Any = body
        for parte in referencia.split("/"):
            alvo = alvo[parte]
        assert alvo


def test_parameters_of_a_path_are_described(api: Casa) -> None:
    for path, verbs in documento(api)["paths"].items():
        for operation in verbs.values():
            descritos = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
            assert descritos == set(re.findall(r"{(\w+)}", path)), path


# --- errors


def test_unknown_addresses(api: Casa) -> None:
    for path in ("/nada", ROTA + "/", "/api/v1/pre-vendas/", "/api/v1/log/1/2", "/static/x.css"):
        body = problema(api.pedir("GET", path, None), 404, "ROTA_NAO_ENCONTRADA")
        assert (body["instance"], body["title"]) == (path, "Not Found")


def test_control_characters_in_an_address(casa: Casa) -> None:
    for path in ("/api/v1/log?numero=%00", "/api/v1/log?%00=1", "/api/v1/pre-vendas/%00?idLojaRetaguarda=1"):
        problema(casa.pedir("GET", path, "retaguarda"), 400, "JSON_INVALIDO")
    problema(casa.pedir("GET", "/api/v1/pre-vendas/A?idLojaRetaguarda=1%0A", "pdv1"), 400, "JSON_INVALIDO")


def test_methods_that_a_route_does_not_take(api: Casa) -> None:
    permitidos: dict[str, set[str]] = {}
    for method, path, _ in rotas(api):
        permitidos.setdefault(path, set()).add(method)
    for path, methods in permitidos.items():
        if path.startswith("/painel"):
            continue  # pages for people, with pages for errors
        (method, *_) = sorted({"PATCH", "DELETE", "PUT"} - methods)
        answer = api.pedir(method, path, None)
        problema(answer, 405, "METODO_NAO_PERMITIDO")
        assert methods <= set(answer.headers["Allow"].split(", ")), path


def test_bodies_that_are_refused(api: Casa) -> None:
    tipo = "application/json"
    problema(api.pedir("POST", ROTA, data=b" " * 1_048_577, content_type=tipo), 413, "CORPO_GRANDE")
    problema(api.pedir("POST", ROTA, data=b"{}", content_type="application/xml"), 415, "TIPO_NAO_SUPORTADO")
    problema(api.pedir("POST", ROTA, data=b"{}"), 415, "TIPO_NAO_SUPORTADO")
    problema(api.pedir("POST", ROTA, data=b"", content_type=tipo), 400, "JSON_INVALIDO")
    problema(api.pedir("POST", ROTA, data=b"\xff\xfe", content_type=tipo), 400, "JSON_INVALIDO")
    problema(api.pedir("POST", ROTA, data=b"{}", content_type=f"{tipo}; charset=utf-8"), 422, "SITUACAO_INVALIDA")


def test_a_body_at_the_limit_is_read(api: Casa) -> None:
    corpo = json.dumps(pre_venda()).encode()
    answer = api.pedir("POST", ROTA, data=corpo.ljust(1_048_576), content_type="application/json")
    assert answer.status_code == 201


def test_refusals_are_problems(api: Casa) -> None:
    problema(api.enviar(pre_venda(item("300-3", 6))), 409, "ESTOQUE_INSUFICIENTE")
    problema(api.enviar(pre_venda(idRetaguarda=999)), 404, "RESERVA_NAO_ENCONTRADA")
    body = problema(api.enviar(pre_venda(item(preco=0), item(quantidade=0))), 422, "CAMPO_INVALIDO")
    assert [entry["campo"] for entry in body["errors"]] == ["/preVendaItens/0/preco", "/preVendaItens/1/quantidade"]
    assert body["message"].endswith("(e mais 1)")


def test_a_bug_shows_nothing_of_itself(api: Casa, caplog: pytest.LogCaptureFixture) -> None:
    segredos = "canário 529.982.247-25 SELECT"

    def quebrar(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM PCPRODUT" in statement:
            raise RuntimeError(segredos)

    event.listen(api.gw.db.engine, "before_cursor_execute", quebrar)
    answer = api.enviar(pre_venda())
    problema(answer, 500, "ERRO_INTERNO")
    for trecho in ("canário", "SELECT", "Traceback", ".py", "RuntimeError"):
        assert trecho not in answer.get_data(as_text=True)
    assert "RuntimeError" in caplog.text
    assert "529.982.247-25" not in caplog.text


def test_a_fault_shows_nothing_of_the_database(casa: Casa) -> None:
    casa.executar("ALTER TABLE PCPEDI RENAME TO GUARDADA")
    answer = casa.enviar(pre_venda())
    problema(answer, 503, "BANCO_INCOMPLETO")
    for trecho in ("PCPEDI", "INSERT", "psycopg", "sqlite", "no such table"):
        assert trecho not in answer.get_data(as_text=True)


def test_an_empty_pool_is_an_overload(casa: Casa) -> None:
    pequena = casa.com(pool=1)
    engine = pequena.gw.db.engine
    engine.pool._timeout = 0.2  # type: ignore[attr-defined]
    abertas = [engine.connect() for _ in range(3)]
    answer = pequena.pedir("GET", "/health/ready", None)
    login = pequena.app.test_client().post(LOGIN, json={"login": "hub", "senha": "demo"})
    for connection in abertas:
        connection.close()
    problema(answer, 503, "BANCO_INDISPONIVEL")
    problema(login, 503, "SOBRECARGA")
    assert login.headers["Retry-After"] == "2"
    assert pequena.enviar(pre_venda()).status_code == 201
    pequena.close()


def test_numero_with_a_slash_can_be_asked_for(casa: Casa) -> None:
    casa.reservar(pre_venda(numero="2026/11/7"))

    answer = casa.pedir("GET", "/api/v1/pre-vendas/2026/11/7?idLojaRetaguarda=1")
    assert answer.get_json()["situacao"] == "ACEITA"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_address_alone_leads_to_the_panel(api: Casa, method: str) -> None:
    answer = api.app.test_client().open("/", method=method)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/painel/")
    pagina = api.app.test_client().get("/", follow_redirects=True)
    assert (pagina.status_code, pagina.mimetype) == (200, "text/html")
    problema(api.app.test_client().post("/"), 404, "ROTA_NAO_ENCONTRADA")
