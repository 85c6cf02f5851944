"""Clients of the gateway over HTTP, cheap enough that it is the gateway that is measured.

    python -m tests.bench.carga --url http://127.0.0.1:8000 --clientes 8 --itens 3 --segundos 10

posts reservations of the demo's products to a running gateway for some seconds and prints how many it took and how
long.
"""

from __future__ import annotations

import argparse
import itertools
import json
import socket
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from tests.support.builders import item, pre_venda
from tests.support.gateway import LOGIN, ROTA

JSON = dict[str, Any]


class Http:
    """One kept connection to the gateway, with its token. Speaks as much HTTP/1.1 as the gateway answers."""

    def __init__(self, port: int, token: str = "", *, host: str = "127.0.0.1") -> None:
        self._address = (host, port)
        self._head = f"Host: {host}\r\nContent-Type: application/json\r\n"
        if token:
            self._head += f"Authorization: Bearer {token}\r\n"
        self._socket: socket.socket | None = None

    def pedir(self, method: str, path: str, corpo: bytes = b"") -> tuple[int, bytes]:
        """Status and body. Raises OSError when the connection is lost: nothing is repeated here."""
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout=30)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = f"{method} {path} HTTP/1.1\r\n{self._head}Content-Length: {len(corpo)}\r\n\r\n"
        self._socket.sendall(head.encode() + corpo)
        return self._ler()

    def _ler(self) -> tuple[int, bytes]:
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._receber()
        head, _, body = received.partition(b"\r\n\r\n")
        fields = {name.lower(): value for line in head.split(b"\r\n")[1:] for name, _, value in [line.partition(b":")]}
        missing = int(fields[b"content-length"]) - len(body)
        while missing > 0:
            part = self._receber()
            body += part
            missing -= len(part)
        if fields.get(b"connection", b"").strip().lower() == b"close":
            self.close()
        return int(head.split(b" ", 2)[1]), body

    def _receber(self) -> bytes:
        assert self._socket is not None
        part = self._socket.recv(262_144)
        if not part:
            self.close()
            raise ConnectionResetError
        return part

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def enviar(self, corpo: JSON, http: int = 201) -> JSON:
        """Post a pre-sale that must be answered ``http``; gives the answer."""
        status, body = self.pedir("POST", ROTA, json.dumps(corpo).encode())
        if status != http:
            raise RuntimeError(f"HTTP {status}: {body[:300].decode()}")
        answer: JSON = json.loads(body)
        return answer


def entrar(port: int, login: str = "hub", senha: str = "demo", *, host: str = "127.0.0.1") -> str:
    """A token."""
    http = Http(port, host=host)
    _, body = http.pedir("POST", LOGIN, json.dumps({"login": login, "senha": senha}).encode())
    http.close()
    return str(json.loads(body)["accessToken"])


def cesta(itens: int, cliente: int = 0, *, quantidade: int = 1, produtos: int = 60) -> list[JSON]:
    """Lines of products 1001…, other ones for each client while there are enough."""
    codprods = (1001 + (cliente * itens + n) % produtos for n in range(itens))
    return [item(f"{codprod * 10}-{codprod}", quantidade, 10.0) for codprod in codprods]


def em_paralelo(clientes: int, trabalho: Callable[[int], None]) -> float:
    """Run ``trabalho(client)`` in as many threads at once; seconds it took. Raises what one of them raised."""
    largada = threading.Barrier(clientes + 1)
    erros: list[Exception] = []

    def correr(cliente: int) -> None:
        largada.wait()
        try:
            trabalho(cliente)
        except Exception as error:
            erros.append(error)

    threads = [threading.Thread(target=correr, args=(n,), daemon=True) for n in range(clientes)]
    for thread in threads:
        thread.start()
    largada.wait()
    inicio = time.perf_counter()
    for thread in threads:
        thread.join()
    duracao = time.perf_counter() - inicio
    if erros:
        raise erros[0]
    return duracao


def percentil(valores: Sequence[float], p: int) -> float:
    return statistics.quantiles(valores, n=100, method="inclusive")[p - 1] if len(valores) > 1 else valores[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--clientes", type=int, default=8)
    parser.add_argument("--itens", type=int, default=3)
    parser.add_argument("--segundos", type=float, default=10)
    args = parser.parse_args()
    partes = urlsplit(args.url)
    host, port = partes.hostname or "127.0.0.1", partes.port or 80
    token = entrar(port, host=host)
    prefixo = f"CARGA-{time.time_ns() // 1_000_000:x}"
    respostas: Counter[int] = Counter()
    tempos: list[float] = []

    def enviar(cliente: int) -> None:
        http = Http(port, token, host=host)
        fim = time.perf_counter() + args.segundos
        for n in itertools.count():
            corpo = json.dumps(pre_venda(*cesta(args.itens, cliente), numero=f"{prefixo}-{cliente}-{n}")).encode()
            inicio = time.perf_counter()
            if inicio >= fim:
                break
            status, _ = http.pedir("POST", ROTA, corpo)
            tempos.append((time.perf_counter() - inicio) * 1000)
            respostas[status] += 1
        http.close()

    duracao = em_paralelo(args.clientes, enviar)
    p50, p95, p99 = (percentil(tempos, p) for p in (50, 95, 99))
    print(f"{len(tempos) / duracao:.1f} requests/s, p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms")
    print("answers: " + ", ".join(f"{status}: {n}" for status, n in sorted(respostas.items())))


if __name__ == "__main__":
    main()
