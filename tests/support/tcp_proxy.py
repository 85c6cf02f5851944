"""A TCP proxy that does to a connection what networks do: latency, black hole, reset, slow drip, cut.

    with TcpProxy(destino) as proxy:
        ...                      # everything passes
        proxy.defeito = buraco   # from the next piece on, on every connection

A fault is a function that is handed each piece (what one ``recv`` gave) and delivers it, or not. The vocabulary is
toxiproxy's; a few threads do for the handful of connections of a test.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

IDA, VOLTA = "ida", "volta"  # towards the server, towards the client
Endereco = str | tuple[str, int]  # a path is a Unix socket
RST = struct.pack("ii", 1, 0)  # SO_LINGER that makes close() a reset


class Conexao:
    """One client and its connection to the server."""

    def __init__(self, proxy: TcpProxy, cliente: socket.socket, servidor: socket.socket) -> None:
        self.proxy = proxy
        self._para = {IDA: servidor, VOLTA: cliente}
        self.sem_volta = False  # the next answer is lost, and the connection with it
        self.sumiu = False  # its client is gone and has told nobody: not even its end is heard

    def entregar(self, sentido: str, dados: bytes) -> None:
        self._para[sentido].sendall(dados)

    def passar(self, sentido: str) -> None:
        """Hand every piece of one direction to the fault of the moment, until an end."""
        origem = self._para[VOLTA if sentido == IDA else IDA]
        with contextlib.suppress(OSError):
            while dados := origem.recv(65536):
                if sentido == VOLTA and self.sem_volta:
                    self.resetar()
                    return
                self.proxy.pecas += sentido == IDA
                (buraco if self.sumiu else self.proxy.defeito)(self, sentido, dados)
        if not (self.sumiu and sentido == IDA):
            self._fechar(socket.SHUT_RDWR)

    def resetar(self) -> None:
        """RST on both sides."""
        for ponta in self._para.values():
            with contextlib.suppress(OSError):
                ponta.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
        self._fechar(socket.SHUT_RD)

    def _fechar(self, como: int) -> None:
        for ponta in self._para.values():
            with contextlib.suppress(OSError):
                ponta.shutdown(como)  # wakes the other direction's recv
            ponta.close()


Defeito = Callable[[Conexao, str, bytes], None]


def nenhum(conexao: Conexao, sentido: str, dados: bytes) -> None:
    """A good network."""
    conexao.entregar(sentido, dados)


def latencia(segundos: float) -> Defeito:
    """Every piece towards the server is late: one delay per round trip."""

    def atrasar(conexao: Conexao, sentido: str, dados: bytes) -> None:
        if sentido == IDA:
            conexao.proxy.esperar(segundos)
        conexao.entregar(sentido, dados)

    return atrasar


def buraco(conexao: Conexao, sentido: str, dados: bytes) -> None:
    """Swallow everything; both sides see an open connection."""


def gotejar(tamanho: int, pausa: float) -> Defeito:
    """Answers arrive ``tamanho`` bytes at a time."""

    def pingar(conexao: Conexao, sentido: str, dados: bytes) -> None:
        passo = len(dados) if sentido == IDA else tamanho
        for inicio in range(0, len(dados), passo):
            if sentido == VOLTA and conexao.proxy.esperar(pausa):
                return
            conexao.entregar(sentido, dados[inicio : inicio + passo])

    return pingar


def na_enesima(n: int, fazer: Defeito, *, com: bytes = b"") -> Defeito:
    """Good, but ``fazer`` has the ``n``-th piece towards the server that holds ``com``, counted from now over all
    connections."""
    contagem = iter(range(1, n + 1))
    cadeado = threading.Lock()

    def contar(conexao: Conexao, sentido: str, dados: bytes) -> None:
        with cadeado:
            esta = sentido == IDA and com in dados and next(contagem, None) == n
        (fazer if esta else nenhum)(conexao, sentido, dados)

    return contar


def cortar_antes(conexao: Conexao, _sentido: str, _dados: bytes) -> None:
    """Reset before the server has heard of it."""
    conexao.resetar()


def cortar_depois(conexao: Conexao, _sentido: str, dados: bytes) -> None:
    """The server hears it, and its answer is lost."""
    conexao.sem_volta = True
    conexao.entregar(IDA, dados)


def engolir_daqui(conexao: Conexao, _sentido: str, _dados: bytes) -> None:
    """This piece and all that follow are swallowed, on every connection."""
    conexao.proxy.defeito = buraco


def sumir_daqui(conexao: Conexao, _sentido: str, _dados: bytes) -> None:
    """The client's machine loses its power: the server hears nothing any more, nor that the connection has ended."""
    conexao.proxy.defeito = buraco
    conexao.proxy.sumir()


class TcpProxy:
    """Listens on a free port of 127.0.0.1 for the length of a ``with`` block. ``pecas``: pieces towards the server."""

    def __init__(self, destino: Endereco) -> None:
        self.defeito: Defeito = nenhum
        self.pecas = 0
        self._destino = destino
        self._parando = threading.Event()
        self._conexoes: list[Conexao] = []
        self._ouvinte = socket.create_server(("127.0.0.1", 0))

    @property
    def porta(self) -> int:
        return int(self._ouvinte.getsockname()[1])

    def esperar(self, segundos: float) -> bool:
        """Sleep, but no longer than the proxy lives; True when it is being stopped."""
        return self._parando.wait(segundos)

    def cortar(self) -> None:
        """Reset every connection there is; new ones are welcome."""
        for conexao in self._conexoes:
            conexao.resetar()
        self._conexoes.clear()

    def sumir(self) -> None:
        """The client of every connection there is vanishes; ``cortar`` is what a server does that has noticed."""
        for conexao in self._conexoes:
            conexao.sumiu = True

    @contextlib.contextmanager
    def com(self, defeito: Defeito) -> Iterator[None]:
        """The fault for the length of a block."""
        self.defeito = defeito
        try:
            yield
        finally:
            self.defeito = nenhum

    def _aceitar(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                cliente, _ = self._ouvinte.accept()
                familia = socket.AF_UNIX if isinstance(self._destino, str) else socket.AF_INET
                servidor = socket.socket(familia)
                servidor.connect(self._destino)
                conexao = Conexao(self, cliente, servidor)
                self._conexoes.append(conexao)
                for sentido in (IDA, VOLTA):
                    threading.Thread(target=conexao.passar, args=(sentido,), daemon=True).start()

    def __enter__(self) -> Self:
        threading.Thread(target=self._aceitar, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._parando.set()
        with contextlib.suppress(OSError):
            self._ouvinte.shutdown(socket.SHUT_RDWR)
        self._ouvinte.close()
        self.cortar()
