"""The address of a row, as each database writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.winthor.db.faults import EnderecoSumiu, classify

T = TypeVar("T")


class RowId(FunctionElement[str]):
    """The physical address of a row as text: ROWID, ctid or rowid."""

    inherit_cache = True
    name = "rowid"
    type = sa.String()


class RowIdIs(FunctionElement[Any]):
    """The row at the address of the bind parameter B_ROWID."""

    inherit_cache = True
    name = "rowid_is"
    # Not Boolean: a database without booleans would get "= 1" behind it.
    type = sa.types.NullType()

    def __init__(self) -> None:
        super().__init__(sa.bindparam("B_ROWID", type_=sa.String()))


@compiles(RowId)
def _rowid(_element: RowId, compiler: SQLCompiler, **_: Any) -> str:
    return {"postgresql": "CAST(ctid AS text)", "oracle": "ROWIDTOCHAR(ROWID)"}.get(compiler.dialect.name, "rowid")


@compiles(RowIdIs)
def _rowid_is(element: RowIdIs, compiler: SQLCompiler, **kwargs: Any) -> str:
    bind = compiler.process(element.clauses, **kwargs)
    return {"postgresql": f"ctid = CAST({bind} AS tid)", "oracle": f"ROWID = CHARTOROWID({bind})"}.get(
        compiler.dialect.name, f"rowid = {bind}"
    )


def no_endereco(
    connection: sa.Connection, statement: sa.Executable, valores: Mapping[str, Any], ler: Callable[[Any], T]
) -> list[T]:
    """What ``ler`` makes of each row of a statement on the row at an address; nothing where there is no such address
    any more: Oracle raises then, and only that statement is undone. Raises what else it raises."""
    try:
        rows = connection.execute(statement, valores).all()
    except sa.exc.DBAPIError as error:
        if isinstance(classify(error), EnderecoSumiu):
            return []
        raise
    return [ler(row) for row in rows]
