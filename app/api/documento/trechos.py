"""An example as a curl and as a program in Python, Java and C#; all run as they stand where the gateway listens."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader

from app.api.documento.operacao import Exemplo, OperacaoDoDocumento
from app.api.rotas.login import CAMINHO as CAMINHO_DO_LOGIN

SENHA = "demo"
# The place of an operation's id, which no example can know beforehand.
ID = "$ID"
CAMINHO_DO_LOG = "/api/v1/log"
LARGURA = 90
_PYTHON = {"true": "True", "false": "False", "null": "None"}
_MODELOS = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates/trechos"),
    autoescape=False,  # noqa: S701 - programs, not pages
    trim_blocks=True,
    lstrip_blocks=True,
)


def endereco(operacao: OperacaoDoDocumento, exemplo: Exemplo) -> str:
    """Path and query of an example."""
    caminho = operacao.caminho
    for nome, valor in exemplo.caminho.items():
        caminho = caminho.replace(f"{{{nome}}}", quote(str(valor), safe="$"))
    return caminho + (f"?{urlencode(exemplo.query)}" if exemplo.query else "")


def curl(base: str, operacao: OperacaoDoDocumento, exemplo: Exemplo) -> str:
    """For a POSIX shell."""
    alvo = endereco(operacao, exemplo)
    linhas = [f'curl -s "{base}{alvo}"' if ID in alvo else f"curl -s '{base}{alvo}'"]
    preparo = []
    if operacao.metodo != "GET" and not (operacao.metodo == "POST" and exemplo.corpo is not None):
        linhas[0] = linhas[0].replace("curl -s", f"curl -s -X {operacao.metodo}", 1)
    if operacao.login:
        preparo.append(
            f"TOKEN=$(curl -s '{base}{CAMINHO_DO_LOGIN}' -H 'Content-Type: application/json' \\\n"
            f"  -d '{_json(_credencial(operacao.login))}' | sed 's/.*: \"//; s/\".*//')"
        )
        linhas.append('-H "Authorization: Bearer $TOKEN"')
    if ID in alvo:
        preparo.append(
            f"ID=$(curl -s '{base}{CAMINHO_DO_LOG}?limite=1' -H \"Authorization: Bearer $TOKEN\" \\\n"
            '  | sed \'s/.*"id": "//; s/".*//\')'
        )
    if exemplo.corpo is not None:
        linhas += ["-H 'Content-Type: application/json'", f"-d '{_json(exemplo.corpo)}'"]
    return "\n".join([*preparo, " \\\n  ".join(linhas)])


def python(base: str, operacao: OperacaoDoDocumento, exemplo: Exemplo) -> str:
    """With the library requests; the answer is in ``resposta``."""
    alvo = endereco(operacao, exemplo)
    linhas = ["import requests", "", f'base = "{base}"']
    argumentos = []
    if operacao.login:
        linhas += [
            f"credencial = {_literal(_credencial(operacao.login))}",
            f'token = requests.post(base + "{CAMINHO_DO_LOGIN}", json=credencial, timeout=30).json()["accessToken"]',
            'cabecalhos = {"Authorization": f"Bearer {token}"}',
        ]
        argumentos.append("headers=cabecalhos")
    if ID in alvo:
        linhas += [
            f'lista = requests.get(base + "{CAMINHO_DO_LOG}?limite=1", headers=cabecalhos, timeout=30)',
            'id_operacao = lista.json()["itens"][0]["id"]',
        ]
        alvo = alvo.replace(ID, "{id_operacao}")
    if exemplo.corpo is not None:
        linhas.append(f"corpo = {_literal(exemplo.corpo)}")
        argumentos.append("json=corpo")
    texto = f'f"{alvo}"' if "{id_operacao}" in alvo else f'"{alvo}"'
    argumentos = [f"base + {texto}", *argumentos, "timeout=30"]
    linhas.append(f"resposta = requests.{operacao.metodo.lower()}({', '.join(argumentos)})")
    return "\n".join([*linhas, "print(resposta.status_code, resposta.text)"])


def java(base: str, operacao: OperacaoDoDocumento, exemplo: Exemplo) -> str:
    """A class of Java 17 or newer; ``java Exemplo.java`` compiles and runs it."""
    return _programa("Exemplo.java", base, operacao, exemplo)


def csharp(base: str, operacao: OperacaoDoDocumento, exemplo: Exemplo) -> str:
    """A program of C# 7.1 or newer."""
    return _programa("Exemplo.cs", base, operacao, exemplo)


def _programa(modelo: str, base: str, operacao: OperacaoDoDocumento, exemplo: Exemplo) -> str:
    alvo = endereco(operacao, exemplo)
    return _MODELOS.get_template(modelo).render(
        base=base,
        caminho_do_login=CAMINHO_DO_LOGIN,
        caminho_do_log=CAMINHO_DO_LOG,
        metodo=operacao.metodo,
        alvo=alvo.replace(ID, '" + operacao + "'),
        pede_id=ID in alvo,
        credencial=operacao.login and _credencial(operacao.login),
        corpo=exemplo.corpo,
    )


def _texto(corpo: Mapping[str, Any]) -> str:
    """JSON as a text of Java and C#; a long one in parts of a line each."""
    partes = textwrap.wrap(
        json.dumps(corpo, ensure_ascii=False), LARGURA, break_long_words=False, drop_whitespace=False
    )
    return "\n            + ".join(json.dumps(parte, ensure_ascii=False) for parte in partes)


def _credencial(login: str) -> dict[str, str]:
    return {"login": login, "senha": SENHA}


def _json(corpo: Mapping[str, Any]) -> str:
    return json.dumps(corpo, ensure_ascii=False).replace("'", "'\\''")


def _literal(corpo: Mapping[str, Any]) -> str:
    """As Python writes it, on one line when it is short."""
    curto = json.dumps(corpo, ensure_ascii=False)
    texto = curto if len(curto) <= LARGURA else json.dumps(corpo, ensure_ascii=False, indent=4)
    return re.sub(r"(?<=: )(true|false|null)\b", lambda palavra: _PYTHON[palavra[0]], texto)


_MODELOS.filters["texto"] = _texto
