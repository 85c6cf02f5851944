"""The experiments, each on a bench of its own: what is done, for how long, and what must be found afterwards."""

from __future__ import annotations

import contextlib
import datetime as dt
import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import simplejson
import sqlalchemy as sa

from app.settings import TV7, Settings
from app.winthor.esquema.tables import PCEST
from tests.reliability import canais
from tests.reliability.prova.bancada import ACASO, Bancada, Supervisor
from tests.reliability.prova.banco import Banco, PostgreSQL
from tests.reliability.prova.carga import Carga, Plano
from tests.reliability.prova.cliente import OK, RECUSADO, Cliente
from tests.reliability.prova.conferencia import Historia
from tests.reliability.prova.laudo import Prova
from tests.reliability.prova.medidas import Amostrador, chamadas
from tests.reliability.prova.pontos import DE_TODOS, PONTOS, SEM_LOCK
from tests.reliability.prova.terceiros import Tempo, WinThor
from tests.support.gateway import Casa, Relogio
from tests.support.invariants import violacoes


def disputar(bancada: Bancada, codprod: int) -> None:
    """4 processes × 16 threads send 400 requests for one unit of a product that has 100."""
    where = (PCEST.c.CODFILIAL == "1", PCEST.c.CODPROD == codprod)
    with bancada.banco.engine.begin() as connection:
        connection.execute(sa.update(PCEST).where(*where).values(QTESTGER=100))
    bancada.estoque_inicial["1", codprod] = Decimal(100)
    lista = {"produto": f"{codprod * 10}-{codprod}", "por_processo": 100}
    with Carga(Plano(bancada.bases, bancada.pasta, f"p{codprod}", "lista", 4, 16, pausa_s=0.0, **lista)) as carga:
        carga.esperar()


def disputas(historias: Iterable[Historia]) -> dict[str, tuple[int, int]]:
    """Accepted and refused by product."""
    contagem = Counter(
        (h.pedido["preVendaItens"][0]["idProdutoRetaguarda"], h.resultado) for h in historias if h.id.startswith("UM-")
    )
    return {produto: (contagem[produto, OK], contagem[produto, RECUSADO]) for produto, _ in contagem}


def produto_unico(pasta: Path, repeticoes: int = 20) -> Prova:
    """The same for so many products, one after the other."""
    prova = Prova("one product, 100 units, 400 requests", pasta)
    with Bancada.montar(pasta) as bancada:
        for codprod in range(1001, 1001 + repeticoes):
            disputar(bancada, codprod)
        prova.fechar(bancada)
    contagens = disputas(prova.historias())
    prova.achados += [f"produto {p}: {c} aceitas e recusadas" for p, c in contagens.items() if c != (100, 300)]
    sem_5xx(prova)
    claim = "4 processes × 16 threads, one product with 100 units, 400 requests: 100 accepted, 300 refused"
    exatas = sum(contagem == (100, 300) for contagem in contagens.values())
    prova.linhas.append((claim, f"{exatas} of {repeticoes} repetitions, no 5xx"))
    return prova


def controle(pasta: Path) -> Prova:
    """The negative control: with the lock of the stock rows taken out the same load must oversell, and be found out."""
    prova = Prova("control: no lock on PCEST", pasta)
    with Bancada.montar(pasta) as bancada:
        for servidor in bancada.servidores:
            servidor.matar()
            servidor.iniciar(**{SEM_LOCK: "1"})
            servidor.esperar_pronto()
        disputar(bancada, 1001)
        prova.fechar(bancada)
    vendidas, _ = disputas(prova.historias())["10010-1001"]
    vistas = [achado for achado in prova.achados if achado.startswith("I2 ('1', 1001)")]
    prova.achados = [] if vendidas > 100 and vistas else ["a falta do lock não foi notada"]
    claim = "the same with the lock of the stock rows taken out oversells, and the checker says so"
    prova.linhas.append((claim, f"{vendidas} of 100 units sold, found by the checker"))
    return prova


def sem_5xx(prova: Prova) -> None:
    """With nothing broken on purpose, nobody may be shown a fault: no lock wait, no deadlock, no overload."""
    mostrados = Counter(linha["codigo"] for linha in chamadas(prova.pasta) if (linha["http"] or 0) >= 500)
    prova.achados += [f"{codigo} mostrado {vezes} vezes" for codigo, vezes in mostrados.items()]


def cestas(pasta: Path, segundos: float = 60.0) -> Prova:
    """Baskets of 5 of 20 products in any order, kits among them: no deadlock, none shown to a caller."""
    prova = Prova("random baskets", pasta)
    with Bancada.montar(pasta) as bancada:
        if not isinstance(bancada.banco, PostgreSQL):
            raise TypeError("só o PostgreSQL conta deadlocks")
        with WinThor(bancada.banco.engine), Carga(Plano(bancada.bases, pasta, "ce", "cestas", 4, 4, pausa_s=0.0)):
            time.sleep(segundos)
        deadlocks = bancada.banco.deadlocks()
        prova.fechar(bancada)
    if deadlocks:
        prova.achados.append(f"{deadlocks} deadlocks no banco")
    sem_5xx(prova)
    n = prova.numeros
    figura = f"{n['ok']} accepted and {n['recusado']} refused in {segundos:.0f} s: {deadlocks} deadlocks, no 5xx"
    prova.linhas.append(("random baskets of 5 of 20 products, kits among them, 16 threads: no deadlock", figura))
    return prova


def winthor_nos_pedidos(pasta: Path, segundos: float = 60.0) -> Prova:
    """Sixteen writers of mixed work, and WinThor on the same orders and counters without a pause."""
    prova = Prova("WinThor beside", pasta)
    with Bancada.montar(pasta) as bancada:
        engine, erp = bancada.banco.engine, bancada.banco.erp
        with WinThor(engine, pausa_s=0.005, nos_pedidos=erp) as winthor, Carga(Plano(bancada.bases, pasta, "wt")):
            time.sleep(segundos)
        prova.fechar(bancada)
    prova.contar_winthor(winthor)
    prova.contar_chamadas()
    return prova


def filiais_e_cotas(pasta: Path, segundos: float = 60.0) -> Prova:
    """4 load processes × 16 threads on four serving processes, two channels on three branches with quotas, and WinThor
    beside: nothing oversold, no deadlock, neither channel takes what is kept for the other."""
    prova = Prova("branches and quotas", pasta)
    with Bancada.montar(pasta, hosts=3, filiais_da_loja=canais.LISTA) as bancada:
        engine, erp = bancada.banco.engine, bancada.banco.erp
        if erp is None:
            raise TypeError("só o PostgreSQL conta deadlocks")
        settings = Settings(database_url=bancada.banco.url)
        casa = Casa(engine, settings, Relogio(dt.datetime.now(dt.UTC)))
        canais.preparar(casa)
        contexto = multiprocessing.get_context("spawn")
        with canais.WinThor(engine, erp) as winthor, ProcessPoolExecutor(4, contexto) as pool:
            feitos = sum(pool.map(_caixas_dos_canais, [(bancada.bases, n, segundos) for n in range(4)]), Counter[str]())
        faltas, mortes = canais.faltas_de_guarda(casa, winthor.vendidas), canais.deadlocks(casa)
        prova.achados = [*faltas, *violacoes(casa)]
        prova.achados += [f"{codigo} respondido {vezes} vezes" for codigo, vezes in _estranhas(feitos).items()]
        casa.close()
    if mortes:
        prova.achados.append(f"{mortes} deadlocks no banco")
    if min(feitos["201"], feitos["ESTOQUE_INSUFICIENTE"], winthor.feitos.total()) == 0:
        prova.achados.append(f"a carga não foi a que devia ser: {feitos}, {winthor.feitos}")
    prova.numeros = {**dict(feitos), **{f"WinThor {nome}": vezes for nome, vezes in winthor.feitos.items()}}
    claim = (
        "4 processes × 16 threads, two channels on three branches with quotas, WinThor beside: no channel takes the "
        "other's part, 0 oversold, 0 deadlocks"
    )
    figura = (
        f"{feitos['201'] + feitos['200']} accepted and {feitos['ESTOQUE_INSUFICIENTE']} refused in {segundos:.0f} s, "
        f"{winthor.feitos.total()} moves of WinThor's: {len(faltas)} parts taken, {mortes} deadlocks"
    )
    prova.linhas.append((claim, figura))
    return prova


def _estranhas(feitos: Counter[str]) -> dict[str, int]:
    return {codigo: vezes for codigo, vezes in feitos.items() if codigo not in canais.ESPERADOS}


def _caixas_dos_canais(qual: tuple[list[str], int, float]) -> Counter[str]:
    """Body of one load process: sixteen tills of both channels for so many seconds."""
    bases, numero, segundos = qual
    tokens = {}
    for canal in canais.CANAIS:
        entrada = Cliente(bases)
        entrada.entrar(login=canal)
        tokens[canal] = entrada.token
    fim = time.monotonic() + segundos

    def caixa(n: int) -> Counter[str]:
        clientes = {canal: Cliente(bases, token) for canal, token in tokens.items()}
        sorte = random.Random(n)  # noqa: S311 - a seed

        def enviar(corpo: dict[str, Any], canal: str) -> tuple[int, dict[str, Any]]:
            texto = simplejson.dumps(corpo, use_decimal=True)
            for _ in range(100):
                answer = clientes[canal].enviar(sorte.choice(bases), simplejson.loads(texto))
                if answer.http is not None and answer.http != 503:
                    return canais.lido(answer.http, answer.corpo or "{}")
                time.sleep(sorte.uniform(0.05, 0.3))
            return 503, {}

        return canais.caixa(enviar, n, 1_000_000, lambda: time.monotonic() > fim)

    with ThreadPoolExecutor(16) as pool:
        return sum(pool.map(caixa, range(numero * 16, numero * 16 + 16)), Counter[str]())


@contextlib.contextmanager
def mundo(
    bancada: Bancada, prova: Prova, varrer_a_cada_s: float = 45.0, *, nos_pedidos: bool = True
) -> Iterator[WinThor]:
    """Sixteen writers of mixed work, WinThor beside them, time passing. ``nos_pedidos``: it works on the gateway's own
    orders too."""
    plano = Plano(bancada.bases, bancada.pasta, "cx")
    engine = bancada.banco.engine
    erp = bancada.banco.erp if nos_pedidos else None
    with (
        WinThor(engine, nos_pedidos=erp) as winthor,
        Tempo(engine, bancada.servidores, varrer_a_cada_s) as tempo,
        Carga(plano),
    ):
        yield winthor
    prova.expiradas, prova.por_comando = tempo.expiradas, tempo.recuperadas
    if erp is not None:
        prova.contar_winthor(winthor)


def mortes(pasta: Path, ao_acaso: int = 100, por_ponto: int = 50, semente: int = 1) -> Prova:
    """kill -9 of two gateways of three under load, at any moment and at each fault point; paid orders are divided."""
    prova = Prova("kill -9", pasta)
    agenda = [ACASO] * ao_acaso + [ponto for ponto in PONTOS for _ in range(por_ponto)]
    random.Random(semente).shuffle(agenda)  # noqa: S311 - a seed
    with Bancada.montar(pasta, hosts=3, pago=TV7) as bancada:
        agendas = {bancada.servidores[0].nome: agenda[::2], bancada.servidores[1].nome: agenda[1::2]}
        # WinThor's stand-in knows nothing of deliveries; `winthor_nos_pedidos` has it on orders that stay whole.
        companhia = mundo(bancada, prova, nos_pedidos=False)
        with companhia, Supervisor(bancada, agendas, semente=semente) as supervisor:
            supervisor.esperar(60.0 + 30.0 * len(agenda))
        prova.fechar(bancada)
    prova.contar_mortes(supervisor)
    prova.contar_chamadas()
    return prova


def reinicios(
    pasta: Path,
    vezes: int = 12,
    cada_s: float = 8.0,
    banco: Callable[[], Banco] = PostgreSQL,
    nome: str = "PostgreSQL",
) -> Prova:
    """The database stopped at once and started again under 16 writers."""
    prova = Prova(f"{nome} restarted", pasta)
    with Bancada.montar(pasta, banco) as bancada:
        with mundo(bancada, prova), Supervisor(bancada, {}) as supervisor:
            for _ in range(vezes):
                time.sleep(cada_s)
                bancada.reiniciar_banco()
            time.sleep(cada_s)
        prova.fechar(bancada)
    prova.contar_mortes(supervisor)
    prova.contar_reinicios(nome)
    prova.contar_chamadas()
    return prova


def soak(pasta: Path, minutos: float = 30.0, semente: int = 1) -> Prova:
    """Everything at once for a while. The first gateway is never killed: what it holds on to is measured."""
    prova = Prova("soak", pasta)
    segundos = minutos * 60
    fim = time.monotonic() + segundos
    ritmo = max(2.0, min(15.0, segundos / 40))
    pontos = random.Random(semente).sample(DE_TODOS, len(DE_TODOS))  # noqa: S311 - a seed
    agenda = [entrada for ponto in pontos for entrada in (ACASO, ponto)] * (1 + int(segundos / 100))
    with Bancada.montar(pasta) as bancada:
        if not isinstance(bancada.banco, PostgreSQL):
            raise TypeError("só o PostgreSQL conta sessões")
        parada, morta = bancada.servidores
        with (
            mundo(bancada, prova, varrer_a_cada_s=max(20.0, segundos / 60)),
            Supervisor(bancada, {morta.nome: agenda}, ritmo_s=ritmo, semente=semente) as supervisor,
            Amostrador(parada, bancada.banco.sessoes, max(0.5, segundos / 300)) as amostrador,
        ):
            while time.monotonic() < fim:
                time.sleep(min(segundos / 13, max(0.0, fim - time.monotonic())))
                if fim - time.monotonic() > segundos / 26:
                    bancada.reiniciar_banco()
        prova.fechar(bancada)
    prova.amostras = amostrador.amostras
    prova.contar_carga(minutos)
    prova.contar_mortes(supervisor)
    prova.contar_reinicios("PostgreSQL")
    prova.contar_chamadas()
    prova.contar_vazamentos()
    return prova
