"""Which personal data may be written down, and how (LGPD). Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from app.domain.caminhos import Arvore, arvore
from app.domain.documentos import mascarar_documento

OCULTO = "***"

# Members of ``cliente`` that name nobody, as long as they hold what they are for: some POS put a CPF in an id.
_LIVRES_NO_CLIENTE = {"cliente.idRetaguarda": re.compile(r"[0-9]{1,10}"), "cliente.estado": re.compile(r"[A-Za-z]{2}")}


# What masking has made already stays as it is, so that masking twice is masking once.
_MASCARADO = re.compile(r"\*{3}(\.[0-9]{3}\.[0-9]{3}-\*{2})?|\*{2}\.[0-9A-Z]{3}\.[0-9A-Z]{3}/\*{4}-\*{2}")


def para_o_log(corpo: Mapping[str, Any], conhecidos: Collection[str], *, claro: bool) -> dict[str, Any]:
    """The request as PCLOGPEDIDOAPI.JSON may keep it: unknown members without their values, the customer masked.

    ``conhecidos`` are the JSON paths of the contract (``preVendaItens[].preco``); ``claro`` keeps the customer's data
    readable (a setting of the site).
    """
    visivel = _podar(corpo, arvore(conhecidos))
    if not claro and "cliente" in visivel:
        visivel["cliente"] = _mascarar(visivel["cliente"], "cliente")
    return visivel


def _podar(corpo: Mapping[str, Any], ramos: Arvore) -> dict[str, Any]:
    """The object with its unknown members without their values."""
    return {nome: OCULTO if nome not in ramos else _podar_valor(valor, ramos[nome]) for nome, valor in corpo.items()}


def _podar_valor(valor: Any, ramos: Arvore) -> Any:
    if isinstance(valor, dict):
        return _podar(valor, ramos)
    if isinstance(valor, list):
        if "[]" not in ramos:
            return [OCULTO] * len(valor)
        return [_podar_valor(membro, ramos["[]"]) for membro in valor]
    return valor


def _mascarar(valor: Any, nome: str) -> Any:
    """The customer's data, or a part of it, so that it names nobody."""
    if isinstance(valor, dict):
        return {membro: _mascarar(parte, f"{nome}.{membro}") for membro, parte in valor.items()}
    if isinstance(valor, list):
        return [_mascarar(parte, f"{nome}[]") for parte in valor]
    if valor is None:
        return valor
    livre = _LIVRES_NO_CLIENTE.get(nome)
    if (livre is not None and livre.fullmatch(str(valor))) or _MASCARADO.fullmatch(str(valor)):
        return valor
    return mascarar_documento(str(valor)) if nome == "cliente.cpfCnpj" else OCULTO
