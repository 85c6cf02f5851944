"""GW_POLITICA: what is kept back of the stock, and for whom (R30); and what the channels hold already.

The policies may be a moment old. What a channel has used up is read from its live reservations each time: there is no
second counter.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.domain.dinheiro import CEM
from app.domain.estoque import Chave
from app.domain.protecao import Politica, Protecao, Retidas, escolher
from app.domain.retencao import RegraDeRetencao
from app.domain.vida import REGISTRADOS_VIVOS
from app.winthor.cache import Cache
from app.winthor.db.faults import Falha
from app.winthor.db.lists import any_bind, any_of, bind_list, list_size
from app.winthor.esquema.gateway_tables import GW_CHAVE, GW_CREDENCIAL, GW_ENTREGA, GW_POLITICA, GW_RESERVA
from app.winthor.esquema.tables import PCPEDC, PCPEDI, PCPEDICESTA, PCPRODUT
from app.winthor.estoque import Somadas
from app.winthor.retencao import escrita, linha_retida


class PoliticaIlegivel(Falha):
    """A row of GW_POLITICA says nothing that can be kept: no sale is judged without it. Its text, in Portuguese, is for
    who runs the gateway."""


@dataclass(frozen=True, slots=True)
class NovaPolitica:
    """A policy to insert; its members as those of Politica."""

    filial: str
    codprod: int | None
    codepto: int | None
    canal: str | None
    quantidade: Decimal | None
    percentual: Decimal | None
    inicio: dt.date | None
    fim: dt.date | None
    motivo: str
    criada_por: str
    criada: dt.datetime


class Politicas:
    """Reads the policies that were not ended, kept for ``cache_seconds``."""

    def __init__(self, cache_seconds: float) -> None:
        self._segundos = cache_seconds
        self._abertas: Cache[None, tuple[Politica, ...]] = Cache(cache_seconds)
        self._deptos: Cache[int, int] = Cache(cache_seconds)

    def ler(self, connection: sa.Connection) -> tuple[Politica, ...]:
        """All that were not ended, by number; one statement when not kept. Raises PoliticaIlegivel."""

        def load(_missing: list[None]) -> dict[None, tuple[Politica, ...]]:
            return {None: tuple(find_all(connection, encerradas=False))}

        return self._abertas.get_many([None], load)[None]

    def esquecer(self) -> None:
        """Read them anew the next time: this process has changed them."""
        self._abertas = Cache(self._segundos)

    def protecao(self, connection: sa.Connection, chaves: Collection[Chave], dia: dt.date) -> Protecao:
        """Those in force for the stock rows on a day by the ERP's clock. No statement where nothing has to be read
        anew; raises PoliticaIlegivel."""
        filiais = {filial for filial, _ in chaves}
        politicas = [politica for politica in self.ler(connection) if politica.filial in filiais]
        deptos: Mapping[int, int | None] = {}
        if any(politica.codepto is not None for politica in politicas):
            deptos = self._deptos.get_many(sorted({codprod for _, codprod in chaves}), _leitor(connection))
        return escolher(politicas, chaves, deptos, dia)


def _leitor(connection: sa.Connection) -> Any:
    p = PCPRODUT.c

    def load(codprods: list[int]) -> dict[int, int]:
        rows = connection.execute(sa.select(p.CODPROD, p.CODEPTO).where(any_of(p.CODPROD, codprods)))
        return {row.CODPROD: row.CODEPTO for row in rows if row.CODEPTO is not None}

    return load


_G = GW_POLITICA.c
_COLUNAS = (
    *(_G.ID, _G.CODFILIAL, _G.CODPROD, _G.CODEPTO, _G.CANAL, _G.QUANTIDADE, _G.PERCENTUAL, _G.DTINICIO, _G.DTFIM),
    *(_G.MOTIVO, _G.CALLER, _G.DTCRIACAO, _G.DTENCERRAMENTO, _G.CALLER_ENCERRAMENTO, _G.MOTIVO_ENCERRAMENTO),
)


def find_all(connection: sa.Connection, *, encerradas: bool, filial: str | None = None) -> list[Politica]:
    """The policies, by number; with those that were ended or without. Raises PoliticaIlegivel."""
    query = sa.select(*_COLUNAS).order_by(_G.ID)
    if not encerradas:
        query = query.where(_G.DTENCERRAMENTO.is_(None))
    if filial is not None:
        query = query.where(_G.CODFILIAL == filial)
    return [_politica(row) for row in connection.execute(query)]


def _politica(row: Any) -> Politica:
    quanto = [valor for valor in (row.QUANTIDADE, row.PERCENTUAL) if valor is not None]
    legivel = len(quanto) == 1 and quanto[0] > 0 and (row.PERCENTUAL is None or row.PERCENTUAL <= CEM)
    if not legivel or None not in {row.CODPROD, row.CODEPTO}:
        raise PoliticaIlegivel(
            f"GW_POLITICA {row.ID}: a linha não diz o que guardar, de que ou quanto; corrija-a no banco."
        )
    return Politica(
        id=row.ID,
        filial=row.CODFILIAL,
        codprod=row.CODPROD,
        codepto=row.CODEPTO,
        canal=row.CANAL,
        quantidade=row.QUANTIDADE,
        percentual=row.PERCENTUAL,
        inicio=None if row.DTINICIO is None else row.DTINICIO.date(),
        fim=None if row.DTFIM is None else row.DTFIM.date(),
        motivo=row.MOTIVO,
        criada_por=row.CALLER,
        criada=row.DTCRIACAO,
        encerrada=row.DTENCERRAMENTO,
        encerrada_por=row.CALLER_ENCERRAMENTO,
        motivo_do_fim=row.MOTIVO_ENCERRAMENTO,
    )


def insert(connection: sa.Connection, nova: NovaPolitica) -> int:
    """Insert a policy; its number. Raises Duplicado when somebody else has just taken that: the transaction is then
    repeated."""
    numero = int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(_G.ID), 0))).scalar_one()) + 1
    row = {
        "ID": numero,
        "CODFILIAL": nova.filial,
        "CODPROD": nova.codprod,
        "CODEPTO": nova.codepto,
        "CANAL": nova.canal,
        "QUANTIDADE": nova.quantidade,
        "PERCENTUAL": nova.percentual,
        "DTINICIO": _meia_noite(nova.inicio),
        "DTFIM": _meia_noite(nova.fim),
        "MOTIVO": nova.motivo,
        "CALLER": nova.criada_por,
        "DTCRIACAO": nova.criada,
    }
    connection.execute(sa.insert(GW_POLITICA), [row])
    return numero


def _meia_noite(dia: dt.date | None) -> dt.datetime | None:
    return None if dia is None else dt.datetime.combine(dia, dt.time.min)


def encerrar(connection: sa.Connection, numero: int, *, caller: str, motivo: str, agora: dt.datetime) -> bool:
    """End a policy now (UTC); False when there is none that was not ended."""
    fim = {"DTENCERRAMENTO": agora, "CALLER_ENCERRAMENTO": caller, "MOTIVO_ENCERRAMENTO": motivo}
    aberta = sa.update(GW_POLITICA).where(_G.ID == numero, _G.DTENCERRAMENTO.is_(None))
    return connection.execute(aberta.values(**fim)).rowcount == 1


def tem_login(connection: sa.Connection, login: str) -> bool:
    """Whether anybody may come in with the login, by password or by key."""
    quem = [sa.select(t.c.LOGIN).where(t.c.LOGIN == login, t.c.ATIVO == "S") for t in (GW_CREDENCIAL, GW_CHAVE)]
    return connection.execute(sa.union_all(*quem)).first() is not None


def tem_produto(connection: sa.Connection, *, codprod: int | None = None, codepto: int | None = None) -> bool:
    """Whether there is the product, or one of the department."""
    p = PCPRODUT.c
    query = sa.select(p.CODPROD).where(p.CODPROD == codprod if codprod is not None else p.CODEPTO == codepto)
    return connection.execute(query.limit(1)).first() is not None


# --- what the channels hold

_R, _P, _I, _C = GW_RESERVA.c, PCPEDC.c, PCPEDI.c, PCPEDICESTA.c
_VIVAS = sorted(estado.value for estado in REGISTRADOS_VIVOS)
_QT = _I.QT.type


def find_retidas(
    connection: sa.Connection, chaves: Collection[Chave], canais: Sequence[str], regra: RegraDeRetencao
) -> Retidas:
    """What the live reservations of the channels hold in the stock rows, one statement; none where there is nothing to
    ask. It is what counts when the rows are locked: whoever changes it has them."""
    if not chaves or not canais:
        return {}
    delas = somadas(chaves, canais, regra)
    return delas.ler(connection.execute(delas.consulta, delas.binds))


def somadas(chaves: Collection[Chave], canais: Sequence[str], regra: RegraDeRetencao) -> Somadas:
    """The statement of ``find_retidas``, to be asked with another."""
    filiais, codprods = sorted({f for f, _ in chaves}), sorted({p for _, p in chaves})
    query = _da_forma(list_size(len(canais)), list_size(len(filiais)), list_size(len(codprods)), regra)
    binds = {"B_CANAL": canais, "B_RETIRA": filiais, "B_RETIDO": codprods}
    return Somadas(query, {nome: v for como, lista in binds.items() for nome, v in bind_list(como, lista).items()})


@functools.lru_cache(maxsize=256)
def _da_forma(canais: int, filiais: int, codprods: int, regra: RegraDeRetencao) -> sa.Select[Any]:
    """From the reservations to their lines: however long the ERP's history is, only what lives is looked at. A future
    sale holds by its own lines and by those of its deliveries (R23)."""
    vivas = [any_bind(_R.CALLER, "B_CANAL", canais), _R.ESTADO.in_(_VIVAS)]
    entregas = GW_RESERVA.join(GW_ENTREGA, GW_ENTREGA.c.NUMPED_TV7 == _R.NUMPED)
    donos = sa.union_all(
        sa.select(_R.NUMPED, _R.CALLER, _R.MODO_KIT).where(*vivas),
        sa.select(GW_ENTREGA.c.NUMPED_TV8.label("NUMPED"), _R.CALLER, _R.MODO_KIT).select_from(entregas).where(*vivas),
    ).subquery("DONOS")
    d = donos.c
    base = donos.join(PCPEDC, _P.NUMPED == d.NUMPED).join(PCPEDI, _I.NUMPED == _P.NUMPED)
    do_kit = sa.and_(_C.NUMPED == _I.NUMPED, _C.CODPROD == _I.CODPROD, _C.NUMSEQ == _I.NUMSEQ)
    tem_partes = sa.exists(sa.select(sa.literal_column("1")).select_from(PCPEDICESTA).where(do_kit))
    filial = sa.func.coalesce(_I.CODFILIALRETIRA, _P.CODFILIAL)
    aqui = [linha_retida(regra), any_bind(filial, "B_RETIRA", filiais)]
    soltas = (
        sa.select(d.CALLER.label("CANAL"), filial.label("FILIAL"), _I.CODPROD.label("CODPROD"), escrita(_I.QT))
        .select_from(base)
        .where(
            *aqui,
            any_bind(_I.CODPROD, "B_RETIDO", codprods),
            sa.or_(d.MODO_KIT != "components", sa.not_(tem_partes)),
        )
    )
    em_kits = (
        sa.select(d.CALLER, filial, _C.CODPRODMP, escrita(_C.QTMP * _I.QT))
        .select_from(base.join(PCPEDICESTA, do_kit))
        .where(*aqui, any_bind(_C.CODPRODMP, "B_RETIDO", codprods), d.MODO_KIT != "header")
    )
    partes = sa.union_all(soltas, em_kits).subquery("RETIDAS")
    soma = sa.func.sum(partes.c.QT, type_=_QT).label("QT")
    return sa.select(partes.c.CANAL, partes.c.FILIAL, partes.c.CODPROD, soma).group_by(
        partes.c.CANAL, partes.c.FILIAL, partes.c.CODPROD
    )
