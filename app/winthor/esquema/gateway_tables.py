"""The gateway's own tables (prefix ``GW_``), as SQLAlchemy Core tables.

They hold what the gateway must remember beyond WinThor's columns: operations, pre-sales, reservations, logins and
settings. Times are UTC. Names are upper case and never quoted, as in :mod:`app.winthor.esquema.tables`.
"""

from __future__ import annotations

import sqlalchemy as sa

from app.winthor.esquema.tables import col, index, table
from app.winthor.esquema.types import CLOB, NUMBER, TIMESTAMP, VARCHAR2

gateway = sa.MetaData()

# One row per judged request: OPERACAO I/A/C, ESTADO P/A/R, stored answer, steps' times (R12, R15). VARIACOES, JSON: by
# how much a payment or a cancellation changed QTRESERV.
GW_OPERACAO = table(
    gateway,
    "GW_OPERACAO",
    col("ID", VARCHAR2(32)),
    col("CODFILIAL", VARCHAR2(2)),
    col("NUMERO", VARCHAR2(50)),
    col("SITUACAO", NUMBER(1)),
    col("IDRETAGUARDA", NUMBER(10)),
    col("FINGERPRINT", VARCHAR2(64)),
    col("CALLER", VARCHAR2(60)),
    col("CHAVE", VARCHAR2(64)),
    col("OPERACAO", VARCHAR2(1), null=False),
    col("ESTADO", VARCHAR2(1), null=False),
    col("CODIGO", VARCHAR2(40)),
    col("HTTPSTATUS", NUMBER(3)),
    col("RESPOSTA", CLOB()),
    col("NUMPED", NUMBER(10)),
    col("LOGROWID", VARCHAR2(64)),
    col("DTINICIO", TIMESTAMP(), null=False),
    col("DTLIMITE", TIMESTAMP(), null=False),
    col("DTFIM", TIMESTAMP()),
    col("TEMPOS", VARCHAR2(400)),
    col("EFEITO", VARCHAR2(20)),
    col("VARIACOES", CLOB()),
    key=("ID",),
)
# NUMERO first: a person looks for a pre-sale without knowing its branch.
index("GW_OPERACAO_NUMERO_IX", GW_OPERACAO.c.NUMERO, GW_OPERACAO.c.CODFILIAL)
index("GW_OPERACAO_CHAVE_IX", GW_OPERACAO.c.CALLER, GW_OPERACAO.c.CHAVE)
index("GW_OPERACAO_ESTADO_IX", GW_OPERACAO.c.ESTADO, GW_OPERACAO.c.DTLIMITE)
index("GW_OPERACAO_NUMPED_IX", GW_OPERACAO.c.NUMPED)
# The refusals of a code; Oracle keeps no entry for the accepted, whose CODIGO is NULL.
index("GW_OPERACAO_CODIGO_IX", GW_OPERACAO.c.CODIGO)

# The anchor every operation on a pre-sale locks (R20), pointing at its current order.
GW_PRE_VENDA = table(
    gateway,
    "GW_PRE_VENDA",
    col("CODFILIAL", VARCHAR2(2)),
    col("NUMERO", VARCHAR2(50)),
    col("NUMPED", NUMBER(10)),
    col("DTCRIACAO", TIMESTAMP(), null=False),
    key=("CODFILIAL", "NUMERO"),
)

# Life, term and lineage of a reservation (R11, R16, R17); MODO_KIT is how its kits were reserved (R5). LOCKTTL_S
# (seconds) and DTPAGAMENTO (a day of the branch) are what its chain asked for, DTCADEIA when the chain began. What was
# told of it last (R27): AVISADO where WinThor had its order, QTAVISADA the units on its lines, DTVENCENDO its end.
GW_RESERVA = table(
    gateway,
    "GW_RESERVA",
    col("NUMPED", NUMBER(10)),
    col("CODFILIAL", VARCHAR2(2), null=False),
    col("NUMERO", VARCHAR2(50), null=False),
    col("ESTADO", VARCHAR2(12), null=False),
    col("DTEXPIRA", TIMESTAMP()),
    col("NUMPED_ANTERIOR", NUMBER(10)),
    col("NUMPED_SEGUINTE", NUMBER(10)),
    col("MODO_KIT", VARCHAR2(10), null=False),
    col("CALLER", VARCHAR2(60)),
    col("DTCRIACAO", TIMESTAMP(), null=False),
    col("DTALTERACAO", TIMESTAMP(), null=False),
    col("LOCKTTL_S", NUMBER(10)),
    col("DTPAGAMENTO", TIMESTAMP()),
    col("DTCADEIA", TIMESTAMP()),
    col("AVISADO", VARCHAR2(12)),
    col("QTAVISADA", NUMBER(20, 6)),
    col("DTVENCENDO", TIMESTAMP()),
    key=("NUMPED",),
)
index("GW_RESERVA_NUMERO_IX", GW_RESERVA.c.CODFILIAL, GW_RESERVA.c.NUMERO)
index("GW_RESERVA_ESTADO_IX", GW_RESERVA.c.ESTADO, GW_RESERVA.c.DTEXPIRA)
index("GW_RESERVA_CRIACAO_IX", GW_RESERVA.c.DTCRIACAO)
index("GW_RESERVA_ALTERACAO_IX", GW_RESERVA.c.DTALTERACAO)
# What the live reservations of a login hold of its quota (R30).
index("GW_RESERVA_CALLER_IX", GW_RESERVA.c.CALLER, GW_RESERVA.c.ESTADO)

# Logins; FILIAIS is '*' or a comma-separated list of branches.
GW_CREDENCIAL = table(
    gateway,
    "GW_CREDENCIAL",
    col("LOGIN", VARCHAR2(60)),
    col("SENHA_HASH", VARCHAR2(256), null=False),
    col("FILIAIS", VARCHAR2(400), null=False),
    col("ESCOPOS", VARCHAR2(100), null=False),
    col("ATIVO", VARCHAR2(1), null=False),
    col("DTCRIACAO", TIMESTAMP(), null=False),
    key=("LOGIN",),
)

# Keys of terminals: only the hash of the 256 random bits is kept.
GW_CHAVE = table(
    gateway,
    "GW_CHAVE",
    col("KEYID", VARCHAR2(16)),
    col("LOGIN", VARCHAR2(60), null=False),
    col("HASH", VARCHAR2(64), null=False),
    col("FILIAIS", VARCHAR2(400), null=False),
    col("ESCOPOS", VARCHAR2(100), null=False),
    col("ATIVO", VARCHAR2(1), null=False),
    col("DTCRIACAO", TIMESTAMP(), null=False),
    col("DTULTIMOUSO", TIMESTAMP()),
    key=("KEYID",),
)

# Facts about this database: VERSAO of the GW_ tables, DEMO 'S' when the gateway made the WinThor subset itself.
GW_CONFIG = table(
    gateway,
    "GW_CONFIG",
    col("CHAVE", VARCHAR2(40)),
    col("VALOR", VARCHAR2(1000)),
    key=("CHAVE",),
)
# Key of the version of these tables. Whoever sums all live orders locks its row meanwhile: it is there always (R19).
VERSAO = "VERSAO"

# Sessions of the panel ended before their time, by the hash of their nonce, until their time is over.
GW_SESSAO = table(
    gateway,
    "GW_SESSAO",
    col("RESUMO", VARCHAR2(64)),
    col("DTFIM", TIMESTAMP(), null=False),
    key=("RESUMO",),
)

# What a caller does one at a time: opening an operation with this Idempotency-Key (its hash), or counting its quota
# (R12). Rows are never committed: others wait for the key of one that is not.
GW_VEZ = table(
    gateway,
    "GW_VEZ",
    col("CALLER", VARCHAR2(60)),
    col("CHAVE", VARCHAR2(64)),
    col("DTUSO", TIMESTAMP(), null=False),
    key=("CALLER", "CHAVE"),
)

# What was refused before it became a row of the log, counted; CALLER '*': nobody was known.
GW_RECUSA = table(
    gateway,
    "GW_RECUSA",
    col("HORA", TIMESTAMP()),
    col("CALLER", VARCHAR2(60)),
    col("CODIGO", VARCHAR2(40)),
    col("VEZES", NUMBER(12), null=False),
    key=("HORA", "CALLER", "CODIGO"),
)

# Tokens that the TOTVS service issued through this gateway, by digest (R26).
GW_SESSAO_TOTVS = table(
    gateway,
    "GW_SESSAO_TOTVS",
    col("RESUMO", VARCHAR2(64)),
    col("LOGIN", VARCHAR2(60), null=False),
    col("DTFIM", TIMESTAMP(), null=False),
    key=("RESUMO",),
)

# The deliveries (TV8) of a paid order that became a future sale (TV7), one per delivery type (R23).
GW_ENTREGA = table(
    gateway,
    "GW_ENTREGA",
    col("NUMPED_TV8", NUMBER(10)),
    col("NUMPED_TV7", NUMBER(10), null=False),
    col("TIPOENTREGA", VARCHAR2(2), null=False),
    key=("NUMPED_TV8",),
)
index("GW_ENTREGA_TV7_IX", GW_ENTREGA.c.NUMPED_TV7)

# The products that a refused request named: what was refused has no order by which the log would find it.
GW_RECUSA_PRODUTO = table(
    gateway,
    "GW_RECUSA_PRODUTO",
    col("ID", VARCHAR2(32)),
    col("CODPROD", NUMBER(6)),
    key=("ID", "CODPROD"),
)
index("GW_RECUSA_PRODUTO_IX", GW_RECUSA_PRODUTO.c.CODPROD, GW_RECUSA_PRODUTO.c.ID)

# The figures of money and time as a job counted them (R31); what CHAVE says is told in app.domain.indicadores.
GW_INDICADOR = table(
    gateway,
    "GW_INDICADOR",
    col("CODFILIAL", VARCHAR2(2)),
    col("TIPO", VARCHAR2(10)),
    col("CHAVE", VARCHAR2(120)),
    col("QUANTAS", NUMBER(12), null=False),
    col("UNIDADES", NUMBER(22, 6), null=False),
    col("VALOR", NUMBER(22, 6), null=False),
    key=("CODFILIAL", "TIPO", "CHAVE"),
)

# Protected stock: what a branch keeps back for a login (CANAL), or from all of them, and why (R30). DTINICIO and DTFIM
# are days by the ERP's clock.
GW_POLITICA = table(
    gateway,
    "GW_POLITICA",
    col("ID", NUMBER(10)),
    col("CODFILIAL", VARCHAR2(2), null=False),
    col("CODPROD", NUMBER(6)),
    col("CODEPTO", NUMBER(6)),
    col("CANAL", VARCHAR2(60)),
    col("QUANTIDADE", NUMBER(20, 6)),
    col("PERCENTUAL", NUMBER(8, 4)),
    col("DTINICIO", TIMESTAMP()),
    col("DTFIM", TIMESTAMP()),
    col("MOTIVO", VARCHAR2(800), null=False),
    col("CALLER", VARCHAR2(60), null=False),
    col("DTCRIACAO", TIMESTAMP(), null=False),
    col("DTENCERRAMENTO", TIMESTAMP()),
    col("CALLER_ENCERRAMENTO", VARCHAR2(60)),
    col("MOTIVO_ENCERRAMENTO", VARCHAR2(800)),
    key=("ID",),
)
# What happened to a reservation, inserted in the commit of the effect (R27). ORDEM counts the events of a pre-sale; the
# place in the feed, SEQ, is given after that commit, and PENDENTE is 'S' until then.
GW_EVENTO = table(
    gateway,
    "GW_EVENTO",
    col("ID", VARCHAR2(32)),
    col("SEQ", NUMBER(15)),
    col("PENDENTE", VARCHAR2(1)),
    col("TIPO", VARCHAR2(30), null=False),
    col("DTEVENTO", TIMESTAMP(), null=False),
    col("CODFILIAL", VARCHAR2(2), null=False),
    col("NUMERO", VARCHAR2(50), null=False),
    col("ORDEM", NUMBER(10), null=False),
    col("NUMPED", NUMBER(10), null=False),
    col("SUBSTITUI", NUMBER(10)),
    col("ESTADO", VARCHAR2(12), null=False),
    col("POSICAO", VARCHAR2(2)),
    col("DTEXPIRA", TIMESTAMP()),
    key=("ID",),
)
index("GW_EVENTO_NUMERO_IX", GW_EVENTO.c.CODFILIAL, GW_EVENTO.c.NUMERO, GW_EVENTO.c.ORDEM)
index("GW_EVENTO_PENDENTE_IX", GW_EVENTO.c.PENDENTE)
index("GW_EVENTO_SEQ_IX", GW_EVENTO.c.SEQ)

# Who is called when something happens to a reservation (R28). TIPOS and FILIAIS are '*' or a comma-separated list; the
# secrets are encrypted by a key that the database does not hold. CURSOR_SEQ: the place in GW_EVENTO up to which all was
# delivered; DONO has it in hand until DTDONO.
GW_ASSINATURA = table(
    gateway,
    "GW_ASSINATURA",
    col("ID", VARCHAR2(32)),
    col("URL", VARCHAR2(1000), null=False),
    col("TIPOS", VARCHAR2(400), null=False),
    col("FILIAIS", VARCHAR2(400), null=False),
    col("SEGREDO", VARCHAR2(400), null=False),
    col("SEGREDO_ANTERIOR", VARCHAR2(400)),
    col("DTSEGREDO", TIMESTAMP(), null=False),
    col("ESTADO", VARCHAR2(12), null=False),
    col("CALLER", VARCHAR2(60), null=False),
    col("DTCRIACAO", TIMESTAMP(), null=False),
    col("CURSOR_SEQ", NUMBER(15), null=False),
    col("TENTATIVAS", NUMBER(3), null=False),
    col("DTPROXIMA", TIMESTAMP(), null=False),
    col("DTULTIMA", TIMESTAMP()),
    col("RESULTADO", VARCHAR2(200)),
    col("DONO", VARCHAR2(100)),
    col("DTDONO", TIMESTAMP()),
    key=("ID",),
)

# What the sweep's job last found of a large site, branch by branch, as JSON: the reconciliation and the flow of orders.
GW_RETRATO = table(
    gateway,
    "GW_RETRATO",
    col("TIPO", VARCHAR2(12)),
    col("CODFILIAL", VARCHAR2(2)),
    col("DTRETRATO", TIMESTAMP(), null=False),
    col("CONTEUDO", CLOB()),
    key=("TIPO", "CODFILIAL"),
)
