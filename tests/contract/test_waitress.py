"""What app/servidor needs of waitress beyond its documentation: one test for each name, so that an upgrade that renames
or re-means one fails here, by its name, and not in a shop. waitress is pinned exactly; these say when it may move.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.metadata
import socket
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask

SERVIDOR = Path(__file__).parents[2] / "app" / "servidor"
PEDIDO = b"GET /caminho HTTP/1.1\r\nHost: x\r\nX-Request-Id: um\r\n\r\n"
METADE = b"GET /caminho HTTP/1.1\r\nHo"
ERRADO = b"GET /caminho HTTP/1.1\r\nContent-Length: x\r\n\r\n"

NOMES: set[str] = set()


def precisa(*nomes: str) -> Callable[[Any], Any]:
    """Marks a test as the one that holds these names."""
    NOMES.update(nomes)
    return lambda test: test


class Mesa:
    """A dispatcher without threads: what it is given waits in ``canais``."""

    def __init__(self) -> None:
        self.canais: list[Any] = []

    def add_task(self, canal: Any) -> None:
        self.canais.append(canal)


class Porta:
    """A plain server of waitress, made as Atendimento makes its own, whose loop is turned by the test."""

    def __init__(self, classe: Any = TcpWSGIServer) -> None:
        self.escuta = socket.create_server(("127.0.0.1", 0))
        self.endereco = self.escuta.getsockname()
        self.mesa = Mesa()
        adjustments = Adjustments(
            sockets=[self.escuta],
            ident=None,
            max_request_body_size=1000,
            connection_limit=50,
            cleanup_interval=1,
            asyncore_use_poll=True,
            log_socket_errors=False,
        )
        sockinfo = (self.escuta.family, self.escuta.type, self.escuta.proto, self.endereco)
        self.servidor = classe(
            self.app, _sock=self.escuta, dispatcher=self.mesa, adj=adjustments, bind_socket=False, sockinfo=sockinfo
        )
        self.clientes: list[socket.socket] = []

    def app(self, _ambiente: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])
        return [b"bom"]

    def ligar(self, enviado: bytes = b"") -> socket.socket:
        cliente = socket.create_connection(self.endereco, timeout=5)
        self.clientes.append(cliente)
        cliente.sendall(enviado)
        return cliente

    def girar(self, ate: Callable[[], Any]) -> None:
        fim = time.monotonic() + 5
        while not ate():
            assert time.monotonic() < fim, "waitress did not get there in 5 seconds"
            self.servidor.asyncore.loop(0.01, use_poll=True, map=self.servidor._map, count=1)

    def canal(self, enviado: bytes = PEDIDO) -> Any:
        """The channel of a new connection on which ``enviado`` has arrived."""
        self.ligar(enviado)
        self.girar(lambda: any(c.requests or c.request for c in self.servidor.active_channels.values()))
        (canal,) = self.servidor.active_channels.values()
        return canal

    def recebido(self, cliente: socket.socket) -> bytes:
        """What the client gets until the connection is closed or nothing more comes."""
        cliente.settimeout(0.2)
        tudo = b""
        with contextlib.suppress(TimeoutError):
            while parte := cliente.recv(9999):
                tudo += parte
        return tudo

    def fechar(self) -> None:
        for canal in list(self.servidor.active_channels.values()):
            canal.handle_close()
        self.servidor.close()
        for cliente in self.clientes:
            cliente.close()


@pytest.fixture
def abrir() -> Iterator[Callable[..., Porta]]:
    portas: list[Porta] = []

    def abrir(classe: Any = TcpWSGIServer) -> Porta:
        portas.append(Porta(classe))
        return portas[-1]

    yield abrir
    for porta in portas:
        porta.fechar()


@pytest.fixture
def porta(abrir: Callable[..., Porta]) -> Porta:
    return abrir()


def test_it_is_pinned_to_the_release_that_is_tested_here() -> None:
    projeto = tomllib.loads((SERVIDOR.parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
    (pedido,) = (nome for nome in projeto["dependencies"] if nome.startswith("waitress"))
    assert pedido == f"waitress=={importlib.metadata.version('waitress')}"


# --- the server


@precisa("server._sock", "server.bind_socket", "server.sockinfo")
def test_it_listens_on_the_socket_it_is_given_without_binding_it(porta: Porta) -> None:
    assert porta.servidor.socket.fileno() == porta.escuta.fileno()
    assert porta.servidor.effective_port == str(porta.endereco[1])


@precisa("server._map", "server.asyncore", "asyncore.loop")
def test_the_map_holds_the_listening_socket_and_every_connection_and_one_round_is_one_round(porta: Porta) -> None:
    assert porta.servidor in porta.servidor._map.values()
    porta.girar(lambda: True)
    antes = time.monotonic()
    porta.servidor.asyncore.loop(0.01, use_poll=True, map=porta.servidor._map, count=1)
    assert time.monotonic() - antes < 2
    canal = porta.canal()
    assert canal in porta.servidor._map.values()


@precisa("server.channel_class")
def test_connections_are_of_the_server_s_channel_class(abrir: Callable[..., Porta]) -> None:
    classe = type("Outro", (HTTPChannel,), {})
    porta = abrir(type("Servidor", (TcpWSGIServer,), {"channel_class": classe}))
    assert type(porta.canal()) is classe


@precisa("server.maintenance")
def test_maintenance_is_called_from_the_loop(abrir: Callable[..., Porta]) -> None:
    chamadas: list[float] = []
    porta = abrir(type("Servidor", (TcpWSGIServer,), {"maintenance": lambda self, now: chamadas.append(now)}))
    porta.girar(lambda: chamadas)
    assert abs(chamadas[0] - time.time()) < 5


@precisa("server.active_channels")
def test_active_channels_are_the_open_connections(porta: Porta) -> None:
    assert porta.servidor.active_channels == {}
    canal = porta.canal()
    assert list(porta.servidor.active_channels.values()) == [canal]
    canal.handle_close()
    assert porta.servidor.active_channels == {}


@precisa("server.handle_accept")
def test_a_connection_is_taken_in_without_the_loop_and_nothing_happens_when_there_is_none(porta: Porta) -> None:
    porta.servidor.handle_accept()
    assert porta.servidor.active_channels == {}
    porta.ligar()
    fim = time.monotonic() + 5
    while not porta.servidor.active_channels:
        assert time.monotonic() < fim
        porta.servidor.handle_accept()
    assert len(porta.servidor.active_channels) == 1


@precisa("server.accepting", "server.del_channel", "server.socket")
def test_a_server_that_left_the_map_listens_no_more_and_serves_on(porta: Porta) -> None:
    canal = porta.canal()
    assert porta.servidor.accepting is True
    porta.servidor.accepting = False
    porta.servidor.del_channel()
    porta.servidor.socket.close()
    assert porta.servidor not in porta.servidor._map.values()
    canal.service()
    porta.girar(lambda: not canal.total_outbufs_len)
    assert b"bom" in porta.recebido(porta.clientes[0])
    with pytest.raises(ConnectionRefusedError):
        porta.ligar()


@precisa("server.pull_trigger")
def test_the_trigger_wakes_the_loop(porta: Porta) -> None:
    porta.girar(lambda: True)
    porta.servidor.pull_trigger()
    antes = time.monotonic()
    porta.servidor.asyncore.loop(10, use_poll=True, map=porta.servidor._map, count=1)
    assert time.monotonic() - antes < 5


@precisa("server.trigger", "trigger.close")
def test_the_trigger_is_closed_by_itself(porta: Porta) -> None:
    antes = set(porta.servidor._map)
    porta.servidor.trigger.close()
    assert len(antes - set(porta.servidor._map)) == 1


@precisa("server.task_dispatcher", "dispatcher.add_task")
def test_a_whole_request_is_given_to_the_dispatcher_as_its_channel(porta: Porta) -> None:
    canal = porta.canal()
    assert porta.servidor.task_dispatcher is porta.mesa
    assert porta.mesa.canais == [canal]


# --- a connection


@precisa("channel.server")
def test_a_channel_knows_its_server(porta: Porta) -> None:
    assert porta.canal().server is porta.servidor


@precisa("channel.parser_class", "parser.__init__")
def test_requests_are_read_by_the_channel_s_parser_class(abrir: Callable[..., Porta]) -> None:
    feitos: list[Any] = []

    class Leitor(HTTPRequestParser):  # type: ignore[misc]
        def __init__(self, adj: Any) -> None:
            super().__init__(adj)
            feitos.append(self)

    canal = type("Canal", (HTTPChannel,), {"parser_class": Leitor})
    assert abrir(type("Servidor", (TcpWSGIServer,), {"channel_class": canal})).canal().requests == feitos


@precisa("channel.task_class", "channel.error_task_class", "task.execute")
@pytest.mark.parametrize(("enviado", "feita"), [(PEDIDO, "task_class"), (ERRADO, "error_task_class")])
def test_requests_are_served_by_the_channel_s_task_classes(
    abrir: Callable[..., Porta], enviado: bytes, feita: str
) -> None:
    feitas: list[str] = []

    def tarefa(base: Any, nome: str) -> Any:
        def execute(self: Any) -> None:
            feitas.append(nome)
            base.execute(self)

        return type("Tarefa", (base,), {"execute": execute})

    bases = {"task_class": WSGITask, "error_task_class": ErrorTask}
    canal = type("Canal", (HTTPChannel,), {nome: tarefa(base, nome) for nome, base in bases.items()})
    abrir(type("Servidor", (TcpWSGIServer,), {"channel_class": canal})).canal(enviado).service()
    assert feitas == [feita]


@precisa("channel.requests", "channel.service")
def test_requests_are_those_that_came_whole_the_oldest_first_until_they_are_served(porta: Porta) -> None:
    canal = porta.canal()
    (pedido,) = canal.requests
    assert (pedido.path, canal.request) == ("/caminho", None)
    canal.service()
    assert canal.requests == []
    porta.girar(lambda: not canal.total_outbufs_len)
    assert porta.recebido(porta.clientes[0]).endswith(b"bom")


@precisa("channel.request")
def test_request_is_the_one_that_has_come_in_part(porta: Porta) -> None:
    canal = porta.canal(METADE)
    assert canal.requests == []
    assert isinstance(canal.request, HTTPRequestParser)


@precisa("channel.total_outbufs_len")
def test_what_is_not_sent_yet_is_counted(porta: Porta) -> None:
    """More than the system takes from a sender whose receiver does not read."""
    canal = porta.canal()
    assert canal.total_outbufs_len == 0
    muito = 12 * 1024 * 1024
    canal.write_soon(bytes(muito))
    assert 0 < canal.total_outbufs_len <= muito


@precisa("channel.creation_time", "channel.last_activity")
def test_a_channel_s_times_are_of_the_wall_clock_and_what_comes_moves_the_last_one(porta: Porta) -> None:
    canal = porta.canal(METADE)
    assert abs(canal.creation_time - time.time()) < 5
    canal.last_activity = 0
    porta.clientes[0].sendall(b"st: x\r\n")
    porta.girar(lambda: canal.last_activity)
    assert abs(canal.last_activity - time.time()) < 5
    assert canal.creation_time <= canal.last_activity


@precisa("channel.will_close")
def test_a_channel_that_will_close_is_closed_by_the_loop(porta: Porta) -> None:
    porta.canal(METADE).will_close = True
    porta.girar(lambda: not porta.servidor.active_channels)
    assert porta.recebido(porta.clientes[0]) == b""


@precisa("channel.handle_close")
def test_a_channel_is_closed_at_once(porta: Porta) -> None:
    porta.canal(METADE).handle_close()
    assert porta.servidor.active_channels == {}
    assert porta.recebido(porta.clientes[0]) == b""


# --- a request and its answer


@precisa("parser.headers", "parser.path", "parser.error")
def test_what_a_request_that_was_read_says_of_itself(porta: Porta) -> None:
    (pedido,) = porta.canal().requests
    assert (pedido.path, pedido.headers["X_REQUEST_ID"], pedido.error) == ("/caminho", "um", None)


@precisa("error.code")
def test_an_error_is_kept_with_its_status_and_makes_an_error_task(abrir: Callable[..., Porta]) -> None:
    """Also one that is not waitress's own."""
    (pedido,) = abrir().canal(ERRADO).requests
    assert pedido.error.code == 400
    porta = abrir()
    canal = porta.canal()
    canal.error_task_class = type("Tarefa", (ErrorTask,), {"execute": lambda self: feitas.append(self.request.error)})
    feitas: list[Any] = []
    canal.requests[0].error = "do gateway"
    canal.service()
    assert feitas == ["do gateway"]


@precisa("task.status", "task.response_headers", "task.content_length", "task.set_close_on_finish", "task.write")
def test_a_task_writes_the_answer_that_it_is_given(porta: Porta) -> None:
    def execute(self: Any) -> None:
        self.status = "503 Service Unavailable"
        self.response_headers = [("X-Um", "1")]
        self.set_close_on_finish()
        self.content_length = 4
        self.write(b"nada")

    canal = porta.canal()
    canal.task_class = type("Tarefa", (ErrorTask,), {"execute": execute})
    canal.service()
    porta.girar(lambda: not porta.servidor.active_channels)
    cabecalho, _, corpo = porta.recebido(porta.clientes[0]).partition(b"\r\n\r\n")
    linhas = cabecalho.split(b"\r\n")
    assert linhas[0] == b"HTTP/1.1 503 Service Unavailable"
    assert {b"X-Um: 1", b"Connection: close", b"Content-Length: 4"} <= set(linhas)
    assert corpo == b"nada"


@precisa("task.build_response_header", "task.channel", "task.request")
def test_a_connection_that_the_request_wants_closed_is_closed_when_the_header_is_built(porta: Porta) -> None:
    def build_response_header(self: Any) -> bytes:
        assert self.channel is canal
        self.request.headers["CONNECTION"] = "close"
        return bytes(WSGITask.build_response_header(self))

    canal = porta.canal()
    canal.task_class = type("Tarefa", (WSGITask,), {"build_response_header": build_response_header})
    canal.service()
    porta.girar(lambda: not porta.servidor.active_channels)
    assert b"Connection: close\r\n" in porta.recebido(porta.clientes[0])


@precisa("parser.parse_header")
def test_headers_are_parsed_by_a_method_whose_parsing_error_is_a_400(abrir: Callable[..., Porta]) -> None:
    class Leitor(HTTPRequestParser):  # type: ignore[misc]
        def parse_header(self, header_plus: bytes) -> None:
            assert header_plus.startswith(b"GET /caminho")
            raise ParsingError("malformed")

    canal = type("Canal", (HTTPChannel,), {"parser_class": Leitor})
    (pedido,) = abrir(type("Servidor", (TcpWSGIServer,), {"channel_class": canal})).canal().requests
    assert pedido.error.code == 400


@precisa("channel.handle_error")
def test_an_exception_in_the_loop_is_given_to_the_channel(abrir: Callable[..., Porta]) -> None:
    erros: list[Any] = []

    def received(_self: Any, _data: bytes) -> bool:
        raise ArithmeticError

    def handle_error(self: Any) -> None:
        erros.append(sys.exc_info()[0])
        self.handle_close()

    canal = type("Canal", (HTTPChannel,), {"received": received, "handle_error": handle_error})
    porta = abrir(type("Servidor", (TcpWSGIServer,), {"channel_class": canal}))
    porta.ligar(PEDIDO)
    porta.girar(lambda: erros)
    assert erros == [ArithmeticError]


@precisa("channel.writable", "channel._flush_some", "channel.write_soon", "task.environ")
def test_an_answer_is_sent_by_flush_some_whoever_calls_it_and_the_loop_only_when_writable(
    abrir: Callable[..., Porta],
) -> None:
    """Held back by both, it is not sent; let go, it is, by the loop alone. The environ is the task's own."""
    preso = [True]
    escrito: list[int] = []

    class Preso(HTTPChannel):  # type: ignore[misc]
        def writable(self) -> bool:
            return bool(super().writable()) and not preso[0]

        def _flush_some(self, do_close: bool = True) -> bool:
            return False if preso[0] else bool(super()._flush_some(do_close=do_close))

        def write_soon(self, data: Any) -> int:
            escrito.append(len(data))
            return int(super().write_soon(data))

    class Tarefa(WSGITask):  # type: ignore[misc]
        def build_response_header(self) -> bytes:
            assert self.environ["PATH_INFO"] == "/caminho"
            return bytes(super().build_response_header())

    Preso.task_class = Tarefa
    porta = abrir(type("Servidor", (TcpWSGIServer,), {"channel_class": Preso}))
    canal = porta.canal()
    canal.service()
    assert sum(escrito) == canal.total_outbufs_len
    for _ in range(3):
        porta.servidor.asyncore.loop(0.01, use_poll=True, map=porta.servidor._map, count=1)
    assert porta.recebido(porta.clientes[0]) == b""
    preso[0] = False
    porta.girar(lambda: not canal.total_outbufs_len)
    assert porta.recebido(porta.clientes[0]).endswith(b"bom")


@precisa("server.accept", "server.readable", "channel.addr")
def test_a_connection_comes_from_accept_while_the_server_is_readable_and_none_is_none(
    abrir: Callable[..., Porta],
) -> None:
    fases = {"le": False, "aceita": False}

    class Servidor(TcpWSGIServer):  # type: ignore[misc]
        def readable(self) -> bool:
            return bool(super().readable()) and fases["le"]

        def accept(self) -> Any:
            aceita = super().accept()
            if fases["aceita"] or aceita is None:
                return aceita
            aceita[0].close()
            return None

    porta = abrir(Servidor)
    porta.ligar()
    for _ in range(3):
        porta.servidor.asyncore.loop(0.01, use_poll=True, map=porta.servidor._map, count=1)
    fases["le"] = True
    for _ in range(3):
        porta.servidor.asyncore.loop(0.01, use_poll=True, map=porta.servidor._map, count=1)
    assert porta.recebido(porta.clientes[0]) == b""  # closed by accept
    fases["aceita"] = True
    porta.ligar()
    porta.girar(lambda: porta.servidor.active_channels)
    (canal,) = porta.servidor.active_channels.values()
    assert canal.addr == porta.clientes[1].getsockname()


# --- the threads


class Parada:
    """A task that keeps its thread until it is let go."""

    def __init__(self) -> None:
        self.comecou = self.seguir = self.cancelada = False

    def service(self) -> None:
        self.comecou = True
        while not self.seguir:
            time.sleep(0.001)

    def cancel(self) -> None:
        self.cancelada = True


def esperar(ate: Callable[[], Any]) -> None:
    fim = time.monotonic() + 5
    while not ate():
        assert time.monotonic() < fim
        time.sleep(0.001)


@pytest.fixture
def fila() -> Iterator[Any]:
    fila = ThreadedTaskDispatcher()
    yield fila
    fila.shutdown(timeout=5)


@precisa("dispatcher.set_thread_count", "dispatcher.threads", "dispatcher.stop_count", "dispatcher.active_count")
def test_free_threads_are_those_neither_stopping_nor_active(fila: Any) -> None:
    fila.set_thread_count(2)
    assert (len(fila.threads), fila.stop_count) == (2, 0)
    esperar(lambda: fila.active_count == 0)
    tarefa = Parada()
    fila.add_task(tarefa)
    esperar(lambda: tarefa.comecou)
    assert fila.active_count == 1
    fila.set_thread_count(1)
    assert len(fila.threads) - fila.stop_count == 1
    tarefa.seguir = True


@precisa("dispatcher.lock", "dispatcher.queue", "dispatcher.queue_cv")
def test_what_is_put_into_the_queue_under_the_lock_is_served_in_order(fila: Any) -> None:
    fila.set_thread_count(1)
    primeira, segunda = Parada(), Parada()
    with fila.lock:
        fila.queue.append(primeira)
        fila.queue.append(segunda)
        fila.queue_cv.notify()
    esperar(lambda: primeira.comecou)
    assert list(fila.queue) == [segunda]
    primeira.seguir = segunda.seguir = True
    esperar(lambda: segunda.comecou)


@precisa("dispatcher.handler_thread")
def test_a_thread_lives_in_handler_thread_from_its_first_moment() -> None:
    vistos: list[str] = []

    class Fila(ThreadedTaskDispatcher):  # type: ignore[misc]
        def handler_thread(self, thread_no: int) -> None:
            vistos.append(threading.current_thread().name)
            super().handler_thread(thread_no)

    fila = Fila()
    fila.set_thread_count(1)
    esperar(lambda: vistos)
    assert vistos == ["waitress-0"]
    fila.shutdown(timeout=5)


@precisa("dispatcher.shutdown")
def test_the_end_waits_for_the_threads_and_cancels_what_waits(fila: Any) -> None:
    fila.set_thread_count(1)
    servida, espera = Parada(), Parada()
    fila.add_task(servida)
    esperar(lambda: servida.comecou)
    fila.add_task(espera)
    assert fila.shutdown(cancel_pending=True, timeout=0.05) is True
    assert (espera.comecou, espera.cancelada, len(fila.threads)) == (False, True, 1)
    servida.seguir = True
    esperar(lambda: not fila.threads)


@precisa("task.service", "task.get_environment", "server.add_task")
def test_a_request_whose_task_raises_past_exceptions_stays_and_can_be_served_again(abrir: Callable[..., Porta]) -> None:
    class Depois(BaseException):
        pass

    vezes: list[str] = []

    class Tarefa(WSGITask):  # type: ignore[misc]
        def get_environment(self) -> Any:
            return {**super().get_environment(), "vez": len(vezes)}

        def service(self) -> None:
            vezes.append(self.get_environment()["PATH_INFO"])
            if len(vezes) == 1:
                raise Depois
            super().service()

    com_tarefa = type("Canal", (HTTPChannel,), {"task_class": Tarefa})
    porta = abrir(type("Servidor", (TcpWSGIServer,), {"channel_class": com_tarefa}))
    canal = porta.canal()
    antes = list(canal.requests)
    with pytest.raises(Depois):
        canal.service()
    assert (canal.requests, canal.total_outbufs_len) == (antes, 0)
    assert not canal.readable()  # nothing more is read of this connection meanwhile
    canal.server.add_task(canal)
    assert canal.server.task_dispatcher.canais[-1] is canal
    canal.service()
    assert (canal.requests, vezes) == ([], ["/caminho", "/caminho"])
    porta.girar(lambda: not canal.total_outbufs_len)
    assert porta.recebido(porta.clientes[0]).endswith(b"bom")


# --- and no other name


def usados() -> set[str]:
    """Attributes that app/servidor reads or writes, and methods it overrides, that an object of waitress has."""
    porta = Porta()
    try:
        canal = porta.canal()
        objetos = [porta.servidor, canal, canal.requests[0], WSGITask(canal, canal.requests[0])]
        objetos += [ThreadedTaskDispatcher(), porta.servidor.trigger]
        deles = {nome for objeto in objetos for nome in dir(objeto) if not nome.startswith("__")}
    finally:
        porta.fechar()
    nomes: set[str] = set()
    for modulo in ("canal", "fila", "atendimento"):
        for node in ast.walk(ast.parse((SERVIDOR / f"{modulo}.py").read_text("utf-8"))):
            if isinstance(node, ast.Attribute):
                nomes.add(node.attr)
            elif isinstance(node, ast.FunctionDef):
                nomes.add(node.name)
            elif isinstance(node, ast.ClassDef):
                alvos = [t for s in node.body if isinstance(s, ast.Assign) for t in s.targets]
                nomes |= {alvo.id for alvo in alvos if isinstance(alvo, ast.Name)}
    return nomes & deles


# Names that waitress has too, used here of something else.
DE_OUTROS = {"family", "getsockname"}


def test_every_name_that_is_used_has_its_test() -> None:
    assert usados() - {nome.rpartition(".")[2] for nome in NOMES} - DE_OUTROS == set()
