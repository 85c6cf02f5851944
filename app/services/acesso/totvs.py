"""A login that the TOTVS service answers: its token is the caller here too, with the rights of GW_CREDENCIAL (R26).

No signature is checked: a token counts because this gateway saw it being issued. The password goes through and is kept
nowhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

import simplejson

from app.services.acesso.credenciais import resumo
from app.services.gateway import Gateway, utc
from app.totvs import Resposta
from app.winthor import sessoes_totvs
from app.winthor.sessoes_totvs import SessaoLida

ACEITO = 200
VIDA_PADRAO = dt.timedelta(hours=2)
VIDA_MAXIMA = dt.timedelta(hours=24)


def entrar_no_totvs(
    gw: Gateway,
    caminho: str,
    login: str,
    dados: bytes,
    cabecalhos: Mapping[str, str],
    vence: Callable[[str], float | None],
) -> Resposta:
    """Pass a login on; when it is accepted, remember whose token it is. The answer as it came. ``vence``: the second at
    which a token ends, None where it does not say.

    Raises TotvsIndisponivel and Falha.
    """
    if gw.totvs is None:
        raise AssertionError("asked for only where the setting names a service")
    resposta = gw.totvs.passar("POST", caminho, dados=dados, cabecalhos=cabecalhos)
    token = _token(resposta) if resposta.http == ACEITO else None
    if token is not None:
        sessao = SessaoLida(login, utc(_fim(vence(token), gw.agora())))
        gw.db.run(lambda connection: sessoes_totvs.insert(connection, resumo(token), sessao))
    return resposta


def _token(resposta: Resposta) -> str | None:
    try:
        corpo = simplejson.loads(resposta.corpo)
    except ValueError:
        return None
    token = corpo.get("accessToken") if isinstance(corpo, dict) else None
    return token if isinstance(token, str) and token else None


def _fim(vence: float | None, agora: dt.datetime) -> dt.datetime:
    """When a token ends by its own word, which nobody has to believe for longer than a day."""
    if vence is None:
        return agora + VIDA_PADRAO
    return min(dt.datetime.fromtimestamp(vence, dt.UTC), agora + VIDA_MAXIMA)
