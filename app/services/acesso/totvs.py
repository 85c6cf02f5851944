"""A login that the TOTVS service answers: its token is the caller here too, with the rights of GW_CREDENCIAL (R26).

No signature is checked: a token counts because this gateway saw it being issued. The password goes through and is kept
nowhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from app.services.acesso.credenciais import resumo
from app.services.gateway import Gateway, utc
from app.totvs import RespostaTotvs
from app.winthor import sessoes_totvs
from app.winthor.sessoes_totvs import SessaoLida

# The token in an answer, with the second at which it says that it ends (None: it does not); None where there is none.
ParseToken = Callable[[bytes], tuple[str, float | None] | None]
ACEITO = 200
VIDA_PADRAO = dt.timedelta(hours=2)
VIDA_MAXIMA = dt.timedelta(hours=24)


def entrar_no_totvs(
    gw: Gateway,
    caminho: str,
    login: str,
    dados: bytes,
    cabecalhos: Mapping[str, str],
    parse_token: ParseToken,
) -> RespostaTotvs:
    """Pass a login on; when it is accepted, remember whose token it is. The answer as it came.

    Raises TotvsIndisponivel and Falha.
    """
    if gw.totvs is None:
        raise AssertionError("asked for only where the setting names a service")
    resposta = gw.totvs.passar("POST", caminho, dados=dados, cabecalhos=cabecalhos)
    lido = parse_token(resposta.corpo) if resposta.http == ACEITO else None
    if lido is not None:
        token, vence = lido
        sessao = SessaoLida(login, utc(_fim(vence, gw.agora())))
        gw.db.run(lambda connection: sessoes_totvs.insert(connection, resumo(token), sessao))
    return resposta


def _fim(vence: float | None, agora: dt.datetime) -> dt.datetime:
    """When a token ends by its own word, which nobody has to believe for longer than a day."""
    if vence is None:
        return agora + VIDA_PADRAO
    return min(dt.datetime.fromtimestamp(vence, dt.UTC), agora + VIDA_MAXIMA)
