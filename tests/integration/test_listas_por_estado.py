"""Each state's list holds what a recount finds, in every order and with every filter, wherever it was looked for."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
import sqlalchemy as sa

from app.domain.vida import REGISTRADOS_VIVOS, VIVOS, Estado, NoWinThor, estado_efetivo
from app.services.consulta import resumo_do_log
from app.services.consulta.operacoes import FiltroDoLog
from app.winthor.consultas import lista_de_operacoes, lista_de_reservas
from app.winthor.consultas.lista_de_reservas import FiltroDaLista, OrdemDaLista
from app.winthor.esquema.gateway_tables import GW_ENTREGA, GW_RESERVA
from app.winthor.esquema.tables import PCPEDC, PCPEDI, PCPEDICESTA
from tests.support.builders import pre_venda
from tests.support.exaustivo import EXAUSTIVO
from tests.support.gateway import Casa

NASCEU = dt.datetime(2026, 3, 1, 12)  # noqa: DTZ001 - as GW_ tables keep it
POSICOES = ("L", "L", "M", "B", "P", "A", "D", "Z", "l", "F", "F", "C", None)
REGISTRADOS = (
    Estado.AUTORIZADA,
    Estado.AUTORIZADA,
    Estado.CONFIRMADA,
    Estado.RESGATADA,
    Estado.BAIXADA,
    Estado.BAIXADA,
    Estado.CANCELADA,
    Estado.EXPIRADA,
    Estado.SUBSTITUIDA,
)
RESERVAS = 400
COMUM, RARO, NO_KIT = 501, 502, 503


@dataclass(frozen=True, slots=True)
class Contada:
    """A reservation, with the state that a recount gives it, the customer and the products of its order."""

    linha: dict[str, Any]
    estado: Estado
    codcli: int | None
    produtos: frozenset[int]

    @property
    def numped(self) -> int:
        """Of its order."""
        numped: int = self.linha["NUMPED"]
        return numped


def povoar(casa: Casa) -> list[Contada]:
    """Reservations of each recorded state in each position: picked, charged, invoiced, gone, sold by deliveries."""
    sorte = random.Random(31)  # noqa: S311 - a seed, to see the same rows again
    pedidos, reservas, entregas, itens, partes, contadas = [], [], [], [], [], []
    for n in range(RESERVAS):
        numped, registrado = 7_000_000 + n, sorte.choice(REGISTRADOS)
        existe, futura = sorte.random() > 0.05, sorte.random() < 0.4
        # A sale is invoiced long before its deliveries are.
        posicoes = ("F", "F", "C", "L") if futura else POSICOES
        pedido, no_winthor = _pedido(sorte, numped, posicoes, CONDVENDA=7 if futura else 1)
        das_entregas = []
        for vez in range(sorte.randrange(3) if futura and existe else 0):
            entrega, onde = _pedido(sorte, 7_800_000 + 2 * n + vez, POSICOES, CONDVENDA=8)
            pedidos.append(entrega)
            entregas.append({"NUMPED_TV8": entrega["NUMPED"], "NUMPED_TV7": numped, "TIPOENTREGA": "EN"})
            das_entregas.append(onde)
        produtos = {p for p, parte in ((COMUM, 0.5), (RARO, 0.02), (NO_KIT, 0.1)) if sorte.random() < parte}
        if existe:
            pedidos.append(pedido)
        for seq, codprod in enumerate(sorted(produtos), 1):
            chave = {"NUMPED": numped, "CODPROD": codprod if codprod != NO_KIT else 600, "NUMSEQ": seq}
            itens.append(chave | {"QT": 1, "PVENDA": 1})
            if codprod == NO_KIT:
                partes.append(chave | {"CODPRODMP": NO_KIT, "QTMP": 1})
        linha = _reserva(sorte, numped, registrado)
        reservas.append(linha)
        estado = estado_efetivo(registrado, no_winthor if existe else NoWinThor(None), das_entregas)
        contadas.append(Contada(linha, estado, pedido["CODCLI"] if existe else None, frozenset(produtos)))
    with casa.engine.begin() as connection:
        for tabela, linhas in (
            (PCPEDC, pedidos),
            (PCPEDI, itens),
            (PCPEDICESTA, partes),
            (GW_RESERVA, reservas),
            (GW_ENTREGA, entregas),
        ):
            connection.execute(sa.insert(tabela), linhas)
    return contadas


def _pedido(
    sorte: random.Random, numped: int, posicoes: Sequence[str | None], **mais: object
) -> tuple[dict[str, Any], NoWinThor]:
    """A row of PCPEDC, and what the domain is told of it."""
    posicao, codcob = sorte.choice(posicoes), sorte.choice(("D", None, None))
    faturado, carga, separado = sorte.random() < 0.05, sorte.random() < 0.05, sorte.random() < 0.1
    linha = {
        "NUMPED": numped, "DATA": NASCEU, "CODCLI": sorte.randrange(1, 6), "CODUSUR": 1, "CODFILIAL": "1",
        "POSICAO": posicao, "CODCOB": codcob, "NUMTRANSVENDA": 9 if faturado else sorte.choice((None, 0)),
        "NUMCAR": 5 if carga else sorte.choice((None, 0)), "DTINICIALSEP": NASCEU if separado else None,
    }  # fmt: skip
    return linha | mais, NoWinThor(posicao, faturado, carga or separado, codcob)


def _reserva(sorte: random.Random, numped: int, estado: Estado) -> dict[str, Any]:
    # Many of the same instant: the number decides.
    quando = NASCEU + dt.timedelta(minutes=sorte.randrange(100))
    return {
        "NUMPED": numped, "CODFILIAL": sorte.choice(("1", "1", "2")), "NUMERO": f"N-{numped // 2}",
        "ESTADO": estado.value, "MODO_KIT": "components", "CALLER": sorte.choice(("hub", "pdv1", None)),
        "DTCRIACAO": quando, "DTALTERACAO": quando,
        "DTEXPIRA": sorte.choice((None, NASCEU + dt.timedelta(hours=sorte.randrange(50)))),
    }  # fmt: skip


def recontar(contadas: list[Contada], filtro: FiltroDaLista) -> list[int]:
    """The numbers of a page, every reservation looked at."""

    def cabe(uma: Contada) -> bool:
        linha, prazo = uma.linha, uma.linha["DTEXPIRA"]
        return (
            uma.estado in filtro.estados
            and (filtro.filiais is None or linha["CODFILIAL"] in filtro.filiais)
            and filtro.filial in {None, linha["CODFILIAL"]}
            and filtro.caller in {None, linha["CALLER"]}
            and filtro.numero in {None, linha["NUMERO"]}
            and (filtro.vence_ate is None or (prazo is not None and prazo <= filtro.vence_ate))
            and (filtro.criada_ate is None or linha["DTCRIACAO"] <= filtro.criada_ate)
            and (filtro.depois_de is None or uma.numped < filtro.depois_de)
            and (filtro.codcli is None or uma.codcli in filtro.codcli)
            and (filtro.codprod is None or filtro.codprod in uma.produtos)
            and (filtro.ordem is not OrdemDaLista.PRAZO or (linha["ESTADO"] == "AUTORIZADA" and prazo is not None))
        )

    ordens: dict[OrdemDaLista, Callable[[Contada], Any]] = {
        OrdemDaLista.NUMERO: lambda uma: -uma.numped,
        OrdemDaLista.CRIACAO: lambda uma: (NASCEU - uma.linha["DTCRIACAO"], -uma.numped),
        OrdemDaLista.PRAZO: lambda uma: (uma.linha["DTEXPIRA"], uma.numped),
    }
    achadas = sorted((uma for uma in contadas if cabe(uma)), key=ordens[filtro.ordem])
    return [uma.numped for uma in achadas[filtro.pular : filtro.pular + filtro.limite]]


def filtros(estados: frozenset[Estado], ordem: OrdemDaLista) -> Iterator[FiltroDaLista]:
    """The views of a state's list: its pages, then each filter, alone and with others."""
    base = FiltroDaLista(None, estados, ordem=ordem, limite=9)
    for pular, limite in ((0, 9), (9, 9), (40, 40), (0, 500)):
        yield replace(base, pular=pular, limite=limite)
    meio = 7_000_000 + RESERVAS // 2
    outros: dict[str, Any] = {
        "filiais": frozenset({"2"}), "filial": "1", "caller": "pdv1", "numero": f"N-{meio // 2}",
        "vence_ate": NASCEU + dt.timedelta(hours=20), "criada_ate": NASCEU + dt.timedelta(minutes=50),
        "codcli": frozenset({2, 3}), "depois_de": meio,
    }  # fmt: skip
    for nome, valor in outros.items():
        yield replace(base, **{nome: valor})
        yield replace(base, **{nome: valor}, limite=150)
        yield replace(base, **{nome: valor}, pular=7)
    for codprod in (COMUM, RARO, NO_KIT, 999):
        yield replace(base, codprod=codprod)
        yield replace(base, codprod=codprod, limite=200, caller="hub")
        yield replace(base, codprod=codprod, codcli=frozenset({1, 2, 3}))
        yield replace(base, codprod=codprod, pular=7)


# As in production, where these few are all looked at; and so that every way is gone.
# In `make test` each filter of each state meets one of the three orders of one of these, another on each database, and
# what is far into the list all; in `make exaustivo` everything does.
MEDIDAS = {"of a large site": {}, "of some rows": {"POUCAS": 3, "JANELA": 11, "TENTATIVA": 25}}


@pytest.mark.parametrize("medidas", MEDIDAS.values(), ids=MEDIDAS)
@pytest.mark.parametrize("ordem", list(OrdemDaLista))
def test_each_state_is_listed_as_it_is_counted(
    casa: Casa, monkeypatch: pytest.MonkeyPatch, ordem: OrdemDaLista, medidas: dict[str, int]
) -> None:
    contadas = povoar(casa)
    assert {contada.estado for contada in contadas} == set(Estado)
    for nome, valor in medidas.items():
        monkeypatch.setattr(lista_de_reservas, nome, valor)
    monkeypatch.setattr(lista_de_operacoes, "LINHAS_DE_UM_RARO", 30)
    certos = {contada.numped: contada.estado for contada in contadas}
    casos = list(itertools.product(MEDIDAS.values(), OrdemDaLista))
    vez = (casos.index((medidas, ordem)) + len(OrdemDaLista) * casa.postgresql) % len(casos)
    with casa.gw.db.read() as connection:
        for estados in (*(frozenset({estado}) for estado in Estado), VIVOS, frozenset(Estado)):
            for n, filtro in enumerate(filtros(estados, ordem)):
                if not (EXAUSTIVO or filtro.pular or n % len(casos) == vez):
                    continue
                lidas = lista_de_reservas.find_all(connection, filtro)
                assert [lida.numped for lida in lidas] == recontar(contadas, filtro), filtro
                assert all(lida.estado is certos[lida.numped] for lida in lidas)


def test_each_state_is_counted_as_it_is(casa: Casa) -> None:
    contadas = povoar(casa)
    for filiais in (None, {"2"}):
        vistas = Counter(
            str(c.estado if Estado(c.linha["ESTADO"]) in REGISTRADOS_VIVOS else Estado(c.linha["ESTADO"]))
            for c in contadas
            if filiais is None or c.linha["CODFILIAL"] in filiais
        )
        with casa.gw.db.read() as connection:
            assert lista_de_reservas.reservas_por_estado(connection, filiais) == vistas


def test_a_product_that_everybody_buys_is_counted_as_a_rare_one(casa: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operations of a day are asked for it one by one, those of a long time are not."""
    for n in range(3):
        casa.reservar(pre_venda(numero=f"PV-{n}"))
    codprod = casa.tabela("PCPEDI")[0]["CODPROD"]
    filtros_do_log = [FiltroDoLog(None, codprod=codprod), FiltroDoLog(None, codprod=codprod, ate=casa.relogio.agora)]
    certos = [resumo_do_log.resumir(casa.gw, filtro) for filtro in filtros_do_log]
    assert certos[0].contagens.aceitas == 3
    monkeypatch.setattr(lista_de_operacoes, "LINHAS_DE_UM_RARO", -1)
    assert [resumo_do_log.resumir(casa.gw, filtro) for filtro in filtros_do_log] == certos
    monkeypatch.setattr(lista_de_operacoes, "PERGUNTADAS", 1)
    assert [resumo_do_log.resumir(casa.gw, filtro) for filtro in filtros_do_log] == certos
