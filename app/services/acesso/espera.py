"""How long a caller's queries may take: the back office waits for a report, a till does not."""

from __future__ import annotations

import contextlib

from app.services.acesso.credenciais import RETAGUARDA, RETAGUARDA_AGIR, Caller
from app.winthor.db.prazos import Finalidade, para


def pela_espera(caller: Caller, escopos: tuple[str, ...]) -> contextlib.AbstractContextManager[None]:
    """Inside, what is read for the caller of a route with these scopes has the limit of a report if the route is the
    back office's and the caller of it, else that of a request."""
    da_retaguarda = tuple(escopo for escopo in escopos if escopo in (RETAGUARDA, RETAGUARDA_AGIR))
    relatorio = bool(da_retaguarda) and caller.tem_escopo(da_retaguarda)
    return para(Finalidade.RELATORIO if relatorio else Finalidade.REQUISICAO)
