"""What is kept of the stock for others than who asks (R30): policies a moment old, what they have used up as it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain.cliente import Cliente
from app.domain.estoque import Chave, Saldo, Unidades
from app.domain.protecao import Protecao, Retidas, sem_as_proprias
from app.services.gateway import Gateway
from app.winthor import estoque, politicas
from app.winthor.db.leitura import Leitura
from app.winthor.db.transaction import Connection
from app.winthor.olhar import olhar
from app.winthor.pedidos import Ordem


@dataclass(frozen=True, slots=True)
class Vista:
    """Stock rows as they were seen, the policies in force for them, and what the channels hold of them; ``feitas``,
    ``clientes`` and ``ordem``: orders, customers and the order to be altered that were seen beside them."""

    saldos: Mapping[Chave, Saldo]
    protecao: Protecao
    retidas: Retidas
    feitas: Sequence[int] = ()
    clientes: Sequence[Cliente] = ()
    ordem: Ordem | None = None

    def contra(self, canal: str | None) -> Unidades:
        """Base units kept from the channel."""
        return self.protecao.contra(canal, self.saldos, self.retidas)

    def sem(self, liberadas: Unidades, dono: str | None) -> Vista:
        """The same once an order of ``dono`` has given back its units."""
        return replace(self, retidas=sem_as_proprias(self.retidas, liberadas, dono))


def em_vigor(gw: Gateway, connection: Connection, chaves: Collection[Chave]) -> Protecao:
    """The policies in force today for the stock rows, a moment old at most."""
    return gw.politicas.protecao(connection, chaves, gw.hora_do_erp(gw.agora()).date())


def ver(
    gw: Gateway,
    connection: Connection,
    chaves: Collection[Chave],
    canal: str,
    *,
    feitas: Leitura | None = None,
    compradores: Leitura | None = None,
    numped: int | None = None,
) -> Vista:
    """The stock rows without a lock, what is kept of them from the channel, and the orders and customers that are
    asked for with them, the order ``numped`` whole: one statement."""
    protecao = em_vigor(gw, connection, chaves)
    canais = protecao.canais(fora=canal)
    somadas = politicas.somadas(chaves, canais, gw.regra_de_retencao(connection)) if canais else None
    visto = olhar(connection, chaves, somadas=somadas, feitas=feitas, compradores=compradores, numped=numped)
    return Vista(visto.saldos, protecao, visto.somadas, visto.feitas, visto.clientes, visto.ordem)


def ver_produtos(gw: Gateway, connection: Connection, codprods: Collection[int]) -> Vista:
    """The stock rows of the products in every branch without a lock, and all that is kept of them."""
    saldos = estoque.find_saldos_dos_produtos(connection, codprods)
    protecao = em_vigor(gw, connection, saldos.keys())
    return Vista(saldos, protecao, _retidas(gw, connection, protecao, None))


def _retidas(gw: Gateway, connection: Connection, protecao: Protecao, fora: str | None) -> Retidas:
    canais = protecao.canais(fora)
    if not canais:
        return {}
    return politicas.find_retidas(connection, sorted(protecao.por_chave), canais, gw.regra_de_retencao(connection))


def proteger(
    gw: Gateway,
    connection: Connection,
    protecao: Protecao,
    saldos: Mapping[Chave, Saldo],
    canal: str | None,
    *,
    liberadas: Unidades | None = None,
    dono: str | None = None,
) -> Unidades:
    """What the policies keep from the channel in stock rows that are locked: one statement, and none where no other
    channel has a quota in them.

    ``liberadas``: what an order of ``dono`` gives back in the same transaction: that counts as used up no more.
    """
    if not protecao.por_chave:
        return {}
    retidas = _retidas(gw, connection, protecao, canal)
    return protecao.contra(canal, saldos, sem_as_proprias(retidas, liberadas or {}, dono))
