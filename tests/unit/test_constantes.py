"""Constants in the text of an INSERT: the same values as by binds, whatever characters they have."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.psycopg import dialect as psycopg

from app.winthor.esquema.tabelas_do_site import Constante, Tabelas


@pytest.mark.parametrize("texto", ["L", "D'AGUA", "100%", "%(x)s", ":B_X", "a\\'b", "?", "Pão"])
@pytest.mark.parametrize("numero", [0, -3, Decimal("0.5"), Decimal("1E+3")])
def test_what_is_written_is_what_was_given(texto: str, numero: Constante) -> None:
    engine = sa.create_engine("sqlite://")
    tabelas = Tabelas({"PCPEDC": [("TEXTO_DO_SITE", "VARCHAR2(30)"), ("NUMERO_DO_SITE", "NUMBER(12,2)")]})
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateTable(tabelas["PCPEDC"]))
        constantes = {"TEXTO_DO_SITE": texto, "NUMERO_DO_SITE": numero}
        tabelas.inserir(connection, "PCPEDC", [{"NUMPED": n} for n in (1, 2)], constantes)
        tabelas.inserir(connection, "PCPEDC", [{"NUMPED": 3, **constantes}])
        t = tabelas["PCPEDC"].c
        rows = connection.execute(sa.select(t.TEXTO_DO_SITE, t.NUMERO_DO_SITE).order_by(t.NUMPED)).all()
    assert rows == [(texto, numero)] * 3


def test_a_percent_sign_is_no_parameter_of_psycopg() -> None:
    tabelas = Tabelas({"PCPEDC": [("TEXTO_DO_SITE", "VARCHAR2(30)")]})
    insert = tabelas._insert("PCPEDC", {"TEXTO_DO_SITE": "100%(x)s"})
    assert "'100%%(x)s'" in str(insert.compile(dialect=psycopg(), column_keys=["NUMPED"]))
