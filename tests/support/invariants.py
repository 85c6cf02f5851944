"""The invariants I1–I9 of every state a committed transaction may leave, checked against the tables themselves.

Nothing of ``app`` but the table descriptions is used: units, kits and lineage are worked out here once more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import simplejson
import sqlalchemy as sa

from app.winthor.esquema.gateway_tables import GW_ENTREGA, GW_OPERACAO, GW_PRE_VENDA, GW_RESERVA
from app.winthor.esquema.tables import PCEST, PCLOGPEDIDOAPI, PCPEDC, PCPEDI, PCPEDICESTA, PCUSUARI
from tests.support.gateway import ENDERECOS, Casa

Chave = tuple[str, int]  # (CODFILIAL, CODPROD)
Linha = Any

ZERO = Decimal(0)
MICRO, CENTAVO = Decimal("0.000001"), Decimal("0.01")
A_ENTREGAR = {"RP", "EN", "EF"}
ENCERRADAS = {"CANCELADA", "EXPIRADA", "SUBSTITUIDA"}
VIVAS = {"AUTORIZADA", "CONFIRMADA", "RESGATADA"}


def conferir_invariantes(
    casa: Casa,
    base: Mapping[Chave, Decimal] | None = None,
    *,
    sem_estoque: Collection[str] = (),
    de_fora: Collection[int] = (),
    mexidas: Collection[Chave] = (),
) -> None:
    """Fails with every violation. ``base``: units of QTRESERV that are not of orders; ``sem_estoque``: branches that
    sell below zero; ``de_fora``: orders another service made, not adopted yet (R21); ``mexidas``: stock rows whose
    counters others have set, to what they like."""
    achadas = violacoes(casa, base, sem_estoque=sem_estoque, de_fora=de_fora, mexidas=mexidas)
    assert not achadas, "\n" + "\n".join(achadas)


def violacoes(
    casa: Casa,
    base: Mapping[Chave, Decimal] | None = None,
    *,
    sem_estoque: Collection[str] = (),
    de_fora: Collection[int] = (),
    mexidas: Collection[Chave] = (),
    sem_total: Collection[int] = (),
) -> list[str]:
    """Every violation as one line that begins with the name of its invariant; ``sem_total``: orders whose lines others
    changed without a look at the header."""
    with casa.engine.connect() as connection:
        foto = _Foto(connection, casa)
    return [
        *_estoque(foto, base or {}, sem_estoque, mexidas),
        *_log(foto),
        *_efeitos(foto, de_fora),
        *_linhagem(foto),
        *_encerramentos(foto),
        *_pedidos(foto, sem_total),
        *_entregas(foto, sem_total),
    ]


class _Foto:
    """The rows the invariants speak of."""

    def __init__(self, connection: sa.Connection, casa: Casa) -> None:
        i, c = PCPEDI.c, PCPEDICESTA.c
        self.modo_kit = casa.settings.modo_kit
        self.origem = casa.settings.origem_integracao
        self.agora = casa.relogio.agora.replace(tzinfo=None)
        self.saldos = self._ler(
            connection, PCEST.c.CODFILIAL, PCEST.c.CODPROD, PCEST.c.QTESTGER, PCEST.c.QTRESERV, PCEST.c.QTBLOQUEADA
        )
        self.pedidos = {row.NUMPED: row for row in connection.execute(sa.select(*_CABECALHO))}
        self.itens: dict[int, list[Linha]] = defaultdict(list)
        for row in self._ler(
            connection, i.NUMPED, i.CODPROD, i.NUMSEQ, i.QT, i.PVENDA, i.POSICAO, i.CODFILIALRETIRA, i.TIPOENTREGA
        ):
            self.itens[row.NUMPED].append(row)
        self.partes: dict[tuple[int, int, int], list[Linha]] = defaultdict(list)
        for row in self._ler(connection, c.NUMPED, c.CODPROD, c.NUMSEQ, c.CODPRODMP, c.QTMP):
            self.partes[row.NUMPED, row.CODPROD, row.NUMSEQ].append(row)
        self.reservas = {row.NUMPED: row for row in connection.execute(sa.select(GW_RESERVA))}
        self.entregas = {row.NUMPED_TV8: row for row in connection.execute(sa.select(GW_ENTREGA))}
        self.divididas = {row.NUMPED_TV7 for row in self.entregas.values()}
        self.ancoras = connection.execute(sa.select(GW_PRE_VENDA)).all()
        self.operacoes = connection.execute(sa.select(GW_OPERACAO).order_by(GW_OPERACAO.c.ID)).all()
        endereco: sa.ColumnElement[str] = sa.literal_column(ENDERECOS[casa.engine.dialect.name])
        log = PCLOGPEDIDOAPI.c
        query = sa.select(endereco.label("ENDERECO"), log.STATUS, log.OPERACAO, log.NUMPED)
        self.logs = {row.ENDERECO: row for row in connection.execute(query)}
        self.contadores = self._ler(connection, PCUSUARI.c.CODUSUR, PCUSUARI.c.PROXNUMPED)

    @staticmethod
    def _ler(connection: sa.Connection, *colunas: sa.Column[Any]) -> list[Linha]:
        return list(connection.execute(sa.select(*colunas)))

    def modo_do_kit(self, numped: int) -> str:
        """How the kits of an order are counted; a delivery's as those of its sale."""
        venda = self.entregas[numped].NUMPED_TV7 if numped in self.entregas else numped
        return self.reservas[venda].MODO_KIT if venda in self.reservas else self.modo_kit

    def familia(self, pedido: Linha) -> list[Linha]:
        """An order with its deliveries: the sale is invoiced when one of them was."""
        entregas = [numped for numped, e in self.entregas.items() if e.NUMPED_TV7 == pedido.NUMPED]
        return [pedido, *(self.pedidos[numped] for numped in entregas)]

    def da_casa(self) -> list[Linha]:
        """The orders born in the gateway."""
        return [row for numped, row in self.pedidos.items() if numped in self.reservas]


_CABECALHO = (
    PCPEDC.c.NUMPED,
    PCPEDC.c.CODFILIAL,
    PCPEDC.c.CODUSUR,
    PCPEDC.c.NUMPEDHUBE,
    PCPEDC.c.ORIGEMINTEGRACAO,
    PCPEDC.c.POSICAO,
    PCPEDC.c.NUMTRANSVENDA,
    PCPEDC.c.VLTOTAL,
    PCPEDC.c.VLATEND,
    PCPEDC.c.NUMITENS,
    PCPEDC.c.DTCANCEL,
    PCPEDC.c.CONDVENDA,
    PCPEDC.c.NUMPEDENTFUT,
)


def _segura(pedido: Linha) -> bool:
    """Whether the order's units are counted in QTRESERV."""
    return pedido.POSICAO in {"L", "M"} and not pedido.NUMTRANSVENDA


def unidades_vivas(foto: _Foto) -> dict[Chave, Decimal]:
    """Units of the orders that hold stock, whoever made them, kits by the mode they were reserved in."""
    soma: dict[Chave, Decimal] = defaultdict(Decimal)
    for numped, pedido in foto.pedidos.items():
        if not _segura(pedido):
            continue
        modo = foto.modo_do_kit(numped)
        for item in foto.itens[numped]:
            if item.POSICAO == "C":
                continue  # cut, its units given back
            if numped in foto.divididas and item.TIPOENTREGA in A_ENTREGAR:
                continue  # a delivery holds them
            filial = item.CODFILIALRETIRA or pedido.CODFILIAL
            partes = foto.partes.get((numped, item.CODPROD, item.NUMSEQ), [])
            if not partes or modo in {"header", "both"}:
                soma[filial, item.CODPROD] += item.QT
            if modo in {"components", "both"}:
                for parte in partes:
                    soma[filial, parte.CODPRODMP] += parte.QTMP * item.QT
    return soma


def _estoque(
    foto: _Foto, base: Mapping[Chave, Decimal], sem_estoque: Collection[str], mexidas: Collection[Chave]
) -> list[str]:
    """I1: QTRESERV is what the live lines say; I2: nothing is sold twice; I3: nothing below zero.

    Of a row whose counters others have set only I1 is asked, and what is below zero is nothing (R4).
    """
    vivas = unidades_vivas(foto)
    linhas: list[str] = []
    for row in foto.saldos:
        chave = (row.CODFILIAL, row.CODPROD)
        reservado = row.QTRESERV or ZERO
        esperado = vivas.pop(chave, ZERO) + base.get(chave, ZERO)
        if chave in mexidas:
            reservado, esperado = max(reservado, ZERO), max(esperado, ZERO)
        if reservado.quantize(MICRO) != esperado.quantize(MICRO):
            linhas.append(f"I1 {chave}: QTRESERV {reservado.normalize():f}, pedidos {esperado.normalize():f}")
        if chave in mexidas:
            continue
        livre = (row.QTESTGER or ZERO) - reservado - (row.QTBLOQUEADA or ZERO)
        if livre < 0 and row.CODFILIAL not in sem_estoque:
            linhas.append(f"I2 {chave}: disponível {livre.normalize():f}")
        if reservado < 0:
            linhas.append(f"I3 {chave}: QTRESERV {reservado.normalize():f}")
    linhas += [f"I1 {chave}: {quantidade} sem linha em PCEST" for chave, quantidade in vivas.items() if quantidade]
    return linhas


def _log(foto: _Foto) -> list[str]:
    """I4: one log row per operation, each in its state; none P past its deadline."""
    linhas: list[str] = []
    vistas: Counter[str] = Counter(operacao.LOGROWID for operacao in foto.operacoes)
    for operacao in foto.operacoes:
        log = foto.logs.get(operacao.LOGROWID)
        if log is None:
            linhas.append(f"I4 {operacao.ID}: sem linha no log")
        elif (log.STATUS, log.OPERACAO) != (operacao.ESTADO, operacao.OPERACAO):
            linhas.append(f"I4 {operacao.ID}: log {log.OPERACAO}/{log.STATUS}, operação {operacao.ESTADO}")
        if operacao.ESTADO == "P" and operacao.DTLIMITE < foto.agora:
            linhas.append(f"I4 {operacao.ID}: P além do prazo")
        if operacao.ESTADO != "P" and (operacao.DTFIM is None or operacao.RESPOSTA is None):
            linhas.append(f"I4 {operacao.ID}: {operacao.ESTADO} sem fim ou sem resposta")
    linhas += [f"I4 {endereco}: {vezes} operações na mesma linha" for endereco, vezes in vistas.items() if vezes > 1]
    linhas += [f"I4 {endereco}: linha do log sem operação" for endereco in foto.logs.keys() - vistas.keys()]
    return linhas


def _nascimentos(foto: _Foto) -> Counter[int]:
    """How often an accepted operation answered each number as a new one."""
    return Counter(o.NUMPED for o in foto.operacoes if o.ESTADO == "A" and o.HTTPSTATUS == 201)


def _efeitos(foto: _Foto, de_fora: Collection[int]) -> list[str]:
    """I5: accepted ⇔ there is the reservation; refused ⇔ no trace of it."""
    linhas: list[str] = []
    nascimentos = _nascimentos(foto)
    for operacao in foto.operacoes:
        if operacao.ESTADO == "A":
            if operacao.NUMPED not in foto.pedidos or operacao.NUMPED not in foto.reservas:
                linhas.append(f"I5 {operacao.ID}: aceita, mas a reserva {operacao.NUMPED} não existe")
        elif operacao.NUMPED is not None:
            linhas.append(f"I5 {operacao.ID}: {operacao.ESTADO} com o número {operacao.NUMPED}")
    for numped, reserva in foto.reservas.items():
        if numped not in foto.pedidos:
            linhas.append(f"I5 {numped}: reserva sem pedido")
        if nascimentos[numped] != (1 if reserva.CALLER else 0):  # an adopted one was born elsewhere
            linhas.append(f"I5 {numped}: nasceu {nascimentos[numped]} vezes")
    for numped, pedido in foto.pedidos.items():
        if pedido.ORIGEMINTEGRACAO == foto.origem and numped not in foto.reservas and numped not in de_fora:
            linhas.append(f"I5 {numped}: pedido do gateway sem reserva")
        if not foto.itens[numped]:
            linhas.append(f"I5 {numped}: pedido sem itens")
    linhas += [f"I5 {numped}: itens sem pedido" for numped in foto.itens.keys() - foto.pedidos.keys()]
    chaves = {(item.NUMPED, item.CODPROD, item.NUMSEQ) for itens in foto.itens.values() for item in itens}
    linhas += [f"I5 {chave}: componentes sem item" for chave in foto.partes.keys() - chaves]
    return linhas


def _linhagem(foto: _Foto) -> list[str]:
    """I6: an alteration leaves the old number cancelled and linked to a new one; one live number per pre-sale."""
    linhas: list[str] = []
    vivas: Counter[tuple[str, str]] = Counter()
    atual = {(a.CODFILIAL, a.NUMERO): a.NUMPED for a in foto.ancoras}
    for numped, reserva in foto.reservas.items():
        pedido = foto.pedidos.get(numped)
        if pedido is None:
            continue
        seguinte = foto.reservas.get(reserva.NUMPED_SEGUINTE)
        if reserva.NUMPED_SEGUINTE is not None and (seguinte is None or seguinte.NUMPED_ANTERIOR != numped):
            linhas.append(f"I6 {numped}: seguinte {reserva.NUMPED_SEGUINTE} não volta a ela")
        anterior = foto.reservas.get(reserva.NUMPED_ANTERIOR)
        if reserva.NUMPED_ANTERIOR is not None and (anterior is None or anterior.NUMPED_SEGUINTE != numped):
            linhas.append(f"I6 {numped}: anterior {reserva.NUMPED_ANTERIOR} não leva a ela")
        if reserva.ESTADO == "SUBSTITUIDA" and reserva.NUMPED_SEGUINTE is None:
            linhas.append(f"I6 {numped}: substituída por nenhuma")
        if reserva.NUMPED_SEGUINTE is not None and reserva.ESTADO not in {"SUBSTITUIDA", "EXPIRADA"}:
            linhas.append(f"I6 {numped}: {reserva.ESTADO} com seguinte {reserva.NUMPED_SEGUINTE}")
        if (pedido.CODFILIAL, pedido.NUMPEDHUBE) != (reserva.CODFILIAL, reserva.NUMERO):
            linhas.append(f"I6 {numped}: pedido e reserva são de pré-vendas diferentes")
        if _segura(pedido):
            chave = (reserva.CODFILIAL, reserva.NUMERO)
            vivas[chave] += 1
            if atual.get(chave) != numped:
                linhas.append(f"I6 {numped}: viva, mas a pré-venda aponta {atual.get(chave)}")
    linhas += [f"I6 {chave}: {quantas} reservas vivas" for chave, quantas in vivas.items() if quantas > 1]
    return linhas


def _encerramentos(foto: _Foto) -> list[str]:
    """I7: a reservation ends once: cancelled, replaced, expired or invoiced; and the order says the same."""
    linhas: list[str] = []
    fins: Counter[int] = Counter()
    for operacao in foto.operacoes:
        if operacao.ESTADO != "A":
            continue
        if operacao.HTTPSTATUS == 201:
            nova = foto.reservas.get(operacao.NUMPED)
            anterior = foto.reservas.get(nova.NUMPED_ANTERIOR) if nova is not None else None
            if anterior is not None and anterior.ESTADO == "SUBSTITUIDA":
                fins[anterior.NUMPED] += 1
        elif operacao.OPERACAO == "C":
            mensagem = str(simplejson.loads(operacao.RESPOSTA or "{}").get("message") or "")
            if mensagem.startswith(("Reserva cancelada", "Reserva expirada")):
                fins[operacao.NUMPED] += 1
    linhas += [f"I7 {numped}: encerrada {vezes} vezes" for numped, vezes in fins.items() if vezes > 1]
    for pedido in foto.da_casa():
        estado = foto.reservas[pedido.NUMPED].ESTADO
        if estado in ENCERRADAS:
            if pedido.POSICAO != "C" or pedido.NUMTRANSVENDA or pedido.DTCANCEL is None:
                linhas.append(f"I7 {pedido.NUMPED}: {estado}, mas o pedido está em {pedido.POSICAO}")
            if any(item.POSICAO != "C" for item in foto.itens[pedido.NUMPED]):
                linhas.append(f"I7 {pedido.NUMPED}: {estado}, mas há itens não cancelados")
        elif estado in VIVAS:
            if fins[pedido.NUMPED]:
                linhas.append(f"I7 {pedido.NUMPED}: {estado} depois de encerrada")
        elif estado == "BAIXADA" and not any(p.POSICAO == "F" or p.NUMTRANSVENDA for p in foto.familia(pedido)):
            linhas.append(f"I7 {pedido.NUMPED}: BAIXADA, mas o pedido está em {pedido.POSICAO}")
    return linhas


def _pedidos(foto: _Foto, sem_total: Collection[int]) -> list[str]:
    """I8: header = Σ lines, quantities and prices above zero, NUMSEQ unique, numbers unique and behind the counter."""
    linhas: list[str] = []
    proximo = {row.CODUSUR: row.PROXNUMPED for row in foto.contadores}
    for pedido in foto.da_casa():
        itens = foto.itens[pedido.NUMPED]
        soma = sum(((item.QT * item.PVENDA).quantize(CENTAVO, ROUND_HALF_UP) for item in itens), ZERO)
        if not soma == pedido.VLTOTAL == pedido.VLATEND and pedido.NUMPED not in sem_total:
            linhas.append(f"I8 {pedido.NUMPED}: itens somam {soma}, cabeçalho {pedido.VLTOTAL} e {pedido.VLATEND}")
        if pedido.NUMITENS != len(itens):
            linhas.append(f"I8 {pedido.NUMPED}: {len(itens)} itens, cabeçalho diz {pedido.NUMITENS}")
        if any(item.QT <= 0 or item.PVENDA <= 0 for item in itens):
            linhas.append(f"I8 {pedido.NUMPED}: quantidade ou preço não positivo")
        if len({item.NUMSEQ for item in itens}) != len(itens):
            linhas.append(f"I8 {pedido.NUMPED}: NUMSEQ repetido")
        contador = proximo.get(pedido.CODUSUR)
        if foto.reservas[pedido.NUMPED].CALLER and contador is not None and pedido.NUMPED >= contador:
            linhas.append(f"I8 {pedido.NUMPED}: não ficou atrás do contador {contador}")
    linhas += [
        f"I8 {numped}: respondido {vezes} vezes como novo" for numped, vezes in _nascimentos(foto).items() if vezes > 1
    ]
    return linhas


def _entregas(foto: _Foto, sem_total: Collection[int]) -> list[str]:
    """I9: a divided order is a future sale with one delivery per type, which names it and has its lines of the type."""
    linhas: list[str] = []
    tipos: Counter[tuple[int, str]] = Counter((e.NUMPED_TV7, e.TIPOENTREGA) for e in foto.entregas.values())
    linhas += [f"I9 {venda}: {vezes} entregas {tipo}" for (venda, tipo), vezes in tipos.items() if vezes > 1]
    for numped, entrega in foto.entregas.items():
        venda, pedido = foto.pedidos.get(entrega.NUMPED_TV7), foto.pedidos.get(numped)
        if venda is None or pedido is None:
            linhas.append(f"I9 {numped}: sem o pedido, ou sem a venda {entrega.NUMPED_TV7}")
            continue
        if (venda.CONDVENDA, pedido.CONDVENDA, pedido.NUMPEDENTFUT) != (7, 8, venda.NUMPED):
            linhas.append(f"I9 {numped}: CONDVENDA {pedido.CONDVENDA} da venda {pedido.NUMPEDENTFUT}")
        da_venda = {(i.CODPROD, i.NUMSEQ) for i in foto.itens[venda.NUMPED] if i.TIPOENTREGA == entrega.TIPOENTREGA}
        if {(item.CODPROD, item.NUMSEQ) for item in foto.itens[numped]} != da_venda:
            linhas.append(f"I9 {numped}: as linhas não são as {entrega.TIPOENTREGA} da venda {venda.NUMPED}")
        soma = sum(((i.QT * i.PVENDA).quantize(CENTAVO, ROUND_HALF_UP) for i in foto.itens[numped]), ZERO)
        if soma != pedido.VLTOTAL and numped not in sem_total:
            linhas.append(f"I9 {numped}: itens somam {soma}, cabeçalho {pedido.VLTOTAL}")
        if foto.reservas[venda.NUMPED].ESTADO in ENCERRADAS and _segura(pedido):
            linhas.append(f"I9 {numped}: retém estoque de uma venda encerrada")
    futuras = {p.NUMPED for p in foto.da_casa() if p.CONDVENDA == 7}
    linhas += [f"I9 {numped}: venda futura sem entregas" for numped in futuras - foto.divididas]
    return linhas
