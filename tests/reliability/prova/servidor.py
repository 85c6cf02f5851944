"""A gateway as a site runs it: the command ``prevenda serve`` in a process of its own."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

RAIZ = Path(__file__).resolve().parents[3]
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
        self.porta = _porta_livre()
        self.base = f"http://127.0.0.1:{self.porta}"
        self.saida = pasta / f"{nome}.log"
        self.diario = pasta / f"{nome}.pontos"
        self._settings = {"database_url": url, "port": str(self.porta), **settings}
        self.ponto = ""
        self._mortes_antes = 0
        self._processo: subprocess.Popen[bytes] | None = None

    def iniciar(self, ponto: str = "") -> None:
        """Start the process; ``ponto`` as PROVA_PONTO wants it (pontos.py)."""
        self.ponto, self._mortes_antes = ponto, self._mortes_no_diario()
        with self.saida.open("ab") as saida:
            self._processo = subprocess.Popen(
                [str(Path(sys.executable).with_name("prevenda")), "serve"],
                env=self.ambiente(PROVA_PONTO=ponto, PROVA_DIARIO=str(self.diario)) if ponto else self.ambiente(),
                cwd=self.saida.parent,
                stdout=saida,
                stderr=saida,
                start_new_session=True,  # a Ctrl-C at the proof is not for the gateway
            )

    def ambiente(self, **mais: str) -> dict[str, str]:
        """Environment of the gateway and of its commands."""
        limpo = {name: value for name, value in os.environ.items() if not name.startswith(("PREVENDA_", "PROVA_"))}
        settings = {f"PREVENDA_{name.upper()}": value for name, value in self._settings.items()}
        caminho = {"PYTHONPATH": os.pathsep.join([str(GANCHOS), str(RAIZ)])} if mais else {}
        return {**limpo, **settings, **caminho, **mais, "PYTHONUNBUFFERED": "1"}

    @property
    def vivo(self) -> bool:
        return self._processo is not None and self._processo.poll() is None

    def morreu_no_ponto(self) -> bool:
        """Whether the fault it was started with has killed it."""
        return not self.vivo and self._mortes_no_diario() > self._mortes_antes

    def _mortes_no_diario(self) -> int:
        return len(self.diario.read_text().splitlines()) if self.diario.exists() else 0

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

    def matar(self) -> None:
        """kill -9 of the process and all its children."""
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
        command = [str(Path(sys.executable).with_name("prevenda")), *arguments]
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


def _porta_livre() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])
