"""Which personal data may be written down, and how (LGPD). Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from app.domain.caminhos import Caminho, ramos
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
    permitidos = ramos(conhecidos)
    return {nome: _filtrar(valor, (nome,), permitidos, claro) for nome, valor in corpo.items()}


def _filtrar(valor: Any, path: Caminho, permitidos: Collection[Caminho], claro: bool) -> Any:
    if path not in permitidos:
        return OCULTO
    if isinstance(valor, dict):
        return {nome: _filtrar(membro, (*path, nome), permitidos, claro) for nome, membro in valor.items()}
    if isinstance(valor, list):
        elemento = (*path, "[]")
        return [_filtrar(membro, elemento, permitidos, claro) for membro in valor]
    if claro or path[0] != "cliente":
        return valor
    if valor is None:
        return valor
    nome = ".".join(path)
    if nome in _LIVRES_NO_CLIENTE and _LIVRES_NO_CLIENTE[nome].fullmatch(str(valor)):
        return valor
    if _MASCARADO.fullmatch(str(valor)):
        return valor
    return mascarar_documento(str(valor)) if nome == "cliente.cpfCnpj" else OCULTO
