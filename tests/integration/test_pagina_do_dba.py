"""docs/dba.md, followed as it stands: its steps on an empty database, and what it says is taken away."""

from __future__ import annotations

import re
from pathlib import Path

import sqlalchemy as sa
from click.testing import CliRunner

from app.cli import main
from app.winthor.esquema import indices
from app.winthor.esquema.gateway_tables import gateway
from app.winthor.esquema.tables import winthor

PAGINA = (Path(__file__).parents[2] / "docs" / "dba.md").read_text(encoding="utf-8")
PASSOS = PAGINA.split("<!-- passos -->")[1].split("<!-- /passos -->")[0]


def test_the_steps_work_one_after_the_other(empty_engine: sa.Engine) -> None:
    ambiente = {"PREVENDA_DATABASE_URL": empty_engine.url.render_as_string(hide_password=False)}
    comandos = re.findall(r"^prevenda (.*)$", PASSOS, re.M)
    assert len(comandos) >= 5

    for comando in comandos:
        result = CliRunner().invoke(main, comando.split(), env=ambiente)
        assert result.exit_code == 0, f"prevenda {comando}: {result.output}"


def test_what_is_dropped_at_the_end_is_all_of_the_gateways(empty_engine: sa.Engine) -> None:
    ambiente = {"PREVENDA_DATABASE_URL": empty_engine.url.render_as_string(hide_password=False)}
    assert CliRunner().invoke(main, ["db", "create", "--demo"], env=ambiente).exit_code == 0
    (lista,) = re.findall(r"`DROP TABLE` de ([A-Z_,\s]+);", PAGINA)

    with empty_engine.begin() as connection:
        for tabela in re.split(r",\s+", lista.strip()):
            connection.execute(sa.DDL(f"DROP TABLE {tabela}"))

    with empty_engine.connect() as connection:
        restam = {nome.upper() for nome in sa.inspect(connection).get_table_names()}
    assert restam == set(winthor.tables)
    assert set(re.split(r",\s+", lista.strip())) == set(gateway.tables)


def test_proposed_indexes_are_those_the_doctor_asks_for() -> None:
    propostos = {texto for nome, texto in vars(indices).items() if nome.startswith("CRIAR")}
    assert set(re.findall(r"`(CREATE INDEX [^`]+)`", PAGINA)) == propostos
