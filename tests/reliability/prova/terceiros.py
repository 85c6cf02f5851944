"""Others at the same tables: WinThor, which sells, buys, invoices and works on the gateway's own orders; and time,
which ages reservations and sweeps.

What WinThor moves is kept in ledgers in the same transaction, so that a lost update shows on either side.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.winthor.esquema.gateway_tables import GW_OPERACAO, GW_RESERVA
from app.winthor.esquema.tables import PCEST, PCPEDC, PCPEDI, PCPEDICESTA
from tests.reliability import winthor
from tests.reliability.movimentos import Mudanca, Pedido, Sorteio, ordens
from tests.reliability.prova.servidor import Servidor
from tests.reliability.prova.trabalho import ABANDONADA, PARAFUSOS

_META = sa.MetaData()


def _por_produto(nome: str) -> sa.Table:
    return sa.Table(
        nome,
        _META,
        sa.Column("CODFILIAL", sa.String(2), nullable=False),
        sa.Column("CODPROD", sa.Integer, nullable=False),
        sa.Column("QT", sa.Numeric(18, 6), nullable=False),
    )


# What WinThor added to QTESTGER.
LIVRO = _por_produto("PROVA_LIVRO")
# What its own adjustments added to QTRESERV beyond the lines.
CONTA = _por_produto("PROVA_CONTA")
# What it changed the quantity of a line by.
LINHAS = sa.Table(
    "PROVA_LINHA",
    _META,
    sa.Column("NUMPED", sa.BigInteger, nullable=False),
    sa.Column("NUMSEQ", sa.Integer, nullable=False),
    sa.Column("QT", sa.Numeric(18, 6), nullable=False),
)
FILIAIS = ("1", "2")
POUCO = 40
VENDIDOS = [*PARAFUSOS, 1, 3]
# Younger ones may still be waiting for the answer of a call that was cut.
IDADE_MINIMA = dt.timedelta(seconds=5)
# An order is held back only once its caller knows of it: a repeat would be refused, as if it had never been.
IDADE_PARA_BLOQUEAR = dt.timedelta(seconds=10)
NOS_PEDIDOS = (
    *("aumentar", "diminuir", "cortar", "mudar_de_filial", "aumentar", "diminuir"),
    *("bloquear", "desbloquear", "desbloquear", "recalcular", "recalcular", "ajustar"),
)
VITIMA = "40P01"


def preparar_estoque(engine: sa.Engine, unidades: int) -> None:
    """So many units of every product the tills sell, and an empty ledger."""
    _META.create_all(engine)
    p = PCEST.c
    with engine.begin() as connection:
        where = (p.CODFILIAL.in_(FILIAIS), p.CODPROD.in_(VENDIDOS))
        connection.execute(sa.update(PCEST).where(*where).values(QTESTGER=unidades))


class WinThor(threading.Thread):
    """Sells over the counter, receives goods, invoices what was paid, until ``parar`` is set. With ``nos_pedidos`` it
    changes, cuts, moves, blocks and releases the gateway's own orders and recalculates their counters too, by any lock
    order, one session at a time: whoever is in its way is the gateway.

    ``mortas``: sessions that a deadlock ended; ``desvios``: what a recalculation found that nobody had done.
    """

    def __init__(
        self, engine: sa.Engine, semente: int = 1, pausa_s: float = 0.05, *, nos_pedidos: sa.Engine | None = None
    ) -> None:
        super().__init__(name="winthor", daemon=True)
        self.parar = threading.Event()
        self.feitos: Counter[str] = Counter()
        self.mortas: list[str] = []
        self.desvios: list[str] = []
        self._engine = engine
        self._nos_pedidos = nos_pedidos
        self._pausa_s = pausa_s
        self._sorte = random.Random(semente)  # noqa: S311 - a seed
        self._notas = 0
        self._agora = "balcão"

    def __enter__(self) -> WinThor:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.parar.set()
        self.join()

    def run(self) -> None:
        while not self.parar.wait(self._pausa_s):
            try:
                if self._nos_pedidos is not None and self._sorte.random() < 0.6:
                    self._mexer(self._nos_pedidos)
                    self._agora = "balcão"
                elif self._sorte.random() < 0.1:
                    self._faturar()
                else:
                    self._movimentar(Decimal(self._sorte.choice([-2, -1, 12])))
            except sa.exc.SQLAlchemyError as error:
                orig: Any = getattr(error, "orig", None)
                if getattr(orig, "sqlstate", None) == VITIMA:
                    self.mortas.append(f"{self._agora}: {orig.diag.message_primary}; {orig.diag.message_detail}")
                self.feitos["sem banco"] += 1  # down, or somebody holds the row: WinThor tries something else

    def _mexer(self, engine: sa.Engine) -> None:
        """One session on one of the newest orders, or on a blocked one."""
        movimento = self._sorte.choice(NOS_PEDIDOS)
        ordem = self._sorte.choice(ordens(movimento))
        numped = self._um_pedido(engine, movimento)
        if numped is None:
            return
        self._agora = f"{movimento}, {ordem}"
        sorteio = Sorteio(self._sorte.randrange(3), 1, self._sorte.choice(FILIAIS))

        def lancar(connection: sa.Connection, pedido: Pedido, mudanca: Mudanca) -> None:
            self._lancar_mudanca(connection, pedido, mudanca)

        if winthor.agir(engine, numped, movimento, ordem, sorteio=sorteio, lancar=lancar) is not None:
            self.feitos[movimento] += 1

    def _um_pedido(self, engine: sa.Engine, movimento: str) -> int | None:
        r, c = GW_RESERVA.c, PCPEDC.c
        query = sa.select(c.NUMPED).join_from(PCPEDC, GW_RESERVA, r.NUMPED == c.NUMPED).order_by(c.NUMPED.desc())
        query = query.where(c.POSICAO == ("B" if movimento == "desbloquear" else "L"))
        if movimento == "bloquear":
            agora = dt.datetime.now(dt.UTC).replace(tzinfo=None)
            query = query.where(r.DTCRIACAO < agora - IDADE_PARA_BLOQUEAR)
        with engine.connect() as connection:
            numeros = connection.execute(query.limit(30)).scalars().all()
        return self._sorte.choice(numeros) if numeros else None

    def _lancar_mudanca(self, connection: sa.Connection, pedido: Pedido, mudanca: Mudanca) -> None:
        """What was changed of a line, and what the counters hold beyond the lines; a counter that is set anew must be
        what the books say, or somebody else has freed or taken units that were not his."""
        antes = {linha.numseq: linha.qt for linha in pedido.linhas}
        mudadas = {n: colunas["QT"] - antes[n] for n, colunas in mudanca.linhas.items() if "QT" in colunas}
        if mudadas:
            rows = [{"NUMPED": pedido.numped, "NUMSEQ": n, "QT": qt} for n, qt in mudadas.items()]
            connection.execute(sa.insert(LINHAS), rows)
        for chave, conta in mudanca.conta.items():
            escrito = contas(connection).get(chave, Decimal(0))
            tem, devia = pedido.saldos[chave].qtreserv, pedido.vivas.get(chave, Decimal(0)) + escrito
            if tem != devia:
                self.desvios.append(f"W {chave}: QTRESERV {tem.normalize():f}, devia ser {devia.normalize():f}")
            row = {"CODFILIAL": chave[0], "CODPROD": chave[1], "QT": conta - escrito}
            connection.execute(sa.insert(CONTA), [row])

    def _movimentar(self, quantidade: Decimal) -> None:
        """One stock row: sold unless that would take what is reserved, bought only when there is little left."""
        chave = (self._sorte.choice(FILIAIS), self._sorte.choice(VENDIDOS))
        p = PCEST.c
        livre = p.QTESTGER - sa.func.coalesce(p.QTRESERV, 0) - sa.func.coalesce(p.QTBLOQUEADA, 0)
        pode = livre >= -quantidade if quantidade < 0 else livre < POUCO
        with self._engine.begin() as connection:
            update = sa.update(PCEST).where(p.CODFILIAL == chave[0], p.CODPROD == chave[1], pode)
            if connection.execute(update.values(QTESTGER=p.QTESTGER + quantidade)).rowcount:
                _lancar(connection, [(*chave, quantidade)])
        self.feitos["venda" if quantidade < 0 else "entrada"] += 1

    def _faturar(self) -> None:
        """A paid order leaves the shop: units and reservation go down together, order and items to 'F'."""
        i, c = PCPEDI.c, PCPEDICESTA.c
        with self._engine.begin() as connection:
            pagas = sa.select(GW_RESERVA.c.NUMPED).where(GW_RESERVA.c.ESTADO == "CONFIRMADA")
            query = sa.select(PCPEDC.c.NUMPED, PCPEDC.c.CODFILIAL).where(PCPEDC.c.POSICAO == "L")
            query = query.where(PCPEDC.c.CONDVENDA == 1)  # a divided sale leaves by its deliveries
            pedido = connection.execute(query.where(PCPEDC.c.NUMPED.in_(pagas)).with_for_update()).first()
            if pedido is None:
                return
            mesma = sa.and_(c.NUMPED == i.NUMPED, c.CODPROD == i.CODPROD, c.NUMSEQ == i.NUMSEQ)
            linhas = connection.execute(
                sa.select(i.CODPROD, i.QT, i.CODFILIALRETIRA, c.CODPRODMP, c.QTMP)
                .select_from(PCPEDI.outerjoin(PCPEDICESTA, mesma))
                .where(i.NUMPED == pedido.NUMPED, i.POSICAO != "C")
            ).all()
            saidas: Counter[tuple[str, int]] = Counter()
            for linha in linhas:
                filial = linha.CODFILIALRETIRA or pedido.CODFILIAL
                saidas[filial, linha.CODPRODMP or linha.CODPROD] += linha.QT * (linha.QTMP or 1)
            self._notas += 1
            _baixar(connection, sorted(saidas.items()))
            values = {"POSICAO": "F", "NUMTRANSVENDA": self._notas}
            connection.execute(sa.update(PCPEDC).where(PCPEDC.c.NUMPED == pedido.NUMPED).values(**values))
            inteiras = (i.NUMPED == pedido.NUMPED, i.POSICAO != "C")
            connection.execute(sa.update(PCPEDI).where(*inteiras).values(POSICAO="F"))
        self.feitos["fatura"] += 1


def contas(connection: sa.Connection) -> dict[tuple[str, int], Decimal]:
    """What WinThor's own adjustments left in each QTRESERV beyond the lines."""
    query = sa.select(CONTA.c.CODFILIAL, CONTA.c.CODPROD, sa.func.sum(CONTA.c.QT))
    rows = connection.execute(query.group_by(CONTA.c.CODFILIAL, CONTA.c.CODPROD))
    return {(filial, codprod): Decimal(qt) for filial, codprod, qt in rows}


def mudadas(connection: sa.Connection) -> dict[tuple[int, int], Decimal]:
    """What it changed the quantity of each line by: (NUMPED, NUMSEQ) -> base units."""
    query = sa.select(LINHAS.c.NUMPED, LINHAS.c.NUMSEQ, sa.func.sum(LINHAS.c.QT))
    rows = connection.execute(query.group_by(LINHAS.c.NUMPED, LINHAS.c.NUMSEQ))
    return {(numped, numseq): Decimal(qt) for numped, numseq, qt in rows}


def _baixar(connection: sa.Connection, saidas: Sequence[tuple[tuple[str, int], Decimal]]) -> None:
    p = PCEST.c
    for (filial, codprod), quantidade in saidas:
        update = sa.update(PCEST).where(p.CODFILIAL == filial, p.CODPROD == codprod)
        connection.execute(update.values(QTESTGER=p.QTESTGER - quantidade, QTRESERV=p.QTRESERV - quantidade))
    _lancar(connection, [(*chave, -quantidade) for chave, quantidade in saidas])


def _lancar(connection: sa.Connection, movimentos: Sequence[tuple[str, int, Decimal]]) -> None:
    rows = [{"CODFILIAL": filial, "CODPROD": codprod, "QT": qt} for filial, codprod, qt in movimentos]
    connection.execute(sa.insert(LIVRO), rows)


class Tempo(threading.Thread):
    """Abandoned reservations come due; two hosts sweep and recover at the same moment, by the real commands."""

    def __init__(self, engine: sa.Engine, hosts: list[Servidor], cada_s: float) -> None:
        super().__init__(name="tempo", daemon=True)
        self.parar = threading.Event()
        self.expiradas: list[int] = []
        self.recuperadas: list[str] = []
        self._engine = engine
        self._hosts = hosts
        self._cada_s = cada_s

    def __enter__(self) -> Tempo:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.parar.set()
        self.join()

    def run(self) -> None:
        while not self.parar.wait(self._cada_s):
            try:
                self._envelhecer()
            except sa.exc.SQLAlchemyError:
                continue  # the database is down: next time
            self.varrer()

    def varrer(self) -> None:
        """`reservas expirar` and then `log recuperar`, on all hosts at once."""
        with ThreadPoolExecutor(len(self._hosts)) as pool:
            for answer in pool.map(lambda host: _json(host, "reservas", "expirar", "--json"), self._hosts):
                self.expiradas += answer.get("expiradas", [])
            for answer in pool.map(lambda host: _json(host, "log", "recuperar", "--json"), self._hosts):
                self.recuperadas += answer.get("operacoes", [])

    def _envelhecer(self) -> None:
        r = GW_RESERVA.c
        agora = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        where = (r.NUMERO.like(f"{ABANDONADA}-%"), r.ESTADO == "AUTORIZADA", r.DTCRIACAO < agora - IDADE_MINIMA)
        with self._engine.begin() as connection:
            connection.execute(sa.update(GW_RESERVA).where(*where).values(DTEXPIRA=agora))


def _json(host: Servidor, *arguments: str) -> dict[str, list[object]]:
    """What the command answered; nothing when the database was down."""
    result = host.comando(*arguments)
    answer: dict[str, list[object]] = json.loads(result.stdout) if result.stdout.startswith("{") else {}
    return answer


def recuperar_tudo(engine: sa.Engine, host: Servidor) -> None:
    """Wait for the deadline of what is still P, then run `log recuperar` once; nothing may be left by it."""
    limite = _ultimo_limite(engine)
    if limite is not None:
        falta = (limite - dt.datetime.now(dt.UTC).replace(tzinfo=None)).total_seconds()
        time.sleep(max(0.0, falta) + 0.1)
        host.comando("log", "recuperar")
    if _ultimo_limite(engine) is not None:
        raise RuntimeError("há operações P que ninguém encerrou")


def _ultimo_limite(engine: sa.Engine) -> dt.datetime | None:
    query = sa.select(sa.func.max(GW_OPERACAO.c.DTLIMITE)).where(GW_OPERACAO.c.ESTADO == "P")
    with engine.connect() as connection:
        limite: dt.datetime | None = connection.execute(query).scalar_one()
    return limite
