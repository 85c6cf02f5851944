"""What a proxy says of the caller, believed only of the proxies that ``PREVENDA_PROXY_CONFIAVEL`` names.

werkzeug's ProxyFix counts hops and believes whoever connects; waitress knows one address. Here the peer's own address
decides, and what nobody trusted has said is taken out, so that no code behind can read it by mistake.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any

Rede = ipaddress.IPv4Network | ipaddress.IPv6Network

DE_PROXY = ("FOR", "HOST", "PROTO", "PORT", "BY", "PREFIX")
PORTAS = {"http": "80", "https": "443"}


class ProxyConfiavel:
    """WSGI middleware: REMOTE_ADDR, scheme and host as a trusted proxy tells them."""

    def __init__(self, app: Any, redes: Sequence[Rede]) -> None:
        self._app = app
        self._redes = redes

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve the request as its sender made it."""
        dito = {nome: environ.pop(f"HTTP_X_FORWARDED_{nome}", "") for nome in DE_PROXY}
        environ.pop("HTTP_FORWARDED", None)
        if self._redes and self._confia(environ.get("REMOTE_ADDR", "")):
            self._acreditar(environ, dito)
        iteravel: Iterable[bytes] = self._app(environ, start_response)
        return iteravel

    def _acreditar(self, environ: dict[str, Any], dito: dict[str, str]) -> None:
        # From the right: each proxy adds whom it was called by, and only what ours have added can be believed.
        for endereco in reversed([parte.strip() for parte in dito["FOR"].split(",") if parte.strip()]):
            limpo = _endereco(endereco)
            if limpo is None:
                break
            environ["REMOTE_ADDR"] = environ["REMOTE_HOST"] = limpo
            if not self._confia(limpo):
                break
        esquema = dito["PROTO"].rpartition(",")[2].strip().lower()
        if esquema in PORTAS:
            environ["wsgi.url_scheme"] = esquema
            environ["SERVER_PORT"] = PORTAS[esquema]
        host = dito["HOST"].rpartition(",")[2].strip()
        if host:
            environ["HTTP_HOST"] = host

    def _confia(self, texto: str) -> bool:
        limpo = _endereco(texto)
        return limpo is not None and any(ipaddress.ip_address(limpo) in rede for rede in self._redes)


def _endereco(texto: str) -> str | None:
    """An address without port, brackets and zone; None when it is none."""
    texto = texto.strip('"')
    if texto.startswith("["):
        texto = texto[1:].partition("]")[0]
    elif texto.count(":") == 1:
        texto = texto.partition(":")[0]
    try:
        achado = ipaddress.ip_address(texto.partition("%")[0])
    except ValueError:
        return None
    mapeado = getattr(achado, "ipv4_mapped", None)
    return str(mapeado or achado)
