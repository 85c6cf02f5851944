"""The bench: one database, gateways on it, and a supervisor that starts again what died, as systemd would."""

from __future__ import annotations

import contextlib
import datetime as dt
import random
import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from app import CHAVE_JWT_DA_DEMO
from app.demonstracao.linhas import demo_rows
from app.settings import TV1
from app.winthor.esquema.schema import create_demo
from tests.reliability.prova.banco import Banco, PostgreSQL
from tests.reliability.prova.conferencia import conferir, estoque, ler_registros
from tests.reliability.prova.servidor import Servidor
from tests.reliability.prova.terceiros import preparar_estoque, recuperar_tudo

ACASO = "ao acaso"
INESPERADA = "inesperada"
BANCO_DE_VOLTA = "banco de volta"
UNIDADES = 150
# Hosts need not be set alike.
HOSTS = (
    {"processos": "1", "threads": "8", "pool": "8"},
    {"processos": "2", "threads": "6", "pool": "4"},
    {"processos": "1", "threads": "12", "pool": "6"},
)


@dataclass(frozen=True, slots=True)
class Evento:
    """Something done to the gateways or the database, and how long it took to mend."""

    quando: float
    que: str
    segundos: float


@dataclass
class Bancada:
    """``with Bancada.montar(pasta) as bancada``: gateways, ready, on a demo database of their own."""

    pasta: Path
    banco: Banco
    servidores: list[Servidor]
    eventos: list[Evento] = field(default_factory=list)
    estoque_inicial: dict[tuple[str, int], Decimal] = field(default_factory=dict)

    @classmethod
    @contextlib.contextmanager
    def montar(
        cls, pasta: Path, banco: Callable[[], Banco] = PostgreSQL, hosts: int = 2, pago: str = TV1, **settings: str
    ) -> Iterator[Bancada]:
        pasta.mkdir(parents=True, exist_ok=True)
        database = banco()
        now = dt.datetime.now(dt.UTC)
        bancada = cls(pasta, database, [])
        try:
            create_demo(database.engine, demo_rows(now), {CHAVE_JWT_DA_DEMO: secrets.token_urlsafe(48)})
            preparar_estoque(database.engine, UNIDADES)
            bancada.estoque_inicial = estoque(database.engine)
            bancada.servidores = [
                Servidor(f"gateway-{n}", database.url, pasta, pago=pago, **host, **settings)
                for n, host in enumerate(HOSTS[:hosts], 1)
            ]
            for servidor in bancada.servidores:
                servidor.iniciar()
            for servidor in bancada.servidores:
                servidor.esperar_pronto()
            yield bancada
        finally:
            for servidor in bancada.servidores:
                servidor.matar()
            database.fechar()

    @property
    def bases(self) -> list[str]:
        return [servidor.base for servidor in self.servidores]

    def anotar(self, que: str, inicio: float, segundos: float) -> None:
        self.eventos.append(Evento(inicio, que, round(segundos, 2)))

    def conferir(self) -> list[str]:
        """Let everything come to rest, then check."""
        recuperar_tudo(self.banco.engine, self.servidores[0])
        historias = ler_registros(self.pasta)
        return conferir(self.banco.engine, self.banco.url, historias, self.estoque_inicial)

    def reiniciar_banco(self, parado_s: float = 0.5) -> None:
        """Stop the database at once and start it again; the event is the time it was down."""
        self.banco.derrubar()
        inicio = time.time()
        time.sleep(parado_s)
        self.banco.levantar()
        self.anotar(BANCO_DE_VOLTA, inicio, time.time() - inicio)


class Supervisor:
    """Kills the gateways by an agenda and starts them again, each as soon as it is gone.

    An entry is the name of a fault point (a process of the gateway kills itself there) or ACASO: kill -9 of one of its
    processes from outside, at any moment once ``ritmo_s`` has passed. A death nobody ordered counts as INESPERADA.
    """

    def __init__(
        self, bancada: Bancada, agendas: dict[str, list[str]], *, ritmo_s: float = 0.0, semente: int = 1
    ) -> None:
        self._bancada = bancada
        self._agendas = {nome: deque(agenda) for nome, agenda in agendas.items()}
        self._ritmo_s = ritmo_s
        self._sorte = random.Random(semente)  # noqa: S311 - a seed
        self._parar = threading.Event()
        self._pool = ThreadPoolExecutor(len(bancada.servidores))
        self._cuidados: list[Future[None]] = []
        self.mortes: Counter[str] = Counter()

    def __enter__(self) -> Supervisor:
        self._cuidados = [self._pool.submit(self._cuidar, servidor) for servidor in self._bancada.servidores]
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the agenda where it is; every gateway is up afterwards."""
        self._parar.set()
        for cuidado in self._cuidados:
            cuidado.result()
        self._pool.shutdown()

    def esperar(self, paciencia_s: float) -> None:
        """Wait until the agendas are done. Raises TimeoutError."""
        fim = time.monotonic() + paciencia_s
        while any(self._agendas.values()):
            if time.monotonic() > fim:
                raise TimeoutError(f"faltam mortes: {[len(agenda) for agenda in self._agendas.values()]}")
            time.sleep(0.2)

    def _cuidar(self, servidor: Servidor) -> None:
        agenda = self._agendas.get(servidor.nome, deque())
        if agenda:
            servidor.matar()  # it was started without fault points
            self._levantar(servidor)
        while agenda and not self._parar.is_set():
            if self._morrer(servidor, agenda[0]):
                self.mortes[agenda.popleft()] += 1
            if not servidor.vivo:  # a gateway of several processes mends itself
                self._levantar(servidor)
        while not self._parar.wait(0.05):
            if not servidor.vivo:
                self.mortes[INESPERADA] += 1
                self._levantar(servidor)

    def _morrer(self, servidor: Servidor, como: str) -> bool:
        """A process of the gateway dies by the entry; False when the proof ended first or it died of another cause."""
        if como == ACASO:
            if self._parar.wait(self._ritmo_s + self._sorte.uniform(0.2, 1.5)):
                return False
            servidor.matar_um(self._sorte)
            return True
        servidor.ordenar(como, self._sorte.randint(1, 4))
        while servidor.vivo and not servidor.cumpriu() and not self._parar.wait(0.05):
            pass
        if not servidor.vivo and not servidor.cumpriu():
            self.mortes[INESPERADA] += 1
        return servidor.cumpriu()

    def _levantar(self, servidor: Servidor) -> None:
        """Start until it is ready; while the database is down or the port is still taken the process ends by itself."""
        inicio, fim = time.time(), time.monotonic() + 120
        servidor.iniciar_com_pontos()
        while not servidor.pronto():
            if not servidor.vivo:
                servidor.iniciar_com_pontos()
            if time.monotonic() > fim:
                raise TimeoutError(f"{servidor.nome} não voltou")
            time.sleep(0.05)
        self._bancada.anotar(f"{servidor.nome} de volta", inicio, time.time() - inicio)
