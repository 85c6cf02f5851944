"""Operations that no POS sent: of the back office, of time, of a correction. They leave log rows too (R15)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from app.domain.pre_venda import PreVenda, Situacao
from app.services.operacao.requisicao import Requisicao


def requisicao_interna(
    caller: str, filial: str, numero: str, numped: int, corpo: Mapping[str, Any], *, cancela: bool
) -> Requisicao:
    """A Requisicao on a reservation: operation C when it cancels, else A. ``corpo`` is logged as it is."""
    pre_venda = PreVenda(
        dados={},
        situacao=Situacao.CANCELADA if cancela else None,
        numero=numero,
        filial=filial,
        id_retaguarda=numped,
        operador=None,
        observacoes=None,
        cliente=None,
        itens=(),
        lock_ttl=None,
        expiracao_pagamento=None,
    )
    return Requisicao(
        caller=caller,
        corpo=corpo,
        dados={},
        pre_venda=pre_venda,
        problemas=(),
        avisos=(),
        impressao=secrets.token_hex(32),
        interno=True,
    )
