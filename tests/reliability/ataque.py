"""Hostile requests against the application in this process: `make ataque` sends all of them, the suite a part.

A finding is: a 5xx, an error that is no problem body, an answer that tells of the inside, a statement whose text holds
a value of a request (values are bound, never written into SQL), a page that repeats markup, an answer that takes long,
or an invariant of the tables broken afterwards.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import itertools
import json
import logging
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import event

from app.settings import Settings
from app.winthor.db.engine import create_engine
from tests.conftest import NOW, _fill_demo
from tests.support.builders import cliente_completo, item, pre_venda
from tests.support.gateway import LOGIN, ROTA, Casa, Relogio
from tests.support.invariants import violacoes

# In every payload, so that it is known again wherever it turns up.
MARCA = "zq7x"
DEMORA_S = 10.0

# ruff: noqa: S608 - these are no queries of ours
SQL = [
    f"' OR '1'='1' --{MARCA}",
    f"'; DROP TABLE PCPEDC; --{MARCA}",
    f'" OR ""="{MARCA}',
    f"1; DELETE FROM PCEST WHERE '{MARCA}'='{MARCA}'",
    f"' UNION SELECT SENHA_HASH FROM GW_CREDENCIAL --{MARCA}",
    f"{MARCA}') OR ('1'='1",
    f"'||(SELECT banner FROM v$version)||'{MARCA}",
    f"'; EXEC xp_cmdshell('{MARCA}'); --",
    f"' AND 1=(SELECT COUNT(*) FROM GW_CHAVE) --{MARCA}",
    f"' AND SLEEP(5) --{MARCA}",
    f"'; SELECT pg_sleep(5); --{MARCA}",
    f"' AND DBMS_PIPE.RECEIVE_MESSAGE('{MARCA}',5)=1 --",
    f"' WAITFOR DELAY '0:0:5' --{MARCA}",
    f"\\'; UPDATE PCEST SET QTRESERV=0; --{MARCA}",
    f"%27%20OR%201=1{MARCA}",
    f"ʼ OR ʼ1ʼ=ʼ1 {MARCA}",
    f":1 {MARCA}",
    f":CODFILIAL {MARCA}",
    f"%(param)s {MARCA}",
    f"%s%s%s {MARCA}",
    f"? {MARCA}",
    f"{{0}}{{x}} {MARCA}",
    f"$1 {MARCA}",
    f"/**/OR/**/1=1/*{MARCA}*/",
    f"NULL{MARCA}",
    f"0x27{MARCA}",
    f"CHR(39)||{MARCA}",
    f"%{MARCA}%_%",
    f"'; COMMIT; --{MARCA}",
    f"E'\\x27 {MARCA}'",
]
MARCACAO = [
    f"<script>{MARCA}</script>",
    f'"><img src=x onerror=alert("{MARCA}")>',
    f"javascript:{MARCA}",
    f"<svg/onload={MARCA}>",
    f"</textarea><script>{MARCA}</script>",
    f"{{{{7*7}}}}{MARCA}",
    f"${{7*7}}{MARCA}",
    f"{{% include '/etc/passwd' %}}{MARCA}",
    f"=cmd|' /C calc'!A0{MARCA}",
    f"+SUM({MARCA})",
]
REGISTRO = [
    f"{MARCA}\u2028ERROR raiz",
    f"{MARCA}\u202egnp.exe",
    f"{MARCA}${{jndi:ldap://127.0.0.1/a}}",
    f"{MARCA}%0d%0aINFO ok",
    f"{MARCA}\tINFO",
    f"{MARCA}\\r\\nINFO",
    f"{MARCA}" + "A" * 20_000,
    f"{MARCA}" + "😀" * 500,
]
CAMINHOS = [
    *("/../../etc/passwd", "/..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/./health/./live"),
    *("/.git/config", "/.env", "/wp-login.php", "/server-status", "/console", "/static/../app/settings.py", "/admin"),
    *("/health/live/", "/HEALTH/LIVE", "/health/live;jsessionid=1", "/health/live%00", "/health%2flive", "/%ff%fe"),
    *("/api/v1/reservas/../log", "/api/v1/reservas/%2e%2e", "/api/v1/reservas/1%20OR%201=1", "/api//v1//reservas"),
    *("/api/v1/reservas/" + "9" * 400, "/api/v1/reservas/-1", "/api/v1/reservas/0x1", "/api/v1/reservas/1.0"),
    *("/painel/estatico/../rotas.py", "/painel/estatico/..%2f..%2fsettings.py", "/painel/estatico/%2fetc%2fpasswd"),
    *("/painel/estatico/%00", "/" + "a" * 20_000, "/" + "a/" * 5_000, "/api/v1/estoque/1/" + "1" * 30, "/%0d%0aX:1"),
]
VERBOS = ["TRACE", "CONNECT", "PATCH", "PROPFIND", "XYZ", "get", "OPTIONS", "HEAD"]


@dataclass
class Ataque:
    """One request. ``login`` None: without a token."""

    nome: str
    method: str = "POST"
    path: str = ROTA
    login: str | None = "hub"
    corpo: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    tipo: str = "application/json"


def em_json(corpo: Any) -> bytes:
    return json.dumps(corpo, ensure_ascii=False).encode("utf-8", "surrogatepass")


_numeros = itertools.count(1)


def base(**mais: Any) -> dict[str, Any]:
    """A pre-sale that would be accepted: a thousandth of a product by weight."""
    corpo = pre_venda(item("200-2", 0.001, 10), numero=f"ATQ-{next(_numeros)}", cliente=cliente_completo())
    return {**corpo, **mais}


# Every member that holds text or becomes text, as a path.
CAMPOS: list[tuple[str | int, ...]] = [
    *((nome,) for nome in ("numero", "observacoes", "idLojaRetaguarda", "idRetaguarda", "idPdv", "idInquilino")),
    *((nome,) for nome in ("lockTTL", "dataExpiracaoPagamento", "situacaoPreVenda", "idOperadorRetaguarda", "cliente")),
    *(("cliente", nome) for nome in ("idRetaguarda", "cpfCnpj", "nome", "endereco", "numero", "complemento", "bairro")),
    *(("cliente", nome) for nome in ("cidade", "estado", "cep", "email", "telefone", "celular", MARCA)),
    *(("preVendaItens", 0, nome) for nome in ("idProdutoRetaguarda", "idVendedorRetaguarda", "quantidade", "preco")),
    *(("preVendaItens", 0, "entrega", nome) for nome in ("idLojaEntregaRetaguarda", "dataEntrega", "tipoEntrega")),
    ("preVendaItens", 0, "itensKit"),
    ("pagamentos", 0, "pagamentoForma", "idRetaguarda"),
]


def com(campo: Sequence[str | int], valor: Any) -> dict[str, Any]:
    """The pre-sale with one member replaced."""
    corpo = copy.deepcopy(base(pagamentos=[{"pagamentoForma": {}}]))
    corpo["preVendaItens"][0]["entrega"] = {}
    alvo: Any = corpo
    for parte in campo[:-1]:
        alvo = alvo[parte]
    alvo[campo[-1]] = valor
    return corpo


def textos() -> Iterator[Ataque]:
    """Every payload in every field."""
    for campo in CAMPOS:
        for n, valor in enumerate([*SQL, *MARCACAO, *REGISTRO]):
            yield Ataque(f"texto {n} em {'.'.join(map(str, campo))}", corpo=em_json(com(campo, valor)))
    for n, valor in enumerate([*SQL, *MARCACAO]):
        yield Ataque(f"login {n}", path=LOGIN, login=None, corpo=em_json({"login": valor[:60], "senha": valor}))
        yield Ataque(f"chave {n}", headers={"Idempotency-Key": quote(valor)}, corpo=em_json(base()))
        yield Ataque(f"número {n}", "GET", f"/api/v1/pre-vendas/{quote(valor, '')}?idLojaRetaguarda={quote(valor)}")
        yield Ataque(f"estoque {n}", "GET", f"/api/v1/estoque/{quote(valor, '')}/1")
        for nome in ("numero", "filial", "caller", "codigo", "cursor", "de", "limite", "estado", "codprod"):
            for path in ("/api/v1/log", "/api/v1/reservas", "/api/v1/log/exportacao", "/painel/operacoes"):
                if (n + len(nome) + len(path)) % 7 == 0:
                    yield Ataque(f"filtro {nome} {n}", "GET", f"{path}?{nome}={quote(valor)}", "retaguarda")
        motivo = em_json({"motivo": valor, "itens": [valor], "dias": valor, "ate": valor})
        for path in ("/api/v1/reservas/1/cancelamento", "/api/v1/reservas/1/prorrogacao"):
            yield Ataque(f"motivo {n}", path=path, login="retaguarda", corpo=motivo)
        yield Ataque(f"correção {n}", path="/api/v1/conciliacao/correcoes", login="retaguarda", corpo=motivo)


def caminhos() -> Iterator[Ataque]:
    """Paths that look for a file, another route or another host, and verbs nobody serves."""
    for login, path in itertools.product((None, "retaguarda"), CAMINHOS):
        yield Ataque(f"caminho {path[:40]}", "GET", path, login)
    for verbo, path in itertools.product(VERBOS, (ROTA, "/health/live", "/api/v1/log", "/painel/entrar")):
        yield Ataque(f"{verbo} {path}", verbo, path, "retaguarda")


def cabecalhos(casa: Casa) -> Iterator[Ataque]:
    """Tokens that are none, and headers that would change who asks, what, or where."""
    token = casa.token("hub")
    cabeca, carga, assinatura = token.split(".")

    def forjado(alg: str, **mais: Any) -> str:
        lida = json.loads(base64.urlsafe_b64decode(carga + "=="))
        partes = [{"alg": alg, "typ": "JWT"}, {**lida, **mais}]
        return ".".join(base64.urlsafe_b64encode(em_json(p)).decode().rstrip("=") for p in partes)

    tokens = [
        *(
            "",
            "null",
            "undefined",
            "Bearer",
            "A" * 60_000,
            "." * 10_000,
            f"{cabeca}.{carga}.",
            f"{cabeca}..{assinatura}",
        ),
        *(
            f"{forjado(alg, filiais=None, escopos=['admin'])}.{assinatura}"
            for alg in ("none", "HS256", "RS256", "nOnE")
        ),
        *(f"{forjado('none', sub=sub)}." for sub in ("retaguarda", SQL[0], "../" * 9)),
        *(f"gwp_{'0' * 16}_{'A' * 43}", f"gwp_{SQL[0]}", "gwp_", "gwp_" + "_" * 9_000),
        *(token[:-1], token + "A", token.upper(), token[::-1], f"{token}, {token}", f"{token}\u00e9"),
    ]
    for n, falso in enumerate(tokens):
        for forma in ("Bearer {}", "bearer  {}", "{}"):
            if forma.startswith("b") and falso == token:
                continue
            value = forma.format(falso).encode().decode("latin-1")
            yield Ataque(f"token {n} {forma}", "GET", "/api/v1/log", None, headers={"Authorization": value})
    estranhos = {
        "X-HTTP-Method-Override": "DELETE",
        "X-Forwarded-For": "127.0.0.1, " * 500,
        "X-Forwarded-Host": MARCA,
        "X-Original-URL": "/painel/saude",
        "X-Rewrite-URL": "/api/v1/log",
        "Host": "a.b/../" + MARCA,
        "Content-Length": "-1",
        "Transfer-Encoding": "chunked, identity",
        "Content-Encoding": "gzip",
        "Accept": "text/html;q=9999, */*" * 200,
        "Accept-Language": "../../etc/passwd",
        "Cookie": "prevenda=" + "A" * 9_000,
        "Range": "bytes=0-,0-,0-,0-",
        "If-None-Match": "*",
        "Expect": "100-continue",
        "Upgrade": "h2c",
        "Origin": "null",
        "Referer": f"http://{MARCA}/",
        "User-Agent": f"() {{ :; }}; echo {MARCA}",
        "Idempotency-Key": "x" * 5_000,
        "X-Long": "x" * 60_000,
    }
    for nome, valor in estranhos.items():
        yield Ataque(f"cabeçalho {nome}", headers={nome: valor}, corpo=em_json(base()))
        yield Ataque(f"cabeçalho {nome}", "GET", "/api/v1/log", "retaguarda", headers={nome: valor})
    tipos = ("", "text/plain", "application/xml", "multipart/form-data; boundary=x", "application/json;charset=utf-16")
    for tipo in (*tipos, "application/x-www-form-urlencoded", "application/json, text/html", "a" * 9_000, "/", "json"):
        yield Ataque(f"tipo {tipo[:30]}", corpo=em_json(base()), tipo=tipo)


def corpos() -> Iterator[Ataque]:
    """Bodies that JSON allows and nobody should send, and some that it does not allow."""
    brutos: list[bytes] = [
        *(b"", b" ", b"null", b"[]", b'"x"', b"1", b"{", b"{}", b"{]", b"\xff\xfe{}", b"\xef\xbb\xbf{}", b"\x00"),
        *(b"[" * 100_000, b'{"a":' * 20_000, b'{"a":1,"a":2}', b'{"a":NaN}', b'{"a":-Infinity}', b'{"a":1e999999}'),
        *(b'{"a":' + b"9" * 100_000 + b"}", b'{"a":0.' + b"1" * 100_000 + b"}", b'{"a":"\\ud800"}', b'{"a":"\\u0000"}'),
        *(b'{"a":"\x01"}', b'{"a":01}', b'{"a":+1}', b"{'a':1}", b'{"a":1,}', b'{"a":/**/1}', b'{"a":1}{"b":2}'),
        *(b'{"a":' + b"[0," * 10_000 + b"0" + b"]" * 10_000 + b"}", b'{"' + b"k" * 500_000 + b'":1}', b" " * 1_048_577),
        *(
            '{"a":"é"}'.encode("latin-1"),
            '{"a":1}'.encode("utf-16"),
            '{"a":1}'.encode("utf-32"),
            b"<?xml version='1.0'?>",
        ),
        em_json({f"m{n}": n for n in range(20_000)}),
        em_json({"__proto__": {"admin": True}, "constructor": {"prototype": 1}, **base()}),
    ]
    for (n, bruto), path in itertools.product(enumerate(brutos), (ROTA, LOGIN, "/api/v1/pre-vendas/simulacao")):
        yield Ataque(f"corpo {n} em {path}", path=path, corpo=bruto)
    valores: list[Any] = [
        *(None, True, False, -1, 0, 1e308, -1e-308, 10**30, 10**300, 1.0000001, "", " ", "0", "null", [], {}, [[]]),
        *(
            [None],
            [1] * 600,
            {"a": {}},
            "9" * 5_000,
            "-0",
            "1e5",
            "٣",
            "\u0000"[:0],
            "\ufeff",
            "A" * 300_000,
            -(10**18),
        ),
    ]
    for campo, (n, valor) in itertools.product(CAMPOS, enumerate(valores)):
        yield Ataque(f"valor {n} em {'.'.join(map(str, campo))}", corpo=em_json(com(campo, valor)))
    for nome in ("preVendaItens", "pagamentos"):
        for n, valor in enumerate(valores):
            yield Ataque(f"valor {n} em {nome}", corpo=em_json({**base(), nome: valor}))
    yield Ataque("501 itens", corpo=em_json(base(preVendaItens=[item()] * 501)))
    yield Ataque("kit de 101", corpo=em_json(base(preVendaItens=[item("5000-50", itensKit=[item()] * 101)])))


def todos(casa: Casa) -> list[Ataque]:
    """All of them, in a fixed order."""
    return [*caminhos(), *cabecalhos(casa), *corpos(), *textos()]


# What would tell of the inside.
INDISCRETO = ("Traceback", 'File "', "sqlalchemy", "psycopg", "sqlite3", "[SQL:", "sqlalche.me", "/site-packages/")


def atacar(casa: Casa, ataques: Sequence[Ataque]) -> list[str]:
    """Send them, then look at the tables: every finding as one line."""
    achados: list[str] = []
    logs: list[str] = []
    casa.gw.db._sleep = lambda _s: None
    handler = _Ouvinte(logs)
    logging.getLogger().addHandler(handler)
    for login in ("hub", "retaguarda"):
        casa.token(login)
    try:
        with casa.comandos() as comandos:
            for ataque in ataques:
                achados += [f"{ataque.method} {ataque.nome}: {achado}" for achado in _um(casa, ataque)]
    finally:
        logging.getLogger().removeHandler(handler)
    achados += [f"SQL com valor: {sql[:200]}" for sql in dict.fromkeys(comandos) if MARCA in sql.lower()]
    achados += [f"registro com valor: {linha[:200]}" for linha in logs if MARCA in linha]
    achados += [f"invariante: {linha}" for linha in violacoes(casa)]
    return achados


def _um(casa: Casa, ataque: Ataque) -> Iterator[str]:
    headers = dict(ataque.headers)
    if ataque.login is not None:
        headers.setdefault("Authorization", f"Bearer {casa.token(ataque.login)}")
    environ = {"HTTP_" + nome.upper().replace("-", "_"): valor for nome, valor in headers.items()}
    for nome in ("CONTENT_LENGTH", "CONTENT_TYPE"):
        if f"HTTP_{nome}" in environ:
            environ[nome] = environ.pop(f"HTTP_{nome}")
    inicio = time.perf_counter()
    answer = casa.app.test_client().open(
        ataque.path,
        method=ataque.method,
        data=ataque.corpo,
        content_type=ataque.tipo if ataque.corpo is not None else None,
        environ_overrides=environ,
    )
    texto = answer.get_data(as_text=True)
    answer.close()
    if time.perf_counter() - inicio > DEMORA_S:
        yield f"levou {time.perf_counter() - inicio:.1f} s"
    if answer.status_code >= 500:
        yield f"HTTP {answer.status_code} {texto[:200]}"
    de_pagina = ataque.path.startswith("/painel")
    if answer.status_code >= 400 and ataque.method != "HEAD" and not de_pagina and not _e_problema(answer, texto):
        yield f"não é um problema: {answer.mimetype} {texto[:200]}"
    if answer.mimetype == "text/html" and any(f"<{tag}" in texto for tag in ("script>zq7x", "img src=x", "svg/onload")):
        yield "marcação repetida na página"
    if indiscreto := [palavra for palavra in INDISCRETO if palavra in texto]:
        yield f"fala de dentro: {indiscreto}"
    if answer.headers.get("X-Content-Type-Options") != "nosniff" or "Server" in answer.headers:
        yield f"cabeçalhos: {answer.headers}"
    if MARCA in str(answer.headers) and not de_pagina:
        yield f"cabeçalho com valor: {answer.headers}"


def _e_problema(answer: Any, texto: str) -> bool:
    if answer.mimetype != "application/problem+json":
        return False
    body = json.loads(texto)
    return body["status"] == answer.status_code and body["success"] is False and bool(body["codigo"] and body["errors"])


class _Ouvinte(logging.Handler):
    def __init__(self, linhas: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._linhas = linhas

    def emit(self, record: logging.LogRecord) -> None:
        self._linhas.append(record.getMessage())


@contextlib.contextmanager
def casa_temporaria() -> Iterator[Casa]:
    """The demo on a SQLite file that goes away."""
    with tempfile.TemporaryDirectory(prefix="prevenda-") as folder:
        url = f"sqlite:///{Path(folder) / 'demo.db'}"
        _fill_demo(url)
        engine = create_engine(url)
        casa = Casa(engine, Settings(database_url=url, cache_segundos=30), Relogio(NOW))
        try:
            yield casa
        finally:
            casa.close()
            engine.dispose()


def main() -> int:
    """Send everything and print the findings; 1 when there is one."""
    logging.getLogger("prevenda").propagate = True
    with casa_temporaria() as casa:
        ataques = todos(casa)
        enviados: list[int] = []
        event.listen(casa.gw.db.engine, "begin", lambda _c: enviados.append(1))
        inicio = time.perf_counter()
        achados = atacar(casa, ataques)
    for achado in achados:
        print(achado)
    duracao = time.perf_counter() - inicio
    print(f"{len(ataques)} hostile requests, {len(enviados)} transactions, {duracao:.0f} s: {len(achados)} findings")
    return int(bool(achados))


if __name__ == "__main__":
    sys.exit(main())
