"""`prevenda doctor --ensaio`: a reservation and its cancellation on the customer's schema, rolled back (R4, R10).

It shows what no catalog tells: whether a trigger of the site moves QTRESERV a second time, which tables it locks, and
which columns refuse what the maps write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from app.cep.sem_rede import VerificadorDemonstracao
from app.domain.dinheiro import ZERO, texto
from app.domain.estoque import Chave
from app.domain.linhas import unidades
from app.domain.recusas import Recusa
from app.services.doutor.achado import AVISO, ERRO, OK, Achado
from app.services.gateway import Gateway
from app.services.operacao.requisicao import Requisicao
from app.services.pre_venda.atender import receber
from app.winthor import estoque, pedidos
from app.winthor.consultas import exame
from app.winthor.db.faults import Falha, GatilhoLeATabela, RegraDaCasa, texto_do_banco
from app.winthor.db.transaction import Ensaio
from app.winthor.esquema.catalogo import tabelas_usadas

NUMERO = "ENSAIO-DO-DOUTOR"
VARIAS_LINHAS = "inserção de várias linhas"
Quantidades = Mapping[Chave, Decimal]


@dataclass(frozen=True, slots=True)
class PreVendaDeEnsaio:
    """One package of each of ``produtos`` (``<aux>-<codprod>``), a line each, for a new customer; or, with ``cancela``,
    the end of that reservation."""

    filial: str
    produtos: tuple[str, ...]
    numero: str
    cancela: int | None = None


# The request of a rehearsed pre-sale, as a point of sale would send it.
Montar = Callable[[PreVendaDeEnsaio], Requisicao]


def ensaiar(gw: Gateway, montar: Montar, filial: str, *produtos: str) -> list[Achado]:
    """Reserve one package of each of ``produtos`` in the branch for a new customer and cancel it, twice, then roll
    everything back. The locks of a real reservation are held meanwhile: stock rows, counters.

    Of one product alone a second pre-sale has it in two lines: what a line may do that is inserted by itself, an array
    of lines may not.
    """
    nome = f"ensaio na filial {filial}"
    achados = _tentar(gw, lambda ensaiado: list(_ensaiar(ensaiado, montar, filial, produtos, nome)), nome)
    if len(produtos) == 1 and all(achado.situacao == OK for achado in achados[:1]):
        achados += _tentar(gw, lambda ensaiado: _em_lote(ensaiado, montar, filial, produtos * 2), VARIAS_LINHAS)
    return achados


def _em_lote(gw: Gateway, montar: Montar, filial: str, produtos: tuple[str, ...]) -> list[Achado]:
    receber(gw, montar(PreVendaDeEnsaio(filial, produtos, f"{NUMERO}-3")))
    return [Achado(VARIAS_LINHAS, OK, "duas linhas gravadas de uma vez e desfeitas")]


def _tentar(gw: Gateway, ensaio: Callable[[Gateway], list[Achado]], nome: str) -> list[Achado]:
    """The findings of a rehearsal, or why it failed; where inserting row by row would have helped, that it does."""
    try:
        return _desfeito(gw, ensaio)
    except GatilhoLeATabela as falha:
        achado = f"um gatilho da casa não aceita a inserção de várias linhas de uma vez: {texto_do_banco(falha)}"
    except Recusa as recusa:
        if isinstance(recusa.__cause__, RegraDaCasa):
            return [Achado(nome, ERRO, f"uma regra da casa recusou: {texto_do_banco(recusa.__cause__)}")]
        motivos = "; ".join(problema.mensagem for problema in recusa.problemas)
        return [Achado(nome, ERRO, f"a reserva foi recusada: {motivos}")]
    except Falha as falha:
        return [Achado(nome, ERRO, f"o banco recusou: {texto_do_banco(falha)}")]
    try:
        _desfeito(replace(gw, tabelas=gw.tabelas.uma_a_uma()), ensaio)
    except (Recusa, Falha):
        return [Achado(nome, ERRO, f"{achado}; inseri-las uma a uma (PREVENDA_ORACLE_LINHA_A_LINHA=S) não basta")]
    return [Achado(nome, ERRO, f"{achado}; com PREVENDA_ORACLE_LINHA_A_LINHA=S o mesmo ensaio passa")]


def _desfeito(gw: Gateway, ensaio: Callable[[Gateway], list[Achado]]) -> list[Achado]:
    with Ensaio(gw.db) as db:
        # No call of a CEP service inside the transaction.
        return ensaio(replace(gw, db=db, cep=VerificadorDemonstracao()))


def _ensaiar(gw: Gateway, montar: Montar, filial: str, produtos: tuple[str, ...], nome: str) -> Iterator[Achado]:
    def reservar(numero: str) -> int:
        numped = receber(gw, montar(PreVendaDeEnsaio(filial, produtos, numero))).numped
        if numped is None:
            raise AssertionError("the numbers of a rehearsal are not stored")
        return numped

    def cancelar(numero: str, numped: int) -> None:
        receber(gw, montar(PreVendaDeEnsaio(filial, produtos, numero, cancela=numped)))

    # The first round locks the rows; from then on only this transaction, and the site's triggers, move them.
    primeira = reservar(f"{NUMERO}-1")
    unidades = _unidades(gw, primeira)
    cancelar(f"{NUMERO}-1", primeira)
    antes = _qtreserv(gw, unidades)
    segunda = reservar(f"{NUMERO}-2")
    reservado = _qtreserv(gw, unidades)
    cancelar(f"{NUMERO}-2", segunda)
    liberado = _qtreserv(gw, unidades)

    yield Achado(nome, OK, "reserva e cancelamento gravados e desfeitos")
    yield from _travas(gw, unidades, nome)
    for chave, quantidade in unidades.items():
        subiu, desceu = reservado[chave] - antes[chave], reservado[chave] - liberado[chave]
        yield _movimento(chave, quantidade, subiu, desceu)


def _movimento(chave: Chave, quantidade: Decimal, subiu: Decimal, desceu: Decimal) -> Achado:
    nome = f"ensaio: QTRESERV filial {chave[0]} produto {chave[1]}"
    if subiu == desceu == quantidade:
        return Achado(nome, OK, f"movida uma vez em cada passo ({texto(quantidade)})")
    movida = f"a reserva a moveu {texto(subiu)} e o cancelamento {texto(desceu)}, em vez de {texto(quantidade)}"
    return Achado(nome, ERRO, f"{movida}: um gatilho do site também a move?")


def _travas(gw: Gateway, unidades: Quantidades, nome: str) -> Iterator[Achado]:
    with gw.db.read() as connection:
        tabelas = exame.tabelas_travadas(connection)
    linhas = ", ".join(f"filial {filial} produto {codprod}" for filial, codprod in unidades)
    achadas = "não podem ser listadas com este usuário" if tabelas is None else ", ".join(tabelas)
    yield Achado(f"{nome}: travas", OK, f"estoque: {linhas}; tabelas: {achadas}")
    alheias = sorted(set(tabelas or ()) - set(tabelas_usadas()))
    if alheias:
        aviso = f"também ficam travadas {', '.join(alheias)}: um gatilho do site as usa"
        yield Achado(f"{nome}: travas alheias", AVISO, aviso)


def _unidades(gw: Gateway, numped: int) -> Quantidades:
    with gw.db.read() as connection:
        return unidades(pedidos.find_linhas(connection, numped), gw.settings.modo_kit)


def _qtreserv(gw: Gateway, chaves: Quantidades) -> Quantidades:
    with gw.db.read() as connection:
        saldos = estoque.find_saldos(connection, chaves)
    return {chave: saldos[chave].qtreserv if chave in saldos else ZERO for chave in chaves}
