"""A connection and its requests, as waitress sees them: limits of time, and refusals as every other problem body."""

from __future__ import annotations

import logging
import sys
import time
from http import HTTPStatus
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError, TransferEncodingNotImplemented
from waitress.task import ErrorTask, WSGITask

from app.api.espera import ESPERAR, VOLTOU, Interesse
from app.api.problemas import SEGURAR, corpo_do_problema, problema_de_http, quando_repetir
from app.observabilidade.metricas import FILA
from app.observabilidade.requisicoes import recusada_antes
from app.services.consulta.recusas_sem_registro import CONTADOS
from app.servidor.espera import EmEspera

log = logging.getLogger("prevenda.servidor")

# A request must have arrived whole within this time: a till on a bad line takes a second, an attacker for ever.
CHEGADA_MAXIMA_S = 15.0
# A connection may lie idle for longer than proxies keep theirs (60 s), so that it is the proxy who closes.
OCIOSA_S = 75.0
# A request that waited longer for a thread is not begun: its sender is about to give up.
ESPERA_MAXIMA_S = 5.0
# A new connection is about to carry a request.
RECEM_CHEGADA_S = 1.0
# Whoever takes nothing of an answer for this long, or is not done with it after the second, is cut off; the third is
# how long an answer may stand still when the process is told to stop.
PARADO_NA_RESPOSTA_S = 15.0
RESPOSTA_MAXIMA_S = 120.0
PARADO_NO_FIM_S = 3.0


class Chegada(HTTPRequestParser):  # type: ignore[misc]
    """A request as it arrives."""

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self.inicio = time.monotonic()
        # Monotonic instant at which it waits no longer for an event, and the place after which; None: it has not begun.
        self.espera_ate: float | None = None
        self.espera_depois: int | None = None

    def parse_header(self, header_plus: bytes) -> None:
        """As waitress, but what it does not foresee (a length of 5,000 digits) is a malformed request too."""
        try:
            super().parse_header(header_plus)
        except (ParsingError, TransferEncodingNotImplemented):
            raise
        except Exception:
            raise ParsingError("malformed header") from None


class SobrecargaDoCanal:
    """Stands where waitress keeps a parse error: the request is answered 503 and never reaches the application.

    ``segurar``: seconds for which the answer is held back, for what is no sale.
    """

    code = 503

    def __init__(self, segurar: float = 0.0) -> None:
        self.segurar = segurar


class TarefaDeErro(ErrorTask):  # type: ignore[misc]
    """What is refused before it reaches the application, in the shape of every other refusal (RFC 9457)."""

    def execute(self) -> None:
        """Write the problem body and close the connection."""
        http = int(self.request.error.code)
        caminho = str(getattr(self.request, "path", "") or "/").encode("latin-1", "replace").decode("utf-8", "replace")
        problema = problema_de_http(http)
        recusas = self.channel.server.recusas
        if http in CONTADOS and recusas is not None:
            recusas.contar(None, problema.codigo)
        body = corpo_do_problema(http, [problema], caminho).encode()
        ids = [self.request.headers.get(nome, "") for nome in ("X_REQUEST_ID", "TRACEPARENT")]
        self.status = f"{http} {HTTPStatus(http).phrase}"
        self.response_headers = [
            ("Content-Type", "application/problem+json"),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            *recusada_antes(http, problema.codigo, *ids).items(),
            *quando_repetir(problema.codigo).items(),
        ]
        if segundos := getattr(self.request.error, "segurar", 0.0):
            self.channel.segurar(segundos)
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Tarefa(WSGITask):  # type: ignore[misc]
    """A request for the application."""

    em_espera: EmEspera | None = None

    def service(self) -> None:
        """As waitress; raises EmEspera when the application has the request kept aside."""
        super().service()
        if self.em_espera is not None:
            raise self.em_espera

    def get_environment(self) -> dict[str, Any]:
        """As waitress, with the offer to keep the request aside."""
        environ: dict[str, Any] = super().get_environment()
        environ[ESPERAR] = self._esperar
        environ[VOLTOU] = self.request.espera_depois
        return environ

    def _esperar(self, interesse: Interesse) -> bool:
        if self.request.espera_ate is None:
            self.request.espera_ate = time.monotonic() + interesse.segundos
        ate: float = self.request.espera_ate
        servidor = self.channel.server
        if servidor.encerrando or time.monotonic() >= ate or not servidor.esperas.cabe():
            return False
        self.request.espera_depois = interesse.depois
        self.em_espera = EmEspera(interesse, ate)
        return True

    def write(self, data: bytes) -> None:
        """As waitress, but that nothing is sent of a request that is kept aside."""
        if self.em_espera is None:
            super().write(data)

    def build_response_header(self) -> bytes:
        """While the server is draining the answer asks the caller to come back by a new connection; and what the
        application wants held back is."""
        if self.channel.server.encerrando:
            self.request.headers["CONNECTION"] = "close"
        if segundos := (self.environ or {}).get(SEGURAR):
            self.channel.segurar(segundos)
        header: bytes = super().build_response_header()
        return header


class Canal(HTTPChannel):  # type: ignore[misc]
    """A connection."""

    parser_class = Chegada
    task_class = Tarefa
    error_task_class = TarefaDeErro
    ja_atendeu = False
    # Monotonic instants: until when the answer is held back, since when there is one, when some of it was last taken.
    segurar_ate = 0.0
    resposta_desde = 0.0
    ultimo_envio = 0.0

    def service(self) -> None:
        """Serve the oldest request, unless it has waited too long for this thread."""
        pedido = self.requests[0]
        if not pedido.error and time.monotonic() - pedido.na_fila_desde > ESPERA_MAXIMA_S:
            pedido.error = SobrecargaDoCanal()
        self.ja_atendeu = True
        FILA.set(len(self.server.task_dispatcher.queue))
        try:
            super().service()
        except EmEspera as em_espera:
            self.server.esperas.estacionar(self, em_espera)

    def handle_error(self) -> None:
        """An exception in the loop ends the connection; neither its text nor the peer's address is logged."""
        erro = sys.exc_info()[0]
        log.error("uma conexão foi encerrada por um erro (%s)", "" if erro is None else erro.__name__)
        self.handle_close()

    # --- an answer held back

    def segurar(self, segundos: float) -> None:
        """Send nothing for so long, without a thread: for a refusal that would be asked for again at once."""
        self.segurar_ate = time.monotonic() + segundos
        self.server.retidos.add(self)

    def retido(self) -> bool:
        """Whether the answer is held back."""
        return time.monotonic() < self.segurar_ate and not self.server.encerrando

    def writable(self) -> bool:
        """As waitress, unless the answer is held back."""
        return bool(super().writable()) and not self.retido()

    def _flush_some(self, do_close: bool = True) -> bool:
        if self.retido():
            return False
        enviou: bool = super()._flush_some(do_close=do_close)
        if enviou:
            self.ultimo_envio = time.monotonic()
        return enviou

    def write_soon(self, data: Any) -> int:
        """As waitress; an answer begins now where none was waiting to be sent."""
        if not self.total_outbufs_len:
            self.resposta_desde = time.monotonic()
        escrito: int = super().write_soon(data)
        return escrito

    # --- limits of time

    def ocupado(self) -> bool:
        """Whether a request is under way here, from its first byte to its answer's last."""
        recem_chegada = not self.ja_atendeu and time.time() - self.creation_time < RECEM_CHEGADA_S
        return bool(self.requests or self.request is not None or self.total_outbufs_len or recem_chegada)

    def vencido(self) -> bool:
        """Whether the caller keeps a connection for too long: idle, with half a request, or not taking its answer."""
        if self.total_outbufs_len:
            return self._nao_le()
        if self.requests:
            return False
        if self.request is not None:
            return bool(time.monotonic() - self.request.inicio > CHEGADA_MAXIMA_S)
        return bool(time.time() - self.last_activity > OCIOSA_S)

    def _nao_le(self) -> bool:
        agora = time.monotonic()
        desde = max(self.resposta_desde, self.ultimo_envio, self.segurar_ate)
        parado = PARADO_NO_FIM_S if self.server.encerrando else PARADO_NA_RESPOSTA_S
        return agora - desde > parado or agora - max(self.resposta_desde, self.segurar_ate) > RESPOSTA_MAXIMA_S
