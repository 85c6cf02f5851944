"""Lists of values in a statement, in few sizes, so that the database knows the statement again; and binds of which
there are many, or that are bound many times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal

# Lists bound to IN are padded to these sizes, so that the database sees few different statements, and of a long list
# not many binds are sent in vain; Oracle takes at most 1000 per list.
TAMANHOS_DE_LISTA = (1, 8, 16, 32, 64, 96, 128, 192, 256, 320, 384, 512, 640, 768, 1000)


class Bind(sa.ColumnElement[Any]):
    """``sa.bindparam`` of a statement that is built once, its value given when it is executed.

    SQLAlchemy looks the values of a statement's binds up in the statement anew for each row that is bound, should it
    be another one of the same form. This has none there.
    """

    inherit_cache = True
    _traverse_internals = [  # noqa: RUF012 - SQLAlchemy declares it of an instance
        ("nome", InternalTraversal.dp_string),
        ("type", InternalTraversal.dp_type),
    ]

    def __init__(self, nome: str, tipo: sa.types.TypeEngine[Any]) -> None:
        self.nome = nome
        self.type = tipo
        self.bind = sa.bindparam(nome, type_=tipo)


@compiles(Bind)
def _bind(elemento: Bind, compilador: SQLCompiler, **opcoes: Any) -> str:
    return compilador.process(elemento.bind, **opcoes)


def any_of(column: sa.ColumnElement[Any], values: Sequence[Any]) -> sa.ColumnElement[bool]:
    """``column IN (values)`` with the list padded to a fixed size by repeating its last value."""
    if not values:
        return sa.false()
    largest = TAMANHOS_DE_LISTA[-1]
    padded = [*values, *[values[-1]] * (list_size(len(values)) - len(values))]
    return sa.or_(*[column.in_(padded[start : start + largest]) for start in range(0, len(padded), largest)])


def list_size(count: int) -> int:
    """The size that a list of ``count`` values is padded to; above the largest one, several lists."""
    largest = TAMANHOS_DE_LISTA[-1]
    full, rest = divmod(count, largest)
    return full * largest + (next(size for size in TAMANHOS_DE_LISTA if rest <= size) if rest else 0)


def any_bind(column: sa.ColumnElement[Any], name: str, size: int) -> sa.ColumnElement[bool]:
    """``any_of`` for a statement that is built once: the list is ``size`` binds, to be filled by ``bind_list``."""
    if not size:
        return sa.false()
    largest = TAMANHOS_DE_LISTA[-1]
    binds = [Bind(f"{name}_{n}", column.type) for n in range(size)]
    return sa.or_(*[column.in_(binds[start : start + largest]) for start in range(0, size, largest)])


def bind_list(name: str, values: Sequence[Any]) -> dict[str, Any]:
    """The parameters of ``any_bind``."""
    padded = list(values)
    padded += padded[-1:] * (list_size(len(values)) - len(values))
    return {f"{name}_{n}": value for n, value in enumerate(padded)}
