"""A customer's data in the widths of WinThor's columns: what they cannot hold is told, never cut in silence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.domain.cliente import acomodar_numero
from app.domain.endereco import normalizar_telefone
from app.domain.recusas import Aviso
from app.mapping.convert import as_text
from app.services.gateway import Gateway

_TELEFONES = ("telefone", "celular")


def caber(
    gw: Gateway, tabela: str, dados: Mapping[str, Any], calculados: Mapping[str, str]
) -> tuple[Mapping[str, Any], tuple[Aviso, ...]]:
    """``cliente`` as it is to be written to the table, and TEXTO_CORTADO naming the members that will be cut.

    A member counts by the first column of the map that reads it; ``calculados``: columns whose text is computed from
    members, name → column.
    """
    colunas = {
        entry.json.removeprefix("cliente."): entry.column.name
        for entry in reversed(gw.maps[tabela].entries)
        if entry.json is not None and entry.json.startswith("cliente.") and entry.column.kind == "text"
    }

    def cabe(nome: str, texto: str) -> bool:
        return nome not in colunas or gw.aparar(tabela, colunas[nome], texto) == texto

    escrito = acomodar_numero(dados, cabe)
    cortados = [nome for nome in colunas if escrito.get(nome) and not cabe(nome, as_text(escrito[nome]))]
    cortados += [nome for nome, coluna in calculados.items() if _cortado(gw, tabela, coluna, escrito.get(nome))]
    cortados += [nome for nome in _TELEFONES if _perde_algarismos(escrito.get(nome))]
    if not cortados:
        return escrito, ()
    nomes = sorted(cortados)
    texto = f"Não cabe inteiro no cadastro do WinThor e foi gravado cortado: {', '.join(nomes)}."
    if escrito is not dados:
        texto += " O número inteiro está no complemento."
    return escrito, (Aviso("TEXTO_CORTADO", texto, tuple(f"/cliente/{nome}" for nome in nomes)),)


def _cortado(gw: Gateway, tabela: str, coluna: str, texto: str | None) -> bool:
    return bool(texto) and gw.aparar(tabela, coluna, texto or "") != texto


def _perde_algarismos(telefone: str | None) -> bool:
    """Whether what is kept of the text is not all of its digits: a second number, an extension, too long a one."""
    enviados = re.sub("[^0-9]", "", telefone or "").lstrip("0")
    return bool(enviados) and (normalizar_telefone(telefone) or "").lstrip("0") != enviados
