"""Master data: branches, products with their packages, kits, RCAs, employees, plans and forms of payment."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from app.domain.dinheiro import ZERO
from app.domain.itens import ComponenteMestre, Embalagem, Produto
from app.domain.pre_venda import IdProduto
from app.winthor.cache import Cache
from app.winthor.db.lists import any_bind, any_of, bind_list, list_size
from app.winthor.esquema.tables import (
    PCCOB,
    PCCONSUM,
    PCEMBALAGEM,
    PCEMPR,
    PCFILIAL,
    PCFORMPROD,
    PCPLPAG,
    PCPRACA,
    PCPRODFILIAL,
    PCPRODUT,
    PCUSUARI,
)


@dataclass(frozen=True, slots=True)
class Filial:
    """A branch (PCFILIAL)."""

    codigo: str
    uf: str | None
    codcli_consumidor: int | None


@dataclass(frozen=True, slots=True)
class Rca:
    """A seller that may be written on an order (PCUSUARI)."""

    codusur: int
    codsupervisor: int | None


@dataclass(frozen=True, slots=True)
class Funcionario:
    """An employee (PCEMPR); codusur is its RCA, None when it has none."""

    matricula: int
    codusur: int | None


@dataclass(frozen=True, slots=True)
class PlanoDePagamento:
    """A payment plan (PCPLPAG)."""

    codplpag: int
    tipovenda: str | None
    prazomedio: int | None


@dataclass(frozen=True, slots=True)
class Consumo:
    """What PCCONSUM says of customers. ``numeracao_automatica``: a new one may be numbered by the gateway."""

    codcli_consumidor: int | None
    numeracao_automatica: bool


class Cadastros:
    """Reads master data; what changes rarely is kept for ``cache_seconds``."""

    def __init__(self, cache_seconds: float) -> None:
        self._filiais: Cache[str, Filial] = Cache(cache_seconds)
        self._rcas: Cache[int, Rca] = Cache(cache_seconds)
        self._funcionarios: Cache[int, Funcionario] = Cache(cache_seconds)
        self._consumo: Cache[None, Consumo] = Cache(cache_seconds)
        self._planos: Cache[int, PlanoDePagamento] = Cache(cache_seconds)
        self._cobrancas: Cache[str, str] = Cache(cache_seconds)
        self._regioes: Cache[int, int | None] = Cache(cache_seconds)
        self._produtos: Cache[tuple[str, int], Produto] = Cache(cache_seconds)
        self._composicoes: Cache[tuple[str, int], list[ComponenteMestre]] = Cache(cache_seconds)

    def filiais(self, connection: sa.Connection, codigos: Iterable[str]) -> dict[str, Filial]:
        """The branches that exist among ``codigos``."""

        def load(missing: list[str]) -> dict[str, Filial]:
            columns = (PCFILIAL.c.CODIGO, PCFILIAL.c.UF, PCFILIAL.c.CODCLICONSUMIDOR)
            rows = connection.execute(sa.select(*columns).where(any_of(PCFILIAL.c.CODIGO, missing)))
            return {row.CODIGO: Filial(row.CODIGO, row.UF, row.CODCLICONSUMIDOR) for row in rows}

        return self._filiais.get_many(codigos, load)

    def rcas(self, connection: sa.Connection, codigos: Iterable[int], hoje: dt.datetime) -> dict[int, Rca]:
        """The usable RCAs among ``codigos``: not excluded, not ended before today, not blocked (R6)."""
        dia = hoje.replace(hour=0, minute=0, second=0, microsecond=0)

        def load(missing: list[int]) -> dict[int, Rca]:
            t = PCUSUARI.c
            usable = sa.and_(
                t.DTEXCLUSAO.is_(None),
                sa.or_(t.DTTERMINO.is_(None), t.DTTERMINO >= dia),
                sa.func.coalesce(t.BLOQUEIO, "N") != "S",
            )
            rows = connection.execute(sa.select(t.CODUSUR, t.CODSUPERVISOR).where(any_of(t.CODUSUR, missing), usable))
            return {row.CODUSUR: Rca(row.CODUSUR, row.CODSUPERVISOR) for row in rows}

        return self._rcas.get_many(codigos, load)

    def funcionarios(self, connection: sa.Connection, matriculas: Iterable[int]) -> dict[int, Funcionario]:
        """The employees that exist and were not excluded among ``matriculas`` (R6)."""

        def load(missing: list[int]) -> dict[int, Funcionario]:
            t = PCEMPR.c
            rows = connection.execute(
                sa.select(t.MATRICULA, t.CODUSUR).where(any_of(t.MATRICULA, missing), t.DT_EXCLUSAO.is_(None))
            )
            return {row.MATRICULA: Funcionario(row.MATRICULA, row.CODUSUR) for row in rows}

        return self._funcionarios.get_many(matriculas, load)

    def consumo(self, connection: sa.Connection) -> Consumo:
        """The one row of PCCONSUM."""

        def load(_missing: list[None]) -> dict[None, Consumo]:
            columns = (PCCONSUM.c.CODCLICONSUMIDOR, PCCONSUM.c.NUMAUTOMATICCLI)
            row = connection.execute(sa.select(*columns)).first()
            return {None: Consumo(row.CODCLICONSUMIDOR, row.NUMAUTOMATICCLI != "N") if row else Consumo(None, True)}

        return self._consumo.get_many([None], load)[None]

    def plano(self, connection: sa.Connection, codplpag: int) -> PlanoDePagamento:
        """The payment plan; one without data when the code does not exist."""
        return self._plano(connection, codplpag) or PlanoDePagamento(codplpag, None, None)

    def tem_plano(self, connection: sa.Connection, codplpag: int) -> bool:
        """Whether the payment plan exists."""
        return self._plano(connection, codplpag) is not None

    def _plano(self, connection: sa.Connection, codplpag: int) -> PlanoDePagamento | None:
        def load(missing: list[int]) -> dict[int, PlanoDePagamento]:
            t = PCPLPAG.c
            rows = connection.execute(sa.select(t.CODPLPAG, t.TIPOVENDA, t.NUMDIAS).where(any_of(t.CODPLPAG, missing)))
            return {row.CODPLPAG: PlanoDePagamento(row.CODPLPAG, row.TIPOVENDA, row.NUMDIAS) for row in rows}

        return self._planos.get_many([codplpag], load).get(codplpag)

    def regiao_da_praca(self, connection: sa.Connection, codpraca: int) -> int | None:
        """The price region of a praça; None when it does not exist, or has none."""

        def load(missing: list[int]) -> dict[int, int | None]:
            t = PCPRACA.c
            rows = connection.execute(sa.select(t.CODPRACA, t.NUMREGIAO).where(any_of(t.CODPRACA, missing)))
            return {row.CODPRACA: row.NUMREGIAO for row in rows}

        return self._regioes.get_many([codpraca], load).get(codpraca)

    def tem_cobranca(self, connection: sa.Connection, codcob: str) -> bool:
        """Whether the form of payment exists (PCCOB)."""

        def load(missing: list[str]) -> dict[str, str]:
            rows = connection.execute(sa.select(PCCOB.c.CODCOB).where(any_of(PCCOB.c.CODCOB, missing)))
            return {codigo: codigo for codigo in rows.scalars()}

        return codcob in self._cobrancas.get_many([codcob], load)

    def produtos(self, connection: sa.Connection, filial: str, ids: Collection[IdProduto]) -> dict[int, Produto]:
        """The products named by ``ids`` as the branch sees them, each with its packages there (R3).

        One statement for those not kept, whatever the number of items. What would refuse an item is always read anew:
        only a product that may be sold, in a package that is active, is taken as it was a moment ago.
        """
        nomeadas: dict[tuple[str, int], set[int]] = {}
        for i in ids:
            nomeadas.setdefault((filial, i.codprod), set()).add(i.codauxiliar)

        def vendavel(chave: tuple[str, int], produto: Produto) -> bool:
            ativas = {e.codauxiliar for e in produto.embalagens.values() if e.ativa}
            return produto.impedimento is None and nomeadas[chave] <= ativas

        def load(missing: list[tuple[str, int]]) -> dict[tuple[str, int], Produto]:
            codigos = [codprod for _, codprod in missing]
            query = _produtos_da_filial(list_size(len(codigos)))
            rows: dict[int, list[Any]] = {}
            for row in connection.execute(query, {"B_FILIAL": filial, **bind_list("B_PROD", codigos)}):
                rows.setdefault(row.CODPROD, []).append(row)
            return {(filial, codprod): _produto(group) for codprod, group in rows.items()}

        found = self._produtos.get_many(nomeadas, load, usable=vendavel)
        return {codprod: produto for (_, codprod), produto in found.items()}

    def composicoes(
        self, connection: sa.Connection, filial: str, codprods: Collection[int]
    ) -> Mapping[int, Sequence[ComponenteMestre]]:
        """The composition by PCFORMPROD of the kits ``codprods`` in the branch; the branch's own rows win (R5)."""

        def load(missing: list[tuple[str, int]]) -> dict[tuple[str, int], list[ComponenteMestre]]:
            return _ler_composicoes(connection, filial, [codprod for _, codprod in missing])

        found = self._composicoes.get_many([(filial, codprod) for codprod in codprods], load)
        return {codprod: componentes for (_, codprod), componentes in found.items()}


_COLUNAS_DO_PRODUTO = (
    PCPRODUT.c.CODPROD,
    PCPRODUT.c.DESCRICAO,
    PCPRODUT.c.TIPOMERC,
    PCPRODUT.c.UNIDADE,
    PCPRODUT.c.QTUNITCX,
    PCPRODUT.c.PESOBRUTO,
    PCPRODUT.c.VOLUME,
    PCPRODUT.c.DTEXCLUSAO,
    PCPRODUT.c.OBS,
    PCPRODUT.c.ACEITAVENDAFRACAO,
    PCPRODFILIAL.c.ACEITAVENDAFRACAO.label("FRACAO_FILIAL"),
    PCPRODFILIAL.c.PROIBIDAVENDA,
    PCPRODFILIAL.c.ATIVO,
)
_COLUNAS_DA_EMBALAGEM = (
    PCEMBALAGEM.c.CODAUXILIAR,
    PCEMBALAGEM.c.QTUNIT,
    PCEMBALAGEM.c.PVENDA,
    PCEMBALAGEM.c.EXCLUIDO,
    PCEMBALAGEM.c.DTINATIVO,
)


@functools.lru_cache(maxsize=32)
def _produtos_da_filial(quantos: int) -> sa.Select[Any]:
    p, f, e = PCPRODUT.c, PCPRODFILIAL.c, PCEMBALAGEM.c
    filial = sa.bindparam("B_FILIAL", type_=e.CODFILIAL.type)
    source = PCPRODUT.outerjoin(PCPRODFILIAL, sa.and_(f.CODPROD == p.CODPROD, f.CODFILIAL == filial)).outerjoin(
        PCEMBALAGEM, sa.and_(e.CODPROD == p.CODPROD, e.CODFILIAL == filial)
    )
    columns = (*_COLUNAS_DO_PRODUTO, *_COLUNAS_DA_EMBALAGEM)
    return sa.select(*columns).select_from(source).where(any_bind(p.CODPROD, "B_PROD", quantos))


def _produto(rows: Sequence[Any]) -> Produto:
    row = rows[0]
    return Produto(
        codprod=row.CODPROD,
        descricao=row.DESCRICAO or "",
        tipomerc=row.TIPOMERC,
        aceita_fracao=(row.FRACAO_FILIAL or row.ACEITAVENDAFRACAO) == "S",
        impedimento=_impedimento(row),
        pesobruto=row.PESOBRUTO or ZERO,
        volume=row.VOLUME or ZERO,
        unidade=row.UNIDADE,
        qtunitcx=row.QTUNITCX,
        embalagens={r.CODAUXILIAR: _embalagem(r) for r in rows if r.CODAUXILIAR is not None},
    )


def _impedimento(row: Any) -> str | None:
    if row.DTEXCLUSAO is not None:
        return "está excluído"
    if row.OBS == "PV" or row.PROIBIDAVENDA == "S":
        return "está com a venda proibida"
    if row.ATIVO == "N":
        return "está inativo na filial"
    return None


def _embalagem(row: Any) -> Embalagem:
    ativa = row.EXCLUIDO != "S" and row.DTINATIVO is None
    # Without QTUNIT it is not known what a package holds: 0, which no sale accepts.
    return Embalagem(row.CODAUXILIAR, row.QTUNIT or Decimal(0), ativa, row.PVENDA)


def _ler_composicoes(
    connection: sa.Connection, filial: str, codprods: list[int]
) -> dict[tuple[str, int], list[ComponenteMestre]]:
    c, p, f, e = PCFORMPROD.c, PCPRODUT.c, PCPRODFILIAL.c, PCEMBALAGEM.c
    source = (
        PCFORMPROD.outerjoin(PCPRODUT, p.CODPROD == c.CODPRODMP)
        .outerjoin(PCPRODFILIAL, sa.and_(f.CODPROD == p.CODPROD, f.CODFILIAL == filial))
        .outerjoin(
            PCEMBALAGEM,
            sa.and_(e.CODPROD == p.CODPROD, e.CODFILIAL == filial, e.CODAUXILIAR == c.CODAUXILIARMP),
        )
    )
    query = (
        sa.select(
            c.CODPRODACAB,
            c.CODFILIAL.label("FILIAL_DA_FORMULA"),
            c.CODPRODMP,
            c.CODAUXILIARMP,
            c.QTPRODMP,
            c.QTPRODACAB,
            *_COLUNAS_DO_PRODUTO,
            *_COLUNAS_DA_EMBALAGEM,
        )
        .select_from(source)
        .where(any_of(c.CODPRODACAB, codprods), sa.or_(c.CODFILIAL == filial, c.CODFILIAL.is_(None)))
        .order_by(c.CODPRODACAB, c.CODPRODMP)
    )
    por_kit: dict[int, list[Any]] = {}
    for row in connection.execute(query):
        por_kit.setdefault(row.CODPRODACAB, []).append(row)
    achadas: dict[tuple[str, int], list[ComponenteMestre]] = {}
    for kit, rows in por_kit.items():
        proprias = [row for row in rows if row.FILIAL_DA_FORMULA is not None]
        achadas[(filial, kit)] = [
            ComponenteMestre(_componente(row), row.CODAUXILIARMP, _quantidade_por_kit(row)) for row in proprias or rows
        ]
    return achadas


def _componente(row: Any) -> Produto:
    """The component's product; one that may not be sold when the formula names a product that does not exist."""
    if row.CODPROD is None:
        return Produto(row.CODPRODMP, "", None, aceita_fracao=False, impedimento="não existe no cadastro")
    return _produto([row])


def _quantidade_por_kit(row: Any) -> Fraction:
    return Fraction(row.QTPRODMP or ZERO) / Fraction(row.QTPRODACAB or 1)
