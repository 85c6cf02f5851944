"""The WinThor tables the gateway reads and writes, as SQLAlchemy Core tables.

Effect: none on any database; these are descriptions. Only columns that matter to a reservation are listed (the real
PCPEDC has about 430). Names are upper case and never quoted, so ``PCEST.c.QTRESERV`` and ``row.QTRESERV`` work, and
Oracle and PostgreSQL each fold them their own way.

Source: public dictionaries of live WinThor databases (github netrayner/documentacao_banco_winthor for types and keys,
other connectors for NOT NULL, of which this is the union). Widths are one site's; others differ. CHAR(1) flags are
declared VARCHAR2(1). Of PCPLPAG, PCCOB and PCCONSUM.NUMCASASDECESTOQUE only the names were published, the widths are
assumed. There are no foreign keys: the dictionary marks nearly none.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import quoted_name

from app.winthor.esquema.types import CLOB, DATE, NUMBER, VARCHAR2

winthor = sa.MetaData()


def unquoted(name: str) -> quoted_name:
    """The name as an identifier that is never put between quotes, whatever its case."""
    return quoted_name(name, quote=False)


def col(name: str, kind: sa.types.TypeEngine[Any], *, null: bool = True, default: str | None = None) -> sa.Column[Any]:
    """A column named without quotes; ``default`` is the SQL text of its DEFAULT clause."""
    return sa.Column(
        unquoted(name),
        kind,
        nullable=null,
        autoincrement=False,
        server_default=None if default is None else sa.text(default),
    )


def table(metadata: sa.MetaData, name: str, *columns: sa.Column[Any], key: tuple[str, ...] = ()) -> sa.Table:
    """A table named without quotes, with the primary key ``<name>_PK`` over the NOT NULL ``key`` columns."""
    for column in columns:
        column.nullable = column.nullable and column.name not in key
    constraints = [sa.PrimaryKeyConstraint(*key, name=unquoted(f"{name}_PK"))] if key else []
    return sa.Table(unquoted(name), metadata, *columns, *constraints)


def index(name: str, *columns: sa.Column[object]) -> sa.Index:
    """A named, unquoted index over columns of one table; it attaches itself to that table."""
    return sa.Index(unquoted(name), *columns)


# Order header: the reservation itself, POSICAO 'L'.
PCPEDC = table(
    winthor,
    "PCPEDC",
    col("NUMPED", NUMBER(10)),
    col("DATA", DATE(), null=False),
    col("CODCLI", NUMBER(6), null=False),
    col("CODUSUR", NUMBER(4), null=False),
    col("CODFILIAL", VARCHAR2(2), null=False),
    col("CODFILIALNF", VARCHAR2(2)),
    col("POSICAO", VARCHAR2(2)),
    col("OPERACAO", VARCHAR2(1)),
    col("PERMITEFATURARCOMWMSPEND", VARCHAR2(1), null=False, default="'N'"),
    col("CONDVENDA", NUMBER(5)),
    col("TIPOVENDA", VARCHAR2(2)),
    col("VLTOTAL", NUMBER(16, 3)),
    col("VLATEND", NUMBER(16, 3)),
    col("VLTABELA", NUMBER(16, 3)),
    col("VLDESCONTO", NUMBER(16, 3)),
    col("VLFRETE", NUMBER(16, 3)),
    col("VLOUTRASDESP", NUMBER(16, 3)),
    col("VLENTRADA", NUMBER(16, 3)),
    col("VLCUSTOREAL", NUMBER(14, 2)),
    col("VLCUSTOFIN", NUMBER(14, 2)),
    col("VLCUSTOREP", NUMBER(14, 2)),
    col("VLCUSTOCONT", NUMBER(14, 2)),
    col("TOTPESO", NUMBER(18, 6)),
    col("TOTVOLUME", NUMBER(18, 6)),
    col("NUMITENS", NUMBER(4)),
    col("PERDESC", NUMBER(18, 6)),
    col("PERCVENDA", NUMBER(5, 2)),
    col("CODPRACA", NUMBER(4)),
    col("NUMREGIAO", NUMBER(4)),
    col("CODSUPERVISOR", NUMBER(4)),
    col("CODPLPAG", NUMBER(4)),
    col("CODCOB", VARCHAR2(4)),
    col("PRAZO1", NUMBER(4)),
    col("PRAZO2", NUMBER(4)),
    col("PRAZO3", NUMBER(4)),
    col("PRAZO4", NUMBER(4)),
    col("PRAZO5", NUMBER(4)),
    col("PRAZO6", NUMBER(4)),
    col("PRAZO7", NUMBER(4)),
    col("PRAZO8", NUMBER(4)),
    col("PRAZO9", NUMBER(4)),
    col("PRAZO10", NUMBER(4)),
    col("PRAZO11", NUMBER(4)),
    col("PRAZO12", NUMBER(4)),
    col("PRAZOMEDIO", NUMBER(4)),
    col("CODEMITENTE", NUMBER(8)),
    col("HORA", NUMBER(2)),
    col("MINUTO", NUMBER(2)),
    col("DTENTREGA", DATE()),
    col("NUMCAR", NUMBER(8)),
    col("ORIGEMPED", VARCHAR2(1)),
    col("ORIGEMINTEGRACAO", VARCHAR2(50)),
    col("NUMPEDHUBE", VARCHAR2(50)),
    col("OBS", VARCHAR2(25)),
    col("OBS1", VARCHAR2(50)),
    col("OBS2", VARCHAR2(50)),
    col("OBSENTREGA1", VARCHAR2(75)),
    col("OBSENTREGA2", VARCHAR2(75)),
    col("OBSENTREGA3", VARCHAR2(75)),
    col("OBSENTREGA4", VARCHAR2(75)),
    col("NUMPEDCLI", VARCHAR2(15)),
    col("NUMPEDRCA", NUMBER(10)),
    col("NUMPEDWEB", NUMBER(15)),
    col("NUMPREVENDA", NUMBER(10)),
    col("DTLIBERA", DATE()),
    col("HORALIBERA", NUMBER(2)),
    col("MINUTOLIBERA", NUMBER(2)),
    col("CODFUNCLIBERA", NUMBER(8)),
    col("MOTIVOPOSICAO", VARCHAR2(60)),
    col("CODMOTBLOQUEIO", NUMBER(8)),
    col("DTCANCEL", DATE()),
    col("CODFUNCCANCEL", NUMBER(8)),
    col("CODMOTCANCEL", NUMBER(6)),
    col("FRETEDESPACHO", VARCHAR2(1)),
    col("FRETEREDESPACHO", VARCHAR2(1)),
    col("TIPOCARGA", VARCHAR2(1)),
    col("TIPOEMBALAGEM", VARCHAR2(1)),
    col("TIPORETIRADA", VARCHAR2(1)),
    col("CONCILIAIMPORTACAO", VARCHAR2(1)),
    col("USAINTEGRACAOWMS", VARCHAR2(1)),
    col("VENDAASSISTIDA", VARCHAR2(1)),
    col("UTILIZAVENDAPOREMBALAGEM", VARCHAR2(1)),
    col("RESERVAESTOQUETV7", VARCHAR2(1)),
    col("RESERVARITENSTV7", VARCHAR2(1)),
    col("NUMPEDENTFUT", NUMBER(10)),
    col("DTFAT", DATE()),
    col("HORAFAT", NUMBER(2)),
    col("MINUTOFAT", NUMBER(2)),
    col("NUMNOTA", NUMBER(10)),
    col("NUMTRANSVENDA", NUMBER(10)),
    # Stamps of separation and checking; a release may lack them (app.winthor.separacao).
    col("DTINICIALSEP", DATE()),
    col("DTFINALSEP", DATE()),
    col("NUMVIASMAPASEP", NUMBER(6)),
    col("DTEMISSAOMAPA", DATE()),
    col("CODFUNCSEP", NUMBER(8)),
    col("DTINICIALCHECKOUT", DATE()),
    col("DTFINALCHECKOUT", DATE()),
    col("CODFUNCCONF", NUMBER(8)),
    col("IMPORTADO", VARCHAR2(1)),
    col("DTIMPORTACAO", DATE()),
    col("ROTINALANC", VARCHAR2(48)),
    col("ROTINALANCULTALT", VARCHAR2(48)),
    col("ROTINA", VARCHAR2(40)),
    col("VERSAOROTINA", VARCHAR2(40)),
    col("LOG", VARCHAR2(4000)),
    col("LOG1", VARCHAR2(4000)),
    col("LOG2", VARCHAR2(4000)),
    col("LOG3", VARCHAR2(4000)),
    col("LOG4", VARCHAR2(4000)),
    col("CODCLINF", NUMBER(6)),
    col("CODCLIRECEBEDOR", NUMBER(6)),
    col("DESFEZKITCANC", VARCHAR2(1)),
    col("TIPOEXPEDICAOCESTABASICA", VARCHAR2(2)),
    col("MATERIALDECONSTRUCAO", VARCHAR2(1)),
    col("STATUSPEDIDOCIASHOP", VARCHAR2(50)),
    col("SITUACAOPROCESSAMENTO", VARCHAR2(1)),
    col("BLOQUEIOFATURAMENTO", VARCHAR2(1)),
    key=("NUMPED",),
)
# WinThor has none; a site makes one, so that a pre-sale of before the switch is found (app.winthor.esquema.indices).
index("PCPEDC_NUMPEDHUBE_IX", PCPEDC.c.NUMPEDHUBE, PCPEDC.c.CODFILIAL)
# A site makes these too: what holds stock is found without a walk through the orders of years.
index("PCPEDC_NUMPEDENTFUT_IX", PCPEDC.c.NUMPEDENTFUT)
index("PCPEDC_POSICAO_IX", PCPEDC.c.POSICAO, PCPEDC.c.NUMPED)
# WinThor's own routines read orders by day.
index("PCPEDC_DATA_IX", PCPEDC.c.DATA)

# Order items: QT and PVENDA per base unit.
PCPEDI = table(
    winthor,
    "PCPEDI",
    col("NUMPED", NUMBER(10)),
    col("CODPROD", NUMBER(6)),
    col("NUMSEQ", NUMBER(20)),
    col("DATA", DATE()),
    col("CODCLI", NUMBER(6)),
    col("CODUSUR", NUMBER(4)),
    col("QT", NUMBER(20, 6), null=False),
    col("PVENDA", NUMBER(18, 6), null=False),
    col("PTABELA", NUMBER(18, 6)),
    col("PBASERCA", NUMBER(18, 6)),
    col("PORIGINAL", NUMBER(18, 6)),
    col("PVENDA1", NUMBER(18, 6)),
    col("PVENDABASE", NUMBER(18, 6)),
    col("PERDESC", NUMBER(18, 6)),
    col("VLDESCCOM", NUMBER(18, 6)),
    col("VLDESCFIN", NUMBER(18, 6)),
    col("PERDESCCOM", NUMBER(12, 4)),
    col("POSICAO", VARCHAR2(2)),
    col("CODFILIALRETIRA", VARCHAR2(2)),
    col("CODAUXILIAR", NUMBER(20)),
    col("QTUNITEMB", NUMBER(18, 6)),
    col("QTUNITCX", NUMBER(8, 2)),
    col("UNIDADE", VARCHAR2(2)),
    col("TIPOENTREGA", VARCHAR2(2)),
    col("DTENTREGA", DATE()),
    col("NUMCAR", NUMBER(8)),
    col("QTFALTA", NUMBER(20, 6)),
    col("QTSEPARADA", NUMBER(20, 6)),
    col("QTORIGINAL", NUMBER(20, 6)),
    col("QTORIG", NUMBER(20, 6)),
    col("QTRESERVANT", NUMBER(20, 6)),
    col("VLCUSTOREAL", NUMBER(18, 6)),
    col("VLCUSTOFIN", NUMBER(18, 6)),
    col("VLCUSTOREP", NUMBER(18, 6)),
    col("VLCUSTOCONT", NUMBER(18, 6)),
    col("CUSTOFINEST", NUMBER(18, 6)),
    col("ST", NUMBER(18, 6)),
    col("VLIPI", NUMBER(18, 6)),
    col("VLISS", NUMBER(18, 6)),
    col("STCLIENTEGNRE", NUMBER(18, 6)),
    col("BASEICST", NUMBER(18, 6)),
    col("PERCIPI", NUMBER(12, 4)),
    col("CODST", NUMBER(4)),
    col("PERCOM", NUMBER(8, 4)),
    col("CONDVENDA", NUMBER(5)),
    col("CODPLPAG", NUMBER(4)),
    col("CODSUPERVISOR", NUMBER(4)),
    col("BONIFIC", VARCHAR2(1)),
    col("BRINDE", VARCHAR2(1)),
    col("NUMITEMPED", NUMBER(8)),
    col("NUMPEDCLI", VARCHAR2(15)),
    col("CODFUNCLANC", NUMBER(8)),
    col("DTLANC", DATE()),
    col("ROTINALANC", NUMBER(6)),
    col("ROTINALANCULTALT", VARCHAR2(48)),
    col("ROTINA", VARCHAR2(40)),
    col("CODPRODCESTA", NUMBER(6)),
    col("NUMSEQCESTABASICA", NUMBER(6)),
    col("CODPRECOCESTA", NUMBER(22)),
    col("CORTE", VARCHAR2(1)),
    col("VLSUBTOTITEM", NUMBER(18, 2)),
    col("PVENDALIQ", NUMBER(18, 6)),
    col("ORIGEMDEPRECO", CLOB()),
    key=("NUMPED", "CODPROD", "NUMSEQ"),
)

# WinThor's own routines look for the orders of a product.
index("PCPEDI_CODPROD_IX", PCPEDI.c.CODPROD)

# What WinThor itself says is reserved (POSICAOEST 'R') or pending ('P'), line by line; not every site fills it.
PCESTANALITICOVENDA = table(
    winthor,
    "PCESTANALITICOVENDA",
    col("NUMPED", NUMBER(10)),
    col("NUMSEQ", NUMBER(20)),
    col("NUMOS", NUMBER(10)),
    col("NUMTRANSAVULSA", NUMBER(10)),
    col("CODPROD", NUMBER(6)),
    col("CODFILIALESTOQUE", VARCHAR2(2)),
    col("POSICAOEST", VARCHAR2(1)),
    col("QT", NUMBER(20, 6)),
    col("ROTINALANC", VARCHAR2(48)),
    key=("NUMPED", "NUMSEQ", "NUMOS", "NUMTRANSAVULSA", "CODPROD"),
)

# Kit components of an item: QTMP per one kit.
PCPEDICESTA = table(
    winthor,
    "PCPEDICESTA",
    col("NUMPED", NUMBER(10)),
    col("CODPROD", NUMBER(6)),
    col("NUMSEQ", NUMBER(20)),
    col("CODPRODMP", NUMBER(6)),
    col("CODAUXILIAR", NUMBER(20)),
    col("QTMP", NUMBER(20, 6)),
    col("PVENDA", NUMBER(18, 6)),
    col("PTABELA", NUMBER(18, 6)),
    col("PBASERCA", NUMBER(18, 6)),
    col("NUMSEQITEM", NUMBER(6)),
    col("DATA", DATE()),
    col("QTUNITEMB", NUMBER(18, 6)),
    col("VLCUSTOREAL", NUMBER(18, 6)),
    col("VLCUSTOFIN", NUMBER(18, 6)),
    col("VLCUSTOREP", NUMBER(18, 6)),
    col("VLCUSTOCONT", NUMBER(18, 6)),
    col("CUSTOFINEST", NUMBER(18, 6)),
    col("ST", NUMBER(18, 6)),
    col("BASEICST", NUMBER(18, 6)),
    col("VLIPI", NUMBER(18, 6)),
    col("VLISS", NUMBER(18, 6)),
    col("PERCIPI", NUMBER(12, 4)),
    col("CODST", NUMBER(4)),
    col("PERCOM", NUMBER(8, 4)),
    col("PERDESCTAB", NUMBER(8, 4)),
    col("QTSEPARADA", NUMBER(20, 6)),
    col("QTCONFERIDA", NUMBER(20, 6)),
    col("NUMLOTE", VARCHAR2(15)),
    key=("NUMPED", "CODPROD", "NUMSEQ", "CODPRODMP"),
)

# What the back office reads of every operation; no key.
PCLOGPEDIDOAPI = table(
    winthor,
    "PCLOGPEDIDOAPI",
    col("DATA", DATE()),
    col("NUMPED", NUMBER(10)),
    col("POSICAO", VARCHAR2(1)),
    col("OPERACAO", VARCHAR2(1)),
    col("STATUS", VARCHAR2(1)),
    col("JSON", CLOB()),
    col("CODCLI", NUMBER(10)),
)

# Stock per branch and product: QTRESERV is the reservation.
PCEST = table(
    winthor,
    "PCEST",
    col("CODFILIAL", VARCHAR2(2)),
    col("CODPROD", NUMBER(6)),
    col("QTESTGER", NUMBER(22, 8)),
    col("QTEST", NUMBER(22, 8)),
    col("QTRESERV", NUMBER(22, 8)),
    col("QTPENDENTE", NUMBER(16, 3)),
    col("QTBLOQUEADA", NUMBER(20, 6)),
    col("QTINDENIZ", NUMBER(20, 6)),
    col("QTINDUSTRIA", NUMBER(20, 6)),
    col("QTBLOQTRANSF", NUMBER(16, 3)),
    col("QTTRANSITO", NUMBER(22, 8)),
    col("QTTRANSITOTV10", NUMBER(22, 8)),
    col("QTTRANSITOTV13", NUMBER(22, 8)),
    col("QTCROSSDOCK", NUMBER(22, 8)),
    col("QTLOJA", NUMBER(20, 8)),
    col("QTFRENTELOJA", NUMBER(22, 6)),
    col("FIMESTOQUE", VARCHAR2(1)),
    col("MOTIVOBLOQESTOQUE", VARCHAR2(80)),
    col("DTULTSAIDA", DATE()),
    col("DTULTENT", DATE()),
    col("DTHORAULTSAIDA", DATE()),
    col("DTHORAULTALTDISP", DATE()),
    col("CUSTOREAL", NUMBER(18, 6)),
    col("CUSTOFIN", NUMBER(18, 6)),
    col("CUSTOREP", NUMBER(18, 6)),
    col("CUSTOCONT", NUMBER(18, 6)),
    col("CUSTOULTENT", NUMBER(18, 6)),
    col("VALORULTENT", NUMBER(18, 6)),
    col("QTVENDAPERDIDA", NUMBER(16, 3)),
    col("QTGIRODIA", NUMBER(16, 3)),
    col("IDENTIFICADOR", NUMBER(16)),
    col("ROTINALANC", VARCHAR2(48)),
    key=("CODFILIAL", "CODPROD"),
)

# Customers.
PCCLIENT = table(
    winthor,
    "PCCLIENT",
    col("CODCLI", NUMBER(6)),
    col("CLIENTE", VARCHAR2(60)),
    col("FANTASIA", VARCHAR2(40)),
    col("CGCENT", VARCHAR2(18)),
    col("CGCENTREGA", VARCHAR2(18)),
    col("TIPOFJ", VARCHAR2(1)),
    col("IEENT", VARCHAR2(15)),
    col("INSCESTADUAL", VARCHAR2(20)),
    col("RG", VARCHAR2(20)),
    col("ENDERENT", VARCHAR2(40)),
    col("NUMEROENT", VARCHAR2(6)),
    col("COMPLEMENTOENT", VARCHAR2(80)),
    col("BAIRROENT", VARCHAR2(40)),
    col("MUNICENT", VARCHAR2(15)),
    col("MUNICENT2", VARCHAR2(100)),
    col("ESTENT", VARCHAR2(2)),
    col("CEPENT", VARCHAR2(9)),
    col("PAISENT", VARCHAR2(18)),
    col("CODPAIS", NUMBER(6)),
    col("TELENT", VARCHAR2(13)),
    col("TELENT1", VARCHAR2(13)),
    col("TELCELENT", VARCHAR2(13)),
    col("EMAIL", VARCHAR2(100)),
    col("EMAILNFE", VARCHAR2(100)),
    col("ENDERCOM", VARCHAR2(40)),
    col("ENDERCOB", VARCHAR2(40)),
    col("NUMEROCOM", VARCHAR2(6)),
    col("NUMEROCOB", VARCHAR2(6)),
    col("COMPLEMENTOCOM", VARCHAR2(80)),
    col("COMPLEMENTOCOB", VARCHAR2(80)),
    col("BAIRROCOM", VARCHAR2(40)),
    col("BAIRROCOB", VARCHAR2(40)),
    col("MUNICCOM", VARCHAR2(15)),
    col("MUNICCOB", VARCHAR2(15)),
    col("ESTCOM", VARCHAR2(2)),
    col("ESTCOB", VARCHAR2(2)),
    col("CEPCOM", VARCHAR2(9)),
    col("CEPCOB", VARCHAR2(9)),
    col("TELCOM", VARCHAR2(13)),
    col("TELCOB", VARCHAR2(13)),
    col("CODCIDADE", NUMBER(6)),
    col("CODCIDADECOM", NUMBER(6)),
    col("CODPRACA", NUMBER(6)),
    col("NUMREGIAOCLI", NUMBER(4)),
    col("CODATV1", NUMBER(6)),
    col("CODUSUR1", NUMBER(4)),
    col("CODCOB", VARCHAR2(4)),
    col("CODPLPAG", NUMBER(4)),
    col("CODCNAE", VARCHAR2(60)),
    col("CODCLIPRINC", NUMBER(6)),
    col("CODFUNCCAD", NUMBER(8)),
    col("CODFUNCCADASTRO", NUMBER(8)),
    col("DTCADASTRO", DATE()),
    col("DTULTALTER", DATE()),
    col("HORACADASTRO", DATE()),
    col("DTPRIMCOMPRA", DATE()),
    col("CONSUMIDORFINAL", VARCHAR2(1)),
    col("CONTRIBUINTE", VARCHAR2(1)),
    col("BLOQUEIO", VARCHAR2(1)),
    col("BLOQUEIOSEFAZ", VARCHAR2(1)),
    col("BLOQUEIOSEFAZPED", VARCHAR2(1)),
    col("CONDVENDA1", VARCHAR2(1)),
    col("LIMCRED", NUMBER(12, 2)),
    col("SIMPLESNACIONAL", VARCHAR2(1)),
    col("CALCULAST", VARCHAR2(1)),
    col("ACEITAVENDAFRACAO", VARCHAR2(1)),
    col("ISENTOIPI", VARCHAR2(1)),
    col("ISENTOICMS", VARCHAR2(1)),
    col("CLIENTEFONTEST", VARCHAR2(1)),
    col("VALIDARMULTIPLOVENDA", VARCHAR2(1)),
    col("CODFILIALNF", VARCHAR2(2)),
    col("DTEXCLUSAO", DATE()),
    col("OBS", VARCHAR2(40)),
    col("OBSERVACAO", VARCHAR2(2000)),
    col("DTIMPORTINTEGRACAO", DATE()),
    col("DTULTCOMP", DATE()),
    key=("CODCLI",),
)

# A customer is looked for by document.
index("PCCLIENT_CGCENT_IX", PCCLIENT.c.CGCENT)

# Products; DTEXCLUSAO not null means excluded.
PCPRODUT = table(
    winthor,
    "PCPRODUT",
    col("CODPROD", NUMBER(6)),
    col("DESCRICAO", VARCHAR2(40)),
    col("EMBALAGEM", VARCHAR2(12)),
    col("UNIDADE", VARCHAR2(2)),
    col("UNIDADEMASTER", VARCHAR2(2)),
    col("QTUNIT", NUMBER(6, 2)),
    col("QTUNITCX", NUMBER(8, 2)),
    col("PESOLIQ", NUMBER(12, 6)),
    col("PESOBRUTO", NUMBER(12, 6)),
    col("VOLUME", NUMBER(20, 8)),
    col("CODAUXILIAR", NUMBER(20)),
    col("CODEPTO", NUMBER(6)),
    col("CODSEC", NUMBER(6)),
    col("CODFORNEC", NUMBER(6)),
    col("CODPRODPRINC", NUMBER(6)),
    col("REVENDA", VARCHAR2(1)),
    col("OBS", VARCHAR2(2)),
    col("OBS2", VARCHAR2(2)),
    col("DTEXCLUSAO", DATE()),
    col("TIPOMERC", VARCHAR2(2)),
    col("CLASSEVENDA", VARCHAR2(1)),
    col("PCOMINT1", NUMBER(6, 2)),
    col("PCOMEXT1", NUMBER(6, 2)),
    col("PCOMREP1", NUMBER(6, 2)),
    col("MULTIPLO", NUMBER(8, 2)),
    col("ACEITAVENDAFRACAO", VARCHAR2(1)),
    col("ESTOQUEPORLOTE", VARCHAR2(1)),
    col("CODFILIALRETIRA", VARCHAR2(2)),
    key=("CODPROD",),
)

# Packages per branch: QTUNIT base units each.
PCEMBALAGEM = table(
    winthor,
    "PCEMBALAGEM",
    col("CODAUXILIAR", NUMBER(20)),
    col("CODFILIAL", VARCHAR2(2)),
    col("CODPROD", NUMBER(6)),
    col("EMBALAGEM", VARCHAR2(12)),
    col("UNIDADE", VARCHAR2(2)),
    col("QTUNIT", NUMBER(18, 6)),
    col("PTABELA", NUMBER(12, 3)),
    col("PVENDA", NUMBER(12, 3)),
    col("POFERTA", NUMBER(12, 2)),
    col("DTOFERTAINI", DATE()),
    col("DTOFERTAFIM", DATE()),
    col("PVENDAATAC", NUMBER(12, 3)),
    col("PTABELAATAC", NUMBER(12, 3)),
    col("QTMINIMAATACADO", NUMBER(18, 6)),
    col("FATORPRECO", NUMBER(20, 8)),
    col("PESOBRUTO", NUMBER(20, 8)),
    col("PESOLIQ", NUMBER(20, 8)),
    col("EXCLUIDO", VARCHAR2(1)),
    col("DTINATIVO", DATE()),
    col("PERMITEMULTIPLICACAO", VARCHAR2(1)),
    col("TIPOEMBALAGEM", VARCHAR2(1)),
    col("INDICPERMITEPORPREVENDA", VARCHAR2(1)),
    col("PVENDAWEB", NUMBER(8, 2)),
    key=("CODAUXILIAR", "CODFILIAL"),
)

# Employees; CODUSUR is their RCA, if any.
PCEMPR = table(
    winthor,
    "PCEMPR",
    col("MATRICULA", NUMBER(8)),
    col("NOME", VARCHAR2(40)),
    col("NOME_GUERRA", VARCHAR2(15)),
    col("CODUSUR", NUMBER(4)),
    col("SITUACAO", VARCHAR2(1)),
    col("DT_EXCLUSAO", DATE()),
    col("CODFILIAL", VARCHAR2(2)),
    col("CODSETOR", NUMBER(6)),
    col("CPF", VARCHAR2(20)),
    col("USUARIOBD", VARCHAR2(15)),
    col("TIPO", VARCHAR2(1)),
    col("TIPOVENDA", VARCHAR2(1)),
    key=("MATRICULA",),
)

# RCAs, the sellers: PROXNUMPED is the next NUMPED.
PCUSUARI = table(
    winthor,
    "PCUSUARI",
    col("CODUSUR", NUMBER(4)),
    col("NOME", VARCHAR2(40)),
    col("TIPOVEND", VARCHAR2(2)),
    col("BLOQUEIO", VARCHAR2(1)),
    col("DTINICIO", DATE()),
    col("DTTERMINO", DATE()),
    col("DTEXCLUSAO", DATE()),
    col("CODSUPERVISOR", NUMBER(4)),
    col("CODFILIAL", VARCHAR2(2)),
    col("CODDISTRIB", VARCHAR2(4)),
    col("PROXNUMPED", NUMBER(14, 2)),
    col("PROXNUMPEDFORCA", NUMBER(10)),
    col("PROXNUMPEDWEB", NUMBER(10)),
    col("ULTNUMPED", NUMBER(10)),
    col("PERCENT", NUMBER(4, 2)),
    col("PERCENT2", NUMBER(6, 2)),
    col("CPF", VARCHAR2(20)),
    col("CODPRACAPRINCIPAL", NUMBER(4)),
    col("USARRCAOPERADOR", VARCHAR2(1)),
    key=("CODUSUR",),
)

# Branches; the key is CODIGO.
PCFILIAL = table(
    winthor,
    "PCFILIAL",
    col("CODIGO", VARCHAR2(2)),
    col("RAZAOSOCIAL", VARCHAR2(40)),
    col("FANTASIA", VARCHAR2(25)),
    col("CGC", VARCHAR2(14)),
    col("UF", VARCHAR2(2)),
    col("CIDADE", VARCHAR2(30)),
    col("CEP", VARCHAR2(11)),
    col("CODCLI", NUMBER(6)),
    col("CODCLICONSUMIDOR", NUMBER(6)),
    col("NUMREGIAO", NUMBER(4)),
    col("NUMREGIAOPADRAO", NUMBER(4)),
    col("MONTARKITAUTOMATICAMENTE", VARCHAR2(1), default="'S'"),
    col("UTILIZAVENDAPOREMBALAGEM", VARCHAR2(1)),
    col("PRECOPOREMBALAGEM", VARCHAR2(1)),
    col("USAWMS", VARCHAR2(1)),
    col("TIPOPRECIFICACAO", VARCHAR2(1)),
    col("CODFILIALPREFESTBALCAO", VARCHAR2(2)),
    col("CODFILIALPREFESTTLMK", VARCHAR2(2)),
    key=("CODIGO",),
)

# Company-wide counters and switches: one row, no key.
PCCONSUM = table(
    winthor,
    "PCCONSUM",
    col("PROXNUMCLI", NUMBER(6)),
    col("PROXNUMPED", NUMBER(8)),
    col("PROXNUMPEDTLMK", NUMBER(8)),
    col("PROXNUMCAR", NUMBER(8)),
    col("PROXNUMTRANSVENDA", NUMBER(10)),
    col("CODCLICONSUMIDOR", NUMBER(10)),
    col("NUMAUTOMATICCLI", VARCHAR2(1)),
    col("UTILIZAVENDAPOREMBALAGEM", VARCHAR2(1)),
    col("PRECOPOREMBALAGEM", VARCHAR2(1)),
    col("NUMREGIAOPADRAO", NUMBER(4), default="1"),
    col("NUMCASASDECESTOQUE", NUMBER(2)),
)

# Values of the routine 132 parameters; CODFILIAL '99' is company-wide.
PCPARAMFILIAL = table(
    winthor,
    "PCPARAMFILIAL",
    col("NOME", VARCHAR2(34)),
    col("CODFILIAL", VARCHAR2(2)),
    col("VALOR", VARCHAR2(1000)),
    col("DTMXSALTER", DATE()),
    key=("NOME", "CODFILIAL"),
)

# The parameters themselves: ID is the number shown in routine 132.
PCMETAPARAMFILIAL = table(
    winthor,
    "PCMETAPARAMFILIAL",
    col("NOME", VARCHAR2(34)),
    col("ID", NUMBER(4)),
    col("TITULO", VARCHAR2(300)),
    col("PORFILIAL", VARCHAR2(1)),
    col("TIPODADOS", VARCHAR2(1)),
    col("VALORTRUE", VARCHAR2(1000)),
    col("VALORFALSE", VARCHAR2(1000)),
    col("VALORDEFAULT", VARCHAR2(1000)),
    col("EDITAVEL", VARCHAR2(1)),
    col("ORIGEM", VARCHAR2(2)),
    key=("NOME",),
)

# Composition of kits: QTPRODMP of CODPRODMP per QTPRODACAB; no key marked.
PCFORMPROD = table(
    winthor,
    "PCFORMPROD",
    col("CODPRODACAB", NUMBER(6)),
    col("CODPRODMP", NUMBER(6)),
    col("QTPRODACAB", NUMBER(12, 6)),
    col("QTPRODMP", NUMBER(12, 6)),
    col("CODFILIAL", VARCHAR2(2)),
    col("ACEITAFRACAO", VARCHAR2(1)),
    col("BAIXAESTOQUE", VARCHAR2(1)),
    col("KITABERTO", VARCHAR2(1)),
    col("CODAUXILIARMP", NUMBER(20)),
    col("CODOPER", VARCHAR2(1)),
    col("DTCADASTRO", DATE()),
    col("DTULTALTER", DATE()),
)

# Cities.
PCCIDADE = table(
    winthor,
    "PCCIDADE",
    col("CODCIDADE", NUMBER(6)),
    col("NOMECIDADE", VARCHAR2(80)),
    col("CODIBGE", NUMBER(10)),
    col("UF", VARCHAR2(2)),
    key=("CODCIDADE",),
)

# Delivery districts.
PCPRACA = table(
    winthor,
    "PCPRACA",
    col("CODPRACA", NUMBER(4)),
    col("PRACA", VARCHAR2(25)),
    col("NUMREGIAO", NUMBER(4)),
    col("ROTA", NUMBER(4)),
    col("SITUACAO", VARCHAR2(1)),
    col("CEPINICIAL", VARCHAR2(9)),
    col("CEPFINAL", VARCHAR2(9)),
    col("CODMUNIC", NUMBER(8)),
    col("TIPOPRACA", VARCHAR2(1)),
    key=("CODPRACA",),
)

# Price regions.
PCREGIAO = table(
    winthor,
    "PCREGIAO",
    col("NUMREGIAO", NUMBER(4)),
    col("REGIAO", VARCHAR2(40)),
    col("UF", VARCHAR2(2)),
    col("CODFILIAL", VARCHAR2(2)),
    col("STATUS", VARCHAR2(1)),
    col("PERFRETE", NUMBER(8, 4)),
    key=("NUMREGIAO",),
)

# Product switches per branch.
PCPRODFILIAL = table(
    winthor,
    "PCPRODFILIAL",
    col("CODPROD", NUMBER(10)),
    col("CODFILIAL", VARCHAR2(2)),
    col("PROIBIDAVENDA", VARCHAR2(1)),
    col("FORALINHA", VARCHAR2(1)),
    col("REVENDA", VARCHAR2(1)),
    col("ATIVO", VARCHAR2(1)),
    col("ACEITAVENDAFRACAO", VARCHAR2(1)),
    col("MULTIPLO", NUMBER(18, 6)),
    col("QTMINAUTOSERV", NUMBER(22, 8)),
    key=("CODPROD", "CODFILIAL"),
)

# Payment plans.
PCPLPAG = table(
    winthor,
    "PCPLPAG",
    col("CODPLPAG", NUMBER(4)),
    col("TIPOVENDA", VARCHAR2(2)),
    col("NUMDIAS", NUMBER(4)),
    col("PRAZO1", NUMBER(4)),
    col("PRAZO2", NUMBER(4)),
    col("PRAZO3", NUMBER(4)),
    col("PRAZO4", NUMBER(4)),
    col("PRAZO5", NUMBER(4)),
    col("PRAZO6", NUMBER(4)),
    col("PRAZO7", NUMBER(4)),
    col("PRAZO8", NUMBER(4)),
    col("PRAZO9", NUMBER(4)),
    col("PRAZO10", NUMBER(4)),
    col("PRAZO11", NUMBER(4)),
    col("PRAZO12", NUMBER(4)),
    key=("CODPLPAG",),
)

# Billing types.
PCCOB = table(
    winthor,
    "PCCOB",
    col("CODCOB", VARCHAR2(4)),
    col("NIVELVENDA", NUMBER(4)),
    col("BOLETO", VARCHAR2(1)),
    col("CARTAO", VARCHAR2(1)),
    key=("CODCOB",),
)

# Lines of business.
PCATIVI = table(
    winthor,
    "PCATIVI",
    col("CODATIV", NUMBER(6)),
    col("RAMO", VARCHAR2(40)),
    col("PERCDESC", NUMBER(5, 2)),
    key=("CODATIV",),
)

# Buyer of an order of the consumer customer.
PCVENDACONSUM = table(
    winthor,
    "PCVENDACONSUM",
    col("NUMPED", NUMBER(10)),
    col("CLIENTE", VARCHAR2(60)),
    col("CGCENT", VARCHAR2(18)),
    col("ENDERENT", VARCHAR2(40)),
    col("NUMEROENT", VARCHAR2(6)),
    col("BAIRROENT", VARCHAR2(40)),
    col("MUNICENT", VARCHAR2(15)),
    col("ESTENT", VARCHAR2(2)),
    col("CEPENT", VARCHAR2(9)),
    col("TELENT", VARCHAR2(15)),
    col("IEENT", VARCHAR2(15)),
    col("EMAIL", VARCHAR2(100)),
    col("OBS", VARCHAR2(100)),
    col("NOMECONTATO", VARCHAR2(40)),
    col("TELEFONECONTATO", VARCHAR2(15)),
    col("OBSCONTATO", VARCHAR2(75)),
    col("CODCIDADE", NUMBER(6)),
    col("RG", VARCHAR2(20)),
    col("DTNASC", DATE()),
    col("IDENTIFICACAO_ESTRANGEIRO", VARCHAR2(20)),
    col("CONSUMIDORFINAL", VARCHAR2(1)),
    col("CONTRIBUINTE", VARCHAR2(1)),
    key=("NUMPED",),
)

# Trace of cancellations; no key marked.
PCNFCAN = table(
    winthor,
    "PCNFCAN",
    col("NUMPED", NUMBER(10)),
    col("NUMTRANSVENDA", NUMBER(10)),
    col("CODFUNCCANC", NUMBER(8)),
    col("DATACANC", DATE()),
    col("HORACANC", DATE()),
    col("CODFUNCEMITE", NUMBER(8)),
    col("DATAEMISSAO", DATE()),
    col("VLTOTAL", NUMBER(18, 3)),
    col("CODCLI", NUMBER(6)),
    col("MOTIVO", VARCHAR2(60)),
    col("NUMCAR", NUMBER(8)),
    col("CODROTINA", NUMBER(6)),
    col("DESCRICAO", VARCHAR2(120)),
    col("CODUSUR", NUMBER(4)),
    col("NUMPEDRCA", NUMBER(10)),
    col("CODPLPAG", NUMBER(4)),
    col("CODCOB", VARCHAR2(4)),
    col("CODFILIAL", VARCHAR2(2)),
    col("ORIGEMPED", VARCHAR2(1)),
    col("CONDVENDA", NUMBER(5)),
    col("TOTPESO", NUMBER(18, 6)),
    col("TOTVOLUME", NUMBER(18, 6)),
    col("NUMPEDCLI", VARCHAR2(15)),
    col("POSICAOANTCANCEL", VARCHAR2(2)),
    col("SERVICO_WTA", VARCHAR2(48)),
    col("ORIGEMINTEGRACAO", VARCHAR2(50)),
)

# Which future sale belongs to which pre-sale, for the invoicing at the till; not every release has it.
PCVINCULOPEDIDOMATCON = table(
    winthor,
    "PCVINCULOPEDIDOMATCON",
    col("IDVINCULO", VARCHAR2(50)),
    col("NUMPEDTV7", NUMBER(10)),
    col("NUMPEDTV8", NUMBER(10)),
    col("DTPEDIDOTV7", DATE()),
    col("DTPEDIDOTV8", DATE()),
    col("DATA", DATE()),
    col("VINCULADO", VARCHAR2(1)),
    key=("IDVINCULO",),
)
