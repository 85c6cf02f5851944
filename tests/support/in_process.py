"""The gateway under test listening on a port of its own."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from werkzeug.serving import WSGIRequestHandler, make_server

from tests.support.gateway import Casa


class _Calado(WSGIRequestHandler):
    """Writes no access log."""

    def log(self, *_: object) -> None:
        return


@contextlib.contextmanager
def servir(casa: Casa) -> Iterator[str]:
    """Serve over HTTP; gives the address."""
    servidor = make_server("127.0.0.1", 0, casa.app, threaded=True, request_handler=_Calado)
    linha = threading.Thread(target=servidor.serve_forever, daemon=True)
    linha.start()
    try:
        yield f"http://127.0.0.1:{servidor.server_port}"
    finally:
        servidor.shutdown()
        linha.join()
        servidor.server_close()
