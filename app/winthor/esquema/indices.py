"""Which indexes a site has on WinThor's tables, as far as the gateway's look-ups depend on them (R21).

Read from the catalog at the start, by the doctor and by each round of adoption. Nothing is written.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection

import sqlalchemy as sa

from app.winthor.db.faults import Falha
from app.winthor.db.transaction import Database

logger = logging.getLogger(__name__)

# The look-up of a pre-sale compares both: an index that begins with NUMPEDHUBE, or with both, serves it.
COLUNA, COM = "NUMPEDHUBE", "CODFILIAL"
CRIAR = "CREATE INDEX PCPEDC_NUMPEDHUBE_IX ON PCPEDC (NUMPEDHUBE, CODFILIAL)"
# What is new since a day is found by an index that begins with it.
DIA = "DATA"
CRIAR_DO_DIA = "CREATE INDEX PCPEDC_DATA_IX ON PCPEDC (DATA)"
# What holds stock are the orders of two positions, and of a future sale what its deliveries name it by.
POSICAO, ENTREGA = "POSICAO", "NUMPEDENTFUT"
CRIAR_DA_POSICAO = "CREATE INDEX PCPEDC_POSICAO_IX ON PCPEDC (POSICAO, NUMPED)"
CRIAR_DA_ENTREGA = "CREATE INDEX PCPEDC_NUMPEDENTFUT_IX ON PCPEDC (NUMPEDENTFUT)"
# Who holds a product is found by its lines; the key of PCPEDI begins with the order.
CRIAR_DO_PRODUTO = "CREATE INDEX PCPEDI_CODPROD_IX ON PCPEDI (CODPROD)"
# A customer by document: as it is written, or without its mask. Of the latter the expression must be the one of
# ``clientes.SEM_MASCARA``, or no search uses it.
CRIAR_DO_DOCUMENTO = "CREATE INDEX PCCLIENT_CGCENT_IX ON PCCLIENT (CGCENT)"
SEM_MASCARA = "UPPER(REPLACE(REPLACE(REPLACE(REPLACE(CGCENT, '.', ''), '-', ''), '/', ''), ' ', ''))"
CRIAR_SEM_MASCARA = f"CREATE INDEX PCCLIENT_CGCENT_LIMPO_IX ON PCCLIENT ({SEM_MASCARA})"

# An unqualified name means the table of the current schema, else its synonym.
_DO_DONO = """
    SELECT SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') FROM DUAL
    UNION ALL
    SELECT S.TABLE_OWNER FROM ALL_SYNONYMS S
    WHERE S.SYNONYM_NAME = :tabela AND S.OWNER IN (SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA'), 'PUBLIC')"""
# Columns of each index in their order.
_ORACLE = f"""
SELECT C.INDEX_OWNER || '.' || C.INDEX_NAME AS INDICE, C.COLUMN_NAME AS COLUNA
FROM ALL_IND_COLUMNS C
WHERE C.TABLE_NAME = :tabela AND C.TABLE_OWNER IN ({_DO_DONO}
)
ORDER BY 1, C.COLUMN_POSITION"""  # noqa: S608 - constants
_POSTGRESQL = """
SELECT i.indexrelid AS indice, UPPER(a.attname) AS coluna
FROM pg_index i
CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, ordem)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indrelid = to_regclass(LOWER(:tabela)) AND i.indisvalid AND i.indpred IS NULL
ORDER BY i.indexrelid, k.ordem"""
_SQLITE = """
SELECT l.name AS indice, UPPER(c.name) AS coluna
FROM pragma_index_list(:tabela) l JOIN pragma_index_info(l.name) c
WHERE l.partial = 0
ORDER BY l.name, c.seqno"""
_INDICES = {"oracle": _ORACLE, "postgresql": _POSTGRESQL, "sqlite": _SQLITE}
# What the first place of an index computes.
_EXPRESSOES = {
    "oracle": f"""
SELECT E.COLUMN_EXPRESSION FROM ALL_IND_EXPRESSIONS E
WHERE E.TABLE_NAME = :tabela AND E.COLUMN_POSITION = 1 AND E.TABLE_OWNER IN ({_DO_DONO}
)""",  # noqa: S608 - constants
    "postgresql": """
SELECT pg_get_indexdef(i.indexrelid, 1, true) FROM pg_index i
WHERE i.indrelid = to_regclass(LOWER(:tabela)) AND i.indisvalid AND i.indpred IS NULL AND i.indkey[0] = 0""",
    "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index' AND UPPER(tbl_name) = :tabela AND sql IS NOT NULL",
}


def acha_por_numero(db: Database) -> bool:
    """Whether an order is found by NUMPEDHUBE without a scan of PCPEDC; False where the catalog may not be read."""
    return _se_puder(db, tem_indice_do_numero, "nenhuma venda procura por NUMPEDHUBE")


def acha_por_dia(db: Database) -> bool:
    """Whether the orders of a day are found without a scan of PCPEDC; False where the catalog may not be read."""
    return _se_puder(db, tem_indice_do_dia, "nada se procura por DATA")


def acha_entregas(db: Database) -> bool:
    """Whether the deliveries of a future sale are found without a scan of PCPEDC; False where the catalog may not be
    read."""
    return _se_puder(db, lambda c: tem_indice_de(c, ENTREGA), "só se conhecem as entregas feitas aqui")


def _se_puder(db: Database, tem: Callable[[sa.Connection], bool], sem: str) -> bool:
    """``sem``: what does not happen, for the log, where the catalog may not be read."""
    try:
        with db.read() as connection:
            return tem(connection)
    except Falha as falha:
        logger.warning("índices de PCPEDC não puderam ser lidos (%s): %s", falha, sem)
        return False


def tem_indice_do_numero(connection: sa.Connection) -> bool:
    """The same on an open connection. Raises Falha."""
    return any(colunas[:1] == [COLUNA] or colunas[:2] == [COM, COLUNA] for colunas in _colunas(connection, "PCPEDC"))


def tem_indice_do_dia(connection: sa.Connection) -> bool:
    """The same on an open connection. Raises Falha."""
    return tem_indice_de(connection, DIA)


def tem_indice_de(connection: sa.Connection, coluna: str, tabela: str = "PCPEDC") -> bool:
    """Whether an index of the table begins with the column. Raises Falha."""
    return any(colunas[:1] == [coluna] for colunas in _colunas(connection, tabela))


def tem_indice_sem_mascara(connection: sa.Connection) -> bool:
    """Whether an index of PCCLIENT begins with ``SEM_MASCARA``. Raises Falha."""
    achadas = connection.execute(sa.text(_EXPRESSOES[connection.dialect.name]), {"tabela": "PCCLIENT"}).scalars()
    return any(_comparavel(SEM_MASCARA) in _comparavel(str(achada)) for achada in achadas)


def _comparavel(expressao: str) -> str:
    """An expression without what each dictionary writes in its own way: quotes, casts, blanks, an empty text."""
    sem_tipos = re.sub(r"::\w+(?: varying)?", "", expressao.upper(), flags=re.IGNORECASE).replace(",NULL)", ",'')")
    return re.sub(r"[\s\"]|\((?=CGCENT\))|(?<=CGCENT)\)", "", sem_tipos)


def _colunas(connection: sa.Connection, tabela: str) -> Collection[list[str]]:
    """The columns of each index of the table, in their order."""
    por_indice: dict[str, list[str]] = {}
    for indice, coluna in connection.execute(sa.text(_INDICES[connection.dialect.name]), {"tabela": tabela}):
        por_indice.setdefault(str(indice), []).append(str(coluna))
    return por_indice.values()
