"""The problem body (RFC 9457, §4.3) and the reasons that it lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from marshmallow import fields, missing

from app.api.respostas import Esquema, QuantidadeDaResposta, numero_curto
from app.api.respostas.campos import lista
from app.api.respostas.desfecho import AvisoSchema
from app.api.respostas.frase import frase
from app.domain.recusas import Aviso, ContraOferta, Problema


class FilialComEstoqueSchema(Esquema):
    """A branch that has all that is short elsewhere."""

    filial = fields.String()
    disponivel = QuantidadeDaResposta()


class RazaoSchema(Esquema):
    """One reason of a refusal; what follows ``rotina`` is of a shortage of stock."""

    opcionais = frozenset(
        {"rotina", "codprod", "filial", "pedida", "disponivel", "protegido", "itens", "filiais_com_estoque"}
    )

    codigo = fields.String()
    campo = fields.String(allow_none=True, metadata={"description": "JSON pointer na requisição"})
    mensagem = fields.String()
    rotina = fields.String()
    codprod = fields.Integer()
    filial = fields.String()
    pedida = QuantidadeDaResposta()
    disponivel = QuantidadeDaResposta()
    protegido = QuantidadeDaResposta(
        metadata={"description": "Unidades que há além do disponível, guardadas para outros por uma política"}
    )
    itens = fields.List(fields.Integer())
    filiaisComEstoque = lista(FilialComEstoqueSchema)

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """The attribute, here or of the shortage."""
        if hasattr(obj, attr):
            return super().get_attribute(obj, attr, default)
        valor = getattr(obj.falta, attr, None)
        return missing if valor is None else valor


class RetornoSchema(Esquema):
    """The reasons of a refusal, as the log keeps them."""

    codigo = fields.String()
    errors = lista(RazaoSchema, attribute="problemas")


# Of one answer; no request that a till sends has more, and each costs ten times what made it.
PROBLEMAS_DITOS = 200


def ditos(corpo: Mapping[str, Any]) -> dict[str, Any]:
    """A body with its first problems, and how many were left out where there are too many to tell."""
    demais = len(corpo["errors"]) - PROBLEMAS_DITOS
    if demais <= 0:
        return dict(corpo)
    return {**corpo, "errors": corpo["errors"][:PROBLEMAS_DITOS], "errosOmitidos": demais}


class RequisicaoOferecida(fields.Dict):
    """A counter-offer as a request that may be sent; null when nothing can be had."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else _oferecer(value)


def _oferecer(oferta: ContraOferta) -> Mapping[str, Any] | None:
    enviados = oferta.requisicao["preVendaItens"] if oferta.itens else ()
    itens = []
    for item in oferta.itens:
        oferecido = {**enviados[item.indice], "quantidade": numero_curto(item.quantidade)}
        if item.desconto is not None:
            oferecido["desconto"] = numero_curto(item.desconto)
        if item.filial is not None:
            entrega = dict(oferecido.get("entrega") or {})
            entrega.pop("idRetaguardaLojaEntrega", None)  # the other name of the same member
            oferecido["entrega"] = {**entrega, "idLojaEntregaRetaguarda": item.filial}
        itens.append(oferecido)
    return {**oferta.requisicao, "preVendaItens": itens} if itens else None


@dataclass(frozen=True, slots=True)
class CorpoDoProblema:
    """One or more problems; the first gives the code. ``instancia``: the path asked for. ``atual``, ``contra_oferta``,
    ``de_outras_filiais``, ``avisos`` and ``correcoes``: of a refusal that has them."""

    http: int
    problemas: Sequence[Problema]
    instancia: str
    atual: int | None = None
    contra_oferta: ContraOferta | None = None
    de_outras_filiais: ContraOferta | None = None
    avisos: Sequence[Aviso] = ()
    correcoes: Sequence[str] = ()

    @property
    def codigo(self) -> str:
        return self.problemas[0].codigo

    @property
    def tipo(self) -> str:
        return f"urn:prevenda:erro:{self.codigo}"

    @property
    def titulo(self) -> str:
        return HTTPStatus(self.http).phrase

    @property
    def texto(self) -> str:
        """For a person: the first problem, and how many there are besides."""
        texto = frase(self.problemas[0])
        return texto if len(self.problemas) == 1 else f"{texto} (e mais {len(self.problemas) - 1})"

    @property
    def ditos(self) -> Sequence[Problema]:
        return self.problemas[:PROBLEMAS_DITOS]

    @property
    def omitidos(self) -> int | None:
        return max(len(self.problemas) - PROBLEMAS_DITOS, 0) or None

    @property
    def avisos_ditos(self) -> Sequence[Aviso] | None:
        return self.avisos or None

    @property
    def correcoes_ditas(self) -> Sequence[str] | None:
        return self.correcoes or None

    @property
    def rotina(self) -> str | None:
        return self.problemas[0].rotina

    @property
    def codigo_do_token(self) -> str | None:
        """What callers of the contract look for when their token is refused."""
        return "AUTHENTICATION_FAILED" if self.http == HTTPStatus.UNAUTHORIZED else None

    @property
    def texto_do_token(self) -> str | None:
        return self.texto if self.http == HTTPStatus.UNAUTHORIZED else None


class ProblemaSchema(Esquema):
    """A problem body."""

    opcionais = frozenset(
        {
            *("omitidos", "rotina", "codigo_do_token", "texto_do_token", "atual", "contra_oferta", "avisos_ditos"),
            *("de_outras_filiais", "correcoes_ditas"),
        }
    )

    type = fields.String(attribute="tipo")
    title = fields.String(attribute="titulo")
    status = fields.Integer(attribute="http")
    detail = fields.String(attribute="texto")
    instance = fields.String(attribute="instancia")
    codigo = fields.String()
    success = fields.Constant(False, metadata={"type": "boolean", "enum": [False]})
    message = fields.String(attribute="texto", dump_only=True, metadata={"description": "Para uma pessoa"})
    errors = lista(RazaoSchema, attribute="ditos")
    errosOmitidos = fields.Integer(
        attribute="omitidos", metadata={"description": "Problemas além dos primeiros 200, só contados"}
    )
    rotina = fields.String(metadata={"description": "Rotina ou parâmetro do WinThor que resolve"})
    code = fields.String(attribute="codigo_do_token")
    description = fields.String(attribute="texto_do_token")
    idPedidoRetaguarda = fields.Integer(
        attribute="atual", metadata={"description": "O número que vale agora para a pré-venda"}
    )
    contraOferta = RequisicaoOferecida(
        attribute="contra_oferta",
        allow_none=True,
        metadata={"description": "O que dá para reservar, pronto para enviar"},
    )
    contraOfertaFiliais = RequisicaoOferecida(
        attribute="de_outras_filiais",
        allow_none=True,
        metadata={
            "description": "Tudo o que foi pedido, o que falta vindo de outras filiais da loja, pronto para enviar; "
            "nulo quando elas também não têm"
        },
    )
    avisos = lista(
        AvisoSchema, attribute="avisos_ditos", metadata={"description": "O que da requisição não valeu como veio"}
    )
    correcoes = fields.List(
        fields.String(),
        attribute="correcoes_ditas",
        metadata={"description": "As correções da conciliação que liberam o saldo que o pedido ainda retém"},
    )
