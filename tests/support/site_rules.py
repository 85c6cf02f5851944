"""Rules of a site's own on WinThor's tables: triggers that refuse, in the words of each database."""

from __future__ import annotations

import sqlalchemy as sa

from tests.support.gateway import Casa


def _define(casa: Casa, sql: str) -> None:
    with casa.engine.begin() as connection:
        if connection.dialect.name == "oracle":
            connection.exec_driver_sql(sql)  # :NEW is no bind
        else:
            connection.execute(sa.text(sql))


def proibir(casa: Casa, tabela: str, comando: str, dito: str, quando: str = "") -> None:
    """A row trigger that refuses ``comando`` (INSERT, UPDATE) on the table, by a condition on ``NEW.`` if there is one.

    On Oracle it is PL/SQL and ORA-20001, which the protocol server knows too.
    """
    if casa.engine.dialect.name == "oracle":
        condicao = f"WHEN ({quando}) " if quando else ""
        _define(
            casa,
            f"CREATE OR REPLACE TRIGGER PROIBIDO BEFORE {comando} ON {tabela} FOR EACH ROW {condicao}"
            f"BEGIN RAISE_APPLICATION_ERROR(-20001, '{dito}'); END;",
        )
    elif casa.postgresql:
        corpo = f"BEGIN RAISE EXCEPTION '%', '{dito}'; END"
        condicao = f"WHEN ({quando}) " if quando else ""
        _define(casa, f"CREATE FUNCTION proibir() RETURNS trigger LANGUAGE plpgsql AS $$ {corpo} $$")
        _define(
            casa,
            f"CREATE TRIGGER PROIBIDO BEFORE {comando} ON {tabela} FOR EACH ROW {condicao} EXECUTE FUNCTION proibir()",
        )
    else:
        condicao = f"WHEN {quando} " if quando else ""
        _define(
            casa,
            f"CREATE TRIGGER PROIBIDO BEFORE {comando} ON {tabela} {condicao}BEGIN SELECT RAISE(ABORT, '{dito}'); END",
        )


def permitir(casa: Casa, tabela: str) -> None:
    """The trigger is gone."""
    _define(casa, f"DROP TRIGGER PROIBIDO{f' ON {tabela}' if casa.postgresql else ''}")
