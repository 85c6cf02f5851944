"""schemathesis: whatever /openapi.json says against what the gateway does, over real HTTP, with every check there is.

`make contrato` for ten minutes, the suite for a moment. Afterwards the invariants of the tables must hold. Requests of
the right form are only ever refused by what they mean: 422 of the rules, never 400.
"""

from __future__ import annotations

import contextlib
import itertools
import random
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.openapi.checks import RejectedPositiveData
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.reliability.ataque import casa_temporaria
from tests.support.gateway import LOGIN, Casa
from tests.support.invariants import violacoes

ACEITAS = ["2xx", "401", "403", "404", "409", "422"]
DA_RETAGUARDA = re.compile("/api/v1/(log|reservas|conciliacao)")
# The older address serves the same operations as the one of today.
ALIAS = "^/api/wholesale/v1/orders/pdvsync"
_CONTROLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def configuracao(exemplos: int, semente: int, menos: str) -> SchemathesisConfig:
    """Every check; data of both kinds, such as the document allows and such as it does not."""
    return SchemathesisConfig.from_dict(
        {
            "seed": semente,
            "continue-on-failure": True,
            "generation": {"max-examples": exemplos, "database": "none", "no-shrink": True},
            "checks": {"positive_data_acceptance": {"expected-statuses": ACEITAS}},
            "operations": [
                {
                    # The address is also that of a pre-sale called "simulacao", which may be asked for.
                    "include-path": "/api/v1/pre-vendas/simulacao",
                    "checks": {"allow_header_conformance": {"enabled": False}},
                },
                {
                    # Drawn passwords are wrong, and after some of them nobody is asked any more.
                    "include-path": LOGIN,
                    "checks": {"positive_data_acceptance": {"expected-statuses": [*ACEITAS, "429"]}},
                },
                *([{"include-path-regex": menos, "enabled": False}] if menos else []),
            ],
        }
    )


def confrontar(casa: Casa, *, exemplos: int, semente: int = 0, menos: str = "") -> list[str]:
    """Every disagreement, as one text. Each operation is sent its document's examples, the bounds of its schema one
    by one, and as many drawn requests; ``menos``: pattern of the paths to leave out."""
    casa.gw.db._sleep = lambda _s: None
    with _servidor(casa) as endereco:
        schema = schemathesis.openapi.from_url(
            f"{endereco}/openapi.json?tolerante=1", config=configuracao(exemplos, semente, menos)
        )
        schema.auth(_tokens(casa), refresh_interval=None)
        schema.hook("filter_failure")(_conta)
        achados = list(_achados(from_schema(schema).execute()))
    return [*achados, *(f"invariante: {linha}" for linha in violacoes(casa))]


@contextlib.contextmanager
def _servidor(casa: Casa) -> Iterator[str]:
    """The gateway on a free port of this machine."""
    server = make_server("127.0.0.1", 0, casa.app, threaded=True, request_handler=_Calado)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


class _Calado(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # so that connections are kept

    def log(self, type: str, message: str, *args: Any) -> None:
        """Thousands of lines that nobody reads."""


def _tokens(casa: Casa) -> type:
    """Each operation is asked by the demo login that may use it."""

    class Tokens:
        def get(self, _case: Any, context: Any) -> str:
            return casa.token("retaguarda" if DA_RETAGUARDA.match(context.operation.path) else "hub")

        def set(self, case: Any, data: str, _context: Any) -> None:
            case.headers["Authorization"] = f"Bearer {data}"

    return Tokens


def _conta(_context: Any, failure: Any, case: Any, response: Any) -> bool:
    """No schema can say that control characters are refused wherever they stand, also in members it does not know."""
    recusada = isinstance(failure, RejectedPositiveData) and response.status_code == 400
    enviado = [case.path_parameters, case.query, case.body]
    return not (recusada and any(_CONTROLE.search(unquote(texto)) for texto in _textos(enviado)))


def _textos(valor: Any) -> Iterator[str]:
    if isinstance(valor, str):
        yield valor
    elif isinstance(valor, list | dict):
        membros = [*valor, *valor.values()] if isinstance(valor, dict) else valor
        yield from itertools.chain.from_iterable(_textos(membro) for membro in membros)


def _achados(stream: Iterator[Any]) -> Iterator[str]:
    """One text per kind of failure of an operation, with a request that shows it."""
    vistos: Counter[tuple[str, str]] = Counter()
    for event in stream:
        if isinstance(event, events.NonFatalError | events.FatalError | events.Interrupted):
            yield f"erro do schemathesis: {event}"
        if not isinstance(event, events.ScenarioFinished):
            continue
        for check in itertools.chain.from_iterable(event.recorder.checks.values()):
            if check.failure_info is None:
                continue
            failure = check.failure_info.failure
            vistos[failure.operation, failure.message] += 1
            if vistos[failure.operation, failure.message] == 1:
                yield f"{failure.operation}: {failure.title}: {failure.message}\n    {check.failure_info.code_sample}"


def main(segundos: float) -> int:
    """Run for so long, each round from another seed on a new database; 1 at the first disagreement."""
    fim, semente = time.monotonic() + segundos, random.randrange(2**32)  # noqa: S311 - printed, to be repeated
    rodadas = 0
    while time.monotonic() < fim:
        with casa_temporaria() as casa:
            achados = confrontar(casa, exemplos=60, semente=semente)
        if achados:
            print(f"seed {semente}:", *achados, sep="\n")
            return 1
        rodadas, semente = rodadas + 1, semente + 1
    print(f"{rodadas} rounds in {segundos:.0f} s: document and gateway agree, invariants hold")
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 600.0))
