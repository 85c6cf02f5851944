"""Truth: the orders against PCEST.QTRESERV and the gateway's own rows; differences found and explained (R19).

As many statements for a million orders as for ten, and what is kept are the differences.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence

from app.domain.diferencas import CANCELAR, EM_MONTAGEM, EXPIRAR, INFORMAR, MONTAGEM, RECALCULO, RECUPERAR, TIPOS
from app.domain.dinheiro import CENTAVO, ZERO, arredondar, texto
from app.domain.estoque import Chave
from app.domain.retencao import RegraDeRetencao
from app.domain.vida import Estado, estado_efetivo
from app.services.conciliacao import excesso
from app.services.conciliacao.diferenca import Conciliacao, Diferenca, id_da_diferenca
from app.services.conciliacao.excesso import Suspeitos
from app.services.gateway import Gateway, utc
from app.services.relogio import na_filial
from app.settings import TV7
from app.winthor import config, turnos
from app.winthor.consultas import conciliacao
from app.winthor.consultas.conciliacao import (
    Afetada,
    ContadorDoEstoque,
    OperacaoPendente,
    PedidoSemReserva,
    ReservaConferida,
)
from app.winthor.db.transaction import Connection

ULTIMA_CONCILIACAO = "CONCILIACAO"
# Products that are named in a statement; of more, all are read.
PRODUTOS_PELO_NOME = 1000


def conciliar(gw: Gateway, filiais: frozenset[str] | None = None) -> Conciliacao:
    """Compare, classify, explain and value; nothing is written. ``filiais``: the caller's branches, None = all.

    One at a time among all hosts; raises Ocupado where another one takes longer than the caller may wait.
    """
    agora = gw.agora()
    resultado = Conciliacao(agora)
    with gw.db.read(in_batches=True) as connection:
        turnos.lock_soma(gw.db, connection)
        regra = gw.regra_de_retencao(connection)
        resultado.diferencas += _dos_contadores(gw, connection, regra, filiais)
        limite = utc(agora - dt.timedelta(days=gw.settings.ttl_max_dias))
        origem = gw.settings.origem_integracao
        # Each list whole before the next statement: a branch's zone may be asked for on the same connection.
        for achadas, contar in (
            (conciliacao.mortas_com_pedido_vivo(connection, filiais), _morta_com_pedido_vivo),
            (conciliacao.sem_pedido(connection, filiais), _criacao_perdida),
            (conciliacao.pagas_sem_retencao(connection, regra, filiais), _paga_sem_retencao),
            (conciliacao.passadas_da_idade(connection, utc(agora), limite, filiais), _passada_da_idade),
        ):
            resultado.diferencas += _contar(gw, connection, list(achadas), contar)
        if gw.settings.pago == TV7:
            sem_dividir = list(conciliacao.pagas_sem_dividir(connection, filiais))
            resultado.diferencas += _contar(gw, connection, sem_dividir, _sem_dividir)
        for pedido in conciliacao.pedidos_sem_reserva(connection, origem, filiais):
            resultado.diferencas.append(_sem_reserva(gw, pedido))
        for operacao in conciliacao.operacoes_pendentes(connection, utc(agora), filiais):
            resultado.diferencas.append(_pendente(operacao))
    return resultado


def conciliar_pedido(gw: Gateway, numped: int, produtos: Collection[int]) -> list[Diferenca]:
    """The differences of the counters of these products that name the order; nothing is written."""
    with gw.db.read(in_batches=True) as connection:
        regra = gw.regra_de_retencao(connection)
        contadores = list(conciliacao.contadores(connection, regra, None, produtos=produtos))
        suspeitos = _suspeitos(gw, connection, regra, contadores, None)
        achadas = [d for c in contadores for d in excesso.explicar(gw, connection, c, suspeitos)]
    return [diferenca for diferenca in achadas if diferenca.numped == numped]


def _contar(
    gw: Gateway,
    connection: Connection,
    reservas: Iterable[ReservaConferida],
    contar: Callable[[Gateway, Connection, ReservaConferida], Diferenca],
) -> list[Diferenca]:
    return [contar(gw, connection, reserva) for reserva in reservas]


# --- counters


def _dos_contadores(
    gw: Gateway, connection: Connection, regra: RegraDeRetencao, filiais: frozenset[str] | None
) -> list[Diferenca]:
    contadores = list(conciliacao.contadores(connection, regra, filiais))
    suspeitos = _suspeitos(gw, connection, regra, contadores, filiais)
    # Where a branch may sell without stock, it is meant to (R4).
    sem_estoque = gw.settings.filiais_sem_estoque
    vazios = [contador for contador in contadores if contador.falta > 0 and contador.filial not in sem_estoque]
    afetadas: dict[Chave, list[Afetada]] = {}
    for afetada in conciliacao.afetadas(connection, regra, filiais) if vazios else ():
        afetadas.setdefault((afetada.filial, afetada.codprod), []).append(afetada)
    achadas: list[Diferenca] = []
    for contador in contadores:
        if contador.negativos:
            achadas.append(_negativo(contador))
        if contador.reservado >= 0 and contador.reservado != contador.esperado:
            achadas += excesso.explicar(gw, connection, contador, suspeitos)
        if contador in vazios:
            achadas.append(_abaixo_do_reservado(contador, afetadas.get(contador.chave, [])))
    return achadas


def _suspeitos(
    gw: Gateway,
    connection: Connection,
    regra: RegraDeRetencao,
    contadores: Sequence[ContadorDoEstoque],
    filiais: frozenset[str] | None,
) -> Suspeitos:
    demais = {contador.codprod for contador in contadores if contador.reservado > max(contador.esperado, ZERO)}
    if not demais:
        return Suspeitos()
    # Of a few products the lines are found by an index; of very many it is quicker to read the orders of the window.
    return excesso.find_suspeitos(gw, connection, regra, filiais, demais if len(demais) <= PRODUTOS_PELO_NOME else None)


def _negativo(contador: ContadorDoEstoque) -> Diferenca:
    tipo = TIPOS["CONTADOR_NEGATIVO"]
    colunas = ", ".join(f"{coluna} {texto(valor)}" for coluna, valor in contador.negativos.items())
    falta = -sum(contador.negativos.values(), ZERO)
    if contador.reservado < 0:
        falta += contador.esperado
    explicacao = f"Contador abaixo de zero ({colunas}); o gateway o conta como zero e nada é vendido por causa dele."
    if contador.reservado < 0 and contador.esperado:
        explicacao += f" Os pedidos retêm {texto(contador.esperado)} unidades, que ninguém conta."
    return Diferenca(
        id=id_da_diferenca(tipo.tipo, *contador.chave),
        tipo=tipo.tipo,
        filial=contador.filial,
        codprod=contador.codprod,
        esperado=contador.esperado if contador.reservado < 0 else ZERO,
        reservado=contador.reservado if contador.reservado < 0 else None,
        diferenca=-falta,
        valor=arredondar(falta * contador.custo, CENTAVO),
        explicacao=explicacao,
        acao=INFORMAR,
        o_que_fazer=tipo.o_que_fazer,
        quem=tipo.quem,
        rotina=RECALCULO,
    )


def _abaixo_do_reservado(contador: ContadorDoEstoque, afetadas: Sequence[Afetada]) -> Diferenca:
    tipo = TIPOS["ESTOQUE_ABAIXO_DO_RESERVADO"]
    bloqueadas = f" ({texto(contador.bloqueado)} bloqueadas)" if contador.bloqueado > 0 else ""
    quem = "; ".join(f"{a.numped}{f' ({a.numero})' if a.numero else ''} com {texto(a.quantidade)}" for a in afetadas)
    return Diferenca(
        id=id_da_diferenca(tipo.tipo, *contador.chave),
        tipo=tipo.tipo,
        filial=contador.filial,
        codprod=contador.codprod,
        esperado=contador.esperado,
        reservado=contador.reservado,
        diferenca=-contador.falta,
        valor=arredondar(contador.falta * contador.custo, CENTAVO),
        explicacao=(
            f"Há {texto(contador.fisico)} unidades{bloqueadas} e os pedidos retêm {texto(contador.esperado)}: faltam "
            f"{texto(contador.falta)}. Retêm: {quem}."
        ),
        acao=INFORMAR,
        o_que_fazer=tipo.o_que_fazer,
        quem=tipo.quem,
    )


# --- the gateway's rows against the orders


def _da_reserva(
    reserva: ReservaConferida,
    tipo: str,
    explicacao: str,
    acao: str = INFORMAR,
    *,
    desde: dt.datetime | None = None,
    rotina: str | None = None,
    o_que_fazer: str | None = None,
) -> Diferenca:
    return Diferenca(
        id=id_da_diferenca(tipo, reserva.numped),
        tipo=tipo,
        filial=reserva.filial,
        numped=reserva.numped,
        numero=reserva.numero,
        valor=None if reserva.valor is None else arredondar(reserva.valor, CENTAVO),
        desde=desde,
        caller=reserva.caller,
        origem=excesso.GATEWAY,
        explicacao=explicacao,
        acao=acao,
        o_que_fazer=o_que_fazer or TIPOS[tipo].o_que_fazer,
        quem=TIPOS[tipo].quem,
        rotina=rotina,
    )


def _morta_com_pedido_vivo(gw: Gateway, connection: Connection, reserva: ReservaConferida) -> Diferenca:
    """Set back by a person, which is theirs; or never ended by the gateway, though it is recorded so (Q07)."""
    desde = na_filial(gw, connection, reserva.filial, reserva.alterada)
    onde = f"o pedido segue na posição {reserva.pedido.posicao} e retém estoque."
    if reserva.tocada:
        texto_ = (
            f"A reserva foi encerrada aqui ({reserva.estado.value}), mas alguém reabriu o pedido no WinThor: {onde}"
        )
        return _da_reserva(reserva, "REABERTA_NO_WINTHOR", texto_, desde=desde)
    texto_ = f"A reserva está {reserva.estado.value} no gateway, mas {onde}"
    if reserva.pedido.em_separacao:
        return _da_reserva(
            reserva, "CANCELAMENTO_PERDIDO", texto_, desde=desde, rotina=MONTAGEM, o_que_fazer=EM_MONTAGEM
        )
    return _da_reserva(reserva, "CANCELAMENTO_PERDIDO", texto_, CANCELAR, desde=desde)


def _criacao_perdida(_gw: Gateway, _connection: Connection, reserva: ReservaConferida) -> Diferenca:
    texto_ = "A reserva está viva no gateway, mas o pedido não existe no WinThor; a causa está fora do gateway."
    return _da_reserva(reserva, "CRIACAO_PERDIDA", texto_)


def _paga_sem_retencao(gw: Gateway, connection: Connection, reserva: ReservaConferida) -> Diferenca:
    posicao = reserva.pedido.posicao
    porque = (
        f"o WinThor mantém o pedido na posição {posicao}"
        if posicao not in {"L", "M"}
        else "nenhuma linha do pedido conta no reservado"
    )
    texto_ = f"A venda foi paga, mas {porque}: o estoque não está retido e pode ser vendido a outro."
    desde = na_filial(gw, connection, reserva.filial, reserva.alterada)
    return _da_reserva(reserva, "PAGA_SEM_RETENCAO", texto_, desde=desde)


def _sem_dividir(gw: Gateway, connection: Connection, reserva: ReservaConferida) -> Diferenca:
    texto_ = (
        "A reserva foi paga e tem linhas a entregar, mas o pedido não foi dividido em venda futura e entregas: faltou "
        "número de pedido, o WinThor o mantinha bloqueado ou em separação, ou foi paga antes de PREVENDA_PAGO=tv7."
    )
    desde = na_filial(gw, connection, reserva.filial, reserva.alterada)
    return _da_reserva(reserva, "ENTREGA_NAO_DIVIDIDA", texto_, desde=desde, rotina="316")


_COM_QUEM = {
    Estado.RECONHECIDA: "está em separação",
    Estado.BLOQUEADA: "está bloqueado",
    Estado.ASSUMIDA: "foi assumido por alguém",
}


def _passada_da_idade(gw: Gateway, connection: Connection, reserva: ReservaConferida) -> Diferenca:
    if reserva.estado is not Estado.AUTORIZADA or reserva.expira is None:
        desde = na_filial(gw, connection, reserva.filial, reserva.alterada)
        texto_ = (
            f"A reserva foi resgatada em {desde:%d/%m/%Y %H:%M} e nem paga nem cancelada desde então; "
            "cancele-a se a venda não houve."
        )
        return _da_reserva(reserva, "VENCIDA", texto_, desde=desde)
    desde = na_filial(gw, connection, reserva.filial, reserva.expira)
    efetivo = estado_efetivo(reserva.estado, reserva.pedido)
    if efetivo is Estado.AUTORIZADA:
        texto_ = f"A reserva venceu em {desde:%d/%m/%Y %H:%M} e a varredura ainda não a expirou."
        return _da_reserva(reserva, "VENCIDA", texto_, EXPIRAR, desde=desde)
    onde = _COM_QUEM.get(efetivo, f"está {efetivo.value}")
    texto_ = f"A reserva venceu em {desde:%d/%m/%Y %H:%M}; a varredura a deixa, porque o pedido {onde} no WinThor."
    return _da_reserva(reserva, "VENCIDA_NO_WINTHOR", texto_, desde=desde)


def _sem_reserva(gw: Gateway, pedido: PedidoSemReserva) -> Diferenca:
    tipo = TIPOS["SEM_RESERVA_NO_GATEWAY"]
    return Diferenca(
        id=id_da_diferenca(tipo.tipo, pedido.numped),
        tipo=tipo.tipo,
        filial=pedido.filial,
        numped=pedido.numped,
        numero=pedido.numero,
        valor=None if pedido.valor is None else arredondar(pedido.valor, CENTAVO),
        desde=pedido.data.replace(tzinfo=gw.settings.fuso),
        origem=gw.settings.origem_integracao,
        explicacao=(
            f"O pedido está vivo no WinThor (posição {pedido.posicao}) e é da mesma origem, mas o gateway não o "
            "conhece: ele não vence nem aparece nas listas."
        ),
        acao=INFORMAR,
        o_que_fazer=tipo.o_que_fazer,
        quem=tipo.quem,
    )


def _pendente(operacao: OperacaoPendente) -> Diferenca:
    tipo = TIPOS["PENDENTE_VENCIDA"]
    return Diferenca(
        id=id_da_diferenca(tipo.tipo, operacao.id),
        tipo=tipo.tipo,
        filial=operacao.filial,
        numped=operacao.id_retaguarda,
        numero=operacao.numero,
        desde=operacao.inicio.replace(tzinfo=dt.UTC),
        caller=operacao.caller,
        explicacao="A operação ficou P além do prazo; ela não teve efeito e a recuperação a encerra como R.",
        acao=RECUPERAR,
        o_que_fazer=tipo.o_que_fazer,
        quem=tipo.quem,
    )


def registrar_conciliacao(gw: Gateway) -> None:
    """Remember when the last reconciliation ran."""
    gw.db.run(lambda c: config.update_config(c, ULTIMA_CONCILIACAO, utc(gw.agora()).isoformat()))
