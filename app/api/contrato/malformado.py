"""Why a text is no JSON, in the words of a person who has to find the place in what he generates."""

from __future__ import annotations

import re

from simplejson import JSONDecodeError

_DEPOIS_DO_NUMERO = re.compile(r"[0-9]\s*$")
# What a language calls its own null and truth values.
_PALAVRAS = {"True": "true", "False": "false", "None": "null", "nil": "null", "NULL": "null", "undefined": "null"}
_NOME = re.compile(r"[^\W\d]\w*")


def por_que(texto: str, erro: JSONDecodeError) -> str:
    """The reason, to follow "linha 1, coluna 61: "; the likeliest one where several would do."""
    if not texto.strip("\ufeff \t\r\n"):
        return "o corpo veio vazio"
    antes, aqui = texto[: erro.pos].rstrip(), texto[erro.pos :]
    if erro.msg.startswith("Unterminated string"):
        return "um texto não termina; faltam as aspas do fim, ou o corpo foi cortado"
    if erro.msg.startswith("Invalid control character"):
        if aqui[0] in "\r\n\t":
            return "quebra de linha ou tabulação dentro de um texto; deve ser \\n ou \\t"
        return "caractere de controle dentro de um texto; deve ser escrito como \\u0000"
    if erro.msg.startswith("Invalid"):
        return "barra invertida em um texto; deve ser \\\\"
    if erro.msg.startswith("Extra data"):
        return "há algo depois do fim do objeto"
    return _pelo_que_esta_ali(erro.msg, antes, aqui)


def _pelo_que_esta_ali(esperado: str, antes: str, aqui: str) -> str:
    nome = _NOME.match(aqui)
    if not aqui:
        return "o corpo termina no meio; foi cortado?"
    if aqui[0] == "'":
        return "aspas simples; devem ser duplas"
    if aqui[0] in "“”‘’«»":
        return "aspas curvas; devem ser retas"
    if aqui.startswith(("//", "/*", "#")):
        return "JSON não tem comentários"
    if "property name" in esperado and aqui[0].isdigit() and re.search(r"[0-9]\s*,$", antes):
        return "vírgula decimal em um número; deve ser ponto"
    if antes.endswith(",") and aqui[0] in "}],":
        return "vírgula sobrando"
    if nome and nome[0] in _PALAVRAS:
        return f"{nome[0]} não é JSON; deve ser {_PALAVRAS[nome[0]]}"
    if "property name" in esperado and nome:
        return "nome de membro sem aspas"
    return _pelo_que_falta(esperado, antes, aqui)


def _pelo_que_falta(esperado: str, antes: str, aqui: str) -> str:
    if aqui[0] in "+." or (aqui[0].isdigit() and antes.endswith(("0", "-0"))):
        return "número escrito de forma que o JSON não tem (zero à esquerda, sinal + ou ponto sem algarismo antes)"
    if "':'" in esperado:
        return "faltam os dois pontos entre o nome e o valor"
    if "','" in esperado:
        if aqui[0] == '"':
            return "falta a vírgula entre dois membros"
        if antes.endswith('"'):
            return 'aspas dentro de um texto; devem ser \\"'
        if _DEPOIS_DO_NUMERO.search(antes):
            return "número ou data sem aspas, escritos de forma que o JSON não tem"
        return "falta uma vírgula, ou há algo a mais"
    if antes.endswith(":") and aqui[0] in ",}":
        return "falta o valor de um membro"
    if _NOME.match(aqui):
        return "texto sem aspas"
    return "o que está ali não é JSON"
