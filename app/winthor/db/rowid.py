"""The address of a row, as each database writes it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


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
