"""Fields of the PDVSync contract: tolerant where senders differ, strict where money or stock could go wrong (§4.2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from marshmallow import ValidationError, fields

from app.domain import valores
from app.domain.dinheiro import MICRO, ZERO, arredondar
from app.domain.pre_venda import (
    AUTO,
    IdProdutoEnviado,
    IdVendedorEnviado,
    Situacao,
    parse_id_produto,
    parse_id_vendedor,
    parse_situacao,
)
from app.domain.validade import ler_lock_ttl
from app.domain.valores import Ilegivel

OBRIGATORIO = "Campo obrigatório."

DIGITOS_DE_NUMERO = 20
EXPOENTE_DE_NUMERO = 12
CASAS_DE_QUANTIDADE = 6


class Mensagem(str):
    """An error message that carries the code of the refusal."""

    __slots__ = ("codigo",)
    codigo: str

    def __new__(cls, codigo: str, texto: str) -> Mensagem:
        mensagem = super().__new__(cls, texto)
        mensagem.codigo = codigo
        return mensagem


def erro(texto: str, codigo: str = "CAMPO_INVALIDO") -> ValidationError:
    return ValidationError([Mensagem(codigo, texto)])


T = TypeVar("T")


def legivel(parse: Callable[..., T], *args: Any) -> T:
    """What ``parse`` makes of its arguments; what it cannot read is a ValidationError."""
    try:
        return parse(*args)
    except Ilegivel as error:
        raise erro(error.mensagem, error.codigo) from None


class Campo(fields.Field[Any]):
    """A field with Portuguese messages; null is absent, so it is taken out before (see the schemas)."""

    default_error_messages = {"required": OBRIGATORIO, "null": OBRIGATORIO}  # noqa: RUF012 - marshmallow's own form


class Indiferente(fields.Raw):
    """A member that is part of the contract and that nothing reads: any value."""


class Texto(Campo):
    """Free text of at most ``maximo`` bytes; a whole number is taken as its digits, control characters as blanks."""

    def __init__(self, maximo: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.maximo = maximo

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str | None:
        texto = valores.limpar(legivel(self.parse, value))
        if len(texto.encode("utf-8", "replace")) > self.maximo:
            raise erro(f"Deve ter no máximo {self.maximo} bytes.")
        return texto or None

    def parse(self, valor: Any) -> str:
        """The text of the value. Raises Ilegivel."""
        return valores.parse_texto(valor)


class Digitos(Texto):
    """Text whose digits count, as a document or a CEP; a number has lost its leading zeros (``tamanhos``: how long)."""

    def __init__(self, maximo: int, *tamanhos: int, **kwargs: Any) -> None:
        super().__init__(maximo, **kwargs)
        self.tamanhos = tamanhos

    def parse(self, valor: Any) -> str:
        """The text of the value, filled up. Raises Ilegivel."""
        return valores.completar(valor, *self.tamanhos)


class NumeroDaPreVenda(Campo):
    """``numero``; whether the database has its characters is for the reader to say, who knows the database."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return legivel(valores.parse_numero, value)


class CodigoFilial(Campo):
    """A branch code."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return legivel(valores.parse_filial, value)


class CodigoFilialDaEntrega(CodigoFilial):
    """A branch code, or AUTO in any case."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if isinstance(value, str) and value.strip().upper() == AUTO:
            return AUTO
        return super()._deserialize(value, attr, data, **kwargs)


class Codigo(Campo):
    """A numeric code of at most ``digitos`` digits, in any notation of a whole number."""

    def __init__(self, digitos: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.digitos = digitos

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        codigo = valores.parse_codigo(value, self.digitos)
        if codigo is None:
            raise erro(f"Deve ser um código de até {self.digitos} dígitos.")
        return codigo


class CodigoCliente(Codigo):
    """A customer's code; a GUID was made at the POS and means that there is none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int | None:  # type: ignore[override]
        if valores.e_guid(value):
            return None
        return super()._deserialize(value, attr, data, **kwargs)


class SituacaoPreVenda(Campo):
    """0–3 as number or numeric text, or the name in any case."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Situacao:
        situacao = parse_situacao(value)
        if situacao is None:
            raise erro("Deve ser 0 CANCELADA, 1 RECEBIDO, 2 DISPONIVEL ou 3 RESGATADA.", "SITUACAO_INVALIDA")
        return situacao


class Numero(Campo):
    """An exact number, at most 20 digits and exponent ±12; text is refused, as are true and false."""

    def __init__(self, *, positivo: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.positivo = positivo

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise erro(_nao_e_numero(value))
        numero = Decimal(value) or ZERO
        _, digitos, expoente = numero.as_tuple()
        # Of a small number the scientific exponent counts: 30.299999999999997 is what a binary float makes of 30.3.
        grande = not isinstance(expoente, int) or expoente > EXPOENTE_DE_NUMERO
        if grande or numero.adjusted() < -EXPOENTE_DE_NUMERO or len(digitos) > DIGITOS_DE_NUMERO:
            raise erro(f"Deve ter até {DIGITOS_DE_NUMERO} dígitos e expoente até ±{EXPOENTE_DE_NUMERO}.")
        if numero < 0 or (self.positivo and numero == 0):
            raise erro("Deve ser maior que zero." if self.positivo else "Não pode ser negativo.")
        return numero


def _nao_e_numero(valor: Any) -> str:
    """What is wrong with a value that is no number; of text, that the quotes are, and the comma."""
    if not isinstance(valor, str):
        return "Deve ser um número."
    if "," in valor and any(c in "0123456789" for c in valor):
        return "Veio texto com vírgula; deve ser um número sem aspas e com ponto decimal, como 120.50."
    return "Veio texto; deve ser um número sem aspas."


class Quantidade(Numero):
    """A quantity above zero with at most 6 decimals; never rounded."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(positivo=True, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        numero = super()._deserialize(value, attr, data, **kwargs)
        if numero != arredondar(numero, MICRO):
            raise erro(f"Deve ter até {CASAS_DE_QUANTIDADE} casas decimais.")
        return numero


class Percentual(Numero):
    """A discount from 0 to below 100 percent."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        numero = super()._deserialize(value, attr, data, **kwargs)
        if numero >= 100:
            raise erro("Deve ser menor que 100.")
        return numero


class IdProdutoRetaguarda(Campo):
    """``<auxiliary code>-<product code>``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> IdProdutoEnviado:
        texto = legivel(valores.parse_texto, value)
        produto = parse_id_produto(texto)
        if produto is None:
            raise erro("Deve ser <código auxiliar>-<código do produto>, como 100-1.")
        return IdProdutoEnviado(texto, produto)


class IdVendedorRetaguarda(Campo):
    """A matrícula, or ``RCA-<n>``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> IdVendedorEnviado:
        texto = legivel(valores.parse_texto, value)
        vendedor = parse_id_vendedor(texto)
        if vendedor is None:
            raise erro("Deve ser uma matrícula (só números) ou RCA-<código>.")
        return IdVendedorEnviado(texto, vendedor)


_TIPOS_DE_ENTREGA = {
    **{"0": 0, "RI": 0, "RETIRA_IMEDIATA": 0},
    **{"1": 1, "RP": 1, "RETIRA_POSTERIOR": 1},
    **{"2": 2, "EN": 2, "ENTREGA_NORMAL": 2},
    **{"3": 3, "EF": 3, "ENCOMENDA": 3},
}


class TipoEntrega(Campo):
    """0 RI, 1 RP, 2 EN or 3 EF, as number, numeric text or name."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        numero = valores.parse_inteiro(value)
        nome = legivel(valores.parse_texto, value).upper() if numero is None else str(numero)
        tipo = _TIPOS_DE_ENTREGA.get(nome)
        if tipo is None:
            raise erro("Deve ser 0 (RI), 1 (RP), 2 (EN) ou 3 (EF).")
        return tipo


class Data(Campo):
    """A day; of a date-time, the day as written."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dt.date | None:
        dia = legivel(valores.parse_dia_ou_hora, value)
        return dia.date() if isinstance(dia, dt.datetime) else dia


class DataOuHora(Campo):
    """A day, or a date-time with or without offset."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dt.date | dt.datetime | None:
        return legivel(valores.parse_dia_ou_hora, value)


class LockTTL(Campo):
    """``7d``, ``36h``, ``30m`` or ``DD.HH:MM:SS``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        texto = value.strip().lower() if isinstance(value, str) else ""
        if ler_lock_ttl(texto) is None:
            raise erro("Deve ser um prazo como 7d, 36h, 30m ou 07.12:00:00 (dias, horas, minutos e segundos).")
        return texto
