"""SQLAlchemy Core on the address of the test server, with the product's column types."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import oracledb
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.winthor.esquema.types import CLOB, DATE, NUMBER, TIMESTAMP, VARCHAR2
from tests.oracle_wire.server import OracleWireServer

METADATA = sa.MetaData()
PEDIDO = sa.Table(
    "PCPEDC".lower(),
    METADATA,
    sa.Column("numped", NUMBER(10), sa.Sequence("seq_numped", metadata=METADATA), primary_key=True),
    sa.Column("vltotal", NUMBER(18, 2)),
    sa.Column("data", DATE),
    sa.Column("obs", VARCHAR2(60)),
)
LOG = sa.Table(
    "pclogpedidoapi",
    METADATA,
    sa.Column("numped", NUMBER(10), nullable=False),
    sa.Column("status", VARCHAR2(1)),
    sa.Column("payload", CLOB),
    sa.Column("criado", TIMESTAMP),
)
DAY = dt.datetime(2024, 5, 6, 7, 8, 9)  # noqa: DTZ001


@pytest.fixture
def engine(oracle: OracleWireServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.Engine]:
    monkeypatch.setattr(oracledb.defaults, "fetch_decimals", True)
    engine = sa.create_engine(oracle.url, pool_pre_ping=True)
    METADATA.create_all(engine, checkfirst=False)
    yield engine
    engine.dispose()


def test_rows_go_in_and_come_out(engine: sa.Engine) -> None:
    row = {"numped": 1, "vltotal": Decimal("1234.50"), "data": DAY, "obs": "ação"}
    with engine.begin() as connection:
        connection.execute(sa.insert(PEDIDO), row)
    with engine.connect() as connection:
        found = connection.execute(sa.select(PEDIDO)).one()
    assert found._asdict() == row
    assert str(found.vltotal) == "1234.50"


def test_executemany_counts_its_rows(engine: sa.Engine) -> None:
    rows = [{"numped": number, "obs": None if number % 2 else "par"} for number in range(10)]
    with engine.begin() as connection:
        insert = sa.insert(PEDIDO).execution_options(preserve_rowcount=True)
        assert connection.execute(insert, rows).rowcount == 10
        assert connection.execute(sa.update(PEDIDO).where(PEDIDO.c.obs == "par").values(vltotal=1)).rowcount == 5
        changes = sa.update(PEDIDO).where(PEDIDO.c.numped == sa.bindparam("n")).values(obs=sa.bindparam("o"))
        assert connection.execute(changes, [{"n": 1, "o": "a"}, {"n": 99, "o": "b"}]).rowcount == 1


def test_a_sequence_fills_the_key(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        first = connection.execute(sa.insert(PEDIDO).values(obs="x"))
        assert first.inserted_primary_key == (1,)
        added = connection.execute(
            sa.insert(PEDIDO).returning(PEDIDO.c.numped, PEDIDO.c.obs, sort_by_parameter_order=True),
            [{"obs": "y"}, {"obs": "z"}],
        )
        assert added.all() == [(2, "y"), (3, "z")]


def test_returning_of_changes(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.insert(PEDIDO), [{"numped": 1, "vltotal": 1}, {"numped": 2, "vltotal": 2}])
        changed = connection.execute(
            sa.update(PEDIDO)
            .where(PEDIDO.c.numped == 2)
            .values(vltotal=PEDIDO.c.vltotal + 1)
            .returning(PEDIDO.c.vltotal)
        )
        assert changed.scalar_one() == Decimal("3.00")
        removed = connection.execute(sa.delete(PEDIDO).returning(PEDIDO.c.numped))
        assert sorted(removed.scalars()) == [1, 2]


def test_payloads_are_text(engine: sa.Engine) -> None:
    payload, moment = '{"nome": "João 😀"}' * 5000, DAY.replace(microsecond=123456)
    with engine.begin() as connection:
        connection.execute(
            sa.insert(LOG),
            [
                {"numped": 1, "status": "P", "payload": payload, "criado": moment},
                {"numped": 2, "status": "P", "payload": None, "criado": None},
            ],
        )
        for _ in range(2):
            rows = connection.execute(sa.select(LOG.c.payload, LOG.c.criado, LOG.c.numped).order_by(LOG.c.numped))
            assert rows.all() == [(payload, moment, 1), (None, None, 2)]


def test_a_log_row_is_found_again_by_its_rowid(engine: sa.Engine) -> None:
    rowid = sa.literal_column("ROWID", sa.String(18))
    with engine.begin() as connection:
        added = connection.execute(
            sa.insert(LOG)
            .values(numped=1, status="P", payload="{}")
            .returning(sa.func.ROWIDTOCHAR(rowid, type_=sa.String(18)))
        )
        name = added.scalar_one()
    finish = sa.update(LOG).where(rowid == name, LOG.c.status == "P").values(status="S")
    with engine.begin() as connection:
        assert connection.execute(finish).rowcount == 1
        assert connection.execute(finish).rowcount == 0


def test_untyped_results(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.insert(PEDIDO).values(numped=1, vltotal=Decimal("0.10"), obs=""))
        text = sa.text(
            "SELECT NUMPED, VLTOTAL, SUM(VLTOTAL), COUNT(*), OBS, SYSDATE FROM PCPEDC GROUP BY NUMPED, VLTOTAL, OBS"
        )
        row = connection.execute(text).one()
    assert row[:5] == (1, Decimal("0.1"), Decimal("0.1"), 1, None)
    assert isinstance(row[5], dt.datetime)


def test_locks_and_paging(engine: sa.Engine) -> None:
    lock = sa.select(PEDIDO.c.numped).where(PEDIDO.c.numped == 1)
    with engine.connect() as holder, engine.connect() as other:
        holder.execute(sa.insert(PEDIDO), [{"numped": number} for number in range(1, 6)])
        holder.commit()
        holder.execute(lock.with_for_update())
        with pytest.raises(DBAPIError, match="ORA-00054"):
            other.execute(lock.with_for_update(nowait=True))
        with pytest.raises(DBAPIError, match="ORA-30006"):
            other.execute(lock.suffix_with("FOR UPDATE WAIT 1", dialect="oracle"))
        free = other.execute(sa.select(PEDIDO.c.numped).order_by(PEDIDO.c.numped).with_for_update(skip_locked=True))
        assert free.scalars().all() == [2, 3, 4, 5]
        page = sa.select(PEDIDO.c.numped).order_by(PEDIDO.c.numped).offset(1).limit(2)
        assert other.execute(page).scalars().all() == [2, 3]


def test_nested_transactions(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.insert(PEDIDO).values(numped=1))
        with connection.begin_nested() as inner:
            connection.execute(sa.insert(PEDIDO).values(numped=2))
            with pytest.raises(IntegrityError, match="ORA-00001"):
                connection.execute(sa.insert(PEDIDO).values(numped=1))
            inner.rollback()
        connection.execute(sa.insert(PEDIDO).values(numped=3))
    with engine.connect() as connection:
        assert connection.execute(sa.select(PEDIDO.c.numped).order_by(PEDIDO.c.numped)).scalars().all() == [
            1,
            3,
        ]


def test_the_pool_replaces_killed_connections(oracle: OracleWireServer, engine: sa.Engine) -> None:
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT 1 FROM DUAL")) == 1
    assert oracle.kill_sessions() == 1
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT 1 FROM DUAL")) == 1


def test_a_connection_lost_in_use_is_known_as_a_disconnect(oracle: OracleWireServer, engine: sa.Engine) -> None:
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1 FROM DUAL"))
        oracle.faults.kill("SELECT 2")
        with pytest.raises(DBAPIError, match="DPY-4011") as error:
            connection.execute(sa.text("SELECT 2 FROM DUAL"))
    assert error.value.connection_invalidated


def test_tables_are_looked_up_in_the_catalog(engine: sa.Engine) -> None:
    assert sa.inspect(engine).has_table("pcpedc")
    assert sorted(sa.inspect(engine).get_table_names()) == ["pclogpedidoapi", "pcpedc"]
    assert not sa.inspect(engine).has_table("nowhere")
    METADATA.create_all(engine)
    with engine.connect() as connection:
        described = connection.exec_driver_sql(
            "SELECT COLUMN_NAME, DATA_TYPE, CHAR_LENGTH, CHAR_USED, DATA_PRECISION, DATA_SCALE, NULLABLE"
            " FROM ALL_TAB_COLUMNS WHERE OWNER = 'WIRE' AND TABLE_NAME = 'PCPEDC' ORDER BY COLUMN_ID"
        )
        assert described.all() == [
            ("NUMPED", "NUMBER", 0, None, 10, 0, "N"),
            ("VLTOTAL", "NUMBER", 0, None, 18, 2, "Y"),
            ("DATA", "DATE", 0, None, None, None, "Y"),
            ("OBS", "VARCHAR2", 60, "C", None, None, "Y"),
        ]
