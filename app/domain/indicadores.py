"""Money and time of reservations, counted (R31). Pure.

What is counted is kept as rows of one form, so that a summary written by a job and a count made on the spot are the
same thing, and branches can be put together: a median out of how often each length occurred.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from app.domain.dinheiro import ZERO
from app.domain.vida import Estado

DIA = dt.timedelta(days=1)
# Lengths are counted by the hundredth of an hour.
CENTESIMO = dt.timedelta(seconds=36)
CEM = Decimal(100)


class Faixa(enum.StrEnum):
    """How old a reservation is, in days; the lower limit belongs to it."""

    ATE_1 = "0-1"
    ATE_3 = "1-3"
    ATE_7 = "3-7"
    ATE_15 = "7-15"
    MAIS = ">15"


_LIMITES = {Faixa.ATE_1: 1, Faixa.ATE_3: 3, Faixa.ATE_7: 7, Faixa.ATE_15: 15}


def faixa_da_idade(idade: dt.timedelta) -> Faixa:
    """The band of an age."""
    return next((faixa for faixa, dias in _LIMITES.items() if idade < dias * DIA), Faixa.MAIS)


def semana_de(dia: dt.date) -> dt.date:
    """The Monday of a day's week."""
    return dia - dt.timedelta(days=dia.weekday())


class Tipo(enum.StrEnum):
    """What a row counts; its key is: state, seller, login | band | day | week, fact | week, length."""

    RETIDO = "RETIDO"
    IDADE = "IDADE"
    PRAZO = "PRAZO"
    COORTE = "COORTE"
    TEMPO = "TEMPO"


class Fato(enum.StrEnum):
    """What became of a chain of reservations; several may hold."""

    CRIADA = "criadas"
    PAGA = "pagas"
    ALTERADA = "alteradas"
    CANCELADA = "canceladas"
    EXPIRADA = "expiradas"
    RENOVADA = "renovadas"


@dataclass(frozen=True, slots=True)
class Contagem:
    """How many reservations of a branch, how many base units, how many R$."""

    filial: str
    tipo: Tipo
    chave: str
    quantas: int
    unidades: Decimal = ZERO
    valor: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Retida:
    """A live reservation. ``desde``: when its chain began, aware; ``expira``: aware, in the zone of its branch, None
    without an end. ``unidades``: what it holds, in base units; ``valor``: of the order, R$."""

    filial: str
    estado: Estado
    codusur: int | None
    caller: str | None
    unidades: Decimal
    valor: Decimal
    desde: dt.datetime
    expira: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Membro:
    """A reservation of a chain. ``registrado``: what the gateway recorded; ``inicio``: when the chain began, aware;
    ``paga``: when it was paid, aware, None when it was not."""

    numped: int
    filial: str
    registrado: Estado
    estado: Estado
    anterior: int | None
    seguinte: int | None
    inicio: dt.datetime
    paga: dt.datetime | None


@dataclass(slots=True)
class Contas:
    """Adds up, row by row."""

    somas: dict[tuple[str, Tipo, str], tuple[int, Decimal, Decimal]] = field(default_factory=dict)

    def somar(self, contagem: Contagem) -> None:
        chave = (contagem.filial, contagem.tipo, contagem.chave)
        quantas, unidades, valor = self.somas.get(chave, (0, ZERO, ZERO))
        self.somas[chave] = (
            quantas + contagem.quantas,
            unidades + contagem.unidades,
            valor + contagem.valor,
        )

    def contagens(self) -> Iterator[Contagem]:
        """What was added up."""
        for (filial, tipo, chave), somas in self.somas.items():
            yield Contagem(filial, tipo, chave, *somas)


def contar_retidas(contas: Contas, retidas: Iterable[Retida], agora: dt.datetime) -> None:
    """Add live reservations: by state, seller and login, by age, by the day on which they end. What BLOQUEADA keeps
    WinThor does not count: it holds nothing."""
    for r in retidas:
        prende = r.estado is not Estado.BLOQUEADA
        unidades, valor = (r.unidades, r.valor) if prende else (ZERO, ZERO)
        chave = f"{r.estado.value}|{'' if r.codusur is None else r.codusur}|{r.caller or ''}"
        contas.somar(Contagem(r.filial, Tipo.RETIDO, chave, 1, unidades, valor))
        contas.somar(Contagem(r.filial, Tipo.IDADE, faixa_da_idade(agora - r.desde).value, 1, ZERO, valor))
        if r.estado is Estado.AUTORIZADA and r.expira is not None:
            contas.somar(Contagem(r.filial, Tipo.PRAZO, r.expira.date().isoformat(), 1, ZERO, valor))


def contar_coortes(contas: Contas, membros: Iterable[Membro], fuso: dt.tzinfo, desde: dt.date) -> None:
    """Add chains by the week, in ``fuso``, in which they began, from ``desde`` on; a chain is one reservation, and is
    as its last member is. ``membros`` come older before newer."""
    raizes: dict[int, int] = {}
    cadeias: dict[int, _Cadeia] = {}
    for m in membros:
        raiz = raizes[m.numped] = raizes.get(m.anterior or 0, m.numped)
        cadeias.setdefault(raiz, _Cadeia(m.filial, m.inicio)).andar(m)
    for cadeia in cadeias.values():
        semana = semana_de(cadeia.inicio.astimezone(fuso).date())
        if semana < desde:
            continue
        for fato in cadeia.fatos:
            contas.somar(Contagem(cadeia.filial, Tipo.COORTE, f"{semana.isoformat()}|{fato.value}", 1))
        if cadeia.paga is not None:
            duracao = round((cadeia.paga - cadeia.inicio) / CENTESIMO)
            contas.somar(Contagem(cadeia.filial, Tipo.TEMPO, f"{semana.isoformat()}|{duracao}", 1))


@dataclass(slots=True)
class _Cadeia:
    filial: str
    inicio: dt.datetime
    fatos: set[Fato] = field(default_factory=lambda: {Fato.CRIADA})
    paga: dt.datetime | None = None

    def andar(self, m: Membro) -> None:
        if m.registrado is Estado.SUBSTITUIDA:
            self.fatos.add(Fato.ALTERADA)
        if m.registrado is Estado.EXPIRADA:
            self.fatos.add(Fato.EXPIRADA)
            if m.seguinte is not None:
                self.fatos.add(Fato.RENOVADA)
        if m.paga is not None or m.registrado in {Estado.CONFIRMADA, Estado.BAIXADA}:
            self.fatos.add(Fato.PAGA)
            self.paga = self.paga or m.paga
        if m.estado is Estado.CANCELADA:
            self.fatos.add(Fato.CANCELADA)


@dataclass(frozen=True, slots=True)
class Retido:
    """What a seller's and a login's reservations of one state hold in a branch: base units and R$."""

    filial: str
    caller: str | None
    codusur: int | None
    situacao_reserva: Estado
    reservas: int
    unidades: Decimal
    valor: Decimal


@dataclass(frozen=True, slots=True)
class Idade:
    """Live reservations of an age."""

    faixa: Faixa
    reservas: int
    valor: Decimal


@dataclass(frozen=True, slots=True)
class Vencimento:
    """AUTORIZADA reservations that end on a day of their branch."""

    dia: dt.date
    reservas: int
    valor: Decimal


@dataclass(frozen=True, slots=True)
class Coorte:
    """What became of the chains that began in the week of a Monday; ``renovadas`` count as ``expiradas`` too."""

    semana: dt.date
    criadas: int
    pagas: int
    alteradas: int
    canceladas: int
    expiradas: int
    renovadas: int
    mediana_horas_ate_pagar: Decimal | None


def retidos(contagens: Iterable[Contagem]) -> list[Retido]:
    """The rows of what is held, the most valuable first."""
    achados = []
    for c in contagens:
        if c.tipo is Tipo.RETIDO:
            estado, codusur, caller = c.chave.split("|", 2)
            seller = int(codusur) if codusur else None
            achados.append(Retido(c.filial, caller or None, seller, Estado(estado), c.quantas, c.unidades, c.valor))
    return sorted(achados, key=lambda r: (-r.valor, r.filial, r.caller or "", r.codusur or 0, r.situacao_reserva))


def idades(contagens: Iterable[Contagem]) -> list[Idade]:
    """Every band, the youngest first."""
    somas = _por_chave(contagens, Tipo.IDADE)
    return [Idade(faixa, *somas.get(faixa.value, (0, ZERO))) for faixa in Faixa]


def vencimentos(contagens: Iterable[Contagem], hoje: dt.date, dias: int) -> list[Vencimento]:
    """Each of the next ``dias`` days; what was due before and still lives is not among them."""
    somas = _por_chave(contagens, Tipo.PRAZO)
    datas = [hoje + n * DIA for n in range(dias)]
    return [Vencimento(dia, *somas.get(dia.isoformat(), (0, ZERO))) for dia in datas]


def coortes(contagens: Iterable[Contagem], semanas: Iterable[dt.date]) -> list[Coorte]:
    """Each of the weeks, in their order."""
    fatos: dict[tuple[str, str], int] = {}
    tempos: dict[str, dict[int, int]] = {}
    for c in contagens:
        if c.tipo in {Tipo.COORTE, Tipo.TEMPO}:
            semana, resto = c.chave.split("|")
            if c.tipo is Tipo.COORTE:
                fatos[semana, resto] = fatos.get((semana, resto), 0) + c.quantas
            else:
                da_semana = tempos.setdefault(semana, {})
                da_semana[int(resto)] = da_semana.get(int(resto), 0) + c.quantas
    return [_coorte(semana, fatos, tempos.get(semana.isoformat(), {})) for semana in semanas]


def _coorte(semana: dt.date, fatos: Mapping[tuple[str, str], int], tempos: Mapping[int, int]) -> Coorte:
    def quantas(fato: Fato) -> int:
        return fatos.get((semana.isoformat(), fato.value), 0)

    return Coorte(
        semana,
        criadas=quantas(Fato.CRIADA),
        pagas=quantas(Fato.PAGA),
        alteradas=quantas(Fato.ALTERADA),
        canceladas=quantas(Fato.CANCELADA),
        expiradas=quantas(Fato.EXPIRADA),
        renovadas=quantas(Fato.RENOVADA),
        mediana_horas_ate_pagar=_mediana(tempos),
    )


def _por_chave(contagens: Iterable[Contagem], tipo: Tipo) -> dict[str, tuple[int, Decimal]]:
    somas: dict[str, tuple[int, Decimal]] = {}
    for c in contagens:
        if c.tipo is tipo:
            quantas, valor = somas.get(c.chave, (0, ZERO))
            somas[c.chave] = (quantas + c.quantas, valor + c.valor)
    return somas


def _mediana(vezes: Mapping[int, int]) -> Decimal | None:
    """Hours, to the hundredth; the mean of the two in the middle of an even number."""
    total = sum(vezes.values())
    if not total:
        return None
    meios = ((total - 1) // 2, total // 2)
    vistos = 0
    achados: list[int] = []
    for tempo in sorted(vezes):
        vistos += vezes[tempo]
        while len(achados) < len(meios) and meios[len(achados)] < vistos:
            achados.append(tempo)
    return Decimal(sum(achados)) / 2 / CEM
