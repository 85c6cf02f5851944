"""One call over HTTP, and what its caller knows afterwards.

    ok            answered 2xx: it is done, and must be found in the database for ever
    recusado      answered 4xx: judged, nothing done
    falho         nothing was sent, or the answer says that nothing was done; must not be found
    desconhecido  sent without a whole answer, or the gateway itself lost its database: may be either, until repeated

Standard library only: a load process must start fast and cost little.
"""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

ROTA = "/winthor/varejo/matcon/v1/orders/pdvsync"
LOGIN = "/winthor/autenticacao/v1/login"
LOGIN_DA_CARGA = "hub"
# Longer than any request may run (R15).
ESPERA_S = 25.0

OK, RECUSADO, FALHO, DESCONHECIDO = "ok", "recusado", "falho", "desconhecido"
# No judgement of the pre-sale: to be sent again.
ADIADOS = frozenset({"EM_PROCESSAMENTO", "LIMITE_EXCEDIDO"})
# The gateway lost its database and cannot say whether COMMIT took effect (R14).
EM_DUVIDA = "BANCO_INDISPONIVEL"


@dataclass(frozen=True, slots=True)
class Resposta:
    """What came back. ``erro``: class of the exception when no whole answer came."""

    desfecho: str
    ms: float
    http: int | None = None
    codigo: str | None = None
    corpo: str | None = None
    repetida: bool = False
    erro: str | None = None

    @property
    def numped(self) -> int | None:
        """The number that a success names."""
        return int(json.loads(self.corpo)["idPedidoRetaguarda"]) if self.desfecho == OK and self.corpo else None


class Cliente:
    """Keeps one connection to each gateway. Not for several threads."""

    def __init__(self, bases: list[str], token: str = "") -> None:
        self.bases = bases
        self.token = token
        self._abertas: dict[str, http.client.HTTPConnection] = {}

    def enviar(self, base: str, corpo: dict[str, Any], path: str = ROTA) -> Resposta:
        """Post a JSON object to one gateway, once."""
        inicio = time.perf_counter()
        try:
            connection = self._conectar(base)
        except OSError as error:
            return Resposta(FALHO, _ms(inicio), erro=type(error).__name__)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        try:
            connection.request("POST", path, json.dumps(corpo), headers)
            answer = connection.getresponse()
            texto = answer.read().decode()
            repetida = answer.getheader("Idempotent-Replayed") == "true"
        except (OSError, http.client.HTTPException) as error:
            self._abertas.pop(base).close()
            return Resposta(DESCONHECIDO, _ms(inicio), erro=type(error).__name__)
        codigo = json.loads(texto).get("codigo") if answer.status >= 400 else None
        return Resposta(_desfecho(answer.status, codigo), _ms(inicio), answer.status, codigo, texto, repetida)

    def entrar(self, paciencia_s: float = 60.0, login: str = LOGIN_DA_CARGA) -> None:
        """Log in at the first gateway that answers. Raises TimeoutError."""
        fim = time.monotonic() + paciencia_s
        while time.monotonic() < fim:
            for base in self.bases:
                answer = self.enviar(base, {"login": login, "senha": "demo"}, LOGIN)
                if answer.desfecho == OK and answer.corpo:
                    self.token = json.loads(answer.corpo)["accessToken"]
                    return
            time.sleep(0.2)
        raise TimeoutError("nenhum gateway aceitou o login")

    def _conectar(self, base: str) -> http.client.HTTPConnection:
        if base not in self._abertas:
            connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=ESPERA_S)
            connection.connect()
            self._abertas[base] = connection
        return self._abertas[base]


def _desfecho(status: int, codigo: str | None) -> str:
    if status < 400:
        return OK
    if status >= 500:
        return DESCONHECIDO if codigo == EM_DUVIDA else FALHO
    return FALHO if codigo in ADIADOS else RECUSADO


def _ms(inicio: float) -> float:
    return round((time.perf_counter() - inicio) * 1000, 1)
