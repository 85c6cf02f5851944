"""The document as tools read it: validators, spectral's default rules, clients made from it that reserve and pay."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import simplejson
from openapi_spec_validator import validate

from app.api.documento import trechos
from app.api.documento.documento import OPERACOES, construir
from tests.contract.gravar import em_uma_demo
from tests.support.databases import COMPILERS_MISSING, NPM_MISSING
from tests.support.gateway import Casa
from tests.support.in_process import servir

BASE = "http://127.0.0.1:8000"
CLIENTES = Path(__file__).with_name("clientes")
PACOTE = "cliente_gerado"

pytestmark = pytest.mark.xdist_group("clientes")  # the tools are fetched once


def como_arquivo(pasta: Path) -> Path:
    onde = pasta / "openapi.json"
    onde.write_text(simplejson.dumps(construir(BASE), use_decimal=True), "utf-8")
    return onde


def executar(*comando: str | Path, em: Path) -> str:
    feito = subprocess.run(comando, check=False, cwd=em, capture_output=True, text=True, timeout=300)
    assert feito.returncode == 0, feito.stdout[-3000:] + feito.stderr[-3000:]
    return feito.stdout


@pytest.fixture(scope="module")
def ferramentas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tools of tests/contract/clientes/package.json installed."""
    if shutil.which("npm") is None:
        pytest.skip(f"{NPM_MISSING}: spectral and the TypeScript client are NOT checked")
    pasta = tmp_path_factory.mktemp("clientes")
    for nome in ("package.json", "package-lock.json", "reservar.ts"):
        shutil.copy(CLIENTES / nome, pasta)
    comando = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    feito = subprocess.run(comando, check=False, cwd=pasta, capture_output=True, text=True, timeout=300)
    if feito.returncode != 0:
        pytest.skip(f"{NPM_MISSING}: its packages could not be fetched; spectral and TypeScript are NOT checked")
    como_arquivo(pasta)
    return pasta


@pytest.mark.parametrize("tolerante", [False, True])
def test_the_document_is_valid(tolerante: bool) -> None:
    validate(json.loads(simplejson.dumps(construir(BASE, tolerante=tolerante), use_decimal=True)))


def test_names_that_generators_make_classes_and_packages_of_are_ascii() -> None:
    documento = construir(BASE)
    operacoes = [operacao for verbos in documento["paths"].values() for operacao in verbos.values()]
    nomes = [
        documento["info"]["title"],
        *(tag["name"] for tag in documento["tags"]),
        *(operacao["operationId"] for operacao in operacoes),
        *documento["components"]["schemas"],
    ]
    assert all(nome.isascii() for nome in nomes)
    assert {nome for operacao in operacoes for nome in operacao["tags"]} == {tag["name"] for tag in documento["tags"]}


def membros(esquema: Any) -> Iterator[Any]:
    esquemas = construir(BASE)["components"]["schemas"]
    for membro in esquemas[esquema]["properties"].values():
        yield membro
        dentro = membro.get("items", membro)
        partes = [dentro, *dentro.get("allOf", ())]
        for parte in partes:
            if "$ref" in parte:
                yield from membros(parte["$ref"].rpartition("/")[2])


def test_what_to_send_has_one_type_per_member() -> None:
    """And none that may come in several: a generated client has a plain type, a class or a list for each."""
    todos = list(membros("PreVenda"))
    assert len(todos) > 40
    for membro in todos:
        assert not {"anyOf", "oneOf", "nullable"} & set(membro), membro
        assert {"type", "$ref", "allOf"} & set(membro), membro


def test_spectral_finds_no_error_and_would_find_one(ferramentas: Path) -> None:
    """In one run: it takes longer to start than to read both."""
    (ferramentas / ".spectral.yaml").write_text('extends: ["spectral:oas"]\n', "utf-8")
    errado = json.loads((ferramentas / "openapi.json").read_text("utf-8"))
    errado["paths"]["/health/live"]["get"]["parameters"] = [
        {"in": "query", "name": "x", "schema": {"type": "string", "default": False}}
    ]
    (ferramentas / "errado.json").write_text(json.dumps(errado), "utf-8")
    comando = ["node_modules/.bin/spectral", "lint", "--format", "json", "--quiet", "openapi.json", "errado.json"]
    feito = subprocess.run(comando, check=False, cwd=ferramentas, capture_output=True, text=True, timeout=300)
    achados = json.loads(feito.stdout)
    assert [achado for achado in achados if achado["source"].endswith("openapi.json") and achado["severity"] == 0] == []
    assert any(achado["source"].endswith("errado.json") and achado["severity"] == 0 for achado in achados), feito.stderr


def test_a_typescript_client_reserves_pays_and_lists(ferramentas: Path) -> None:
    bin_ = ferramentas / "node_modules/.bin"
    executar(bin_ / "openapi-typescript", "openapi.json", "-o", "api.d.ts", em=ferramentas)
    opcoes = ("--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022", "--types", "node")
    executar(bin_ / "tsc", *opcoes, "reservar.ts", em=ferramentas)

    def vender(casa: Casa) -> Any:
        with servir(casa) as base:
            return json.loads(executar("node", "reservar.js", base, em=ferramentas))

    feito = em_uma_demo(vender)
    assert (feito["situacaoReserva"], feito["naLista"]) == ("CONFIRMADA", "TS-1")


def test_a_python_client_reserves_pays_and_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    como_arquivo(tmp_path)
    (tmp_path / "config.yaml").write_text(f"post_hooks: []\npackage_name_override: {PACOTE}\n", "utf-8")
    comando = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--config", "config.yaml"]
    destino = ["--path", "openapi.json", "--output-path", PACOTE, "--fail-on-warning"]
    executar(*comando, *destino, em=tmp_path)
    monkeypatch.syspath_prepend(os.fspath(tmp_path))
    feito = em_uma_demo(_vender_em_python)
    assert feito == ("CONFIRMADA", "PY-1")


def programas(pasta: Path, nome: str, escrever: Any, *, pacote: str = "") -> list[Path]:
    """The program of each operation, in a folder of its own."""
    feitos = []
    for n, operacao in enumerate(OPERACOES):
        onde = pasta / f"p{n}" / nome
        onde.parent.mkdir()
        onde.write_text(pacote.format(n) + escrever(BASE, operacao, operacao.exemplos[0]), "utf-8")
        feitos.append(onde)
    return feitos


@pytest.fixture
def javac() -> str:
    achado = shutil.which("javac")
    if achado is None:
        pytest.skip(f"{COMPILERS_MISSING}: no javac, the programs in Java are NOT compiled")
    return achado


def test_every_program_in_java_compiles_and_one_reserves(javac: str, tmp_path: Path) -> None:
    feitos = programas(tmp_path, "Exemplo.java", trechos.java, pacote="package p{};\n")
    executar(javac, "-Xlint:all", "-Werror", "-d", tmp_path / "classes", *feitos, em=tmp_path)

    def reservar(casa: Casa) -> str:
        with servir(casa) as base:
            operacao = next(operacao for operacao in OPERACOES if operacao.nome == "reservar")
            programa = tmp_path / "Exemplo.java"
            programa.write_text(trechos.java(base, operacao, operacao.exemplos[0]), "utf-8")
            return executar("java", programa, em=tmp_path)

    assert em_uma_demo(reservar).startswith('201 {"success": true')


def test_every_program_in_csharp_compiles(tmp_path: Path) -> None:
    mcs = shutil.which("mcs")
    if mcs is None:
        pytest.skip(f"{COMPILERS_MISSING}: no mcs, the programs in C# are NOT compiled")
    for feito in programas(tmp_path, "Exemplo.cs", trechos.csharp):
        executar(mcs, "-target:library", "-warnaserror", "-r:System.Net.Http.dll", feito, em=feito.parent)


def _vender_em_python(casa: Casa) -> tuple[str, str]:
    gerado = importlib.import_module(PACOTE)
    models = importlib.import_module(f"{PACOTE}.models")
    entrar = importlib.import_module(f"{PACOTE}.api.login.entrar")
    reservar = importlib.import_module(f"{PACOTE}.api.pre_vendas.reservar")
    consultar = importlib.import_module(f"{PACOTE}.api.pre_vendas.consultar")
    with servir(casa) as base:
        token = entrar.sync(client=gerado.Client(base), body=models.Login(login="hub", senha="demo"))
        hub = gerado.AuthenticatedClient(base, token.access_token)
        item = models.Item(id_produto_retaguarda="10100-1010", quantidade=2, preco=10)
        situacao = models.PreVendaSituacaoPreVenda
        pre_venda = models.PreVenda(
            situacao_pre_venda=situacao.DISPONIVEL, numero="PY-1", id_loja_retaguarda="1", pre_venda_itens=[item]
        )
        numero = reservar.sync(client=hub, body=pre_venda).data.id_pedido_retaguarda
        pre_venda.situacao_pre_venda = situacao.RECEBIDO
        pre_venda.id_retaguarda = numero
        paga = reservar.sync(client=hub, body=pre_venda)
        lista = consultar.sync(client=hub, id_loja_retaguarda="1")
        achada = next(item for item in lista.data if item.id_retaguarda == numero)
    return str(paga.data.situacao_reserva), achada.numero
