"""The OpenAPI document, put together from the operations, the schemas and the recorded answers."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import simplejson
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from app.api.contrato.schemas import PreVendaSchema
from app.api.documento import consultas, pre_vendas, retaguarda, saude, trechos
from app.api.documento.formas import declarar
from app.api.documento.operacao import ENDERECO_ANTIGO, Exemplo, OperacaoDoDocumento
from app.api.documento.problemas import ERROS
from app.api.respostas.problema import ProblemaSchema
from app.services.mapas import ColunasDosMembros

VERSAO = "0.1.0"
OPERACOES = (*pre_vendas.OPERACOES, *consultas.OPERACOES, *retaguarda.OPERACOES, *saude.OPERACOES)
# Answers of a new demo to the examples, and one of every error; `python -m tests.contract.gravar` writes it.
GRAVADAS = Path(__file__).with_name("gravadas.json")

GRUPOS = tuple(dict.fromkeys(operacao.grupo for operacao in OPERACOES))
# Generators of clients make the name of a package of the title and those of classes of the tags: ASCII only.
TITULO = "Gateway de pre-vendas"
DESCRICAO = (
    "Reserva de estoque no WinThor para pré-vendas de pontos de venda (PDVSync). Cada membro tem aqui o tipo em que se "
    "envia. Na leitura o gateway é tolerante: um código pode vir como texto ou como número, um nome em lugar do número "
    "de uma situação, e null ou vazio é o mesmo que ausente; as formas aceitas estão em /openapi.json?tolerante=1."
)

_INTEIROS = {"numped", "codprod"}
_IDEMPOTENCIA = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "Opcional; a identidade natural da pré-venda vale sempre",
    "schema": {"type": "string", "maxLength": 255},
}


@cache
def construir(base: str, *, tolerante: bool = False, colunas: ColunasDosMembros = ()) -> dict[str, Any]:
    """The document; ``base``: where the snippets' gateway listens. ``tolerante``: with every form in which a member is
    taken, not only the one to send. ``colunas``: what the maps make of each member."""
    plugin = MarshmallowPlugin()
    spec = APISpec(
        TITULO,
        VERSAO,
        "3.0.3",
        plugins=[plugin],
        info={"description": DESCRICAO, "contact": {"name": "Quem opera este gateway"}},
        servers=[{"url": "/"}],
        tags=[{"name": etiqueta(grupo), "description": grupo} for grupo in GRUPOS],
    )
    declarar(plugin, tolerante=tolerante)
    gravadas = simplejson.loads(GRAVADAS.read_text("utf-8"), use_decimal=True)
    spec.components.schema("PreVenda", schema=PreVendaSchema)
    for codigo, corpo in gravadas["erros"].items():
        spec.components.example(codigo, {"summary": ERROS[codigo].o_que, "value": corpo})
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    for operacao in OPERACOES:
        descrita = _operacao(base, operacao, gravadas["respostas"])
        spec.path(operacao.caminho, operations={operacao.metodo.lower(): descrita})
    documento = spec.to_dict()
    _acrescentar_colunas(documento["components"]["schemas"], "PreVenda", "", dict(colunas))
    return documento


def _acrescentar_colunas(
    esquemas: dict[str, Any], nome: str, prefixo: str, colunas: Mapping[str, tuple[str, ...]]
) -> None:
    for membro, descrito in esquemas[nome]["properties"].items():
        if prefixo + membro in colunas:
            descrito["x-colunas"] = list(colunas[prefixo + membro])
        for ramo, dentro in _objetos(descrito):
            _acrescentar_colunas(esquemas, dentro, f"{prefixo}{membro}{ramo}.", colunas)


def _objetos(descrito: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The object that a member holds, by the name of its schema, with how its path goes on."""
    em_lista = descrito.get("items", {})
    for ramo, partes in (("[]", [em_lista]), ("", [descrito, *descrito.get("allOf", ())])):
        for parte in partes:
            if "$ref" in parte:
                yield ramo, parte["$ref"].rpartition("/")[2]


def _operacao(base: str, operacao: OperacaoDoDocumento, gravadas: Mapping[str, Any]) -> dict[str, Any]:
    primeiro = operacao.exemplos[0]
    descrita: dict[str, Any] = {
        "operationId": operacao.nome,
        "tags": [etiqueta(operacao.grupo)],
        "summary": operacao.resumo,
        "description": operacao.descricao,
        "parameters": _parametros(operacao),
        "responses": {**_respostas(operacao, gravadas), **_erros(operacao)},
        "x-codeSamples": [
            {"lang": "Shell", "label": "curl", "source": trechos.curl(base, operacao, primeiro)},
            {"lang": "Python", "label": "Python", "source": trechos.python(base, operacao, primeiro)},
            {"lang": "Java", "label": "Java", "source": trechos.java(base, operacao, primeiro)},
            {"lang": "CSharp", "label": "C#", "source": trechos.csharp(base, operacao, primeiro)},
        ],
    }
    if operacao.grupo == ENDERECO_ANTIGO:
        descrita["deprecated"] = True
    if operacao.login:
        descrita["security"] = [{"bearer": []}]
    if operacao.corpo is not None:
        exemplos = {e.nome: {"summary": e.resumo, "value": e.corpo} for e in operacao.exemplos}
        conteudo = {"schema": _corpo(operacao), "examples": exemplos}
        descrita["requestBody"] = {"required": True, "content": {"application/json": conteudo}}
    return descrita


def etiqueta(grupo: str) -> str:
    """The name of a group as a tag: ASCII, without blanks."""
    sem_acentos = unicodedata.normalize("NFKD", grupo).encode("ascii", "ignore").decode()
    return sem_acentos.lower().replace(" ", "-")


def _corpo(operacao: OperacaoDoDocumento) -> Any:
    if operacao.corpo is PreVendaSchema:
        return {"$ref": "#/components/schemas/PreVenda"}
    return operacao.corpo


def _parametros(operacao: OperacaoDoDocumento) -> list[dict[str, Any]]:
    primeiro = operacao.exemplos[0]
    parametros: list[dict[str, Any]] = [
        {
            "in": "path",
            "name": nome,
            "required": True,
            "schema": {"type": "integer" if nome in _INTEIROS else "string"},
        }
        for nome in primeiro.caminho
    ]
    if operacao.query is not None:
        parametros.append({"in": "query", "schema": operacao.query})
    if operacao.corpo is PreVendaSchema and "simulacao" not in operacao.caminho:
        parametros.append(_IDEMPOTENCIA)
    return parametros


def _respostas(operacao: OperacaoDoDocumento, gravadas: Mapping[str, Any]) -> dict[str, Any]:
    respostas = {}
    for http, (texto, esquema) in operacao.respostas.items():
        conteudo: dict[str, Any] = {"schema": esquema if isinstance(esquema, type) else dict(esquema)}
        exemplos = {e.nome: _gravada(e, gravadas) for e in operacao.exemplos if e.http == http and e.nome in gravadas}
        if exemplos:
            conteudo["examples"] = exemplos
        formatos = {operacao.formato: conteudo}
        if "exportacao" in operacao.caminho:
            formatos["text/csv"] = {"schema": {"type": "string"}}
        respostas[str(http)] = {"description": texto, "content": formatos}
    return respostas


def _gravada(exemplo: Exemplo, gravadas: Mapping[str, Any]) -> dict[str, Any]:
    return {"summary": exemplo.resumo, "value": gravadas[exemplo.nome]}


def _erros(operacao: OperacaoDoDocumento) -> dict[str, Any]:
    """Every error the operation may answer, by status, each with its example."""
    por_status: dict[int, list[str]] = {}
    for codigo in operacao.codigos:
        por_status.setdefault(ERROS[codigo].http, []).append(codigo)
    return {
        str(http): {
            "description": ", ".join(codigos),
            "content": {
                "application/problem+json": {
                    "schema": ProblemaSchema,
                    "examples": {codigo: {"$ref": f"#/components/examples/{codigo}"} for codigo in codigos},
                }
            },
        }
        for http, codigos in sorted(por_status.items())
    }
