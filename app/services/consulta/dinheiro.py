"""Money and time of the reservations (R31): what is held, by whom, for how long, and what became of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.domain import indicadores as contas
from app.domain.dinheiro import ZERO
from app.domain.indicadores import Contagem, Coorte, Idade, Retido, Vencimento
from app.services.acesso.credenciais import Caller
from app.services.gateway import Gateway
from app.services.tempo import apurar
from app.winthor import config
from app.winthor import indicadores as guardados

DIAS_A_VENCER = 14
# A summary older than this is not believed any more: nobody sweeps here.
VALIDADE = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class DinheiroRetido:
    """The figures of one or more branches. ``gerado_em``: aware, by the ERP's clock."""

    gerado_em: dt.datetime
    retido: Sequence[Retido]
    idades: Sequence[Idade]
    vencimentos: Sequence[Vencimento]
    coortes: Sequence[Coorte]

    @property
    def reservas(self) -> int:
        """How many live."""
        return sum(r.reservas for r in self.retido)

    @property
    def unidades(self) -> Decimal:
        """What they hold, in base units."""
        return sum((r.unidades for r in self.retido), ZERO)

    @property
    def valor(self) -> Decimal:
        """What they hold, in R$."""
        return sum((r.valor for r in self.retido), ZERO)


def apurado(gw: Gateway, caller: Caller, filial: str | None = None) -> DinheiroRetido:
    """The figures of the caller's branches, or of one of them: of now where there are few reservations, else as the
    sweep's job last counted them."""
    filiais = caller.filiais if filial is None else frozenset({filial}) & (caller.filiais or frozenset({filial}))
    quando, contagens = _contagens(gw, filiais)
    hoje = gw.hora_do_erp(gw.agora()).date()
    return DinheiroRetido(
        quando.astimezone(gw.settings.fuso),
        contas.retidos(contagens),
        contas.idades(contagens),
        contas.vencimentos(contagens, hoje, DIAS_A_VENCER),
        contas.coortes(contagens, apurar.semanas(gw)),
    )


def _contagens(gw: Gateway, filiais: Collection[str] | None) -> tuple[dt.datetime, list[Contagem]]:
    agora = gw.agora()
    with gw.db.read() as connection:
        if apurar.e_grande(gw, connection):
            guardado = config.find_config(connection, apurar.ULTIMA_APURACAO)
            quando = agora if guardado is None else dt.datetime.fromisoformat(guardado).replace(tzinfo=dt.UTC)
            if guardado is not None and agora - quando <= VALIDADE:
                return quando, guardados.find_all(connection, filiais)
    return agora, list(apurar.contar(gw, filiais))
