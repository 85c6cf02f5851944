"""The document as a page: what the template shows, read from the document alone.

apispec makes the document. The page is own because it needs no script and nothing from another host.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import simplejson

from app.api.documento.problemas import ERROS
from app.domain.codigos import CODIGOS, CodigoDeDesfecho, TipoDeCodigo

Documento = Mapping[str, Any]
# Parts of the page that describe an operation as the template needs it.
Parte = dict[str, Any]

AVISOS = [codigo for codigo in CODIGOS.values() if codigo.tipo is TipoDeCodigo.AVISO]
_FUNDO = 4  # deepest level of a body shown as rows
TIPOS = {"string": "texto", "integer": "inteiro", "number": "número", "boolean": "sim ou não", "array": "lista"}


@dataclass(frozen=True, slots=True)
class LinhaDaTabela:
    """A member of a body, or a parameter."""

    nome: str
    tipo: str
    obrigatorio: bool
    descricao: str
    nivel: int = 0
    colunas: tuple[str, ...] = ()


def grupos(documento: Documento) -> dict[str, list[Parte]]:
    """The operations by tag, in the document's order."""
    nomes = {tag["name"]: tag["description"] for tag in documento["tags"]}
    achados: dict[str, list[Parte]] = {}
    for caminho, verbos in documento["paths"].items():
        for verbo, operacao in verbos.items():
            achados.setdefault(nomes[operacao["tags"][0]], []).append(_parte(documento, verbo, caminho, operacao))
    return achados


def _parte(documento: Documento, verbo: str, caminho: str, operacao: Documento) -> Parte:
    corpo = operacao.get("requestBody", {}).get("content", {}).get("application/json")
    respostas = operacao["responses"].items()
    return {
        "id": operacao["operationId"],
        "metodo": verbo.upper(),
        "caminho": caminho,
        "resumo": operacao["summary"],
        "descricao": operacao["description"],
        "token": bool(operacao.get("security")),
        "parametros": [_parametro(parametro) for parametro in operacao["parameters"]],
        "corpo": None if corpo is None else corpo["schema"].get("$ref", "").rpartition("/")[2],
        "pedidos": [] if corpo is None else _exemplos(corpo),
        "respostas": [_resposta(http, resposta) for http, resposta in respostas if http.startswith("2")],
        "erros": [
            ERROS[codigo]
            for http, resposta in respostas
            if not http.startswith("2")
            for codigo in resposta["content"]["application/problem+json"]["examples"]
        ],
        "trechos": operacao["x-codeSamples"],
    }


def _parametro(parametro: Documento) -> LinhaDaTabela:
    esquema = parametro["schema"]
    lugar = {"path": "no caminho", "query": "na busca", "header": "cabeçalho"}[parametro["in"]]
    descricao = parametro.get("description", "") or esquema.get("description", "")
    return LinhaDaTabela(
        parametro["name"],
        f"{_tipo(esquema)}, {lugar}",
        parametro.get("required", False),
        "; ".join(filter(None, (descricao, _limites(esquema)))),
    )


def _formas(esquema: Documento) -> list[Documento]:
    """The forms in which a value may come; blank, which stands for none, is not told."""
    return [forma for forma in esquema.get("anyOf", [esquema]) if forma.get("maxLength") != 0]


def _tipo(esquema: Documento) -> str:
    return " ou ".join(dict.fromkeys(_tipo_da_forma(forma) for forma in _formas(esquema)))


def _tipo_da_forma(forma: Documento) -> str:
    formato = {"date": "data", "date-time": "data e hora"}.get(forma.get("format", ""))
    return formato or TIPOS.get(forma.get("type", ""), "objeto")


def _limites(esquema: Documento) -> str:
    partes = [f"se faltar: {_json(esquema['default'])}"] if esquema.get("default") is not None else []
    return "; ".join(dict.fromkeys([*filter(None, map(_limites_da_forma, _formas(esquema))), *partes]))


def _limites_da_forma(esquema: Documento) -> str:
    partes = []
    if "enum" in esquema:
        partes.append("um de " + ", ".join(str(valor) for valor in esquema["enum"] if valor is not None))
    if "minimum" in esquema and "maximum" in esquema:
        partes.append(f"de {esquema['minimum']} a {esquema['maximum']}")
    if "maxLength" in esquema:
        partes.append(f"até {esquema['maxLength']} caracteres")
    return "; ".join(partes)


def _resposta(http: str, resposta: Documento) -> Parte:
    conteudo = next(iter(resposta["content"].values()))
    return {"http": http, "descricao": resposta["description"], "exemplos": _exemplos(conteudo)}


def _exemplos(conteudo: Documento) -> list[Parte]:
    return [
        {"id": nome, "resumo": exemplo["summary"], "texto": _json(exemplo["value"])}
        for nome, exemplo in conteudo.get("examples", {}).items()
    ]


def _json(valor: Any) -> str:
    return simplejson.dumps(valor, ensure_ascii=False, use_decimal=True, indent=2)


def corpos(documento: Documento) -> dict[str, list[LinhaDaTabela]]:
    """The members of every request body, by the name of its schema."""
    esquemas = documento["components"]["schemas"]
    usados = {parte["corpo"] for partes in grupos(documento).values() for parte in partes if parte["corpo"]}
    return {nome: list(_membros(esquemas, esquemas[nome])) for nome in esquemas if nome in usados}


def _membros(esquemas: Documento, esquema: Documento, nivel: int = 0) -> Iterator[LinhaDaTabela]:
    for nome, membro in esquema.get("properties", {}).items():
        dentro = _dentro(esquemas, membro)
        listas = any(forma.get("type") == "array" for forma in _formas(membro))
        tipo = "lista de objetos" if dentro and listas else _tipo(membro)
        descricao = "; ".join(filter(None, (membro.get("description", ""), _limites(membro))))
        colunas = tuple(membro.get("x-colunas", ()))
        yield LinhaDaTabela(nome, tipo, nome in esquema.get("required", ()), descricao, nivel, colunas)
        if dentro and nivel < _FUNDO:
            yield from _membros(esquemas, dentro, nivel + 1)


def _dentro(esquemas: Documento, membro: Documento) -> Documento | None:
    """The object inside a member: referred to, or the element of a list."""
    for forma in _formas(membro):
        alvo = forma.get("items", forma)
        for parte in (alvo, *alvo.get("allOf", ())):
            if "$ref" in parte:
                achado: Documento = esquemas[parte["$ref"].rpartition("/")[2]]
                return achado
    return None


@dataclass(frozen=True, slots=True)
class LugarDaPagina:
    """A place of the page. ``onde``: the id of its heading."""

    onde: str
    nome: str
    texto: str


def procurar(documento: Documento, procura: str) -> list[LugarDaPagina]:
    """Operations, members of bodies, errors and avisos that have every word of ``procura``, accents and case aside."""
    palavras = _sem_acentos(procura).split()
    if not palavras:
        return []
    return [
        achado
        for achado in _lugares(documento)
        if all(palavra in _sem_acentos(f"{achado.nome} {achado.texto}") for palavra in palavras)
    ]


def _lugares(documento: Documento) -> Iterator[LugarDaPagina]:
    for partes in grupos(documento).values():
        for parte in partes:
            yield LugarDaPagina(
                parte["id"], f"{parte['metodo']} {parte['caminho']}", f"{parte['resumo']}. {parte['descricao']}"
            )
    for nome, linhas in corpos(documento).items():
        for linha in linhas:
            yield LugarDaPagina(f"corpo-{nome}", linha.nome, f"{linha.descricao} {' '.join(linha.colunas)}".strip())
    for codigo, erro in ERROS.items():
        yield LugarDaPagina(f"erro-{codigo}", codigo, erro.o_que)
    for aviso in AVISOS:
        yield LugarDaPagina(f"aviso-{aviso.codigo}", aviso.codigo, aviso.o_que)


def _sem_acentos(texto: str) -> str:
    return unicodedata.normalize("NFKD", texto).encode("ascii", "ignore").decode().casefold()


def catalogo(documento: Documento) -> list[tuple[CodigoDeDesfecho, str]]:
    """Every error with its example."""
    exemplos = documento["components"]["examples"]
    return [(erro, _json(exemplos[codigo]["value"])) for codigo, erro in ERROS.items()]
