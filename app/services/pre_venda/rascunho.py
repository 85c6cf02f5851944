"""The rows of an order: made before any lock, closed under them with what only they tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

from app.domain import observacoes
from app.domain.itens import Linha
from app.domain.vendedor import Vendas
from app.mapping import Draft, Position, Row
from app.services.gateway import Gateway
from app.services.operacao.requisicao import Requisicao
from app.services.pre_venda import colunas
from app.services.pre_venda.colunas import DadosDoPedido, Fecho
from app.winthor.cadastros import PlanoDePagamento
from app.winthor.db.transaction import Connection
from app.winthor.numeracao import numero_novo


@dataclass(frozen=True, slots=True)
class Rascunho:
    """An order without number. ``obs_cortada``: the remarks do not all fit."""

    cabecalho: Draft
    itens: Draft
    componentes: Draft
    obs_cortada: bool


def rascunhar(
    gw: Gateway,
    requisicao: Requisicao,
    linhas: Sequence[Linha],
    vendas: Vendas,
    supervisores: Mapping[int, int | None],
    plano: PlanoDePagamento,
) -> Rascunho:
    """Draw up the order of a pre-sale without problems. Raises ValueDoesNotFit."""
    pre_venda = requisicao.pre_venda
    partes_da_obs, sobrou = observacoes.repartir(pre_venda.observacoes, partial(gw.aparar, "PCPEDC"))
    dados = DadosDoPedido(
        filial=pre_venda.filial or "",
        vendas=vendas,
        supervisores=supervisores,
        codemitente=pre_venda.operador or gw.settings.codfunc,
        plano=plano,
        agora=gw.hora_do_erp(gw.agora()),
        condvenda=gw.settings.condvenda,
        origemped=gw.settings.origemped,
        origemintegracao=gw.settings.origem_integracao,
        observacoes=partes_da_obs,
    )
    componentes = [contexto for linha in linhas for contexto in colunas.dos_componentes(dados, linha)]
    posicoes: list[tuple[int, ...]] = [
        (linha.indice,) if componente.indice is None else (linha.indice, componente.indice)
        for linha in linhas
        for componente in linha.componentes
    ]

    def rascunho(tabela: str, contexto: Sequence[object], posicao: Sequence[Position]) -> Draft:
        return gw.maps[tabela].draft(requisicao.dados, contexto, requisicao.corpo, posicao)

    return Rascunho(
        rascunho("PCPEDC", [colunas.do_pedido(dados, linhas)], [()]),
        rascunho("PCPEDI", colunas.dos_itens(dados, linhas), [(linha.indice,) for linha in linhas]),
        rascunho("PCPEDICESTA", componentes, posicoes),
        sobrou,
    )


def fechar(
    rascunho: Rascunho, linhas: Sequence[Linha], fecho: Fecho, *, sem_constantes: bool = False
) -> dict[str, list[Row]]:
    """The finished rows by table, in the order in which they are inserted; ``sem_constantes``: without the columns that
    are the same in all orders. Raises ValueDoesNotFit."""
    custos = fecho.custos(linhas)
    dos_componentes = chain.from_iterable(colunas.fecho_dos_componentes(fecho, linha) for linha in linhas)
    partes: dict[str, tuple[Draft, Sequence[object]]] = {
        "PCPEDC": (rascunho.cabecalho, [colunas.fecho_do_pedido(fecho, linhas, custos)]),
        "PCPEDI": (rascunho.itens, colunas.fecho_dos_itens(fecho, custos)),
        "PCPEDICESTA": (rascunho.componentes, list(dos_componentes)),
    }
    return {tabela: draft.rows(fechos, without_constants=sem_constantes) for tabela, (draft, fechos) in partes.items()}


def gravar(gw: Gateway, connection: Connection, rascunho: Rascunho, linhas: Sequence[Linha], fecho: Fecho) -> None:
    """Close the rows and insert them, one array statement per table, whatever the number of items.

    Raises ValueDoesNotFit, and NumeroEmUso when the number has rows already.
    """
    rows = fechar(rascunho, linhas, fecho, sem_constantes=True)
    with numero_novo(fecho.numped):
        for tabela, prontas in rows.items():
            gw.tabelas.inserir(connection, tabela, prontas, gw.maps[tabela].constants)
