"""Parameters of routine 132, read by their number: branch row, then '99', then the default (docs/winthor.md §2.10)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from app.domain.valores import parse_inteiro
from app.winthor.cache import Cache
from app.winthor.db.lists import any_of
from app.winthor.esquema.tables import PCMETAPARAMFILIAL, PCPARAMFILIAL

TODAS_AS_FILIAIS = "99"

RCA_DE_CADASTRO = 4012
PRACA_DE_CADASTRO = 4011
ATIVIDADE_DE_CADASTRO = 4013
CNAE_DE_CADASTRO = 4585
ALTERA_CLIENTE = 4532
VALIDA_CEP = 4672
PRACA_POR_CEP = 4680
# Whether an order for future delivery (TV7) holds its goods; read of every branch at once.
RESERVA_TV7 = 2542

USADOS = (
    PRACA_DE_CADASTRO,
    RCA_DE_CADASTRO,
    ATIVIDADE_DE_CADASTRO,
    ALTERA_CLIENTE,
    CNAE_DE_CADASTRO,
    VALIDA_CEP,
    PRACA_POR_CEP,
)


@dataclass(frozen=True, slots=True)
class Parametro:
    """A parameter's value and where it came from: the branch's row, the row '99' or the default."""

    numero: int
    nome: str
    valor: str
    origem: str

    @property
    def inteiro(self) -> int | None:
        """The whole number of its value, also as a person writes one with a decimal comma; None where it is none."""
        inteiro = parse_inteiro(self.valor.replace(",", "."))
        return inteiro if inteiro is not None and inteiro >= 0 else None

    @property
    def ligado(self) -> bool:
        return _ligado(self.valor)


@dataclass(frozen=True, slots=True)
class Chaveado:
    """A yes-or-no parameter in all branches: ``geral``, and the branches ``ao_contrario`` of it."""

    geral: bool
    ao_contrario: frozenset[str]


def _ligado(valor: str) -> bool:
    return valor.strip().upper() in {"S", "SIM", "1", "TRUE", "T", "V"}


class Parametros:
    """The parameters the gateway uses, kept per branch for ``cache_seconds``."""

    def __init__(self, cache_seconds: float, nomes: Mapping[int, str] | None = None) -> None:
        """``nomes``: parameters to be found by NOME instead of by number."""
        self._nomes = dict(nomes or {})
        self._por_filial: Cache[str, dict[int, Parametro]] = Cache(cache_seconds)
        self._chaveados: Cache[int, Chaveado] = Cache(cache_seconds)

    def ler(self, connection: sa.Connection, filial: str) -> dict[int, Parametro]:
        """Every parameter of ``USADOS`` that has a value in the branch, by number; one statement when not kept."""

        def load(missing: list[str]) -> dict[str, dict[int, Parametro]]:
            return {codfilial: _ler(connection, codfilial, USADOS, self._nomes) for codfilial in missing}

        return self._por_filial.get_many([filial], load).get(filial, {})

    def ler_chaveado(self, connection: sa.Connection, numero: int) -> Chaveado:
        """A yes-or-no parameter in all branches, No where it has no value; one statement when not kept."""

        def load(_missing: list[int]) -> dict[int, Chaveado]:
            return {numero: _ler_chaveado(connection, numero, self._nomes.get(numero))}

        return self._chaveados.get_many([numero], load)[numero]


def _ler(
    connection: sa.Connection, filial: str, numeros: Collection[int], nomes: Mapping[int, str]
) -> dict[int, Parametro]:
    m, p = PCMETAPARAMFILIAL.c, PCPARAMFILIAL.c
    source = PCMETAPARAMFILIAL.outerjoin(
        PCPARAMFILIAL, sa.and_(p.NOME == m.NOME, p.CODFILIAL.in_([filial, TODAS_AS_FILIAIS]))
    )
    procurados = any_of(m.ID, [numero for numero in numeros if numero not in nomes])
    por_nome = {nome: numero for numero, nome in nomes.items() if numero in numeros}
    if por_nome:
        procurados = sa.or_(procurados, any_of(m.NOME, sorted(por_nome)))
    query = sa.select(m.ID, m.NOME, m.VALORDEFAULT, p.CODFILIAL, p.VALOR).select_from(source).where(procurados)
    achados: dict[int, Parametro] = {}
    preferencia: dict[int, int] = {}
    for row in connection.execute(query):
        numero = por_nome.get(row.NOME, row.ID)
        candidatos = [(1, row.VALORDEFAULT, "padrão")]
        if row.CODFILIAL is not None:
            da_filial = row.CODFILIAL == filial
            candidatos.append((3, row.VALOR, f"filial {filial}") if da_filial else (2, row.VALOR, "filial 99"))
        for peso, valor, origem in candidatos:
            if valor is not None and valor.strip() and peso > preferencia.get(numero, 0):
                preferencia[numero] = peso
                achados[numero] = Parametro(numero, row.NOME, valor, origem)
    return achados


def _ler_chaveado(connection: sa.Connection, numero: int, nome: str | None) -> Chaveado:
    m, p = PCMETAPARAMFILIAL.c, PCPARAMFILIAL.c
    source = PCMETAPARAMFILIAL.outerjoin(PCPARAMFILIAL, p.NOME == m.NOME)
    este = m.ID == numero if nome is None else m.NOME == nome
    padrao, geral, por_filial = "", "", {}
    for row in connection.execute(sa.select(m.VALORDEFAULT, p.CODFILIAL, p.VALOR).select_from(source).where(este)):
        padrao = row.VALORDEFAULT or padrao
        if row.CODFILIAL == TODAS_AS_FILIAIS:
            geral = (row.VALOR or "").strip() or geral
        elif row.CODFILIAL is not None and (row.VALOR or "").strip():
            por_filial[row.CODFILIAL] = _ligado(row.VALOR)
    em_geral = _ligado(geral or padrao)
    return Chaveado(em_geral, frozenset(f for f, ligado in por_filial.items() if ligado is not em_geral))
