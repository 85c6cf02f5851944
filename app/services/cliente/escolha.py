"""Whose order it is, as far as WinThor's tables tell (R7)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from app.domain import cliente as regras
from app.domain.cliente import Cliente, Escolha
from app.domain.documentos import normalizar_documento
from app.domain.pre_venda import PreVenda
from app.domain.recusas import Aviso
from app.services.gateway import Gateway
from app.winthor import clientes
from app.winthor.db.leitura import Leitura
from app.winthor.db.transaction import Connection


@dataclass(frozen=True, slots=True)
class ClientesLidos:
    """The customers that a pre-sale may be of. ``escolha``: the one by R7; ``consumidor``: the consumidor final, None
    when it does not exist; ``achados``: all that were read; ``do_pedido``: code of the one its order has."""

    escolha: Escolha
    consumidor: Cliente | None
    achados: Collection[Cliente]
    do_pedido: int | None = None

    def cliente(self, codcli: int) -> Cliente | None:
        """One of those read, None when it does not exist."""
        return next((c for c in self.achados if c.codcli == codcli), None)


def busca(gw: Gateway, pre_venda: PreVenda, codcli_consumidor: int) -> Leitura:
    """The statement of those that R7 chooses from."""
    codigos, documento = _procurados(pre_venda, codcli_consumidor)
    return clientes.busca(codigos, documento, normalizado=gw.settings.cgcent_normalizado)


def escolher_com_o_do_pedido(
    gw: Gateway, connection: Connection, pre_venda: PreVenda, codcli_consumidor: int, numped: int
) -> ClientesLidos:
    """Choose by R7; the customer of the order ``numped`` is read too. One statement."""
    codigos, documento = _procurados(pre_venda, codcli_consumidor)
    normalizado = gw.settings.cgcent_normalizado
    do_pedido, achados = clientes.find_com_o_do_pedido(connection, codigos, documento, numped, normalizado=normalizado)
    return escolher(gw, connection, pre_venda, codcli_consumidor, achados, do_pedido)


def _procurados(pre_venda: PreVenda, codcli_consumidor: int) -> tuple[set[int], str | None]:
    """Codes and document of the customers that the pre-sale may be of."""
    codigo = regras.codigo_enviado(pre_venda.cliente)
    codigos = {codcli_consumidor} | ({codigo} if codigo is not None else set())
    return codigos, regras.documento_enviado(pre_venda.cliente)


def escolher(
    gw: Gateway,
    connection: Connection,
    pre_venda: PreVenda,
    codcli_consumidor: int,
    achados: Collection[Cliente],
    do_pedido: int | None = None,
) -> ClientesLidos:
    """Choose by R7 from those that ``busca`` has found. ``do_pedido``: the customer of the order, where it was read."""
    dados = pre_venda.cliente
    codigos, documento = _procurados(pre_venda, codcli_consumidor)
    consumidor = next((c for c in achados if c.codcli == codcli_consumidor and not c.excluido), None)
    final = consumidor or Cliente(codcli_consumidor)
    # The customer of the order is read for itself; only what was sent is chosen from.
    enviados = [c for c in achados if c.codcli != do_pedido or c.codcli in codigos or _tem(c, documento)]
    pelo_documento = gw.settings.cliente_por_documento
    escolha = regras.escolher_cliente(dados, enviados, final, pelo_documento=pelo_documento)
    if escolha.existente is None and not gw.cadastros.consumo(connection).numeracao_automatica:
        texto = "O WinThor não numera clientes automaticamente: usado o consumidor final."
        aviso = Aviso("CONSUMIDOR_FINAL", texto, ("/cliente",))
        escolha = Escolha(final, escolha.documento, (*escolha.avisos, aviso))
    return ClientesLidos(escolha, consumidor, achados, do_pedido)


def _tem(cliente: Cliente, documento: str | None) -> bool:
    return documento is not None and normalizar_documento(cliente.cgcent) == documento
