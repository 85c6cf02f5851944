"""Local stand-ins for ViaCEP and ByJG, and every way in which such a service can misbehave.

    with ServidorLocal(viacep(ENDERECOS)) as servidor:
        cliente = ViaCep(servidor.url)

A behaviour is a function that answers one request; ``ServidorLocal.comportamento`` may be exchanged while the
server runs. ``pedidos`` lists the requests received (path with query).
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from app.domain.endereco import EnderecoCep

SE = EnderecoCep("01001000", "Praça da Sé", "Sé", "São Paulo", "SP", 3550308)
PAULISTA = EnderecoCep("01310100", "Avenida Paulista", "Bela Vista", "São Paulo", "SP", 3550308)
MANAUS = EnderecoCep("69060000", "Avenida André Araújo", "Aleixo", "Manaus", "AM", 1302603)
CIDADE_PEQUENA = EnderecoCep("13820000", "", "", "Jaguariúna", "SP", 3524709)
ENDERECOS = {endereco.cep: endereco for endereco in (SE, PAULISTA, MANAUS, CIDADE_PEQUENA)}
CEP_DESCONHECIDO = "99999999"


class Pedido(BaseHTTPRequestHandler):
    """One request; the helpers below are what behaviours are made of."""

    server: _Servidor

    def do_GET(self) -> None:
        self.server.dono.pedidos.append(self.path)
        self.server.dono.comportamento(self)

    do_POST = do_PUT = do_DELETE = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Silence."""

    def responder(self, status: int, corpo: bytes = b"", tipo: str = "text/plain", **cabecalhos: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", tipo)
        self.send_header("Content-Length", str(len(corpo)))
        for nome, valor in cabecalhos.items():
            self.send_header(nome.replace("_", "-"), valor)
        self.end_headers()
        self.wfile.write(corpo)

    def esperar(self, segundos: float) -> bool:
        """Sleep, but no longer than the server lives; True when it is being stopped."""
        return self.server.dono.parando.wait(segundos)


Comportamento = Callable[[Pedido], None]


class _Servidor(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    dono: ServidorLocal

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what these tests are about; anything else is a defect of the stand-in."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class ServidorLocal:
    """An HTTP server on a free port of 127.0.0.1, for the length of a ``with`` block."""

    def __init__(self, comportamento: Comportamento, *, tls: ssl.SSLContext | None = None) -> None:
        self.comportamento = comportamento
        self.pedidos: list[str] = []
        self.parando = threading.Event()
        self._http = _Servidor(("127.0.0.1", 0), Pedido)
        self._http.dono = self
        self._esquema = "https" if tls else "http"
        if tls:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"{self._esquema}://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.parando.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


def endereco_sem_servidor() -> str:
    """An address on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as livre:
        return f"http://127.0.0.1:{livre.getsockname()[1]}"


@contextmanager
def surdo() -> Iterator[str]:
    """An address that takes no connection and does not refuse one either: its queue is full."""
    with socket.socket() as ouvinte, ExitStack() as fila:
        ouvinte.bind(("127.0.0.1", 0))
        ouvinte.listen(0)
        for _ in range(4):
            cliente = fila.enter_context(socket.socket())
            cliente.setblocking(False)
            cliente.connect_ex(ouvinte.getsockname())
        yield f"http://127.0.0.1:{ouvinte.getsockname()[1]}"


# The services when they are well


def json_viacep(endereco: EnderecoCep, **mudancas: object) -> bytes:
    """The body ViaCEP sends for an address, with some members changed."""
    dados: dict[str, object] = {
        "cep": f"{endereco.cep[:5]}-{endereco.cep[5:]}",
        "logradouro": endereco.logradouro,
        "complemento": "",
        "unidade": "",
        "bairro": endereco.bairro,
        "localidade": endereco.cidade,
        "uf": endereco.uf,
        "ibge": str(endereco.ibge or ""),
        "gia": "",
        "ddd": "11",
        "siafi": "7107",
    }
    return json.dumps({**dados, **mudancas}, ensure_ascii=False).encode()


def viacep(enderecos: Mapping[str, EnderecoCep] = ENDERECOS, *, erro: object = "true") -> Comportamento:
    """ViaCEP: 200 with the address, 200 with ``erro`` for an unknown CEP, 400 with a page for a malformed one."""

    def responder(pedido: Pedido) -> None:
        caminho = re.fullmatch(r"/ws/([0-9]{8})/json/", urlsplit(pedido.path).path)
        if caminho is None:
            pedido.responder(400, b"<h3>Verifique a URL</h3>", "text/html")
        elif caminho[1] in enderecos:
            pedido.responder(200, json_viacep(enderecos[caminho[1]]), "application/json; charset=utf-8")
        else:
            pedido.responder(200, json.dumps({"erro": erro}).encode(), "application/json; charset=utf-8")

    return responder


def byjg(
    enderecos: Mapping[str, EnderecoCep] = ENDERECOS,
    *,
    login: tuple[str, str] | None = None,
    charset: str = "utf-8",
) -> Comportamento:
    """ByJG: one line of text for everything; with ``login`` only the path and method that ask for it answer."""

    def responder(pedido: Pedido) -> None:
        partes = urlsplit(pedido.path)
        campos = {nome: valores[0] for nome, valores in parse_qs(partes.query).items()}
        linha = _linha_byjg(partes.path, campos, enderecos, login)
        pedido.responder(200, linha.encode(charset), "text/plain")

    return responder


def _linha_byjg(
    caminho: str, campos: Mapping[str, str], enderecos: Mapping[str, EnderecoCep], login: tuple[str, str] | None
) -> str:
    rota, metodo = ("/site/webservice.php/ws/cep", "obterlogradouroauth") if login else ("/ws/cep", "obterLogradouro")
    if caminho != rota or campos.get("httpmethod") != metodo:
        return "ERRO|Método desconhecido"
    if login and (campos.get("usuario"), campos.get("senha")) != login:
        return "ERRO|Usuário ou senha inválidos"
    cep = campos.get("cep", "")
    if not re.fullmatch(r"[0-9]{5}-?[0-9]{3}", cep):
        return "ERRO|CEP não está no formato 00000-000 ou 00000000"
    endereco = enderecos.get(cep)
    if endereco is None:
        return f"ERRO|Cep {cep} não encontrado"
    campos_endereco = (endereco.logradouro, endereco.bairro, endereco.cidade, endereco.uf, str(endereco.ibge or ""))
    return "OK|" + ", ".join(campos_endereco)


# The ways to misbehave


def resposta(status: int, corpo: bytes = b"", tipo: str = "text/plain", **cabecalhos: str) -> Comportamento:
    """Always this answer; in header names an underscore stands for a hyphen."""
    return lambda pedido: pedido.responder(status, corpo, tipo, **cabecalhos)


def demorar(segundos: float, depois: Comportamento) -> Comportamento:
    def responder(pedido: Pedido) -> None:
        if not pedido.esperar(segundos):
            depois(pedido)

    return responder


def pendurar(pedido: Pedido) -> None:
    """Take the request and never say a word."""
    pedido.esperar(60)


def pingar_corpo(pedido: Pedido) -> None:
    """A good answer whose body arrives one byte per 100 ms."""
    corpo = json_viacep(SE)
    pedido.send_response(200)
    pedido.send_header("Content-Length", str(len(corpo)))
    pedido.end_headers()
    _pingar(pedido, corpo)


def pingar_corpo_sem_tamanho(pedido: Pedido) -> None:
    """The same without a length: only the end of the connection ends it."""
    pedido.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
    _pingar(pedido, json_viacep(SE) + b" " * 1000)


def pingar_cabecalho(pedido: Pedido) -> None:
    """Even the head arrives one byte per 100 ms: no time-out of a single read ever strikes."""
    _pingar(pedido, b"HTTP/1.1 200 OK\r\nX-Nada: " + b"x" * 1000)


def _pingar(pedido: Pedido, dados: bytes) -> None:
    for byte in dados:
        if pedido.esperar(0.1):
            return
        pedido.wfile.write(bytes([byte]))
        pedido.wfile.flush()


def pagina_html(pedido: Pedido) -> None:
    """A captive portal, a maintenance page: 200 and HTML."""
    pedido.responder(200, b"<!DOCTYPE html><html><body>Em manuten\xc3\xa7\xc3\xa3o</body></html>", "text/html")


class CorpoEnorme:
    """A body of 10 MB, with its length announced or not; ``enviados`` counts the bytes that got away."""

    def __init__(self, status: int = 200, *, anunciar: bool = True, **cabecalhos: str) -> None:
        self._status = status
        self._anunciar = anunciar
        self._cabecalhos = cabecalhos
        self.enviados = 0
        self.terminou = threading.Event()

    def __call__(self, pedido: Pedido) -> None:
        pedaco = b"x" * 65536
        pedido.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        pedido.send_response(self._status)
        if self._anunciar:
            pedido.send_header("Content-Length", str(160 * len(pedaco)))
        for nome, valor in self._cabecalhos.items():
            pedido.send_header(nome, valor)
        pedido.end_headers()
        try:
            for _ in range(160):
                pedido.wfile.write(pedaco)
                self.enviados += len(pedaco)
        finally:
            self.terminou.set()


def redirecionar(url: str) -> Comportamento:
    return resposta(302, Location=url)


def cortar(pedido: Pedido) -> None:
    """Reset the connection (RST) without an answer."""
    pedido.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    pedido.connection.close()


def cortar_no_meio(pedido: Pedido) -> None:
    """Announce a body and hang up after half of it."""
    corpo = json_viacep(SE)
    pedido.send_response(200)
    pedido.send_header("Content-Length", str(len(corpo)))
    pedido.end_headers()
    pedido.wfile.write(corpo[: len(corpo) // 2])


class Cronometro:
    """Seconds a ``with`` block took."""

    segundos = 0.0

    def __enter__(self) -> Self:
        self._inicio = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.segundos = time.perf_counter() - self._inicio


def esperar_ate(condicao: Callable[[], bool], segundos: float = 2.0) -> bool:
    """Wait until the condition holds; False when it never did."""
    fim = time.perf_counter() + segundos
    while time.perf_counter() < fim:
        if condicao():
            return True
        time.sleep(0.01)
    return condicao()


def threads_de_cep() -> list[str]:
    """Names of the threads that are inside a call to a service."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("cep-")]


class RelogioFalso:
    """A monotonic clock that moves only when told to."""

    def __init__(self) -> None:
        self.agora = 1000.0

    def __call__(self) -> float:
        return self.agora

    def avancar(self, segundos: float) -> None:
        self.agora += segundos
