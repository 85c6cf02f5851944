"""Which personal data may be written down, and how (LGPD). Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from app.domain.caminhos import Arvore, arvore
from app.domain.dados_pessoais import OCULTO, ocultar, ocultar_documentos
from app.domain.documentos import mascarar_documento

__all__ = ["OCULTO", "anonimizado", "mascarar_contato", "para_o_log", "regra_para_o_log", "sem_canarios"]

# Members of ``cliente`` that name nobody, as long as they hold what they are for: some POS put a CPF in an id.
_LIVRES_NO_CLIENTE = {"cliente.idRetaguarda": re.compile(r"[0-9]{1,9}"), "cliente.estado": re.compile(r"[A-Za-z]{2}")}


# What masking has made already stays as it is, so that masking twice is masking once.
_MASCARADO = re.compile(r"\*{3}(\.[0-9]{3}\.[0-9]{3}-\*{2})?|\*{2}\.[0-9A-Z]{3}\.[0-9A-Z]{3}/\*{4}-\*{2}")


# Codes that by chance look like a card or a telephone, and are looked for by people: only documents are hidden there.
_CODIGOS = frozenset(
    """
    numero idLojaRetaguarda idRetaguarda
    preVendaItens[].idProdutoRetaguarda preVendaItens[].itensKit[].idProdutoRetaguarda
    """.split()  # noqa: SIM905 - a table
)
# What is kept of a text, of an object's unknown members, and of a list; the rest is counted.
TEXTO_MAXIMO = 2000
DESCONHECIDOS_MAXIMOS = 50
NOME_MAXIMO = 60
LISTA_MAXIMA = 500
# Fewer are no telephone.
DIGITOS_DE_TELEFONE = 8
_NUMERO_LONGO = re.compile(r"[0-9]{10,}")


def para_o_log(corpo: Mapping[str, Any], conhecidos: Collection[str], *, claro: bool) -> dict[str, Any]:
    """The request as PCLOGPEDIDOAPI.JSON may keep it: unknown members by their name only, the customer masked, and what
    looks like a person's document, card, telephone or e-mail hidden wherever it stands.

    ``conhecidos`` are the JSON paths of the contract (``preVendaItens[].preco``); ``claro`` keeps the customer's data
    readable (a setting of the site). What is longer than any request that is accepted is cut, and says so.
    """
    visivel = _podar(corpo, arvore(conhecidos), "")
    if "cliente" in corpo and "cliente" in visivel:
        dele = _podar_valor(corpo["cliente"], arvore(conhecidos).get("cliente", {}), "cliente", claro=True)
        visivel["cliente"] = dele if claro else _mascarar(dele, "cliente")
    return visivel


def anonimizado(corpo: Mapping[str, Any]) -> dict[str, Any]:
    """What a row of PCLOGPEDIDOAPI kept of a request or of an action, with the personal data in it hidden: the customer
    masked, what a rule of the site's said, which may name people, and elsewhere what looks like a person's."""
    visivel: dict[str, Any] = _ocultar_valor({n: v for n, v in corpo.items() if n not in _A_PARTE}, "")
    if "regra" in corpo:
        visivel["regra"] = OCULTO
    if "cliente" in corpo:
        visivel["cliente"] = _mascarar(corpo["cliente"], "cliente")
    if "retorno" in corpo:
        visivel["retorno"] = sem_canarios(corpo["retorno"])
    if "cadastro" in corpo:
        visivel["cadastro"] = _sem_contatos(corpo["cadastro"])
    return {nome: visivel[nome] for nome in corpo}


_A_PARTE = frozenset({"cliente", "retorno", "cadastro"})


def _sem_contatos(cadastro: Any) -> Any:
    """Which columns of a customer were changed, and by whom; nothing of what they held, and nothing of another shape:
    rows of before may have a sender's member of the name."""
    colunas = cadastro.get("colunas") if isinstance(cadastro, Mapping) else None
    if not isinstance(colunas, list) or not all(isinstance(c, Mapping) and "coluna" in c for c in colunas):
        return OCULTO
    nossos = {nome: cadastro[nome] for nome in ("codcli", "login", "documento") if nome in cadastro}
    return {**nossos, "colunas": [{"coluna": c["coluna"]} for c in colunas]}


def sem_canarios(valor: Any) -> Any:
    """A part of our own answer without what looks like a person's data; numbers are ours and stay."""
    if isinstance(valor, str):
        return ocultar(valor, telefones_sem_sinal=False)
    if isinstance(valor, Mapping):
        return {nome: sem_canarios(membro) for nome, membro in valor.items()}
    if isinstance(valor, list):
        return [sem_canarios(membro) for membro in valor]
    return valor


# Of what a rule of the site's said.
REGRA_MAXIMA = 500


def regra_para_o_log(dito: str) -> str:
    """What a rule of the site's said, as the log may keep it for the back office."""
    return ocultar(" ".join(dito.split()))[:REGRA_MAXIMA]


def mascarar_contato(valor: str | None) -> str | None:
    """A telephone or an e-mail so that whoever knows it recognises it, and nobody else: its last two digits, its first
    letter; None and what is too short for that say nothing."""
    if valor is None or not valor.strip():
        return None
    limpo = valor.strip()
    if "@" in limpo:
        return f"{limpo[0]}***@***"
    digitos = "".join(filter(str.isdigit, limpo))
    return f"***{digitos[-2:]}" if len(digitos) >= DIGITOS_DE_TELEFONE else OCULTO


def _podar(corpo: Mapping[str, Any], ramos: Arvore, caminho: str, *, claro: bool = False) -> dict[str, Any]:
    """The object with its unknown members without their values."""
    visivel: dict[str, Any] = {}
    demais = 0
    for nome, valor in corpo.items():
        if nome in ramos:
            do_membro = f"{caminho}.{nome}" if caminho else nome
            visivel[nome] = _podar_valor(valor, ramos[nome], do_membro, claro=claro)
        elif len(visivel) < DESCONHECIDOS_MAXIMOS + len(ramos):
            visivel[ocultar(nome[:NOME_MAXIMO])] = OCULTO
        else:
            demais += 1
    if demais:
        visivel["…"] = f"mais {demais} membros"
    return visivel


def _podar_valor(valor: Any, ramos: Arvore, caminho: str, *, claro: bool) -> Any:
    if isinstance(valor, dict):
        return _podar(valor, ramos, caminho, claro=claro)
    if isinstance(valor, list):
        membros = valor[:LISTA_MAXIMA]
        if "[]" not in ramos:
            visiveis: list[Any] = [OCULTO] * len(membros)
        else:
            visiveis = [_podar_valor(membro, ramos["[]"], f"{caminho}[]", claro=claro) for membro in membros]
        return [*visiveis, f"mais {len(valor) - LISTA_MAXIMA}"] if len(valor) > LISTA_MAXIMA else visiveis
    if isinstance(valor, str) and len(valor) > TEXTO_MAXIMO:
        valor = f"{valor[:TEXTO_MAXIMO]}… (mais {len(valor) - TEXTO_MAXIMO})"
    return valor if claro else _ocultar_valor(valor, caminho)


def _ocultar_valor(valor: Any, caminho: str) -> Any:
    if isinstance(valor, str):
        return ocultar_documentos(valor) if caminho in _CODIGOS else ocultar(valor)
    if valor is None or isinstance(valor, bool):
        return valor
    if isinstance(valor, list):
        return [_ocultar_valor(membro, f"{caminho}[]") for membro in valor]
    if isinstance(valor, Mapping):
        return {nome: _ocultar_valor(membro, f"{caminho}.{nome}".lstrip(".")) for nome, membro in valor.items()}
    texto = str(valor)
    if not _NUMERO_LONGO.fullmatch(texto):
        return valor
    escondido = ocultar_documentos(texto) if caminho in _CODIGOS else ocultar(texto, telefones_sem_sinal=False)
    return valor if escondido == texto else escondido


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
