"""The ``prevenda`` command as a process of its own, started, asked and signalled as an operator does."""

from __future__ import annotations

import contextlib
import http.client
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import simplejson

from tests.support.gateway import LOGIN, ROTA

ROOT = Path(__file__).parents[2]
# The command, of this tree and this interpreter.
PREVENDA = (sys.executable, "-m", "app.cli")

# Status, headers in lower case, body.
Answer = tuple[int, dict[str, str], bytes]


def pedir(porta: int, method: str, path: str, corpo: Any = None, token: str = "", **headers: str) -> Answer:
    """One request on a connection of its own."""
    todos = {name.replace("_", "-"): value for name, value in headers.items()}
    if token:
        todos["Authorization"] = f"Bearer {token}"
    dados = None
    if corpo is not None:
        dados = simplejson.dumps(corpo, use_decimal=True).encode()
        todos["Content-Type"] = "application/json"
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", porta, timeout=30)) as conexao:
        conexao.request(method, path, dados, todos)
        answer = conexao.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()


def porta_livre() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def ambiente(settings: Mapping[str, Any], *primeiro: Path, **mais: str) -> dict[str, str]:
    """Environment of a command with these settings and no other; ``primeiro``: folders before the project's own."""
    limpo = {name: value for name, value in os.environ.items() if not name.startswith("PREVENDA_")}
    return {
        **limpo,
        **{f"PREVENDA_{name.upper()}": str(value) for name, value in settings.items()},
        "PYTHONPATH": os.pathsep.join(map(str, [*primeiro, ROOT])),
        "PYTHONUNBUFFERED": "1",
        **mais,
    }


def iniciar(pasta: Path, env: Mapping[str, str], **options: Any) -> subprocess.Popen[Any]:
    """Start ``prevenda serve`` in a folder: the one place where tests do."""
    return subprocess.Popen([*PREVENDA, "serve"], cwd=pasta, env=env, **options)


class Servidor:
    """``prevenda serve`` on a port of its own; everything it prints is kept in ``linhas``."""

    def __init__(self, pasta: Path, database_url: str, **settings: Any) -> None:
        env = ambiente({"database_url": database_url, "port": 0, "dreno": 0, **settings})
        self.inicio = time.monotonic()
        self.processo: subprocess.Popen[str] = iniciar(
            pasta, env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.linhas: list[str] = []
        self._novas: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._ler, daemon=True).start()
        self.porta = self._esperar_porta()
        self.segundos_ate_servir = time.monotonic() - self.inicio

    def _ler(self) -> None:
        assert self.processo.stdout
        for linha in self.processo.stdout:
            self.linhas.append(linha)
            self._novas.put(linha)
        self._novas.put(None)

    def _esperar_porta(self) -> int:
        while (linha := self._novas.get(timeout=30)) is not None:
            if found := re.search(r"Escutando em http://[\w.]+:(\d+)", linha):
                return int(found[1])
        raise AssertionError("".join(self.linhas))

    def pedir(self, method: str, path: str, corpo: Any = None, token: str = "", **headers: str) -> Answer:
        """One request on a connection of its own."""
        return pedir(self.porta, method, path, corpo, token, **headers)

    def entrar(self, login: str = "hub") -> str:
        token: str = simplejson.loads(self.pedir("POST", LOGIN, {"login": login, "senha": "demo"})[2])["accessToken"]
        return token

    def enviar(self, corpo: dict[str, Any], token: str) -> Answer:
        return self.pedir("POST", ROTA, corpo, token)

    def sinal(self, numero: int) -> None:
        self.processo.send_signal(numero)

    def fim(self, segundos: float = 30) -> int:
        return self.processo.wait(segundos)


@contextlib.contextmanager
def servidor(pasta: Path, database_url: str, **settings: Any) -> Iterator[Servidor]:
    """A server that is gone at the end, however the test ended."""
    novo = Servidor(pasta, database_url, **settings)
    try:
        yield novo
    finally:
        if novo.processo.poll() is None:
            novo.sinal(signal.SIGKILL)
        novo.fim()
        assert novo.processo.stdout
        novo.processo.stdout.close()
