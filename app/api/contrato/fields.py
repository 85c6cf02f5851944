"""Fields of the PDVSync contract: tolerant where senders differ, strict where money or stock could go wrong (§4.2)."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields

from app.domain.dinheiro import MICRO, ZERO, arredondar
from app.domain.pre_venda import AUTO, IdProdutoEnviado, Situacao, ler_codigo, ler_id_produto, ler_id_vendedor
from app.domain.validade import ler_lock_ttl

OBRIGATORIO = "Campo obrigatório."

DIGITOS_DE_NUMERO = 20
EXPOENTE_DE_NUMERO = 12
CASAS_DE_QUANTIDADE = 6

_QUEBRA = re.compile("[\t-\r\x85\u2028\u2029]")
_GUID = re.compile(r"[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")


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


def id_ausente(valor: Any) -> bool:
    """null, blank, 0 and "0" in any ``id*`` member mean absent."""
    if isinstance(valor, str):
        return valor.strip() in {"", "0"}
    return valor is None or (valor == 0 and valor is not False)


class Campo(fields.Field[Any]):
    """A field with Portuguese messages; null is absent, so it is taken out before (see the schemas)."""

    default_error_messages = {"required": OBRIGATORIO, "null": OBRIGATORIO}  # noqa: RUF012 - marshmallow's own form


def _texto(valor: Any) -> str:
    if isinstance(valor, str):
        return valor.strip()
    if isinstance(valor, int) and not isinstance(valor, bool):
        return str(valor)
    raise erro("Deve ser texto.")


class Texto(Campo):
    """Text of at most ``maximo`` characters; an integer is taken as its digits. Blank is absent."""

    def __init__(self, maximo: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.maximo = maximo

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        texto = _texto(value)
        if len(texto.encode()) > self.maximo:
            raise erro(f"Deve ter no máximo {self.maximo} bytes.")
        return texto


class Identificacao(Texto):
    """Text that names a pre-sale: one line, so that its column holds exactly what was sent and it is found again."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        texto = super()._deserialize(value, attr, data, **kwargs)
        if _QUEBRA.search(texto):
            raise erro("Não pode ter tabulação nem quebra de linha.")
        return texto


class CodigoFilial(Campo):
    """A branch code, PCFILIAL.CODIGO VARCHAR2(2)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        texto = _texto(value)
        if len(texto.encode()) > 2:
            raise erro("Não existe filial com mais de 2 caracteres.", "FILIAL_NAO_ENCONTRADA")
        return texto


class CodigoFilialDaEntrega(CodigoFilial):
    """A branch code, or AUTO in any case."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if isinstance(value, str) and value.strip().upper() == AUTO:
            return AUTO
        return super()._deserialize(value, attr, data, **kwargs)


class Codigo(Campo):
    """A numeric code of at most ``digitos`` digits, sent as number or as text of ASCII digits."""

    def __init__(self, digitos: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.digitos = digitos

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        codigo = ler_codigo(_texto(value), self.digitos)
        if codigo is None:
            raise erro(f"Deve ser um código de até {self.digitos} dígitos.")
        return codigo


class CodigoCliente(Codigo):
    """A customer's code; a GUID was made at the POS and means that there is none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int | None:  # type: ignore[override]
        if isinstance(value, str) and _GUID.fullmatch(value.strip()):
            return None
        return super()._deserialize(value, attr, data, **kwargs)


class SituacaoPreVenda(Campo):
    """0–3 as number or numeric text, or the name in any case."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Situacao:
        situacao = ler_situacao(value)
        if situacao is None:
            raise erro("Deve ser 0 CANCELADA, 1 RECEBIDO, 2 DISPONIVEL ou 3 RESGATADA.", "SITUACAO_INVALIDA")
        return situacao


def ler_situacao(valor: Any) -> Situacao | None:
    """``situacaoPreVenda`` in any of its forms, None when it is none of them."""
    if isinstance(valor, str):
        nome = valor.strip().upper()
        if nome in Situacao.__members__:
            return Situacao[nome]
        valor = int(nome) if nome in {"0", "1", "2", "3"} else None
    if isinstance(valor, int) and not isinstance(valor, bool) and valor in {0, 1, 2, 3}:
        return Situacao(valor)
    return None


class Numero(Campo):
    """An exact number, at most 20 digits and exponent ±12; text is refused, as are true and false."""

    def __init__(self, *, positivo: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.positivo = positivo

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise erro("Deve ser um número.")
        numero = Decimal(value) or ZERO
        _, digitos, expoente = numero.as_tuple()
        # Of a small number the scientific exponent counts: 30.299999999999997 is what a binary float makes of 30.3.
        grande = not isinstance(expoente, int) or expoente > EXPOENTE_DE_NUMERO
        if grande or numero.adjusted() < -EXPOENTE_DE_NUMERO or len(digitos) > DIGITOS_DE_NUMERO:
            raise erro(f"Deve ter até {DIGITOS_DE_NUMERO} dígitos e expoente até ±{EXPOENTE_DE_NUMERO}.")
        if numero < 0 or (self.positivo and numero == 0):
            raise erro("Deve ser maior que zero." if self.positivo else "Não pode ser negativo.")
        return numero


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
        texto = _texto(value)
        produto = ler_id_produto(texto)
        if produto is None:
            raise erro("Deve ser <código auxiliar>-<código do produto>, como 100-1.")
        return IdProdutoEnviado(texto, produto)


class IdVendedorRetaguarda(Campo):
    """A matrícula, or ``RCA-<n>``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        texto = _texto(value)
        if ler_id_vendedor(texto) is None:
            raise erro("Deve ser uma matrícula (só números) ou RCA-<código>.")
        return texto.upper()


_TIPOS_DE_ENTREGA = {
    **{"0": 0, "RI": 0, "RETIRA_IMEDIATA": 0},
    **{"1": 1, "RP": 1, "RETIRA_POSTERIOR": 1},
    **{"2": 2, "EN": 2, "ENTREGA_NORMAL": 2},
    **{"3": 3, "EF": 3, "ENCOMENDA": 3},
}


class TipoEntrega(Campo):
    """0 RI, 1 RP, 2 EN or 3 EF, as number, numeric text or name."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        tipo = _TIPOS_DE_ENTREGA.get(_texto(value).upper())
        if tipo is None:
            raise erro("Deve ser 0 (RI), 1 (RP), 2 (EN) ou 3 (EF).")
        return tipo


def _data_iso(valor: Any) -> dt.date | dt.datetime:
    texto = valor.strip() if isinstance(valor, str) else ""
    try:
        data = dt.date.fromisoformat(texto) if len(texto) == 10 else dt.datetime.fromisoformat(texto)
    except ValueError:
        raise erro("Deve ser uma data ISO 8601, como 2026-11-30.") from None
    if not 2000 <= data.year <= 2100:
        raise erro("Deve ficar entre os anos 2000 e 2100.")
    return data


class Data(Campo):
    """A day; of a date-time, the day as written."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dt.date:
        dia = _data_iso(value)
        return dia.date() if isinstance(dia, dt.datetime) else dia


class DataOuHora(Campo):
    """A day, or a date-time with or without offset."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dt.date | dt.datetime:
        return _data_iso(value)


class LockTTL(Campo):
    """``7d`` or ``36h``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        texto = value.strip().lower() if isinstance(value, str) else ""
        if ler_lock_ttl(texto) is None:
            raise erro("Deve ser um número de dias ou de horas, como 7d ou 36h.")
        return texto
