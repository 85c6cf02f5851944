"""From a JSON body to a Requisicao: schema, rounding of prices, what is obligatory in each state, fingerprint."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from marshmallow import ValidationError

from app.api.contrato.fields import OBRIGATORIO
from app.api.contrato.schemas import (
    ALIAS_DA_ENTREGA,
    NAO_LIDOS_SEM_ITENS,
    PreVendaSchema,
    json_paths,
    membros_desconhecidos,
)
from app.api.respostas.frase import localizar, minuscula
from app.domain.caminhos import arvore
from app.domain.dinheiro import MICRO, arredondar
from app.domain.pre_venda import Situacao, impressao, parse_pre_venda, parse_situacao
from app.domain.recusas import Aviso, Problema
from app.domain.valores import Ilegivel, TextoLimpo, ausente, parse_numero
from app.services.operacao.requisicao import Requisicao

# A change smaller than this is the noise of binary floats (§4.2).
RUIDO = Decimal("0.000000001")

# How much of the unknown members' names is said back.
NOMES_MAXIMOS = 50
NOME_MAXIMO = 100
# Of how many a sentence for a person speaks, and how alike two names are when one seems to be meant.
NOMES_NA_FRASE = 3
SEMELHANCA = 0.75

SEM_ITENS = "Deve ter ao menos um item."

_INDICE = re.compile("/[0-9]+(?=/|$)")

CONHECIDOS = {**json_paths(), f"preVendaItens[].entrega.{ALIAS_DA_ENTREGA[0]}": "optional"}

_SCHEMA = PreVendaSchema()

_ARREDONDADOS = ("preco", "desconto", "descontoPercentual")

# Events that report what has happened, and the only members that they need.
_FATOS = frozenset({Situacao.CANCELADA, Situacao.RECEBIDO, Situacao.RESGATADA})
_SEM_ITENS = frozenset({Situacao.CANCELADA, Situacao.RESGATADA})
_NECESSARIOS = frozenset({"/situacaoPreVenda", "/numero", "/idLojaRetaguarda", "/idRetaguarda"})

# A line that lacks one of these says nothing that could be compared with the reservation.
_DA_LINHA = ("idProdutoRetaguarda", "quantidade", "preco")

# The first payment's codes, and what is said of one that cannot be any.
_DO_PAGAMENTO = (
    Aviso(
        "COBRANCA_DESCONHECIDA",
        "A cobrança enviada não é um código do WinThor.",
        ("/pagamentos/0/pagamentoForma/idRetaguarda",),
    ),
    Aviso(
        "PLANO_DESCONHECIDO",
        "O plano enviado não é um código do WinThor.",
        ("/pagamentos/0/pagamentoCondicao/idRetaguarda",),
    ),
)


def parse_requisicao(
    corpo: Mapping[str, Any],
    *,
    caller: str,
    chave: str | None = None,
    excluir: bool = False,
    caminhos_extras: Sequence[str] = (),
    codificacao: str = "utf-8",
) -> Requisicao:
    """Validate a body; problems and avisos are collected in the Requisicao, nothing is raised.

    An event that reports a fact has problems only of what it needs; what else cannot be read is left out, with an
    aviso (§4.2). ``excluir``: the body came with DELETE, whose state may be left out. ``caminhos_extras``: members the
    site mapped. ``codificacao``: that of the database.
    """
    if excluir and ausente(corpo.get("situacaoPreVenda")):
        corpo = {**corpo, "situacaoPreVenda": 0}
    situacao = parse_situacao(corpo.get("situacaoPreVenda"))
    problemas: list[Problema] = []
    dados: dict[str, Any]
    try:
        dados = _SCHEMA.ler(corpo)
    except ValidationError as error:
        problemas.extend(_problemas(error.messages_dict))
        dados = error.valid_data if isinstance(error.valid_data, dict) else {}
    avisos = _arredondar_precos(dados, problemas)
    if situacao in _SEM_ITENS:
        avisos = []  # no price of theirs is read
    if situacao in _FATOS:
        if situacao is Situacao.RECEBIDO:
            avisos += _codigos_do_pagamento(corpo, problemas)
        avisos += _deixar_de_fora(dados, problemas, sem_itens=situacao in _SEM_ITENS)
    else:
        avisos += _prazo_ignorado(problemas)
    if situacao in _SEM_ITENS:
        dados = {nome: valor for nome, valor in dados.items() if nome not in NAO_LIDOS_SEM_ITENS}
    _conferir_numero(dados, codificacao, problemas)
    avisos += _textos_limpos(dados)
    _conferir_obrigatorios(dados, corpo, situacao, excluir, problemas)
    conhecidos = {**CONHECIDOS, **dict.fromkeys(caminhos_extras, "optional")}
    desconhecidos = membros_desconhecidos(corpo, conhecidos)
    # Of the first few: whether two names are alike costs time, and a body may hold a hundred thousand.
    ditos = [nome for nome in desconhecidos[:NOMES_MAXIMOS] if len(nome) <= NOME_MAXIMO]
    parecidos = {nome: seria for nome in ditos if (seria := _parecido(nome, conhecidos)) is not None}
    avisos += _membros_ignorados(desconhecidos, parecidos)
    _sugerir(problemas, parecidos)
    extras = {path: _valor(corpo, path) for path in caminhos_extras}
    return Requisicao(
        caller=caller,
        corpo=corpo,
        dados=dados,
        pre_venda=parse_pre_venda(dados),
        problemas=problemas,
        avisos=avisos,
        impressao=impressao(dados, extras),
        extras=extras,
        chave=chave,
        excluir=excluir,
    )


def parse_do_log(corpo: Mapping[str, Any], *, caller: str, caminhos_extras: Sequence[str] = ()) -> Requisicao | None:
    """An object that a service logged: None where it is no pre-sale, which has items whatever its state."""
    if "preVendaItens" not in corpo:
        return None
    return parse_requisicao(corpo, caller=caller, caminhos_extras=caminhos_extras)


def _prazo_ignorado(problemas: list[Problema]) -> list[Aviso]:
    """A lockTTL that cannot be read costs no sale: the ordinary term is taken (R17)."""
    if not (ilegivel := [problema for problema in problemas if problema.campo == "/lockTTL"]):
        return []
    problemas[:] = [problema for problema in problemas if problema not in ilegivel]
    texto = "O lockTTL não pôde ser lido; valeu o prazo comum. " + ilegivel[0].mensagem
    return [Aviso("LOCK_TTL_IGNORADO", texto, ("/lockTTL",))]


def _codigos_do_pagamento(corpo: Mapping[str, Any], problemas: list[Problema]) -> list[Aviso]:
    """Billing and plan of a payment that are a text or a number, but no code: no such code exists."""
    avisos: list[Aviso] = []
    for aviso in _DO_PAGAMENTO:
        (campo,) = aviso.campos
        achados = [problema for problema in problemas if problema.campo == campo]
        if achados and isinstance(_no_pointer(corpo, campo), str | int | Decimal):
            problemas[:] = [problema for problema in problemas if problema not in achados]
            avisos.append(aviso)
    return avisos


def _no_pointer(corpo: Any, campo: str) -> Any:
    for parte in campo.split("/")[1:]:
        corpo = corpo[int(parte)] if isinstance(corpo, list) else corpo[parte]
    return None if isinstance(corpo, bool) else corpo


def _deixar_de_fora(dados: dict[str, Any], problemas: list[Problema], *, sem_itens: bool) -> list[Aviso]:
    """Of a fact only what it needs stays a problem; the rest is taken out of ``dados`` where reading has left it half,
    and named in one aviso. ``sem_itens``: nothing of the items is asked for, so that nothing of them is missing."""
    de_fora = [problema for problema in problemas if problema.campo not in _NECESSARIOS]
    problemas[:] = [problema for problema in problemas if problema.campo in _NECESSARIOS]
    if sem_itens:
        de_fora = [problema for problema in de_fora if problema.mensagem != OBRIGATORIO]
    if not de_fora:
        return []
    _tirar_linhas_pela_metade(dados)
    campos = tuple(dict.fromkeys(problema.campo or "" for problema in de_fora))[:NOMES_MAXIMOS]
    ditos = [f"{localizar(p.campo)}: {minuscula(p.mensagem).removesuffix('.')}" for p in de_fora[:NOMES_NA_FRASE]]
    texto = f"Não pôde ser lido e ficou de fora: {'; '.join(ditos)}."
    return [Aviso("MEMBRO_ILEGIVEL", texto, campos)]


def _tirar_linhas_pela_metade(dados: dict[str, Any]) -> None:
    """Without its goods a line cannot be compared, and so none: the payment is then of what is reserved. A kit whose
    components cannot be compared is paid as it is reserved."""
    itens = dados.get("preVendaItens") or ()
    if not all(nome in item for item in itens for nome in _DA_LINHA):
        del dados["preVendaItens"]
        return
    for item in itens:
        if not all(nome in kit for kit in item.get("itensKit") or () for nome in _DA_LINHA):
            del item["itensKit"]


def _conferir_numero(dados: dict[str, Any], codificacao: str, problemas: list[Problema]) -> None:
    try:
        if "numero" in dados:
            parse_numero(dados["numero"], codificacao)
    except Ilegivel as error:
        problemas.append(Problema(error.codigo, error.mensagem, "/numero"))
        del dados["numero"]


def _textos_limpos(dados: Mapping[str, Any]) -> list[Aviso]:
    """One aviso that names the texts whose control characters became blanks."""
    campos: list[str] = []
    ramos: list[tuple[str, Any]] = [("", dados), ("/cliente", dados.get("cliente") or {})]
    for n, pago in enumerate(dados.get("pagamentos") or ()):
        ramos.append((f"/pagamentos/{n}/pagamentoForma", pago.get("pagamentoForma") or {}))
    for campo, ramo in ramos:
        campos += [f"{campo}/{nome}" for nome, valor in ramo.items() if isinstance(valor, TextoLimpo)]
    if not campos:
        return []
    texto = "Havia caracteres de controle no texto; no lugar deles ficaram espaços."
    return [Aviso("TEXTO_LIMPO", texto, tuple(campos))]


def _membros_ignorados(desconhecidos: Sequence[str], parecidos: Mapping[str, str]) -> list[Aviso]:
    """One aviso that names the members of which the contract knows nothing, and what they seem to be."""
    if not desconhecidos:
        return []
    texto = "Há membros que o contrato não conhece; foram ignorados."
    if parecidos:
        seriam = [f"{nome}: seria {seria}?" for nome, seria in parecidos.items()]
        texto += " " + " ".join(seriam[:NOMES_NA_FRASE])
    nomes = tuple(nome[:NOME_MAXIMO] for nome in desconhecidos[:NOMES_MAXIMOS])
    return [Aviso("MEMBROS_IGNORADOS", texto, nomes)]


def _parecido(path: str, conhecidos: Mapping[str, Any]) -> str | None:
    """The path of the contract, beside that of the unknown member, whose name is nearly the same."""
    acima, _, nome = path.rpartition(".")
    ramos: Any = arvore(conhecidos)
    for passo in acima.replace("[]", ".[]").split(".") if acima else ():
        ramos = ramos.get(passo, {})
    nomes = {irmao.lower(): irmao for irmao in ramos if irmao != "[]"}
    achados = get_close_matches(nome.lower(), nomes, 1, SEMELHANCA)
    return None if not achados else f"{acima}.{nomes[achados[0]]}".removeprefix(".")


def _sugerir(problemas: list[Problema], parecidos: Mapping[str, str]) -> None:
    """To what is missing is said which member of the body may have been meant for it."""
    for indice, problema in enumerate(problemas):
        if problema.mensagem.startswith((OBRIGATORIO, SEM_ITENS)):
            path = _INDICE.sub("[]", problema.campo or "").lstrip("/").replace("/", ".")
            enviado = next((nome for nome, seria in parecidos.items() if seria == path), None)
            if enviado is not None:
                texto = f"{problema.mensagem} Veio {enviado}: seria {path}?"
                problemas[indice] = replace(problema, mensagem=texto)


def _valor(corpo: Any, path: str) -> Any:
    """The value at a path of the raw body; a list of values below an array."""
    nome, _, resto = path.partition(".")
    lista = nome.endswith("[]")
    valor = corpo.get(nome.removesuffix("[]")) if isinstance(corpo, Mapping) else None
    if lista:
        return [_valor(membro, resto) if resto else membro for membro in valor] if isinstance(valor, list) else None
    return _valor(valor, resto) if resto else valor


def _problemas(mensagens: Mapping[Any, Any], campo: str = "") -> Iterator[Problema]:
    for nome, conteudo in mensagens.items():
        pointer = campo if nome == "_schema" else f"{campo}/{nome}"
        if isinstance(conteudo, Mapping):
            yield from _problemas(conteudo, pointer)
        else:
            for texto in conteudo:
                yield Problema(getattr(texto, "codigo", _codigo(pointer)), str(texto), pointer)


def _codigo(pointer: str) -> str:
    return "SITUACAO_INVALIDA" if pointer == "/situacaoPreVenda" else "CAMPO_INVALIDO"


def _arredondar_precos(dados: dict[str, Any], problemas: list[Problema]) -> list[Aviso]:
    """Prices and discounts half up to 6 decimals; one aviso names those that changed by more than noise (§4.2)."""
    mudaram: list[str] = []
    for campo, linha in _linhas(dados):
        for nome in _ARREDONDADOS:
            valor = linha.get(nome)
            if valor is None:
                continue
            arredondado = arredondar(valor, MICRO)
            if abs(arredondado - valor) > RUIDO:
                mudaram.append(f"{campo}/{nome}")
            linha[nome] = arredondado
        if "itensKit" not in campo and linha.get("preco") == 0:
            texto = "Deve ser maior que zero depois de arredondado a 6 casas."
            problemas.append(Problema("CAMPO_INVALIDO", texto, f"{campo}/preco"))
            del linha["preco"]  # as if the schema had refused it: told once
    if not mudaram:
        return []
    return [Aviso("VALOR_ARREDONDADO", "Valores arredondados a 6 casas decimais.", tuple(mudaram))]


def _linhas(dados: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for i, item in enumerate(dados.get("preVendaItens") or ()):
        yield f"/preVendaItens/{i}", item
        for n, kit in enumerate(item.get("itensKit") or ()):
            yield f"/preVendaItens/{i}/itensKit/{n}", kit


def _conferir_obrigatorios(
    dados: Mapping[str, Any],
    corpo: Mapping[str, Any],
    situacao: Situacao | None,
    excluir: bool,
    problemas: list[Problema],
) -> None:
    if excluir and situacao is not Situacao.CANCELADA:
        problemas.append(Problema("SITUACAO_INVALIDA", "DELETE só aceita a situação 0 CANCELADA.", "/situacaoPreVenda"))
    enviados = corpo.get("preVendaItens")
    if situacao is Situacao.DISPONIVEL and (ausente(enviados) or enviados == []):
        problemas.append(Problema("CAMPO_INVALIDO", SEM_ITENS, "/preVendaItens"))
    de_uma_reserva = situacao not in {None, Situacao.DISPONIVEL}
    ja_dito = any(problema.campo == "/idRetaguarda" for problema in problemas)
    if de_uma_reserva and not ja_dito and dados.get("idRetaguarda") is None:
        problemas.append(Problema("RETAGUARDA_OBRIGATORIO", f"{OBRIGATORIO} O número da reserva.", "/idRetaguarda"))
