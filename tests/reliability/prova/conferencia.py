"""The checker: what the callers were told against what the database holds, after everything has come to rest.

Works from the record of the load (carga.py) and the tables alone. Claims, each with the letter its findings begin with:

    C1  what was answered ok exists, with its items, in the state the last answer gave it
    C2  what was refused, or answered as failed, left nothing
    C3  an unknown call is settled after it was repeated, and had one effect or none; no intent is left open
    C4  one intent, one answer: repeated, it is the same byte for byte (I9); no number is handed out twice (I10)
    C5  nobody was shown a 500, a refusal that cannot be, or a number of another pre-sale
    C6  WinThor's own movements are all there: QTESTGER = what it was + the ledger
    I1–I8  tests/support/invariants.py, with what WinThor added to QTRESERV beyond the lines
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.settings import Settings
from app.winthor.esquema.gateway_tables import GW_EVENTO, GW_OPERACAO, GW_PRE_VENDA, GW_RESERVA
from app.winthor.esquema.tables import PCCLIENT, PCEST, PCPEDC, PCPEDI
from tests.reliability.prova.cliente import DESCONHECIDO, FALHO, LOGIN_DA_CARGA, OK, RECUSADO
from tests.reliability.prova.terceiros import LIVRO, contas, mudadas
from tests.reliability.prova.trabalho import ABANDONADA
from tests.support.gateway import Casa, Relogio
from tests.support.invariants import violacoes

Linha = Mapping[str, Any]
Identidade = tuple[str, str, int, int | None]  # branch, number, state, idRetaguarda

# The only refusals that the drawn work can meet. RESERVA_EXPIRADA: an abandoned one, made by a call whose answer was
# cut and swept before it was repeated. RESERVA_BLOQUEADA: WinThor holds the order back.
POSSIVEIS = frozenset({"ESTOQUE_INSUFICIENTE", "RESERVA_EXPIRADA", "RESERVA_BLOQUEADA", "ITENS_DIVERGENTES"})
FIM = {"cancelar": {"CANCELADA"}, "pagar": {"CONFIRMADA", "BAIXADA"}, "resgatar": {"RESGATADA"}}


@dataclass(slots=True)
class Historia:
    """All calls of one intent, in their order."""

    id: str
    tipo: str
    pedido: dict[str, Any]
    desfechos: list[str] = field(default_factory=list)
    codigos: set[str] = field(default_factory=set)
    respostas: set[str] = field(default_factory=set)
    repeticao_sem_motivo: bool = False
    valeu_sem_resposta: bool = False  # a replay answered what an unknown call had done

    def somar(self, linha: Linha) -> None:
        if linha["desfecho"] == OK:
            if linha["repetida"] and not {OK, DESCONHECIDO} & set(self.desfechos):
                self.repeticao_sem_motivo = True
            if linha["repetida"] and OK not in self.desfechos:
                self.valeu_sem_resposta = True
            self.respostas.add(linha["resposta"])
        elif linha["codigo"]:
            self.codigos.add(linha["codigo"])
        self.desfechos.append(linha["desfecho"])

    @property
    def resultado(self) -> str:
        """ok or recusado; else the intent is open."""
        return OK if OK in self.desfechos else RECUSADO if RECUSADO in self.desfechos else "aberto"

    @property
    def numped(self) -> int | None:
        return next((int(json.loads(r)["idPedidoRetaguarda"]) for r in sorted(self.respostas)), None)

    @property
    def identidade(self) -> Identidade:
        p = self.pedido
        return p["idLojaRetaguarda"], p["numero"], p["situacaoPreVenda"], p.get("idRetaguarda")

    @property
    def efeitos(self) -> int:
        """How many accepted operations it must have left."""
        return int(self.resultado == OK or "RESERVA_EXPIRADA" in self.codigos)


def ler_registros(pasta: Path) -> dict[str, Historia]:
    """The intents of all records in a folder, by id, each pre-sale's in their order."""
    historias: dict[str, Historia] = {}
    for path in sorted(pasta.glob("chamadas-*.jsonl")):
        with path.open() as file:
            for texto in file:
                linha = json.loads(texto)
                ident = linha["intento"]
                if ident not in historias:
                    historias[ident] = Historia(ident, linha["tipo"], linha["pedido"])
                historias[ident].somar(linha)
    return historias


def conferir(
    engine: sa.Engine, url: str, historias: Mapping[str, Historia], estoque_inicial: Mapping[tuple[str, int], Decimal]
) -> list[str]:
    """Every finding as one line; an empty list is the proof."""
    casa = Casa(engine, Settings(database_url=url), Relogio(dt.datetime.now(dt.UTC)))
    with engine.connect() as connection:
        base, linhas = contas(connection), mudadas(connection)
    try:
        achados = violacoes(casa, base, sem_total={numped for numped, _ in linhas})
    finally:
        casa.close()
    with engine.connect() as connection:
        achados += _efeitos(connection, historias.values())
        achados += _estados(connection, historias.values())
        achados += _itens(connection, historias.values(), linhas)
        achados += _movimentos(connection, estoque_inicial)
        achados += _clientes(connection)
        achados += _eventos(connection)
    return achados + _respostas(historias.values())


def estoque(engine: sa.Engine) -> dict[tuple[str, int], Decimal]:
    """QTESTGER of every stock row."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(PCEST.c.CODFILIAL, PCEST.c.CODPROD, PCEST.c.QTESTGER))
        return {(row.CODFILIAL, row.CODPROD): Decimal(row.QTESTGER or 0) for row in rows}


def _respostas(historias: Iterable[Historia]) -> list[str]:
    """C3 (nothing open), C4, C5: from the record alone."""
    linhas: list[str] = []
    donos: Counter[int] = Counter()
    for h in historias:
        if h.resultado == "aberto":
            linhas.append(f"C3 {h.id}: ficou em aberto depois de {len(h.desfechos)} chamadas")
        if len(h.respostas) > 1:
            linhas.append(f"C4 {h.id}: {len(h.respostas)} respostas diferentes")
        if h.tipo in {"reservar", "alterar"} and h.numped is not None:
            donos[h.numped] += 1
        if h.repeticao_sem_motivo:
            linhas.append(f"C2 {h.id}: respondida como falha, mas tinha valido")
        if impossiveis := {c for c in h.codigos if c not in POSSIVEIS} - _DE_ESPERA:
            linhas.append(f"C5 {h.id}: {', '.join(sorted(impossiveis))}")
        if h.tipo in FIM and h.numped not in {None, h.pedido.get("idRetaguarda")}:
            linhas.append(f"C5 {h.id}: respondeu o número {h.numped}")
    return linhas + [f"C4 {numped}: respondido a {n} pré-vendas" for numped, n in donos.items() if n > 1]


_DE_ESPERA = {"EM_PROCESSAMENTO", "BANCO_OCUPADO", "BANCO_INDISPONIVEL", "SOBRECARGA"}


def _efeitos(connection: sa.Connection, historias: Iterable[Historia]) -> list[str]:
    """C1, C2, C3: as many accepted operations as the caller may believe, naming the number it was given."""
    o = GW_OPERACAO.c
    aceitas: dict[Identidade, list[int]] = defaultdict(list)
    query = sa.select(o.CODFILIAL, o.NUMERO, o.SITUACAO, o.IDRETAGUARDA, o.NUMPED)
    for row in connection.execute(query.where(o.ESTADO == "A", o.CALLER == LOGIN_DA_CARGA)):
        aceitas[row.CODFILIAL, row.NUMERO, row.SITUACAO, row.IDRETAGUARDA].append(row.NUMPED)
    linhas: list[str] = []
    for h in historias:
        numeros = aceitas.pop(h.identidade, [])
        if h.resultado == "aberto":
            continue  # a finding already
        if len(numeros) != h.efeitos:
            letra = "C1" if h.resultado == OK else "C2" if DESCONHECIDO not in h.desfechos else "C3"
            linhas.append(f"{letra} {h.id}: {h.resultado}, {len(numeros)} efeitos")
        elif h.resultado == OK and numeros != [h.numped]:
            linhas.append(f"C1 {h.id}: respondida {h.numped}, gravada {numeros}")
    return linhas + [f"C2 {identidade}: aceita sem que ninguém a enviasse" for identidade in aceitas]


def _estados(connection: sa.Connection, historias: Iterable[Historia]) -> list[str]:
    """C1: each pre-sale stands where its last accepted call left it; C2: one that was never accepted is nowhere."""
    r, c = GW_RESERVA.c, PCPEDC.c
    query = sa.select(r.NUMPED, r.ESTADO, c.POSICAO).select_from(GW_RESERVA.outerjoin(PCPEDC, c.NUMPED == r.NUMPED))
    gravadas = {row.NUMPED: row for row in connection.execute(query)}
    a = GW_PRE_VENDA.c
    ancoras = connection.execute(sa.select(a.CODFILIAL, a.NUMERO, a.NUMPED))
    atuais = {(row.CODFILIAL, row.NUMERO): row.NUMPED for row in ancoras}
    esperados: dict[tuple[str, str], tuple[int, set[str]] | None] = {}
    for h in historias:
        chave = h.identidade[:2]
        esperados.setdefault(chave, None)
        if h.efeitos and h.numped is None:
            esperados.pop(chave)  # made by a call nobody saw the answer of, and swept
        elif h.numped is not None:
            vivos = {"AUTORIZADA", "EXPIRADA"} if chave[1].startswith(ABANDONADA) else {"AUTORIZADA"}
            esperados[chave] = h.numped, FIM.get(h.tipo, vivos)
    linhas: list[str] = []
    for chave, esperado in esperados.items():
        if esperado is None:
            if atuais.get(chave) is not None:
                linhas.append(f"C2 {chave}: nunca aceita, mas tem a reserva {atuais[chave]}")
            continue
        numped, estados = esperado
        row = gravadas.get(numped)
        if row is None or row.POSICAO is None or atuais.get(chave) != numped:
            linhas.append(f"C1 {chave}: a reserva {numped} não está lá ou não é a atual")
        elif row.ESTADO not in estados:
            linhas.append(f"C1 {chave}: a reserva {numped} está {row.ESTADO}, o PDV sabe {sorted(estados)}")
    return linhas


def _itens(
    connection: sa.Connection, historias: Iterable[Historia], mudadas: Mapping[tuple[int, int], Decimal]
) -> list[str]:
    """C1: the lines of every accepted order are those that were sent, in the POS's units, but for what WinThor changed
    of them."""
    i = PCPEDI.c
    gravados: dict[int, Counter[tuple[str, Decimal]]] = defaultdict(Counter)
    for row in connection.execute(sa.select(i.NUMPED, i.NUMSEQ, i.CODPROD, i.CODAUXILIAR, i.QT, i.QTUNITEMB)):
        enviada = Decimal(row.QT) - mudadas.get((row.NUMPED, row.NUMSEQ), Decimal(0))
        quantidade = enviada / Decimal(row.QTUNITEMB or 1)
        gravados[row.NUMPED][f"{row.CODAUXILIAR}-{row.CODPROD}", quantidade.normalize()] += 1
    linhas: list[str] = []
    for h in historias:
        if h.numped is None or "preVendaItens" not in h.pedido:
            continue
        itens: Sequence[Linha] = h.pedido["preVendaItens"]
        enviados = Counter((item["idProdutoRetaguarda"], Decimal(item["quantidade"]).normalize()) for item in itens)
        if gravados[h.numped] != enviados:
            linhas.append(f"C1 {h.id}: itens da {h.numped} não são os enviados")
    return linhas


def _movimentos(connection: sa.Connection, inicial: Mapping[tuple[str, int], Decimal]) -> list[str]:
    """C6."""
    livro: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    for row in connection.execute(sa.select(LIVRO)):
        livro[row.CODFILIAL, row.CODPROD] += Decimal(row.QT)
    linhas = []
    for row in connection.execute(sa.select(PCEST.c.CODFILIAL, PCEST.c.CODPROD, PCEST.c.QTESTGER)):
        chave = (row.CODFILIAL, row.CODPROD)
        esperado = inicial.get(chave, Decimal(0)) + livro[chave]
        if Decimal(row.QTESTGER or 0) != esperado:
            linhas.append(f"C6 {chave}: QTESTGER {row.QTESTGER}, esperado {esperado}")
    return linhas


# What is told of an accepted call that had an effect (R27); one that renewed a reservation may tell of it twice.
CONTADOS = {
    "RESERVAR": {"reserva.criada"},
    "RECRIAR": {"reserva.alterada"},
    "RESERVAR_DE_NOVO": {"reserva.alterada", "reserva.paga"},
}


def _eventos(connection: sa.Connection) -> list[str]:
    """C7: every reservation that a till's call made is told of, and no reservation that was not made."""
    o, e = GW_OPERACAO.c, GW_EVENTO.c
    contados: dict[int, set[str]] = defaultdict(set)
    for row in connection.execute(sa.select(e.NUMPED, e.TIPO)):
        contados[row.NUMPED].add(row.TIPO)
    linhas = []
    aceitas = sa.select(o.NUMPED, o.EFEITO).where(o.ESTADO == "A", o.EFEITO.in_(CONTADOS))
    for row in connection.execute(aceitas):
        if not contados[row.NUMPED] & CONTADOS[row.EFEITO]:
            linhas.append(f"C7 {row.NUMPED}: {row.EFEITO} sem evento")
    feitas = set(connection.execute(sa.select(GW_RESERVA.c.NUMPED)).scalars())
    return linhas + [f"C7 {numped}: evento sem reserva" for numped in contados.keys() - feitas]


def _clientes(connection: sa.Connection) -> list[str]:
    """C3: the same new customer brought by several tills was written once."""
    c = PCCLIENT.c
    query = sa.select(c.CGCENT, sa.func.count()).where(c.CGCENT.like("7000000%")).group_by(c.CGCENT)
    return [f"C3 cliente {cgc}: {vezes} vezes" for cgc, vezes in connection.execute(query) if vezes > 1]


def resumo(historias: Iterable[Historia]) -> dict[str, int]:
    """Counts for the report: calls by outcome, intents, and how the unknown ones were settled."""
    contagem: Counter[str] = Counter()
    for h in historias:
        contagem["intentos"] += 1
        contagem["chamadas"] += len(h.desfechos)
        for nome in (OK, RECUSADO, FALHO, DESCONHECIDO):
            contagem[nome] += h.desfechos.count(nome)
        if DESCONHECIDO in h.desfechos:
            contagem["intentos_desconhecidos"] += 1
            if h.valeu_sem_resposta or (h.efeitos and h.numped is None):
                contagem["tinham_valido"] += 1
            elif h.resultado != "aberto":
                contagem["nao_tinham_valido"] += 1
        contagem["abertos"] += h.resultado == "aberto"
    return dict(contagem)
