"""What the database really has: the columns of every table the gateway names, and its character set.

Read once at the start, so that texts are clipped to the site's widths, and by the doctor. Nothing is written.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from app.winthor.db.faults import Falha
from app.winthor.db.transaction import Database
from app.winthor.esquema.gateway_tables import gateway
from app.winthor.esquema.tables import winthor

logger = logging.getLogger(__name__)

# Tables that not every site or release of WinThor has; what they would tell, or be told, is then left out.
OPCIONAIS = frozenset({"PCESTANALITICOVENDA", "PCVINCULOPEDIDOMATCON"})
# What the gateway reads or changes in the tables of the maps beside the columns that these name.
SEM_MAPA = {
    "PCPEDC": ("CODCOB", "CODFUNCCANCEL", "DESFEZKITCANC", "DTCANCEL", "DTFAT", "NUMTRANSVENDA"),
    "PCCLIENT": ("DTEXCLUSAO",),
}


@dataclass(frozen=True, slots=True)
class ColunaReal:
    """A column as the catalog shows it.

    ``tipo``: "text", "number" or "" (anything else). ``largura``: bytes of a text; ``caracteres``: its characters,
    where the column counts them (Oracle's CHAR semantics). ``precisao`` and ``escala``: of a number that declares them.
    """

    nome: str
    tipo: str = ""
    largura: int | None = None
    caracteres: int | None = None
    precisao: int | None = None
    escala: int | None = None
    nullable: bool = True
    tem_default: bool = False


Colunas = Mapping[str, ColunaReal]


@dataclass(frozen=True, slots=True)
class Catalogo:
    """Tables by upper-case name, without those the catalog does not show, and the character set.

    ``donos``: the schema each table is in. ``conjunto``: the database's own name of its character set.
    ``semantica``: how a VARCHAR2 without unit counts, BYTE or CHAR.
    """

    tabelas: Mapping[str, Colunas] = field(default_factory=dict)
    donos: Mapping[str, str] = field(default_factory=dict)
    conjunto: str = ""
    semantica: str = ""

    @property
    def codificacao(self) -> str | None:
        """Python's name of the character set, None where it has no such codec."""
        return CODIFICACOES.get(self.conjunto.upper())


# The database's name of a character set to Python's. Oracle's UTF8 (CESU-8) takes 6 bytes for a character beyond the
# basic plane where Python counts 4; emoji in such a database may be refused.
CODIFICACOES = {
    "AL32UTF8": "utf-8",
    "UTF8": "utf-8",
    "UTF-8": "utf-8",
    "WE8MSWIN1252": "cp1252",
    "WIN1252": "cp1252",
    "WE8ISO8859P1": "iso8859-1",
    "LATIN1": "iso8859-1",
    "WE8ISO8859P15": "iso8859-15",
    "LATIN9": "iso8859-15",
    "WE8ISO8859P9": "iso8859-9",
    "WE8PC850": "cp850",
    "WE8PC858": "cp858",
}


# Filled by the demo, as a WinThor has them, and never asked for.
SO_DA_DEMONSTRACAO = frozenset({"PCREGIAO", "PCATIVI"})


def tabelas_usadas() -> dict[str, list[str]]:
    """Every table the gateway reads or writes, with the columns it knows: those of ``sql/gateway/grants.sql``."""
    return {
        str(table.name): [str(column.name) for column in table.columns]
        for metadata in (winthor, gateway)
        for table in metadata.tables.values()
        if table.name not in SO_DA_DEMONSTRACAO
    }


# An unqualified name means the object of the current schema, else its synonym, else the public one; a synonym over a
# database link or to another synonym is not followed. DATA_LENGTH is in bytes, CHAR_LENGTH in characters. The default
# itself is a LONG and not read.
_ORACLE = """
SELECT N.ORDEM, N.NOME, N.DONO, C.COLUMN_NAME, C.DATA_TYPE, C.DATA_LENGTH, C.CHAR_LENGTH, C.CHAR_USED,
    C.DATA_PRECISION, C.DATA_SCALE, C.NULLABLE, C.DEFAULT_LENGTH
FROM ALL_TAB_COLUMNS C JOIN (
    SELECT 0 AS ORDEM, T.TABLE_NAME AS NOME, T.OWNER AS DONO, T.TABLE_NAME AS TABELA
    FROM ALL_TABLES T
    WHERE T.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND T.TABLE_NAME IN :tabelas
    UNION ALL
    SELECT 0, V.VIEW_NAME, V.OWNER, V.VIEW_NAME
    FROM ALL_VIEWS V
    WHERE V.OWNER = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND V.VIEW_NAME IN :tabelas
    UNION ALL
    SELECT CASE S.OWNER WHEN 'PUBLIC' THEN 2 ELSE 1 END, S.SYNONYM_NAME, S.TABLE_OWNER, S.TABLE_NAME
    FROM ALL_SYNONYMS S
    WHERE S.OWNER IN (SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA'), 'PUBLIC') AND S.SYNONYM_NAME IN :tabelas
        AND S.DB_LINK IS NULL
) N ON N.DONO = C.OWNER AND N.TABELA = C.TABLE_NAME
ORDER BY N.ORDEM"""
_POSTGRESQL = """
SELECT 0 AS ordem, UPPER(c.relname) AS nome, current_schema() AS dono, UPPER(a.attname) AS column_name,
    t.typname AS data_type, a.atttypmod, NOT a.attnotnull AS nullable, a.atthasdef AS tem_default
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
WHERE UPPER(c.relname) IN :tabelas AND pg_table_is_visible(c.oid) AND a.attnum > 0 AND NOT a.attisdropped"""
_SQLITE = """
SELECT 0 AS ordem, UPPER(m.name) AS nome, '' AS dono, UPPER(p.name) AS column_name, p.type AS data_type,
    p."notnull" AS obrigatoria, p.dflt_value
FROM sqlite_master m JOIN pragma_table_info(m.name) p
WHERE m.type IN ('table', 'view') AND UPPER(m.name) IN :tabelas"""
_COLUNAS = {"oracle": _ORACLE, "postgresql": _POSTGRESQL, "sqlite": _SQLITE}
_CONJUNTO = {
    "oracle": (
        "SELECT PARAMETER, VALUE FROM NLS_DATABASE_PARAMETERS"
        " WHERE PARAMETER IN ('NLS_CHARACTERSET', 'NLS_LENGTH_SEMANTICS')"
    ),
    "postgresql": "SELECT 'NLS_CHARACTERSET', current_setting('server_encoding')",
    "sqlite": "SELECT 'NLS_CHARACTERSET', encoding FROM pragma_encoding",
}


def ler(connection: sa.Connection) -> Catalogo:
    """The catalog as the session sees it: two queries."""
    dialect = connection.dialect.name
    query = sa.text(_COLUNAS[dialect]).bindparams(sa.bindparam("tabelas", sorted(tabelas_usadas()), expanding=True))
    colunas = connection.execute(query).all()
    return montar(dialect, tuple(colunas), tuple(connection.execute(sa.text(_CONJUNTO[dialect])).all()))


def montar(dialect: str, colunas: tuple[Any, ...], parametros: tuple[Any, ...]) -> Catalogo:
    """The catalog out of what a database of that kind answered, and of nothing else."""
    coluna = _LEITURAS[dialect]
    achadas: dict[str, dict[str, ColunaReal]] = {}
    donos: dict[str, tuple[int, str]] = {}
    for row in colunas:
        if donos.setdefault(row.nome, (row.ordem, row.dono)) == (row.ordem, row.dono):
            real = coluna(row)
            achadas.setdefault(row.nome, {})[real.nome] = real
    valores = {str(nome): str(valor) for nome, valor in parametros}
    return Catalogo(
        achadas,
        {nome: dono for nome, (_, dono) in donos.items()},
        valores.get("NLS_CHARACTERSET", ""),
        valores.get("NLS_LENGTH_SEMANTICS", ""),
    )


def ler_se_puder(db: Database) -> Catalogo:
    """The catalog, or an empty one where it may not be read: then the built-in widths hold."""
    try:
        with db.read() as connection:
            return ler(connection)
    except Falha as falha:
        logger.warning("catálogo não pôde ser lido (%s): valem as larguras embutidas", falha)
        return Catalogo()


def legivel(db: Database, tabela: str) -> bool:
    """Whether a table that the catalog does not show can be read all the same."""
    nothing = sa.literal_column("1") == sa.literal_column("0")
    try:
        with db.read() as connection:
            connection.execute(sa.select(sa.literal_column("1")).select_from(sa.text(tabela)).where(nothing))
    except Falha:
        return False
    return True


def tem_opcional(db: Database, site: Catalogo, tabela: str) -> bool:
    """Whether a table that a site may lack is there and may be read."""
    return tabela in site.tabelas or (not site.tabelas and legivel(db, tabela))


_TEXTOS_ORACLE = {"VARCHAR2", "CHAR"}


def _coluna_oracle(row: Any) -> ColunaReal:
    texto, numero = row.data_type in _TEXTOS_ORACLE, row.data_type == "NUMBER"
    com_precisao = numero and row.data_precision is not None
    return ColunaReal(
        row.column_name,
        "text" if texto else "number" if numero else "",
        int(row.data_length) if texto else None,
        int(row.char_length) if texto and row.char_used == "C" else None,
        int(row.data_precision) if com_precisao else None,
        int(row.data_scale or 0) if com_precisao else None,
        nullable=row.nullable == "Y",
        tem_default=row.default_length is not None,
    )


def _coluna_postgresql(row: Any) -> ColunaReal:
    """varchar(n) holds n characters; here they count as bytes, so that a staging database clips as Oracle will."""
    modificador = row.atttypmod - 4
    texto, numero = row.data_type in {"varchar", "bpchar"}, row.data_type == "numeric"
    return ColunaReal(
        row.column_name,
        "text" if texto else "number" if numero else "",
        modificador if texto and modificador > 0 else None,
        None,
        modificador >> 16 if numero and modificador > 0 else None,
        ((modificador & 0x7FF) ^ 1024) - 1024 if numero and modificador > 0 else None,
        nullable=bool(row.nullable),
        tem_default=bool(row.tem_default),
    )


_TIPO_SQLITE = re.compile(r"(VARCHAR|NUMERIC)\s*\((\d+)(?:,\s*(\d+))?\)")


def _coluna_sqlite(row: Any) -> ColunaReal:
    tipo = _TIPO_SQLITE.fullmatch(row.data_type.upper())
    texto, numero = (tipo is not None and tipo[1] == nome for nome in ("VARCHAR", "NUMERIC"))
    return ColunaReal(
        row.column_name,
        "text" if texto else "number" if numero else "",
        int(tipo[2]) if tipo is not None and texto else None,
        None,
        int(tipo[2]) if tipo is not None and numero else None,
        int(tipo[3] or 0) if tipo is not None and numero else None,
        nullable=not row.obrigatoria,
        tem_default=row.dflt_value is not None,
    )


_LEITURAS: Mapping[str, Callable[[Any], ColunaReal]] = {
    "oracle": _coluna_oracle,
    "postgresql": _coluna_postgresql,
    "sqlite": _coluna_sqlite,
}
