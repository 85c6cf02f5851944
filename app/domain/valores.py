"""One reading of a value, wherever it comes from: a body, a path, a query string, a page's field (§4.2). Pure.

What is absent, how whole numbers, codes, branches, a pre-sale's ``numero``, states and dates are read. Documents are in
``documentos``, CEP and telephones in ``endereco``; they too have one reading each.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

TEXTO_DEVIDO = "Deve ser texto."
FILIAL_MAXIMA = 2  # PCFILIAL.CODIGO VARCHAR2(2)
NUMERO_MAXIMO = 50  # PCPEDC.NUMPEDHUBE VARCHAR2(50)

# A control character in a text that is not one of the three white ones: tabulation, line feed, carriage return.
CONTROLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_QUEBRA = re.compile("[\t-\r\x85\u2028\u2029]")

# Whole numbers longer than this name nothing, and arithmetic on them costs time.
_DIGITOS_MAXIMOS = 60
_NOTACAO = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,60})?([eE][+-]?[0-9]{1,3})?")

_GUID = re.compile(r"\{?[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\}?|[0-9A-Fa-f]{32}")
_GUID_VAZIO = re.compile(r"[{(]?0{8}-(0{4}-){3}0{12}[)}]?")

# The date that no language could leave empty: year 1 (.NET, Java, Go), zeros (MySQL, PHP) and Delphi's own zero.
_DIA_VAZIO = re.compile(r"0001-|0000-00-00|-0001-11-30|1899-12-30")


class Ilegivel(ValueError):
    """The value says something, and not what is due there; the message is Portuguese, for a person."""

    def __init__(self, mensagem: str, codigo: str = "CAMPO_INVALIDO") -> None:
        super().__init__(mensagem)
        self.mensagem = mensagem
        self.codigo = codigo


def ausente(valor: Any) -> bool:
    """null and blank text mean absent, in every member."""
    return valor is None or (isinstance(valor, str) and not valor.strip())


def e_id(nome: str) -> bool:
    """Whether a member of this name holds an id."""
    return nome.startswith("id") and nome[2:3].isupper()


def id_ausente(valor: Any) -> bool:
    """In an ``id*`` member also zero, in any notation, and the GUID of zeros."""
    if ausente(valor):
        return True
    if isinstance(valor, str):
        texto = valor.strip()
        return texto[0] not in "123456789" and (_GUID_VAZIO.fullmatch(texto) is not None or parse_inteiro(texto) == 0)
    return not isinstance(valor, bool) and isinstance(valor, int | Decimal) and valor == 0


def e_guid(valor: Any) -> bool:
    """Whether it is a GUID, as the POS makes one for what the ERP has no number of."""
    return isinstance(valor, str) and _GUID.fullmatch(valor.strip()) is not None


def parse_inteiro(valor: Any) -> int | None:
    """The whole number, by value: 8000001, ``8000001.0``, ``8.000001E6``, as a number or as text; None for all else."""
    if isinstance(valor, bool):
        return None
    if isinstance(valor, int):
        return valor
    if isinstance(valor, str):
        texto = valor.strip()
        if texto.isascii() and texto.isdigit():
            return int(texto.lstrip("0") or "0") if len(texto.lstrip("0")) <= _DIGITOS_MAXIMOS else None
        if not _NOTACAO.fullmatch(texto):
            return None
        valor = Decimal(texto)
    if not isinstance(valor, Decimal) or not valor.is_finite():
        return None
    if not valor:
        return 0
    inteiro = 0 <= valor.adjusted() < _DIGITOS_MAXIMOS and valor == valor.to_integral_value()
    return int(valor) if inteiro else None


def parse_codigo(valor: Any, digitos: int) -> int | None:
    """A whole number from 0 with at most ``digitos`` digits, leading zeros not counted; None for all else."""
    codigo = parse_inteiro(valor)
    return codigo if codigo is not None and 0 <= codigo < 10**digitos else None


def parse_texto(valor: Any) -> str:
    """Text without the blanks around it; a whole number is its digits. Raises Ilegivel."""
    if isinstance(valor, str):
        return valor.strip()
    if (numero := parse_inteiro(valor)) is None:
        raise Ilegivel(TEXTO_DEVIDO)
    return str(numero)


class TextoLimpo(str):
    """A text that had control characters; blanks are in their place."""

    __slots__ = ()


def limpar(texto: str) -> str:
    """Free text as it may be kept: control characters become blanks, and then it is a ``TextoLimpo``."""
    if texto.isprintable() or not CONTROLE.search(texto):
        return texto
    return TextoLimpo(CONTROLE.sub(" ", texto).strip())


class TextoCompleto(str):
    """Digits that came as a number and had lost their leading zeros; ``enviado`` is what came."""

    __slots__ = ("enviado",)
    enviado: str

    def __new__(cls, texto: str, enviado: str) -> TextoCompleto:
        completo = super().__new__(cls, texto)
        completo.enviado = enviado
        return completo


def completar(valor: Any, *tamanhos: int) -> str:
    """The text of a value whose digits count, zeros first: one that came as a number is filled up to the next of
    ``tamanhos``. Raises Ilegivel."""
    texto = parse_texto(valor)
    if isinstance(valor, str) or not texto.isdigit():
        return texto
    cheio = next((texto.zfill(tamanho) for tamanho in tamanhos if len(texto) <= tamanho), texto)
    return texto if cheio == texto else TextoCompleto(cheio, texto)


def parse_filial(valor: Any) -> str:
    """A branch's code. Raises Ilegivel, FILIAL_NAO_ENCONTRADA where it is longer than any."""
    texto = parse_texto(valor)
    if not _cabe(texto, FILIAL_MAXIMA) and not texto.isdigit() and (numero := parse_inteiro(texto)) is not None:
        texto = str(numero)  # 1.0 is branch 1
    if CONTROLE.search(texto) or _QUEBRA.search(texto):
        raise Ilegivel("Não pode ter caracteres de controle.")
    if not _cabe(texto, FILIAL_MAXIMA):
        raise Ilegivel("Não existe filial com mais de 2 caracteres.", "FILIAL_NAO_ENCONTRADA")
    return texto


def parse_numero(valor: Any, codificacao: str = "utf-8") -> str:
    """``numero``, which names a pre-sale: one line whose every character the database has (``codificacao``), so that
    its column holds exactly what was sent and it is found again. Raises Ilegivel."""
    texto = parse_texto(valor)
    if _QUEBRA.search(texto):
        raise Ilegivel("Não pode ter tabulação nem quebra de linha.")
    if CONTROLE.search(texto):
        raise Ilegivel("Não pode ter caracteres de controle.")
    if not _cabe(texto, NUMERO_MAXIMO):
        raise Ilegivel(f"Deve ter no máximo {NUMERO_MAXIMO} bytes.")
    try:
        texto.encode(codificacao)
    except UnicodeEncodeError:
        raise Ilegivel("Tem um caractere que o banco de dados não guarda.") from None
    return texto


def _cabe(texto: str, bytes_maximos: int) -> bool:
    return len(texto.encode("utf-8", "replace")) <= bytes_maximos


def parse_dia_ou_hora(valor: Any) -> dt.date | dt.datetime | None:
    """A day or an instant in ISO 8601, of this century; None where a sender has none to say. Raises Ilegivel."""
    texto = valor.strip() if isinstance(valor, str) else ""
    if _DIA_VAZIO.match(texto):
        return None
    try:
        data = dt.date.fromisoformat(texto) if len(texto) == 10 else dt.datetime.fromisoformat(texto)
    except ValueError:
        raise Ilegivel("Deve ser uma data ISO 8601, como 2026-11-30.") from None
    if not 2000 <= data.year <= 2100:
        raise Ilegivel("Deve ficar entre os anos 2000 e 2100.")
    return data
