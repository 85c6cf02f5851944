"""A call to an address that somebody else has chosen: where it may lead, how long it may take (R28; OWASP SSRF).

The name is resolved once for each call, every address it has is judged, and the connection goes to one of those that
were judged: a name server that answers otherwise the second time leads nowhere else. No redirect is followed, no proxy
of the environment is used, nothing of the answer is read but its status.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util import connection

from app.saida.prazo import Prazo
from app.saida.sessao import FALHAS, SEM_RESPOSTA, motivo, sessao

PRAZO_S = 10.0
CONEXAO_S = 5.0
URL_MAXIMA = 1000
PORTAS = {"https": 443, "http": 80}

Endereco = ipaddress.IPv4Address | ipaddress.IPv6Address
Rede = ipaddress.IPv4Network | ipaddress.IPv6Network
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class DestinoRecusado(Exception):
    """The address may not be called; the text (Portuguese) says why, without naming what it resolves to."""


@dataclass(frozen=True, slots=True)
class Chamada:
    """What became of a call: ``feita`` when it was answered 2xx; ``resultado``: status or reason, for people."""

    feita: bool
    resultado: str


def conferir_url(url: str) -> SplitResult:
    """The parts of an address that could be called. Raises DestinoRecusado."""
    try:
        partes = urlsplit(url)
        _ = partes.port
    except ValueError:
        raise DestinoRecusado("O endereço não pode ser lido.") from None
    if partes.scheme not in PORTAS or not partes.hostname:
        raise DestinoRecusado("O endereço deve ser https://servidor/caminho.")
    if len(url) > URL_MAXIMA or not url.isascii() or any(letra <= " " for letra in url):
        raise DestinoRecusado(f"O endereço deve ter até {URL_MAXIMA} caracteres ASCII, sem espaços.")
    if partes.username is not None or partes.password is not None or partes.fragment:
        raise DestinoRecusado("O endereço não pode ter usuário, senha nem #.")
    return partes


def resolver(url: str, redes: Sequence[Rede]) -> Endereco:
    """The address to connect to. Raises DestinoRecusado where any address of the name is private, link-local, or the
    like, or the address is http, unless ``redes`` names it; and OSError when the name has none."""
    partes = conferir_url(url)
    porta = partes.port or PORTAS[partes.scheme]
    achados = socket.getaddrinfo(partes.hostname, porta, type=socket.SOCK_STREAM)
    enderecos = [ipaddress.ip_address(str(achado[4][0]).partition("%")[0]) for achado in achados]
    for endereco in enderecos:
        _julgar(endereco, redes, https=partes.scheme == "https")
    return enderecos[0]


def _julgar(endereco: Endereco, redes: Sequence[Rede], *, https: bool) -> None:
    if any(endereco in rede for rede in redes if rede.version == endereco.version):
        return
    if not https:
        raise DestinoRecusado("http só onde PREVENDA_WEBHOOK_REDES nomeia a rede; use https.")
    if not all(_publico(um) for um in (endereco, *_dentro_de(endereco))):
        raise DestinoRecusado("O endereço é de uma rede privada, que PREVENDA_WEBHOOK_REDES não nomeia.")


def _publico(endereco: Endereco) -> bool:
    return endereco.is_global and not (
        endereco.is_private
        or endereco.is_loopback
        or endereco.is_link_local
        or endereco.is_multicast
        or endereco.is_reserved
        or endereco.is_unspecified
        or (endereco.version == 6 and endereco.is_site_local)
    )


def _dentro_de(endereco: Endereco) -> list[Endereco]:
    """The IPv4 addresses that an IPv6 address stands for."""
    if isinstance(endereco, ipaddress.IPv4Address):
        return []
    teredo = endereco.teredo
    achados = [endereco.ipv4_mapped, endereco.sixtofour, *(teredo or ())]
    if endereco in _NAT64:
        achados.append(ipaddress.IPv4Address(int(endereco) & 0xFFFFFFFF))
    return [achado for achado in achados if achado is not None]


def chamar(
    url: str, corpo: bytes, headers: Mapping[str, str], redes: Sequence[Rede], *, prazo_s: float = PRAZO_S
) -> Chamada:
    """POST it once, within ``prazo_s`` from the resolved name to the status line; never raises."""
    prazo = Prazo(prazo_s, time.monotonic)
    corte = threading.Timer(prazo_s, prazo.encerrar)
    corte.daemon = True
    corte.start()
    try:
        return _chamar(prazo, url, corpo, headers, redes)
    except DestinoRecusado as recusado:
        return Chamada(False, str(recusado))
    except socket.gaierror:
        return Chamada(False, "nome do servidor não encontrado (DNS)")
    except FALHAS as error:
        return Chamada(False, motivo(error) if prazo.restante() else SEM_RESPOSTA)
    finally:
        corte.cancel()
        prazo.fechar()


def _chamar(prazo: Prazo, url: str, corpo: bytes, headers: Mapping[str, str], redes: Sequence[Rede]) -> Chamada:
    endereco = resolver(url, redes)
    if not prazo.restante():
        return Chamada(False, SEM_RESPOSTA)
    todos = {"User-Agent": "prevenda", "Accept-Encoding": "identity", "Connection": "close", **headers}
    with sessao(prazo, do_ambiente=False, conexao=lambda classe: _presa(classe, str(endereco))) as aberta:
        espera = min(CONEXAO_S, prazo.restante()), prazo.restante()
        with aberta.post(
            url, data=corpo, headers=todos, timeout=espera, allow_redirects=False, stream=True
        ) as resposta:
            http = resposta.status_code
    if not prazo.restante():
        return Chamada(False, SEM_RESPOSTA)  # cut off while it dripped its headers
    if 300 <= http < 400:
        return Chamada(False, f"{http}: leva a outro endereço, que não é seguido")
    return Chamada(200 <= http < 300, f"HTTP {http}")


def _presa(classe: Any, endereco: str) -> Any:
    """A connection class of urllib3 that connects to ``endereco``, whatever its host resolves to by now; the
    certificate is still that of the host."""

    class Presa(classe):  # type: ignore[misc]
        def _new_conn(self) -> socket.socket:
            try:
                return connection.create_connection(
                    (endereco, self.port),
                    self.timeout,
                    source_address=self.source_address,
                    socket_options=self.socket_options,
                )
            except TimeoutError as error:
                raise ConnectTimeoutError(self, "sem conexão no tempo") from error
            except OSError as error:
                raise NewConnectionError(self, "conexão recusada") from error

    return Presa
