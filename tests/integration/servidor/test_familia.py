"""Children that die while the others are still starting, and children whose parent dies before they serve."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

from app.servidor.familia import Familia, Filho
from app.settings import Settings
from tests.conftest import CHAVE_DOS_TESTES


def filho(*, pronto: bool, codigo: int | None = None) -> Any:
    """A child as its parent sees it."""
    return SimpleNamespace(
        processo=SimpleNamespace(exitcode=codigo, pid=None),
        pronto=pronto,
        natimorto=codigo is not None and not pronto,
        cano=SimpleNamespace(close=lambda: None),
    )


def pai(*filhos: Any) -> Familia:
    """A parent of these, whose next child serves at once."""
    primeiros = iter(filhos)

    class Pai(Familia):
        def _nascer(self) -> Any:
            return next(primeiros, None) or filho(pronto=True)

        def _escutar_canos(self) -> None:
            self._filhos[1].pronto = True

    with socket.socket() as escuta:
        return Pai(Settings(), escuta, len(filhos))


def test_one_that_served_and_died_while_the_other_starts_is_replaced() -> None:
    nova = pai(filho(pronto=True, codigo=-9), filho(pronto=False))
    assert nova._esperar_prontos()
    assert [f.processo.exitcode for f in nova._filhos] == [None, None]


def test_one_that_never_served_ends_the_start() -> None:
    assert not pai(filho(pronto=False, codigo=1), filho(pronto=False))._esperar_prontos()


def test_a_child_that_is_still_starting_does_not_outlive_its_parent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mudo, socket.create_server(("127.0.0.1", 0)) as escuta:
        url = f"postgresql+psycopg://x@127.0.0.1:{mudo.getsockname()[1]}/x"
        nascido = Filho(Settings(database_url=url, jwt_chave=CHAVE_DOS_TESTES), escuta)
        with mudo.accept()[0]:  # it waits for a database that never answers
            nascido.cano.close()
            nascido.processo.join(2)
            assert nascido.processo.exitcode == 1
