"""What each page of the panel takes on the server with a million operations and 100,000 live reservations (R31).

    python -m tests.bench.painel [--operacoes 1000000] [--vivas 100000] [--publicar] [--banco URL]

One order in two was born here; the newest of these are alive, every other one, and each rare state has one in four
hundred of them. One product has five thousand holders in a branch. The rows are made by the database, whole sets at a
time. Prints for each page the median and the slowest of seven visits, in this process, without the network; with
``--publicar`` writes them into docs/velocidade.md. ``--banco``: a database that was filled before.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import sqlalchemy as sa

from app.services.conciliacao import retrato
from app.services.consulta import fluxo
from app.services.tempo import apurar
from app.servidor.atendimento import poupar_o_coletor
from app.settings import Settings
from app.winthor.db.prazos import Finalidade, para
from tests.bench.banco import CHAVE, postgresql, texto
from tests.support.gateway import Casa
from tests.support.panel import Atendente

PAGINA = Path(__file__).parents[2] / "docs" / "velocidade.md"
LIMITE_MS = 200
VISITAS = 7
NOSSOS, DELES = 20_000_000, 30_000_000
PRODUTO, PRODUTOS, QUENTE = 100_000, 5_000, 99_999
LINHAS = 3
DIAS = 365
PARTE = 100_000

# n: 1 to :total, of each kind; {quando}: when it was born, by the ERP's clock, the newest a minute ago.
_QUANDO = "CAST(:agora AS timestamp) - make_interval(secs => 60 + CAST(:total - n AS float8) * 86400 * {dias} / :total)"
_FILIAL = "CASE n % 3 WHEN 0 THEN '1' WHEN 1 THEN '2' ELSE '10' END"
_N = "(SELECT n, {quando} AS quando FROM generate_series(CAST(:de AS int), CAST(:ate AS int)) AS s(n)) AS numeros"
# Every other one of the newest is alive; k counts these. Of four hundred one is RESGATADA, BLOQUEADA, ASSUMIDA, late.
_VIVA = "(n > :total - 2 * :vivas AND n % 2 = 0)"
_RARA = "(n / 2 % 400)"
_NOSSOS = """
INSERT INTO PCPEDC (NUMPED, DATA, HORA, MINUTO, CODCLI, CODUSUR, CODFILIAL, POSICAO, CONDVENDA, VLTOTAL, NUMITENS,
                    NUMCAR, PERMITEFATURARCOMWMSPEND, NUMTRANSVENDA, DTFAT, DTINICIALSEP, DTFINALSEP, CODCOB, ORIGEMPED,
                    ORIGEMINTEGRACAO, NUMPEDHUBE)
SELECT {base} + n, date_trunc('day', quando), extract(hour FROM quando), extract(minute FROM quando), 1, 1, {filial},
       CASE WHEN {viva} THEN CASE WHEN {rara} = 39 THEN 'B' WHEN n / 2 % 20 = 18 THEN 'M' ELSE 'L' END
            WHEN n % 10 < 3 THEN 'C' ELSE 'F' END,
       1, 10 + n % 500, 3, 0, 'N', CASE WHEN {viva} OR n % 10 < 3 THEN NULL ELSE n END,
       CASE WHEN {viva} OR n % 10 < 3 THEN NULL ELSE quando + make_interval(hours => CAST(n % 50 AS int)) END,
       CASE WHEN NOT {viva} AND n % 2 = 1 THEN quando + interval '1 hour' END,
       CASE WHEN NOT {viva} AND n % 2 = 1 THEN quando + interval '2 hours' END,
       CASE WHEN {viva} AND {rara} = 59 THEN 'D' END, 'T', {origem}, 'H-' || n
FROM {numeros}
"""
_ITENS = """
INSERT INTO PCPEDI (NUMPED, CODPROD, NUMSEQ, QT, PVENDA, POSICAO)
SELECT {base} + n,
       CASE WHEN {seq} = 1 AND n / 2 % 7 = 0 THEN {quente} ELSE {produto} + (n * 7 + {seq} * 501) % {produtos} END,
       {seq}, 1, 10, 'L' FROM {numeros}
"""
_RESERVAS = """
INSERT INTO GW_RESERVA (NUMPED, CODFILIAL, NUMERO, ESTADO, DTEXPIRA, MODO_KIT, CALLER, DTCRIACAO, DTALTERACAO)
SELECT {base} + n, {filial}, 'H-' || n,
       CASE WHEN {viva} THEN CASE WHEN {rara} = 19 THEN 'RESGATADA' WHEN {rara} IN (59, 79) THEN 'AUTORIZADA'
                                  WHEN n / 2 % 20 < 12 THEN 'AUTORIZADA' ELSE 'CONFIRMADA' END
            WHEN n % 10 = 0 THEN 'CANCELADA' WHEN n % 10 = 1 THEN 'EXPIRADA' WHEN n % 10 = 2 THEN 'SUBSTITUIDA'
            ELSE 'BAIXADA' END,
       CASE WHEN {viva} AND {rara} = 79 THEN CAST(:utc AS timestamp) - interval '1 day'
            WHEN {viva} THEN CAST(:utc AS timestamp) + make_interval(mins => CAST(n % 20000 AS int))
            ELSE CAST(:utc AS timestamp) - interval '1 day' END,
       'components', CASE n % 4 WHEN 0 THEN 'pdv1' WHEN 1 THEN 'pdv2' ELSE 'hub' END,
       quando + interval '3 hours', quando + interval '3 hours'
FROM {numeros}
"""
_ANCORAS = """
INSERT INTO GW_PRE_VENDA (CODFILIAL, NUMERO, NUMPED, DTCRIACAO)
SELECT CODFILIAL, NUMERO, NUMPED, DTCRIACAO FROM GW_RESERVA WHERE NUMPED > {base} AND NUMPED <= {base} + :total
"""
# The reservation, and of each two a refusal, a payment or a cancellation besides.
_OPERACOES = """
INSERT INTO GW_OPERACAO (ID, CODFILIAL, NUMERO, SITUACAO, FINGERPRINT, CALLER, OPERACAO, ESTADO, CODIGO, HTTPSTATUS,
                         RESPOSTA, NUMPED, DTINICIO, DTLIMITE, DTFIM, TEMPOS, EFEITO)
SELECT lpad(to_hex((extract(epoch FROM quando + interval '3 hours') * 1000)::bigint), 12, '0')
       || lpad(to_hex({vez} * 10000000 + n), 20, '0'),
       {filial}, 'H-' || n, CASE WHEN {vez} = 0 OR n % 2 = 0 THEN 2 WHEN n % 4 = 1 THEN 1 ELSE 0 END,
       md5(n::text) || md5(n::text), CASE n % 4 WHEN 0 THEN 'pdv1' WHEN 1 THEN 'pdv2' ELSE 'hub' END,
       CASE WHEN {vez} = 0 OR n % 2 = 0 THEN 'I' WHEN n % 4 = 1 THEN 'A' ELSE 'C' END,
       CASE WHEN {vez} = 1 AND n % 2 = 0 THEN 'R' ELSE 'A' END,
       CASE WHEN {vez} = 1 AND n % 2 = 0 THEN CASE n % 12 WHEN 0 THEN 'CAMPO_INVALIDO' WHEN 2 THEN 'NUMERO_EM_USO'
            ELSE 'ESTOQUE_INSUFICIENTE' END END,
       CASE WHEN {vez} = 1 AND n % 2 = 0 THEN 409 ELSE 201 END, '{{"success": true, "message": "Feito."}}',
       CASE WHEN {vez} = 0 OR n % 2 = 1 THEN {base} + n END, quando + interval '3 hours',
       quando + interval '3 hours 15 s', quando + interval '3 hours 20 ms', '{{"locks": 1}}',
       CASE WHEN {vez} = 0 THEN 'RESERVAR' WHEN n % 2 = 1 THEN 'MUDAR' END
FROM {numeros}
"""
_RECUSADOS = """
INSERT INTO GW_RECUSA_PRODUTO (ID, CODPROD)
SELECT ID, {produto} + CAST(substr(NUMERO, 3) AS int) % {produtos} FROM GW_OPERACAO
WHERE CODIGO = 'ESTOQUE_INSUFICIENTE' AND NUMPED IS NULL AND NUMERO LIKE 'H-%'
"""
_PRODUTOS = """
INSERT INTO {tabela} ({colunas}) SELECT {valores} FROM {tabela} CROSS JOIN generate_series(:de, :ate) AS s(n)
WHERE CODPROD = 1001
"""
_ESTOQUE = """
UPDATE PCEST SET QTESTGER = 1000000, QTBLOQUEADA = 0, QTRESERV = 0 WHERE CODPROD >= {quente}
"""
_CONTADORES = """
UPDATE PCEST SET QTRESERV = vivas.QT
FROM (SELECT c.CODFILIAL, i.CODPROD, SUM(i.QT) AS QT FROM PCPEDI i JOIN PCPEDC c ON i.NUMPED = c.NUMPED
      WHERE c.POSICAO IN ('L', 'M') GROUP BY c.CODFILIAL, i.CODPROD) AS vivas
WHERE vivas.CODPROD = PCEST.CODPROD AND vivas.CODFILIAL = PCEST.CODFILIAL AND PCEST.CODPROD >= {quente}
"""
_ERRADOS = """
UPDATE PCEST SET QTRESERV = QTRESERV + 1, QTESTGER = CASE WHEN CODPROD < {produto} + 3 THEN 1 ELSE QTESTGER END
WHERE CODFILIAL = '1' AND CODPROD >= {produto} AND CODPROD < {produto} + 20
"""
_RECUSAS = """
INSERT INTO GW_RECUSA (HORA, CALLER, CODIGO, VEZES)
SELECT date_trunc('hour', CAST(:agora AS timestamp)) - make_interval(hours => n), 'pdv1', 'FILIAL_NAO_AUTORIZADA', 1 + n
FROM generate_series(1, 2000) AS s(n)
"""


def encher(engine: sa.Engine, operacoes: int, vivas: int) -> None:
    """Two operations and one reservation of ours for each pre-sale, and as many orders of WinThor's own."""
    total = operacoes // 2
    agora = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    partes = {
        "numeros": _N.format(quando=_QUANDO.format(dias=DIAS)),
        "filial": _FILIAL,
        "viva": _VIVA,
        "rara": _RARA,
        "produto": PRODUTO,
        "produtos": PRODUTOS,
        "quente": QUENTE,
    }
    valores: dict[str, object] = {"total": total, "vivas": vivas, "agora": agora - dt.timedelta(hours=3), "utc": agora}

    def em_partes(comando: str, **mais: object) -> None:
        for de in range(1, total + 1, PARTE):
            ate = min(de + PARTE - 1, total)
            _executar(engine, comando.format(**{**partes, **mais}), {**valores, "de": de, "ate": ate})

    for tabela in ("PCPRODUT", "PCPRODFILIAL", "PCEMBALAGEM", "PCEST"):
        colunas = [coluna["name"] for coluna in sa.inspect(engine).get_columns(tabela.lower())]
        trocas = {"codprod": "n", "codauxiliar": "n * 10", "descricao": "'PRODUTO ' || n"}
        _executar(
            engine,
            _PRODUTOS.format(
                tabela=tabela, colunas=", ".join(colunas), valores=", ".join(trocas.get(c, c) for c in colunas)
            ),
            {"de": QUENTE, "ate": PRODUTO + PRODUTOS - 1},
        )
    em_partes(_NOSSOS, base=NOSSOS, origem="'PDVSYNC'")
    em_partes(_NOSSOS, base=DELES, origem="NULL", viva="(n > :total - :vivas / 2 AND n % 10 = 5)")
    for base in (NOSSOS, DELES):
        for seq in range(1, LINHAS + 1):
            em_partes(_ITENS, base=base, seq=seq)
    em_partes(_RESERVAS, base=NOSSOS)
    _executar(engine, _ANCORAS.format(base=NOSSOS), valores)
    for vez in (0, 1):
        em_partes(_OPERACOES, base=NOSSOS, vez=vez)
    _executar(engine, _RECUSADOS.format(**partes), {})
    _executar(engine, _RECUSAS, valores)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("ANALYZE"))
    for comando in (_ESTOQUE, _CONTADORES, _ERRADOS):
        _executar(engine, comando.format(**partes), {})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))


def _executar(engine: sa.Engine, comando: str, valores: dict[str, object]) -> None:
    query = sa.text(comando)
    with engine.begin() as connection:
        connection.execute(query, {nome: valores[nome] for nome in query.compile().params if nome in valores})


def paginas(total: int) -> tuple[str, ...]:
    """Every page, and the views of a list that ask for something else."""
    viva = NOSSOS + total - total % 2
    return (
        "/painel/visao",
        "/painel/visao?filial=2",
        "/painel/prazo",
        "/painel/operacoes",
        "/painel/operacoes?status=R&filial=2",
        f"/painel/operacoes?codprod={PRODUTO + 7}",
        f"/painel/operacoes?codprod={QUENTE}",
        "/painel/operacoes?codigo=NUMERO_EM_USO",
        "/painel/operacoes?caller=pdv1",
        "/painel/operacoes?pagina=21",
        "/painel/operacoes?pagina=181",
        "/painel/operacoes/recusas",
        "/painel/operacoes/externas",
        "/painel/procurar?o_que=H-77",
        "/painel/procurar?o_que=produto+100",
        "/painel/procurar?o_que=pdv1",
        "/painel/reservas",
        "/painel/reservas?pagina=21",
        "/painel/reservas?pagina=181",
        "/painel/reservas?ordem=expira&pagina=181",
        "/painel/reservas?filial=2",
        "/painel/reservas?ordem=expira",
        "/painel/reservas?prazo=vencidas",
        "/painel/reservas?prazo=duas_horas",
        "/painel/reservas?prazo=hoje",
        *(
            f"/painel/reservas?estado={estado}"
            for estado in (
                "AUTORIZADA",
                "CONFIRMADA",
                "RESGATADA",
                "RECONHECIDA",
                "BLOQUEADA",
                "ASSUMIDA",
                "BAIXADA",
                "CANCELADA",
                "EXPIRADA",
            )
        ),
        "/painel/reservas?caller=pdv2",
        f"/painel/reservas?codprod={PRODUTO + 7}",
        f"/painel/reservas?codprod={QUENTE}",
        "/painel/reservas?idadeMinimaHoras=1000",
        f"/painel/reservas/{viva}",
        "/painel/estoque",
        f"/painel/estoque?codprod={QUENTE}",
        f"/painel/estoque?filial=1&codprod={QUENTE}",
        f"/painel/estoque?filial=1&codprod={PRODUTO + 7}",
        f"/painel/estoque/1/{QUENTE}/movimentos",
        f"/painel/estoque/1/{PRODUTO + 7}/movimentos",
        "/painel/politicas",
        "/painel/fluxo",
        "/painel/fluxo?filial=1",
        "/painel/fluxo?dias=90",
        "/painel/conciliacao",
        "/painel/saude",
        "/painel/assinaturas",
    )


@dataclass(frozen=True, slots=True)
class Visita:
    """A page: the median and the slowest visit, ms."""

    pagina: str
    mediana: float
    pior: float


def medir(casa: Casa, caminhos: tuple[str, ...]) -> Iterator[Visita]:
    """Visit each page once, then ``VISITAS`` times with the clock."""
    pessoa = Atendente(casa)
    for caminho in caminhos:
        resposta = pessoa.abrir(caminho)
        if resposta.status_code not in {200, 303}:
            raise RuntimeError(f"{caminho}: HTTP {resposta.status_code}")
        tempos = []
        for _ in range(VISITAS):
            antes = time.perf_counter()
            pessoa.abrir(caminho)
            tempos.append((time.perf_counter() - antes) * 1000)
        yield Visita(caminho, median(tempos), max(tempos))


def tabela(operacoes: int, vivas: int, visitas: list[Visita]) -> str:
    """The measures as they stand in docs/velocidade.md."""
    linhas = [
        f"{operacoes} operations, {operacoes // 2} reservations of which {vivas} live, {operacoes} orders in WinThor.",
        "",
        "| page | median | slowest of seven |",
        "|---|---|---|",
        *(f"| `{v.pagina}` | {v.mediana:.0f} ms | {v.pior:.0f} ms |" for v in visitas),
        "",
    ]
    return "\n".join(linhas)


def main() -> int:
    """Fill, measure, print, and publish if asked to; 1 where a page is slower than it may be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--operacoes", type=int, default=1_000_000)
    parser.add_argument("--vivas", type=int, default=100_000)
    parser.add_argument("--banco", help="URL of a database that was filled before")
    parser.add_argument("--so", default="", help="only the pages whose address has this")
    parser.add_argument("--publicar", action="store_true")
    args = parser.parse_args()
    with contextlib.ExitStack() as stack:
        url = args.banco or texto(stack.enter_context(postgresql()))
        engine = sa.create_engine(url)  # without the limits of a gateway
        if not args.banco:
            antes = time.perf_counter()
            encher(engine, args.operacoes, args.vivas)
            sys.stderr.write(f"filled in {time.perf_counter() - antes:.0f} s: {url}\n")
        settings = Settings(database_url=url, jwt_chave=CHAVE, cache_segundos=600, varredura=0)
        casa = Casa(engine, settings, lambda: dt.datetime.now(dt.UTC))  # type: ignore[arg-type]
        # As the sweep's job does between sales: what large sites are shown comes from its summaries.
        with para(Finalidade.TAREFA):
            antes = time.perf_counter()
            apurar.guardar(casa.gw)
            retrato.guardar(casa.gw)
            fluxo.guardar(casa.gw)
            sys.stderr.write(f"summaries in {time.perf_counter() - antes:.1f} s\n")
        poupar_o_coletor()
        visitas = list(medir(casa, tuple(c for c in paginas(args.operacoes // 2) if args.so in c)))
        casa.close()
        engine.dispose()
    escrita = tabela(args.operacoes, args.vivas, visitas)
    sys.stdout.write(escrita)
    if args.publicar:
        pagina = PAGINA.read_text("utf-8")
        antes_dela, _, resto = pagina.partition("<!-- painel -->")
        depois = resto.partition("<!-- /painel -->")[2]
        PAGINA.write_text(f"{antes_dela}<!-- painel -->\n{escrita}<!-- /painel -->{depois}", "utf-8")
    return int(any(v.mediana > LIMITE_MS for v in visitas))


if __name__ == "__main__":
    sys.exit(main())
