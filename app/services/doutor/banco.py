"""The database around the tables: character set, grants, triggers, clock."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from app.recursos import pasta
from app.services.doutor.achado import AVISO, ERRO, OK, Achado
from app.services.gateway import Gateway
from app.services.hora import RelogioComum
from app.settings import TV7
from app.winthor.consultas import exame
from app.winthor.consultas.exame import Gatilho
from app.winthor.esquema.catalogo import Catalogo

# Differences of clock that people make, not zones, are seconds.
RELOGIO_MAXIMO_S = 60

ESCRITAS = (
    *("PCPEDC", "PCPEDI", "PCPEDICESTA", "PCEST", "PCCLIENT", "PCUSUARI", "PCCONSUM", "PCLOGPEDIDOAPI"),
    *("PCVENDACONSUM", "PCNFCAN", "PCVINCULOPEDIDOMATCON"),
)
# Rows of these are locked in one order (R20); a trigger that touches one from another table breaks it.
TRAVADAS = frozenset({"PCPEDC", "PCEST", "PCCONSUM", "PCUSUARI"})


def conjunto_de_caracteres(gw: Gateway, site: Catalogo) -> Iterator[Achado]:
    """The character set, how widths count, and whether a setting says otherwise."""
    nome = "conjunto de caracteres"
    pedido, achado = gw.settings.codificacao_banco, site.codificacao
    texto = ", ".join(filter(None, (site.conjunto, site.semantica))) or "não pôde ser lido"
    if achado is None:
        usado = f"{texto}: sem equivalente conhecido, os textos são aparados em bytes de {gw.codificacao}"
        yield Achado(nome, OK if pedido else AVISO, usado if pedido else f"{usado}; defina PREVENDA_CODIFICACAO_BANCO")
    elif pedido and codecs.lookup(pedido) != codecs.lookup(achado):
        yield Achado(nome, AVISO, f"{texto}, mas PREVENDA_CODIFICACAO_BANCO = {pedido}")
    else:
        yield Achado(nome, OK, f"{texto}: os textos são aparados em bytes de {gw.codificacao}")


def concessoes(gw: Gateway) -> Iterator[Achado]:
    """Every privilege of ``sql/gateway/grants.sql``, tried without effect; optional ones only where they are used."""
    opcionais = {
        "PCVENDACONSUM": gw.settings.grava_pcvendaconsum,
        "PCNFCAN": gw.settings.grava_pcnfcan,
        "PCESTANALITICOVENDA": gw.estoque_analitico,
        "PCVINCULOPEDIDOMATCON": gw.settings.pago == TV7 and gw.tem_vinculo,
    }
    script = (pasta("sql") / "gateway" / "grants.sql").read_text(encoding="utf-8")
    exigidas = [c for c in exame.concessoes(script) if opcionais.get(c.tabela, True)]
    with gw.db.read() as connection:
        faltam = exame.concessoes_que_faltam(connection, exigidas)
    if faltam is None:
        return
    for tabela in sorted({c.tabela for c in faltam}):
        verbos = ", ".join(c.verbo for c in faltam if c.tabela == tabela)
        yield Achado(f"concessões em {tabela}", ERRO, f"falta {verbos}; veja sql/gateway/grants.sql")
    if not faltam:
        yield Achado("concessões", OK, "as de sql/gateway/grants.sql bastam")


def gatilhos(gw: Gateway, site: Catalogo) -> Iterator[Achado]:
    """Triggers on the tables written: each may lock in another order or move QTRESERV once more."""
    with gw.db.read() as connection:
        vistos = exame.gatilhos(connection, {tabela: site.donos.get(tabela, "") for tabela in ESCRITAS})
    for gatilho in vistos.gatilhos:
        yield Achado(f"gatilho em {gatilho.tabela}: {gatilho.nome}", AVISO, _efeito(gatilho))
    if not vistos.todos:
        texto = "este usuário não vê os do dono das tabelas: conceda SELECT em DBA_TRIGGERS, ou rode doctor --ensaio"
        yield Achado("gatilhos", AVISO, texto)
    elif not vistos.gatilhos:
        yield Achado("gatilhos", OK, "nenhum nas tabelas escritas")


def _efeito(gatilho: Gatilho) -> str:
    outras = sorted((gatilho.usa & TRAVADAS) - {gatilho.tabela})
    if outras:
        risco = f"usa {', '.join(outras)}: pode travar fora da ordem (deadlock) ou mover QTRESERV de novo"
    else:
        risco = "pode travar outras linhas ou mover QTRESERV de novo"
    return f"{gatilho.quando}; {risco}; confira com doctor --ensaio"


def relogio(gw: Gateway) -> Iterator[Achado]:
    """The database's clock against the ERP's zone."""
    with gw.db.read() as connection:
        do_banco = exame.relogio(connection, gw.settings.fuso)
    fuso = gw.settings.fuso
    diferenca = abs(
        (
            do_banco - gw.hora_do_erp(gw.clock.do_host() if isinstance(gw.clock, RelogioComum) else gw.agora())
        ).total_seconds()
    )
    if diferenca <= RELOGIO_MAXIMO_S:
        yield Achado("relógio", OK, f"o do banco e o de {fuso} diferem {diferenca:.0f} s")
    else:
        yield Achado("relógio", AVISO, f"o do banco e o de PREVENDA_FUSO ({fuso}) diferem {diferenca:.0f} s")


def parametros_da_instancia(gw: Gateway) -> Iterator[Achado]:
    """Oracle's parameters that bear on the gateway: open cursors, and what frees the rows of a host that vanished."""
    if gw.db.engine.dialect.name != "oracle":
        return
    with gw.db.read() as connection:
        lidos = exame.parametros_da_instancia(connection)
    nome = "parâmetros da instância"
    if lidos is None:
        texto = (
            f"V$PARAMETER não pode ser lida com este usuário; confira OPEN_CURSORS ({CURSORES} ou mais) e o que solta "
            f"as linhas de uma máquina que some: {_SUMIDA}"
        )
        yield Achado(nome, AVISO, texto)
        return
    cursores, minutos = lidos.get("open_cursors", 0), lidos.get("max_idle_blocker_time", 0)
    if cursores < CURSORES:
        texto = f"OPEN_CURSORS = {cursores}: cada conexão guarda até 100 comandos preparados; {CURSORES} ou mais"
        yield Achado(f"{nome}: cursores", AVISO, texto)
    else:
        yield Achado(f"{nome}: cursores", OK, f"OPEN_CURSORS = {cursores}")
    if minutos:
        texto = f"MAX_IDLE_BLOCKER_TIME = {minutos} min solta as linhas de uma máquina que some"
        yield Achado(f"{nome}: máquina que some", OK if minutos <= SUMIDA_MIN else AVISO, texto)
    else:
        texto = f"uma máquina que some deixa suas linhas travadas até o servidor notar: {_SUMIDA}"
        yield Achado(f"{nome}: máquina que some", AVISO, texto)


# Open cursors of a session: 100 prepared statements, and those of triggers and of the dictionary.
CURSORES = 300
SUMIDA_MIN = 5
_SUMIDA = (
    "SQLNET.EXPIRE_TIME = 1 em sqlnet.ora do servidor, que não se lê daqui, e, de 21c em diante, MAX_IDLE_BLOCKER_TIME "
    "de 1 a 5 minutos"
)
