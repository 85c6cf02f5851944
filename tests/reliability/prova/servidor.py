"""A gateway as a site runs it: the command ``prevenda serve`` in a process of its own."""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests.reliability.prova.pontos import ORDENS
from tests.support.servers import PREVENDA, ambiente, iniciar, porta_livre

GANCHOS = Path(__file__).with_name("ganchos")
PRONTO_EM_S = 30.0


@dataclass(frozen=True, slots=True)
class Medida:
    """Of a gateway's whole process tree: resident memory in MiB, open file handles, threads."""

    memoria: float
    arquivos: int
    threads: int


class Servidor:
    """One gateway on a fixed port, so that it can be started again where its callers look for it."""

    def __init__(self, nome: str, url: str, pasta: Path, **settings: str) -> None:
        self.nome = nome
        self.porta = porta_livre()
        self.base = f"http://127.0.0.1:{self.porta}"
        self.saida = pasta / f"{nome}.log"
        self._ordens = pasta / f"{nome}.ordens"
        self._ordens.mkdir()
        self._ordem = 0
        self._settings = {"database_url": url, "port": str(self.porta), **settings}
        self._processo: subprocess.Popen[bytes] | None = None

    def iniciar(self, **ganchos: str) -> None:
        """Start the command; ``ganchos``: variables for pontos.py, else none of it is in the process."""
        with self.saida.open("ab") as saida:
            # A session of its own: a Ctrl-C at the proof is not for the gateway.
            self._processo = iniciar(
                self.saida.parent, self.ambiente(**ganchos), stdout=saida, stderr=saida, start_new_session=True
            )

    def ambiente(self, **mais: str) -> dict[str, str]:
        """Environment of the gateway and of its commands."""
        todo = ambiente(self._settings, *([GANCHOS] if mais else []))
        return {name: value for name, value in todo.items() if not name.startswith("PROVA_")} | mais

    @property
    def vivo(self) -> bool:
        return self._processo is not None and self._processo.poll() is None

    def iniciar_com_pontos(self) -> None:
        """Start it so that it can be ordered to die at a point."""
        self.iniciar(**{ORDENS: str(self._ordens)})

    def ordenar(self, ponto: str, vez: int) -> None:
        """From its next request on: die when ``ponto`` is passed for the ``vez``-th time."""
        self._ordem += 1
        rascunho = self._ordens / "rascunho"
        rascunho.write_text(f"{self._ordem} {ponto} {vez}")
        rascunho.replace(self._ordens / "ordem")

    def cumpriu(self) -> bool:
        """Whether a process of it has died by the last order."""
        morte = self._ordens / f"morte-{self._ordem}"
        pid = morte.read_text() if morte.exists() else ""
        return bool(pid) and self._acabou(int(pid))

    def pronto(self) -> bool:
        """Whether /health/ready says so."""
        connection = http.client.HTTPConnection("127.0.0.1", self.porta, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def esperar_pronto(self) -> float:
        """Seconds until ready. Raises TimeoutError with the end of what the process wrote."""
        inicio = time.monotonic()
        while not self.pronto():
            if time.monotonic() - inicio > PRONTO_EM_S:
                raise TimeoutError(f"{self.nome} não ficou pronto:\n" + self.saida.read_text()[-2000:])
            time.sleep(0.05)
        return time.monotonic() - inicio

    def matar_um(self, sorte: random.Random) -> None:
        """kill -9 of one of its processes: the one that serves, one of several, or their parent."""
        if self._processo is not None:
            vivos = [pid for pid in _arvore(self._processo.pid) if b"resource_tracker" not in _linha_de_comando(pid)]
            pid = sorte.choice(vivos)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            while not self._acabou(pid):
                time.sleep(0.01)

    def _acabou(self, pid: int) -> bool:
        """Whether one of its processes is gone: reaped if it is ours, else at least a zombie of its parent."""
        if self._processo is not None and pid == self._processo.pid:
            return not self.vivo
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in {"Z", "X"}
        except OSError:
            return True

    def matar(self) -> None:
        """kill -9 of all its processes."""
        if self._processo is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._processo.pid, signal.SIGKILL)
            self._processo.wait()

    def terminar(self) -> int:
        """SIGTERM, and its exit code."""
        if self._processo is None:
            return 0
        self._processo.terminate()
        try:
            return self._processo.wait(40)
        except subprocess.TimeoutExpired:
            self.matar()
            return -signal.SIGKILL

    def comando(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another ``prevenda`` command with the same settings."""
        command = [*PREVENDA, *arguments]
        options = {"env": self.ambiente(), "cwd": self.saida.parent, "timeout": 120}
        return subprocess.run(command, check=False, capture_output=True, text=True, **options)  # type: ignore[call-overload]

    def medir(self) -> Medida | None:
        """None when it is not running."""
        if not self.vivo or self._processo is None:
            return None
        memoria = arquivos = threads = 0
        for pid in _arvore(self._processo.pid):
            with contextlib.suppress(OSError):
                status = Path(f"/proc/{pid}/status").read_text()
                memoria += int(re.search(r"VmRSS:\s+(\d+)", status)[1])  # type: ignore[index]
                threads += int(re.search(r"Threads:\s+(\d+)", status)[1])  # type: ignore[index]
                arquivos += len(os.listdir(f"/proc/{pid}/fd"))
        return Medida(memoria / 1024, arquivos, threads)


def _arvore(pid: int) -> list[int]:
    """The process and its descendants."""
    filhos: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            filhos += [int(filho) for filho in task.read_text().split()]
    return [pid, *(neto for filho in filhos for neto in _arvore(filho))]


def _linha_de_comando(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
