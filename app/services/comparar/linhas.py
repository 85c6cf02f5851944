"""Rows of an order as they stand, laid beside those that the gateway would have written, column by column. Pure."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.domain.dinheiro import texto
from app.domain.privacidade import OCULTO
from app.services.comparar.soma import Soma

Row = Mapping[str, Any]
VAZIO = "(vazio)"
# As a column of a table: how many rows there are.
QUANTAS = "(linhas)"

# Ours by nature: each order has its own, whoever writes it.
_PROPRIAS = frozenset(
    {
        *("NUMPED", "HORA", "MINUTO", "HORALIBERA", "MINUTOLIBERA"),
        *("VLCUSTOREAL", "VLCUSTOFIN", "VLCUSTOREP", "VLCUSTOCONT", "CUSTOFINEST"),
    }
)
# What people, payment, separation and invoice go on to change in an order.
_MUDAM_DEPOIS = frozenset(
    {
        *("POSICAO", "CODCOB", "CODPLPAG", "PRAZO1", "PRAZOMEDIO", "TIPOVENDA", "NUMCAR", "VLATEND", "VLTOTAL"),
        *("VLTABELA", "TOTPESO", "TOTVOLUME", "NUMITENS", "QT", "DTENTREGA", "DTLIBERA", "CODFUNCLIBERA"),
        *("CONDVENDA", "PVENDA", "PERDESC", "CODEMITENTE", "VENDAASSISTIDA"),
    }
)


def comparar_linhas(
    soma: Soma,
    deles: Mapping[str, Sequence[Row]],
    nossas: Mapping[str, Sequence[Row]],
    *,
    mudado: bool,
    pessoais: Mapping[str, Collection[str]],
    sem: Collection[str] = (),
) -> None:
    """Count what is equal and what differs, table by table. ``mudado``: somebody has
    gone on with the order; ``pessoais``: columns whose values are not told; ``sem``:
    columns that say nothing this time."""
    calados = {*_PROPRIAS, *sem, *(_MUDAM_DEPOIS if mudado else ())}
    for tabela, minhas in nossas.items():
        existentes = deles.get(tabela, ())
        if not minhas and not existentes:
            continue
        if not mudado or len(existentes) == len(minhas):
            _contar(soma, tabela, QUANTAS, len(existentes), len(minhas), oculta=False)
        for existente, minha in _juntar(tabela, existentes, minhas):
            soma.linhas[tabela] += 1
            ocultas = pessoais.get(tabela, ())
            for coluna, valor in minha.items():
                if coluna not in calados:
                    _contar(soma, tabela, coluna, existente.get(coluna), valor, oculta=coluna in ocultas)
            for coluna, valor in existente.items():
                if coluna not in minha and coluna not in calados and _normal(valor) is not None:
                    soma.preenchida((tabela, coluna), OCULTO if coluna in ocultas else como_texto(valor))


def _contar(soma: Soma, tabela: str, coluna: str, deles: object, nosso: object, *, oculta: bool) -> None:
    if _normal(deles) == _normal(nosso):
        soma.coluna_igual[tabela, coluna] += 1
    elif oculta:
        soma.par((tabela, coluna), OCULTO, OCULTO)
    else:
        soma.par((tabela, coluna), como_texto(deles), como_texto(nosso))


_CHAVE = {"PCPEDC": (), "PCPEDI": ("CODPROD",), "PCPEDICESTA": ("CODPROD", "CODPRODMP")}


def _juntar(tabela: str, deles: Sequence[Row], nossas: Sequence[Row]) -> Iterator[tuple[Row, Row]]:
    """The rows of the same product, the first with the first: the order of lines is not the same everywhere."""
    por_chave: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for existente in deles:
        por_chave[_chave(tabela, existente)].append(existente)
    for minha in nossas:
        if iguais := por_chave[_chave(tabela, minha)]:
            yield iguais.pop(0), minha


def _chave(tabela: str, row: Row) -> tuple[Any, ...]:
    return tuple(_normal(row.get(coluna)) for coluna in _CHAVE[tabela])


def _normal(valor: object) -> object:
    """A value as it compares: 2 is 2.00, a blank text is empty, a day is its midnight."""
    if isinstance(valor, int | float | Decimal):
        return Decimal(str(valor))
    if isinstance(valor, str):
        return valor.strip() or None
    if isinstance(valor, dt.date) and not isinstance(valor, dt.datetime):
        return dt.datetime.combine(valor, dt.time())
    return valor


def como_texto(valor: object) -> str:
    """A value as the report shows it."""
    normal = _normal(valor)
    if normal is None:
        return VAZIO
    if isinstance(normal, Decimal):
        return texto(normal)
    if isinstance(normal, dt.datetime):
        return normal.strftime("%Y-%m-%d" if normal.time() == dt.time() else "%Y-%m-%d %H:%M:%S")
    return str(normal)
