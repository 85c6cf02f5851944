"""What was refused before it became a row of the log: counted in memory, added to the database from time to time.

Only the hour, the login and the code are kept: no body, no address, nothing that a caller chose. A flood of refusals is
one count.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from app.services.acesso.credenciais import Caller
from app.services.gateway import Gateway, utc
from app.winthor import credenciais, recusas
from app.winthor.db.faults import Falha

# What leaves no row (R15) and a person would ask for.
CONTADOS = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
# Hours, logins and codes that may wait to be written; there are few logins, so more is a database that is away.
NA_MEMORIA = 5000
PERIODO = dt.timedelta(days=7)
LISTADAS = 2000


@dataclass(frozen=True, slots=True)
class ContagemDeRecusas:
    """``hora``: by the ERP's clock, without zone; ``caller`` None: nobody was known."""

    hora: dt.datetime
    caller: str | None
    codigo: str
    vezes: int


@dataclass(frozen=True, slots=True)
class Listadas:
    """What a list of them holds."""

    itens: Sequence[ContagemDeRecusas]


Chave = tuple[dt.datetime, str | None, str]


class Contador:
    """The counts of one process. Safe for threads."""

    def __init__(self, gw: Gateway) -> None:
        self._gw = gw
        self._contagens: Counter[Chave] = Counter()
        self._tranca = threading.Lock()

    def contar(self, caller: str | None, codigo: str) -> None:
        """Note a refusal."""
        hora = self._gw.hora_do_erp(self._gw.agora()).replace(minute=0, second=0)
        chave = (utc(hora.replace(tzinfo=self._gw.settings.fuso)), caller, codigo)
        with self._tranca:
            if chave in self._contagens or len(self._contagens) < NA_MEMORIA:
                self._contagens[chave] += 1

    def gravar(self) -> None:
        """Add what was counted to the database; what cannot be written is kept for the next time. Raises Falha."""
        with self._tranca:
            contagens, self._contagens = self._contagens, Counter()
        if not contagens:
            return
        try:
            self._gw.db.run(lambda connection: recusas.somar(connection, contagens))
        except Falha:
            with self._tranca:
                self._contagens.update(contagens)
            raise


def listar(gw: Gateway, caller: Caller, de: dt.datetime | None, ate: dt.datetime | None) -> list[ContagemDeRecusas]:
    """The hours of a span, newest first; without one those of the last seven days. ``hora`` is by the ERP's clock.

    Callers of some branches see only logins whose branches are all theirs.
    """
    ate = ate or gw.agora()
    de = de or ate - PERIODO
    primeira = gw.hora_do_erp(de).replace(minute=0, second=0, tzinfo=gw.settings.fuso)
    with gw.db.read() as connection:
        callers = None if caller.filiais is None else credenciais.callers_das(connection, caller.filiais)
        achadas = recusas.find_all(connection, utc(primeira), utc(ate), callers, LISTADAS)
    return [
        ContagemDeRecusas(gw.hora_do_erp(a.hora.replace(tzinfo=dt.UTC)), a.caller, a.codigo, a.vezes) for a in achadas
    ]
