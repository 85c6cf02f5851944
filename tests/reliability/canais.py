"""Two channels that sell from three branches, and WinThor beside them; what must hold afterwards (R20, R29, R30)."""

from __future__ import annotations

import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import simplejson
import sqlalchemy as sa

from app.winthor.esquema.gateway_tables import GW_RESERVA
from tests.integration.test_estoque_protegido import em_estoque, guardar
from tests.reliability import winthor
from tests.reliability.movimentos import ORDENS, Chave, Sorteio
from tests.support.builders import item, kit, pre_venda
from tests.support.gateway import Casa

FILIAIS, PRODUTOS, CANAIS = ("1", "10", "2"), (1, 3), ("pdv1", "hub")
LISTA = "1=1,10,2"
# What is kept: (branch, product, channel or None, units).
GUARDADO = [("1", 1, "pdv1", 12), ("2", 1, "hub", 9), ("10", 1, None, 5), ("1", 3, "hub", 6), ("2", 3, "pdv1", 7)]
# What a till may be answered; nobody is shown a fault, a wait or a deadlock.
ESPERADOS = {"201", "200", "ESTOQUE_INSUFICIENTE"}

# Status and body of an answer.
Enviar = Callable[[dict[str, Any], str], tuple[int, dict[str, Any]]]


def preparar(casa: Casa) -> None:
    """Thirty of each product in each branch, and what is kept of them."""
    for filial in FILIAIS:
        for codprod in PRODUTOS:
            em_estoque(casa, 30, codprod, filial)
    for filial, codprod, canal, quantidade in GUARDADO:
        guardar(casa, filial, codprod=codprod, canal=canal, quantidade=Decimal(quantidade))


def lido(http: int, body: bytes | str) -> tuple[int, dict[str, Any]]:
    return http, simplejson.loads(body, use_decimal=True)


def cesta(sorte: random.Random, numero: str) -> dict[str, Any]:
    """One to three lines, left to the gateway or from a branch that they name, in any order."""
    linhas = []
    for _ in range(sorte.randint(1, 3)):
        entrega = {"entrega": {"idLojaEntregaRetaguarda": sorte.choice(["AUTO", "AUTO", *FILIAIS])}}
        escolha = sorte.randrange(3)
        quantos = sorte.randint(1, 4)
        linhas.append(kit(1, **entrega) if escolha == 2 else item(("100-1", "300-3")[escolha], quantos, **entrega))
    return pre_venda(*linhas, numero=numero)


def caixa(enviar: Enviar, n: int, pedidos: int, parou: Callable[[], bool] = lambda: False) -> Counter[str]:
    """A till: reserves, alters, cancels, takes what it is offered; each of its pre-sales by one channel."""
    sorte, feitos = random.Random(n), Counter[str]()  # noqa: S311 - a seed, to see the same baskets again

    def mandar(corpo: dict[str, Any], canal: str) -> dict[str, Any]:
        http, body = enviar(corpo, canal)
        feitos[body.get("codigo") or str(http)] += 1
        return body

    for vez in range(pedidos):
        if parou():
            break
        canal, numero = CANAIS[(n + vez) % 2], f"PV-{n}-{vez}"
        body = mandar(cesta(sorte, numero), canal)
        oferta = body.get("contraOfertaFiliais") or body.get("contraOferta")
        if oferta:
            body = mandar(oferta, canal)
        numped = body.get("idPedidoRetaguarda")
        if numped and sorte.random() < 0.3:
            novo = mandar({**cesta(sorte, numero), "idRetaguarda": numped}, canal).get("idPedidoRetaguarda")
            numped = novo or numped
        if numped and sorte.random() < 0.2:
            mandar({"situacaoPreVenda": 0, "numero": numero, "idLojaRetaguarda": "1", "idRetaguarda": numped}, canal)
    return feitos


class WinThor(threading.Thread):
    """Receives goods, sells what is free, cuts and lowers lines of the channels' orders, in any order of keys, until
    the block is left. What it sells is bound by no policy (R30), so that it is counted: ``vendidas``.

    A session of its own is one that a deadlock may end: that ends the thread, and ``with`` raises it.
    """

    def __init__(self, engine: sa.Engine, erp: sa.Engine, pausa_s: float = 0.03) -> None:
        super().__init__(name="winthor", daemon=True)
        self.feitos: Counter[str] = Counter()
        self.vendidas: Counter[Chave] = Counter()
        self._engine, self._erp, self._pausa_s = engine, erp, pausa_s
        self._sorte = random.Random(0)  # noqa: S311 - a seed
        self._parar = threading.Event()
        self._erro: BaseException | None = None

    def __enter__(self) -> WinThor:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._parar.set()
        self.join()
        if self._erro is not None:
            raise self._erro

    def run(self) -> None:
        try:
            while not self._parar.wait(self._pausa_s):
                escolha = self._sorte.random()
                if escolha < 0.2:
                    self._receber()
                elif escolha < 0.3:
                    self._vender()
                else:
                    self._mexer(self._sorte.choice(["diminuir", "diminuir", "cortar"]))
        except BaseException as erro:  # told by __exit__
            self._erro = erro

    def _receber(self) -> None:
        """Two rows in one transaction."""
        with self._erp.begin() as connection:
            for filial in self._sorte.sample(FILIAIS, 2):
                connection.execute(_ENTRADA, {"f": filial, "p": self._sorte.choice(PRODUTOS)})
        self.feitos["receber"] += 1

    def _vender(self) -> None:
        chave = self._sorte.choice(FILIAIS), self._sorte.choice(PRODUTOS)
        with self._erp.begin() as connection:
            vendeu = connection.execute(_VENDA, {"f": chave[0], "p": chave[1]}).rowcount
        self.vendidas[chave] += vendeu
        self.feitos["vender"] += vendeu

    def _mexer(self, movimento: str) -> None:
        r = GW_RESERVA.c
        vivas = sa.select(r.NUMPED).where(r.ESTADO == "AUTORIZADA").order_by(r.NUMPED.desc()).limit(30)
        with self._engine.connect() as connection:
            numeros = connection.execute(vivas).scalars().all()
        if numeros:
            sorteio = Sorteio(self._sorte.randrange(3))
            ordem = self._sorte.choice(sorted(ORDENS))
            feita = winthor.agir(self._erp, self._sorte.choice(numeros), movimento, ordem, sorteio=sorteio)
            self.feitos[movimento] += feita is not None


_ENTRADA = sa.text("UPDATE PCEST SET QTESTGER = QTESTGER + 1 WHERE CODFILIAL = :f AND CODPROD = :p")
_VENDA = sa.text(
    "UPDATE PCEST SET QTESTGER = QTESTGER - 1 WHERE CODFILIAL = :f AND CODPROD = :p AND QTESTGER - QTRESERV >= 1"
)


def faltas_de_guarda(casa: Casa, vendidas: Counter[Chave] | None = None) -> list[str]:
    """Stock rows that have less left than is kept in them: for safety, and of each quota what its channel has not used.

    Whatever a channel takes leaves the others' parts, so this holds at every moment once it holds at the beginning, but
    for what WinThor itself sold.
    """
    donos = {row["NUMPED"]: row["CALLER"] for row in casa.tabela("GW_RESERVA") if row["ESTADO"] == "AUTORIZADA"}
    retidas: dict[tuple[str, int, str], Decimal] = defaultdict(Decimal)
    kits = {(row["NUMPED"], row["NUMSEQ"]) for row in casa.tabela("PCPEDICESTA")}
    linhas = {(r["NUMPED"], r["NUMSEQ"]): r for r in casa.tabela("PCPEDI", POSICAO="L") if r["NUMPED"] in donos}
    for chave, row in linhas.items():
        if chave not in kits:
            retidas[row["CODFILIALRETIRA"], row["CODPROD"], donos[row["NUMPED"]]] += row["QT"]
    for row in casa.tabela("PCPEDICESTA"):
        if linha := linhas.get((row["NUMPED"], row["NUMSEQ"])):
            onde = linha["CODFILIALRETIRA"], row["CODPRODMP"], donos[row["NUMPED"]]
            retidas[onde] += row["QTMP"] * linha["QT"]
    achadas = []
    for filial in FILIAIS:
        for codprod in PRODUTOS:
            saldo = casa.linha("PCEST", CODFILIAL=filial, CODPROD=codprod)
            livre = saldo["QTESTGER"] - saldo["QTRESERV"] + (vendidas or {}).get((filial, codprod), 0)
            guardado = sum(
                max(q - (retidas[filial, codprod, canal] if canal else 0), Decimal(0))
                for f, p, canal, q in GUARDADO
                if (f, p) == (filial, codprod)
            )
            if livre < guardado:
                achadas.append(f"{filial}, {codprod}: {livre} livres, {guardado} guardadas")
    return achadas


def deadlocks(casa: Casa) -> int:
    with casa.engine.connect() as connection:
        query = sa.text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(connection.execute(query).scalar_one())
