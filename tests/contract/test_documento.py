"""The document of the API: its examples run as they stand, its answers and errors are the gateway's own."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import simplejson

from app.api.documento import trechos
from app.api.documento.documento import GRAVADAS, OPERACOES, construir
from app.api.documento.problemas import ERROS
from app.domain.codigos import CODIGOS, TipoDeCodigo
from tests.contract import demonstrada
from tests.contract.gravar import como_texto, em_uma_demo
from tests.support.gateway import Casa
from tests.support.in_process import servir

DOCUMENTO = construir("http://127.0.0.1:8000")
# What no caller of the API is answered: the log says it, a page of the panel, the health of a host.
FORA_DO_DOCUMENTO = {"INTERROMPIDA", "FORMULARIO_INVALIDO", "OPERACAO_NAO_ENCONTRADA", "ENCERRANDO"}


def gravadas() -> Any:
    return simplejson.loads(GRAVADAS.read_text("utf-8"), use_decimal=True)


@pytest.mark.parametrize("parte", ["respostas", "erros"])
def test_the_answers_shown_are_what_a_new_demo_answers(parte: str) -> None:
    """After a change that is meant: `python -m tests.contract.gravar`."""
    respondidas = em_uma_demo(getattr(demonstrada, parte))
    assert como_texto(respondidas) == como_texto(gravadas()[parte])


def test_every_code_the_gateway_may_answer_has_an_example() -> None:
    de_erro = {codigo for codigo, linha in CODIGOS.items() if linha.tipo is not TipoDeCodigo.AVISO}
    assert de_erro - set(ERROS) == FORA_DO_DOCUMENTO
    assert set(DOCUMENTO["components"]["examples"]) == set(ERROS)
    usados = {codigo for operacao in OPERACOES for codigo in operacao.codigos}
    assert set(ERROS) - usados == {"METODO_NAO_PERMITIDO"}  # no operation has the wrong method


def test_ids_and_names_of_examples_are_unique() -> None:
    nomes = [exemplo.nome for _, exemplo in demonstrada.exemplos()]
    assert len(nomes) == len(set(nomes))


def falhas(valor: Any, esquema: dict[str, Any], onde: str = "") -> Iterator[str]:
    """Where a value is not what a schema of the document says."""
    if "$ref" in esquema:
        esquema = DOCUMENTO["components"]["schemas"][esquema["$ref"].rpartition("/")[2]]
    if valor is None:
        if esquema and not esquema.get("nullable") and ("type" in esquema or "allOf" in esquema):
            yield f"{onde}: null"
        return
    for parte in esquema.get("allOf", ()):
        yield from falhas(valor, parte, onde)
    formas = [list(falhas(valor, forma, onde)) for nome in ("anyOf", "oneOf") for forma in esquema.get(nome, ())]
    if formas:
        yield from min(formas, key=len)
    tipos = {
        "object": dict, "array": list, "string": str, "boolean": bool,
        "integer": int, "number": (int, float, Decimal),
    }  # fmt: skip
    tipo = esquema.get("type")
    if (tipo and not isinstance(valor, tipos[tipo])) or (tipo in {"integer", "number"} and isinstance(valor, bool)):
        yield f"{onde}: {valor!r} is no {tipo}"
    if "enum" in esquema and valor not in esquema["enum"]:
        yield f"{onde}: {valor!r}"
    if isinstance(valor, dict):
        yield from (f"{onde}/{nome}: missing" for nome in esquema.get("required", ()) if nome not in valor)
        for nome, membro in valor.items():
            yield from falhas(membro, esquema.get("properties", {}).get(nome, {}), f"{onde}/{nome}")
    if isinstance(valor, list):
        for n, membro in enumerate(valor):
            yield from falhas(membro, esquema.get("items", {}), f"{onde}/{n}")


def test_the_answers_match_their_schemas() -> None:
    achadas, vistos = [], 0
    for caminho, verbos in DOCUMENTO["paths"].items():
        for verbo, operacao in verbos.items():
            for http, resposta in operacao["responses"].items():
                for conteudo in resposta["content"].values():
                    for nome, exemplo in conteudo.get("examples", {}).items():
                        valor = exemplo.get("value") or DOCUMENTO["components"]["examples"][nome]["value"]
                        achadas += list(falhas(valor, conteudo["schema"], f"{verbo} {caminho} {http} {nome}"))
                        vistos += 1
    assert achadas == []
    assert vistos > 300


@pytest.mark.parametrize("errado", [{"itens": "x", "proximo": None}, {"itens": []}, {"itens": [1], "proximo": None}])
def test_a_wrong_answer_is_noticed(errado: dict[str, Any]) -> None:
    esquema = DOCUMENTO["paths"]["/api/v1/reservas"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert list(falhas(errado, esquema))


def igual_na_forma(uma: Any, outra: Any) -> bool:
    """The same members; null and empty lists stand for anything."""
    if isinstance(uma, dict) and isinstance(outra, dict):
        return uma.keys() == outra.keys() and all(igual_na_forma(uma[nome], outra[nome]) for nome in uma)
    if isinstance(uma, list) and isinstance(outra, list):
        return not uma or not outra or igual_na_forma(uma[0], outra[0])
    return True


def test_every_snippet_runs_as_it_stands() -> None:
    """First the curl, then the Python program, of each operation, on one demo that listens."""
    em_uma_demo(_executar_trechos)


def _executar_trechos(casa: Casa) -> None:
    respostas = gravadas()["respostas"]
    with servir(casa) as base:
        for operacao in OPERACOES:
            exemplo = operacao.exemplos[0]
            curl, python = trechos.curl(base, operacao, exemplo), trechos.python(base, operacao, exemplo)
            em_json = operacao.formato == "application/json"
            saida = subprocess.run(["sh", "-c", curl], capture_output=True, check=True, timeout=30).stdout
            pelo_curl = json.loads(saida) if em_json else saida
            nomes: dict[str, Any] = {}
            with contextlib.redirect_stdout(io.StringIO()):
                exec(python, nomes)  # noqa: S102 - our own snippet
            assert nomes["resposta"].status_code == exemplo.http, exemplo.nome
            esperada = respostas.get(exemplo.nome, pelo_curl)
            assert igual_na_forma(pelo_curl, esperada), (exemplo.nome, pelo_curl)
            assert not em_json or igual_na_forma(nomes["resposta"].json(), esperada), exemplo.nome


def test_the_snippets_are_in_the_document() -> None:
    for caminho, verbos in DOCUMENTO["paths"].items():
        for operacao in verbos.values():
            curl, python, java, csharp = (trecho["source"] for trecho in operacao["x-codeSamples"])
            assert "http://127.0.0.1:8000/" in curl, caminho
            assert "import requests" in python
            assert "java.net.http" in java
            assert "System.Net.Http" in csharp
