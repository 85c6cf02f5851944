"""Schemas of the answers. Every member named is always there; ``ou_nulo`` says which may be null."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain.vida import Estado

Esquema = Mapping[str, Any]

TEXTO: Esquema = {"type": "string"}
INTEIRO: Esquema = {"type": "integer"}
NUMERO: Esquema = {"type": "number"}
SIM_NAO: Esquema = {"type": "boolean"}
QUALQUER: Esquema = {"nullable": True}
OBJETO: Esquema = {"type": "object"}
INSTANTE: Esquema = {"type": "string", "description": "ISO 8601 com fuso", "example": "2026-03-02T09:00:00-03:00"}
ERP: Esquema = {"type": "string", "description": "Hora do ERP, sem fuso", "example": "2026-03-02T09:00:00"}


def opcoes(*valores: str) -> Esquema:
    return {"type": "string", "enum": list(valores)}


def ou_nulo(esquema: Esquema) -> Esquema:
    return {**esquema, "nullable": True} if "$ref" not in esquema else {"allOf": [esquema], "nullable": True}


def lista(esquema: Esquema) -> Esquema:
    return {"type": "array", "items": esquema}


def ref(nome: str) -> Esquema:
    return {"$ref": f"#/components/schemas/{nome}"}


def objeto(**membros: Esquema) -> Esquema:
    return {"type": "object", "required": list(membros), "properties": membros}


def mapa(esquema: Esquema) -> Esquema:
    return {"type": "object", "additionalProperties": esquema}


OPERACAO = opcoes("I", "A", "C")
NO_PDV = opcoes("CANCELADA", "RECEBIDO", "DISPONIVEL", "RESGATADA")
ESTADO: Esquema = {
    **opcoes(*(estado.value for estado in Estado)),
    "description": "RECONHECIDA (em separação), BLOQUEADA (na posição B, P ou outra em que o WinThor não conta as "
    "unidades), ASSUMIDA (alguém escolheu a cobrança, sem pagamento no PDV) e BAIXADA (faturada) são lidas do pedido "
    "no WinThor",
}

_DIFERENCA = objeto(
    id=TEXTO,
    tipo=TEXTO,
    filial=ou_nulo(TEXTO),
    codprod=ou_nulo(INTEIRO),
    numped=ou_nulo(INTEIRO),
    numero=ou_nulo(TEXTO),
    esperado=ou_nulo(NUMERO),
    reservado=ou_nulo(NUMERO),
    diferenca=ou_nulo(NUMERO),
    valor=ou_nulo(NUMERO),
    desde=ou_nulo(TEXTO),
    caller=ou_nulo(TEXTO),
    explicacao=TEXTO,
    anotacoes=lista(TEXTO),
    acao=opcoes("liberar", "cancelar", "expirar", "recuperar", "informar"),
    rotina=ou_nulo(TEXTO),
)
COMPONENTES = {
    "Diferenca": _DIFERENCA,
}
