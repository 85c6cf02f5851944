"""The kinds of difference that the reconciliation finds, and what a clerk is told to do about each (R19). Pure.

The one table: a kind is a row here, and API, panel, command line and log read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

# What a correction does; "informar" is never written by the gateway.
LIBERAR, CANCELAR, EXPIRAR, RECUPERAR, INFORMAR = "liberar", "cancelar", "expirar", "recuperar", "informar"
ACOES = MappingProxyType(
    {
        LIBERAR: "Liberar o saldo retido",
        CANCELAR: "Cancelar o pedido e liberar o saldo",
        EXPIRAR: "Expirar a reserva",
        RECUPERAR: "Encerrar a operação como recusada",
        INFORMAR: "Só informar",
    }
)
# WinThor's own recount of QTRESERV, by the orders.
RECALCULO = "PKG_ANALISAR_ESTOQUE.PRC_RESERVADO"
MONTAGEM = "901"
SEPARACAO_PULADA, SUSPEITA, CERTA = "SEPARACAO_PULADA", "SUSPEITA", "CERTA"
ANOTACOES = MappingProxyType({SEPARACAO_PULADA: "separação pulada", SUSPEITA: "suspeita", CERTA: "certa"})

RETAGUARDA, ESTOQUE, CONSULTOR, TI = "retaguarda", "conferente do estoque", "consultor do WinThor", "suporte de TI"


@dataclass(frozen=True, slots=True)
class TipoDeDiferenca:
    """``nome``: in words; ``o_que_fazer`` and ``quem``: where the gateway itself does nothing, or may not yet."""

    tipo: str
    nome: str
    o_que_fazer: str
    quem: str


_TABELA = (
    TipoDeDiferenca(
        "FATURADA_AINDA_RETIDA",
        "Faturada e ainda retida",
        "Libere pela correção; o pedido já saiu e o saldo está preso à toa.",
        RETAGUARDA,
    ),
    TipoDeDiferenca(
        "CANCELADA_AINDA_RETIDA",
        "Cancelada no WinThor e ainda retida",
        "Libere pela correção; o pedido não existe mais e o saldo está preso à toa.",
        RETAGUARDA,
    ),
    TipoDeDiferenca(
        "CONTADOR_DIVERGENTE",
        "Contador divergente",
        f"Peça o recálculo do reservado no WinThor ({RECALCULO}) com as vendas paradas.",
        CONSULTOR,
    ),
    TipoDeDiferenca(
        "CONTADOR_NEGATIVO",
        "Contador abaixo de zero",
        f"Peça o recálculo do reservado no WinThor ({RECALCULO}) e descubra que rotina o deixou assim.",
        CONSULTOR,
    ),
    TipoDeDiferenca(
        "ESTOQUE_ABAIXO_DO_RESERVADO",
        "Estoque menor que o reservado",
        "Confira a contagem; se ela está certa, avise os clientes destes pedidos ou remaneje de outra filial.",
        ESTOQUE,
    ),
    TipoDeDiferenca(
        "PAGA_SEM_RETENCAO",
        "Paga e sem estoque retido",
        "Libere o pedido no WinThor antes que o saldo seja vendido: o cliente já pagou.",
        RETAGUARDA,
    ),
    TipoDeDiferenca(
        "CANCELAMENTO_PERDIDO",
        "Cancelamento perdido",
        "Cancele pela correção; o gateway já deu a reserva por encerrada.",
        RETAGUARDA,
    ),
    TipoDeDiferenca(
        "REABERTA_NO_WINTHOR",
        "Reaberta no WinThor",
        "Pergunte a quem reabriu; se a venda não existe, cancele o pedido no WinThor.",
        RETAGUARDA,
    ),
    TipoDeDiferenca(
        "CRIACAO_PERDIDA",
        "Criação perdida",
        "Descubra quem apagou o pedido, ou se o banco foi restaurado; se a venda vale, faça-a de novo.",
        TI,
    ),
    TipoDeDiferenca(
        "VENCIDA",
        "Passada do prazo",
        "Expire pela correção; cancele a que foi resgatada, se a venda não houve.",
        RETAGUARDA,
    ),
    TipoDeDiferenca(
        "VENCIDA_NO_WINTHOR",
        "Passada do prazo, com o WinThor",
        "Pergunte a quem está com o pedido; se a venda não existe, cancele-o no WinThor.",
        RETAGUARDA,
    ),
    TipoDeDiferenca(
        "ENTREGA_NAO_DIVIDIDA",
        "Paga e não dividida em entregas",
        "Gere as entregas pela rotina 316, se a loja trabalha com venda futura; a venda vale como está.",
        RETAGUARDA,
    ),
    TipoDeDiferenca(
        "SEM_RESERVA_NO_GATEWAY",
        "Pedido da origem sem reserva no gateway",
        "Rode prevenda reservas adotar.",
        TI,
    ),
    TipoDeDiferenca(
        "PENDENTE_VENCIDA",
        "Operação pendente além do prazo",
        "Encerre pela correção; a operação não teve efeito.",
        RETAGUARDA,
    ),
)
TIPOS = MappingProxyType({linha.tipo: linha for linha in _TABELA})
DE_OUTRO = (
    "O pedido não nasceu aqui e o gateway não o muda: confira se as unidades saíram e peça o recálculo do reservado no "
    f"WinThor ({RECALCULO})."
)
SO_SUSPEITA = "Confira no WinThor se é este o pedido que segue contado, antes de liberar."
EM_MONTAGEM = "O pedido está montado: quem o desfaz é o WinThor."
