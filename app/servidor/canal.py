"""A connection and its requests, as waitress sees them: limits of time, and refusals as every other problem body."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import ErrorTask, WSGITask

from app.api.problemas import corpo_do_problema, problema_de_http, quando_repetir
from app.observabilidade.metricas import FILA
from app.observabilidade.requisicoes import recusada_antes

# A request must have arrived whole within this time: a till on a bad line takes a second, an attacker for ever.
CHEGADA_MAXIMA_S = 15.0
# A connection may lie idle for longer than proxies keep theirs (60 s), so that it is the proxy who closes.
OCIOSA_S = 75.0
# A request that waited longer for a thread is not begun: its sender is about to give up.
ESPERA_MAXIMA_S = 5.0
# A new connection is about to carry a request.
RECEM_CHEGADA_S = 1.0


class Chegada(HTTPRequestParser):  # type: ignore[misc]
    """A request as it arrives."""

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self.inicio = time.monotonic()


class Sobrecarga:
    """Stands where waitress keeps a parse error: the request is answered 503 and never reaches the application."""

    code = 503


class TarefaDeErro(ErrorTask):  # type: ignore[misc]
    """What is refused before it reaches the application, in the shape of every other refusal (RFC 9457)."""

    def execute(self) -> None:
        """Write the problem body and close the connection."""
        http = int(self.request.error.code)
        caminho = str(getattr(self.request, "path", "") or "/").encode("latin-1", "replace").decode("utf-8", "replace")
        problema = problema_de_http(http)
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
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Tarefa(WSGITask):  # type: ignore[misc]
    """A request for the application."""

    def build_response_header(self) -> bytes:
        """While the server is draining the answer asks the caller to come back by a new connection."""
        if self.channel.server.encerrando:
            self.request.headers["CONNECTION"] = "close"
        header: bytes = super().build_response_header()
        return header


class Canal(HTTPChannel):  # type: ignore[misc]
    """A connection."""

    parser_class = Chegada
    task_class = Tarefa
    error_task_class = TarefaDeErro
    ja_atendeu = False

    def service(self) -> None:
        """Serve the oldest request, unless it has waited too long for this thread."""
        pedido = self.requests[0]
        if not pedido.error and time.monotonic() - pedido.na_fila_desde > ESPERA_MAXIMA_S:
            pedido.error = Sobrecarga()
        self.ja_atendeu = True
        FILA.set(len(self.server.task_dispatcher.queue))
        super().service()

    def ocupado(self) -> bool:
        """Whether a request is under way here, from its first byte to its answer's last."""
        recem_chegada = not self.ja_atendeu and time.time() - self.creation_time < RECEM_CHEGADA_S
        return bool(self.requests or self.request is not None or self.total_outbufs_len or recem_chegada)

    def vencido(self) -> bool:
        """Whether the caller keeps a thread-less connection for too long, idle or with half a request."""
        if self.requests:
            return False
        if self.request is not None:
            return bool(time.monotonic() - self.request.inicio > CHEGADA_MAXIMA_S)
        return bool(time.time() - self.last_activity > OCIOSA_S)
