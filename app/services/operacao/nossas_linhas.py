"""Which rows of PCLOGPEDIDOAPI were born here: by address while it holds, by what they say where it does not (R15)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Protocol

from app.services.gateway import Gateway, utc
from app.winthor import operacoes
from app.winthor.consultas.lista_de_operacoes import LinhaNossa, linhas_nossas
from app.winthor.db.transaction import Connection

PENDENTE = "P"


class LinhaSemJson(Protocol):
    """A row without its JSON; ``data`` is by the ERP's clock."""

    @property
    def endereco(self) -> str: ...
    @property
    def data(self) -> dt.datetime | None: ...
    @property
    def numped(self) -> int | None: ...
    @property
    def operacao(self) -> str | None: ...
    @property
    def status(self) -> str | None: ...


Assinatura = tuple[dt.datetime | None, str | None, str | None, int | None]


class NossasLinhas:
    """The rows of the operations that began in a span of instants (aware)."""

    def __init__(self, gw: Gateway, connection: Connection, de: dt.datetime, ate: dt.datetime) -> None:
        """Raises Falha."""
        self._no_endereco: dict[str, LinhaNossa] = {}
        self._por_assinatura: dict[Assinatura, list[LinhaNossa]] = defaultdict(list)
        for nossa in linhas_nossas(connection, utc(de), utc(ate)):
            self._no_endereco[nossa.endereco] = nossa
            assinatura = (gw.hora_do_erp(nossa.inicio), nossa.operacao, nossa.estado, nossa.numped)
            self._por_assinatura[assinatura].append(nossa)

    def tem(self, connection: Connection, linha: LinhaSemJson) -> bool:
        """Whether the row is one of ours: where it was put, or anywhere once its own address no longer holds it."""
        nossa = self._no_endereco.get(linha.endereco)
        if nossa is not None and _e(nossa, linha.operacao, linha.status):
            return True
        iguais = self._por_assinatura.get((linha.data, linha.operacao, linha.status, linha.numped), [])
        for igual in iguais:
            la = operacoes.find_no_endereco(connection, igual.endereco)
            if la is None or not _e(igual, la.operacao, la.status):
                iguais.remove(igual)  # one row each
                return True
        return False


def _e(nossa: LinhaNossa, operacao: str | None, status: str | None) -> bool:
    """Whether a row is of the operation; one that was P a moment ago may have been settled since."""
    return nossa.operacao == operacao and nossa.estado in {PENDENTE, status}
