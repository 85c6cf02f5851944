"""From a JSON body to a Requisicao: schema, rounding of prices, what is obligatory in each state, fingerprint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError

from app.api.contrato.fields import OBRIGATORIO, ler_situacao
from app.api.contrato.schemas import (
    ALIAS_DA_ENTREGA,
    NAO_LIDOS_SEM_ITENS,
    PreVendaSchema,
    json_paths,
    membros_desconhecidos,
)
from app.domain.dinheiro import MICRO, arredondar
from app.domain.pre_venda import Situacao, impressao, ler_pre_venda
from app.domain.recusas import Aviso, Problema
from app.services.operacao.requisicao import Requisicao

# A change smaller than this is the noise of binary floats (§4.2).
RUIDO = Decimal("0.000000001")

# How much of the unknown members' names is said back.
NOMES_MAXIMOS = 50
NOME_MAXIMO = 100

CONHECIDOS = {**json_paths(), f"preVendaItens[].entrega.{ALIAS_DA_ENTREGA[0]}": "optional"}

_COMPLETA = PreVendaSchema()
_SEM_ITENS = PreVendaSchema(exclude=NAO_LIDOS_SEM_ITENS)

_ARREDONDADOS = ("preco", "desconto", "descontoPercentual")


def parse_requisicao(
    corpo: Mapping[str, Any],
    *,
    caller: str,
    chave: str | None = None,
    excluir: bool = False,
    caminhos_extras: Sequence[str] = (),
) -> Requisicao:
    """Validate a body; problems and avisos are collected in the Requisicao, nothing is raised.

    ``excluir``: the body came with DELETE, whose state may be left out. ``caminhos_extras``: members the site mapped.
    """
    if excluir and not _informada(corpo):
        corpo = {**corpo, "situacaoPreVenda": 0}
    situacao = ler_situacao(corpo.get("situacaoPreVenda"))
    schema = _SEM_ITENS if situacao in {Situacao.CANCELADA, Situacao.RESGATADA} else _COMPLETA
    problemas: list[Problema] = []
    dados: dict[str, Any]
    try:
        dados = schema.ler(corpo)
    except ValidationError as error:
        problemas.extend(_problemas(error.messages_dict))
        dados = error.valid_data if isinstance(error.valid_data, dict) else {}
    avisos = _arredondar_precos(dados, problemas)
    _conferir_obrigatorios(dados, corpo, situacao, excluir, problemas)
    conhecidos = {**CONHECIDOS, **dict.fromkeys(caminhos_extras, "optional")}
    if desconhecidos := membros_desconhecidos(corpo, conhecidos):
        texto = "Há membros que o contrato não conhece; foram ignorados."
        nomes = tuple(nome[:NOME_MAXIMO] for nome in desconhecidos[:NOMES_MAXIMOS])
        avisos.append(Aviso("MEMBROS_IGNORADOS", texto, nomes))
    extras = {path: _valor(corpo, path) for path in caminhos_extras}
    return Requisicao(
        caller=caller,
        corpo=corpo,
        dados=dados,
        pre_venda=ler_pre_venda(dados),
        problemas=problemas,
        avisos=avisos,
        impressao=impressao(dados, extras),
        chave=chave,
        excluir=excluir,
    )


def parse_do_log(corpo: Mapping[str, Any], *, caller: str, caminhos_extras: Sequence[str] = ()) -> Requisicao | None:
    """An object that a service logged: None where it is no pre-sale, which has items whatever its state."""
    if "preVendaItens" not in corpo:
        return None
    return parse_requisicao(corpo, caller=caller, caminhos_extras=caminhos_extras)


def _informada(corpo: Mapping[str, Any]) -> bool:
    valor = corpo.get("situacaoPreVenda")
    return valor is not None and not (isinstance(valor, str) and not valor.strip())


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
    vazios = not enviados or (isinstance(enviados, str) and not enviados.strip())
    if situacao is Situacao.DISPONIVEL and vazios:
        problemas.append(Problema("CAMPO_INVALIDO", "Deve ter ao menos um item.", "/preVendaItens"))
    de_uma_reserva = situacao not in {None, Situacao.DISPONIVEL}
    ja_dito = any(problema.campo == "/idRetaguarda" for problema in problemas)
    if de_uma_reserva and not ja_dito and dados.get("idRetaguarda") is None:
        problemas.append(Problema("RETAGUARDA_OBRIGATORIO", f"{OBRIGATORIO} O número da reserva.", "/idRetaguarda"))
