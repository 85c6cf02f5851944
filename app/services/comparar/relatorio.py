"""What a comparison found, by column, with map lines to propose and a conclusion that a person can sign (R25). Pure."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.mapping import ColumnSpec
from app.services.comparar.linhas import QUANTAS, VAZIO
from app.services.comparar.soma import OUTROS, Coluna, Soma

# A value is taken for a site's rule when it stands in so large a part of the rows.
QUASE_SEMPRE = 0.95
PARES_MOSTRADOS = 3
ABERTAS_NA_CONCLUSAO = 6

# Columns of the site by table and name.
Catalogo = Mapping[str, Mapping[str, ColumnSpec]]


@dataclass(frozen=True, slots=True)
class Par:
    """A value of theirs, ours in the same place, and how often."""

    totvs: str
    nosso: str
    vezes: int


@dataclass(frozen=True, slots=True)
class ColunaComparada:
    """A column that the maps fill. ``proposta``: a line for the site's map, where theirs is nearly always the same."""

    tabela: str
    coluna: str
    iguais: int
    diferentes: int
    pares: tuple[Par, ...]
    proposta: str | None


@dataclass(frozen=True, slots=True)
class Proposta:
    """A column that they fill and we do not; ``linha`` is TOML, None where their values vary."""

    tabela: str
    coluna: str
    exemplo: str
    linha: str | None


@dataclass(frozen=True, slots=True)
class ContagemDoCodigo:
    """A code of ours, and how often it was the answer."""

    codigo: str
    vezes: int


@dataclass(frozen=True, slots=True)
class Vereditos:
    """Judgements beside judgements. ``por_codigo``: our codes, how often, the commonest first."""

    iguais: int
    mais_rigorosos: int
    menos_rigorosos: int
    por_codigo: tuple[ContagemDoCodigo, ...]

    @property
    def todos(self) -> int:
        """How many were judged by both."""
        return self.iguais + self.mais_rigorosos + self.menos_rigorosos


@dataclass(frozen=True, slots=True)
class Comparacao:
    """The whole report."""

    de: dt.date
    ate: dt.date
    lidas: int
    reconhecidas: int
    sem_itens: int
    ilegiveis: int
    vereditos: Vereditos
    colunas: tuple[ColunaComparada, ...]
    propostas: tuple[Proposta, ...]
    conclusao: str

    @property
    def abertas(self) -> list[ColunaComparada]:
        """Columns with a difference, the most frequent first."""
        return sorted((c for c in self.colunas if c.diferentes), key=lambda c: -c.diferentes)


def relatar(soma: Soma, de: dt.date, ate: dt.date, site: Catalogo, nossas: Catalogo) -> Comparacao:
    """The report of what was counted. ``site``: all columns of the site; ``nossas``: those that a map knows."""
    colunas = tuple(
        _coluna(soma, coluna, nossas) for coluna in sorted({*soma.coluna_igual, *soma.coluna_diferente}, key=_ordem)
    )
    propostas = tuple(_proposta(soma, coluna, site, nossas) for coluna in sorted(soma.so_deles))
    por_codigo = tuple(ContagemDoCodigo(codigo, vezes) for codigo, vezes in soma.por_codigo.most_common())
    vereditos = Vereditos(soma.iguais, soma.mais_rigorosos, soma.menos_rigorosos, por_codigo)
    return Comparacao(
        de=de,
        ate=ate,
        lidas=soma.lidas,
        reconhecidas=soma.reconhecidas,
        sem_itens=soma.sem_itens,
        ilegiveis=soma.ilegiveis,
        vereditos=vereditos,
        colunas=colunas,
        propostas=propostas,
        conclusao=_conclusao(soma, vereditos, colunas),
    )


def _ordem(coluna: Coluna) -> tuple[str, bool, str]:
    return coluna[0], coluna[1] != QUANTAS, coluna[1]


def _coluna(soma: Soma, coluna: Coluna, nossas: Catalogo) -> ColunaComparada:
    iguais, diferentes = soma.coluna_igual[coluna], soma.coluna_diferente[coluna]
    contados = soma.pares.get(coluna, Counter())
    pares = tuple(
        Par(deles, nosso, vezes)
        for (deles, nosso), vezes in contados.most_common(PARES_MOSTRADOS)
        if deles != OUTROS or len(contados) == 1
    )
    deles = Counter[str]()
    for (valor, _), vezes in contados.items():
        deles[valor] += vezes
    proposta = _linha(*coluna, deles, iguais + diferentes, nossas) if diferentes else None
    return ColunaComparada(*coluna, iguais, diferentes, pares, proposta)


def _proposta(soma: Soma, coluna: Coluna, site: Catalogo, nossas: Catalogo) -> Proposta:
    valores = soma.so_deles[coluna]
    ((comum, vezes),) = valores.most_common(1)
    # A text that is another in every order may name a person: it is not told.
    exemplo = comum if comum != OUTROS and (vezes > 1 or len(valores) == 1) else "(varia)"
    tabela, nome = coluna
    linha = _linha(tabela, nome, valores, soma.linhas[tabela], nossas)
    if linha is None and nome not in nossas.get(tabela, {}):
        linha = _linha(tabela, nome, valores, soma.linhas[tabela], site, extra=True)
    return Proposta(tabela, nome, exemplo, linha)


def _linha(
    tabela: str, nome: str, valores: Counter[str], linhas: int, catalogo: Catalogo, *, extra: bool = False
) -> str | None:
    """A line of a map that writes their value, where it is a constant and the column takes one."""
    spec = catalogo.get(tabela, {}).get(nome)
    if spec is None or not valores or nome == QUANTAS:
        return None
    ((comum, vezes),) = valores.most_common(1)
    if vezes < QUASE_SEMPRE * linhas or comum in {VAZIO, OUTROS} or comum.startswith("***"):
        return None
    if spec.kind == "number":
        const = comum.replace(",", ".")
    elif spec.kind == "text":
        const = '"' + comum.replace("\\", "\\\\").replace('"', '\\"') + '"'
    else:
        return None
    tipo = f', type = "{_tipo(spec)}"' if extra else ""
    return f"{nome} = {{ const = {const}{tipo} }}"


def _tipo(spec: ColumnSpec) -> str:
    """A type as the maps of a site write it."""
    if spec.kind == "text":
        return f"VARCHAR2({spec.length or 4000})"
    return f"NUMBER({spec.precision or 38},{spec.scale if spec.precision else 6})"


def _conclusao(soma: Soma, vereditos: Vereditos, colunas: Sequence[ColunaComparada]) -> str:
    if not vereditos.todos:
        return "Nenhuma pré-venda do período pôde ser comparada."
    frases = [
        f"De {vereditos.todos} pré-vendas julgadas pelos dois, {vereditos.iguais} "
        f"({_por_cento(vereditos.iguais, vereditos.todos)}) têm o mesmo veredito"
    ]
    if vereditos.mais_rigorosos or vereditos.menos_rigorosos:
        frases[0] += (
            f"; {vereditos.mais_rigorosos} seriam recusadas só por este gateway e "
            f"{vereditos.menos_rigorosos} aceitas só por ele"
        )
    pedidos = soma.linhas["PCPEDC"]
    if pedidos:
        iguais = sum(not coluna.diferentes for coluna in colunas)
        frases.append(f"Em {pedidos} pedidos lado a lado, {iguais} de {len(colunas)} colunas são sempre iguais")
    abertas = sorted((c for c in colunas if c.diferentes), key=lambda c: -c.diferentes)
    if abertas:
        nomes = ", ".join(_aberta(coluna) for coluna in abertas[:ABERTAS_NA_CONCLUSAO])
        mais = len(abertas) - ABERTAS_NA_CONCLUSAO
        frases.append(f"Abertas: {nomes}" + (f" e mais {mais}" if mais > 0 else ""))
    elif pedidos:
        frases.append("Nenhuma coluna fica aberta")
    return ". ".join(frases) + "."


def _aberta(coluna: ColunaComparada) -> str:
    return f"{coluna.tabela}.{coluna.coluna} ({coluna.diferentes} de {coluna.iguais + coluna.diferentes})"


def _por_cento(parte: int, todo: int) -> str:
    """A part that is not the whole never shows as 100 %."""
    valor = parte * 1000 // todo
    return f"{valor // 10},{valor % 10} %" if valor % 10 else f"{valor // 10} %"
