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


def escolher(
    gw: Gateway, connection: Connection, pre_venda: PreVenda, codcli_consumidor: int, numped: int | None = None
) -> ClientesLidos:
    """Choose by R7; one statement. ``numped``: the order whose customer is read too."""
    dados = pre_venda.cliente
    codigo = regras.codigo_enviado(dados)
    documento = regras.documento_enviado(dados)
    codigos = {codcli_consumidor} | ({codigo} if codigo is not None else set())
    normalizado, do_pedido = gw.settings.cgcent_normalizado, None
    if numped is None:
        achados = clientes.find(connection, codigos, documento, normalizado=normalizado)
    else:
        do_pedido, achados = clientes.find_com_o_do_pedido(
            connection, codigos, documento, numped, normalizado=normalizado
        )
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
