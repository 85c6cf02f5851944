"""The first page: how much money is held and for how long, what became of it, and what needs somebody now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import g, render_template, url_for

from app.api.auth import gateway
from app.api.contrato.query import Consulta, Palavra, inteiro
from app.api.rotas.dinheiro import IndicadoresQuery
from app.domain.assinatura import EstadoDaAssinatura
from app.domain.dinheiro import ZERO
from app.domain.indicadores import Retido
from app.domain.outro_prazo import parse_regra, por_dias
from app.domain.vida import Estado
from app.painel.apresentacao import ESTADOS, Grafico, dinheiro, grafico, plural
from app.painel.paginas import argumentos, blueprint, ler_filtros
from app.painel.sessao import pagina
from app.services.acesso.credenciais import RETAGUARDA, Caller
from app.services.conciliacao import retrato
from app.services.consulta import dinheiro as consulta_do_dinheiro
from app.services.consulta import nomes, resumo_do_log
from app.services.consulta.dinheiro import DinheiroRetido
from app.services.consulta.nomes import Nomes
from app.services.consulta.operacoes import FiltroDoLog
from app.services.consulta.reservas import FiltroDeReservas, OrdemDasReservas
from app.services.consulta.reservas import listar as listar_reservas
from app.services.doutor import saude
from app.services.eventos import assinaturas
from app.services.tempo import simular_prazo

DIAS_DA_SEMANA = ("seg", "ter", "qua", "qui", "sex", "sáb", "dom")
MAIORES = 10
CONTADAS = 1000
PENDENTE_DEMAIS_S = 60


@dataclass(frozen=True, slots=True)
class Pendencia:
    """Something that needs a person: how much it presses, what it is, where it is dealt with."""

    classe: str
    texto: str
    elo: str


@blueprint.get("/visao")
@pagina(RETAGUARDA)
def visao() -> Any:
    """Money, time, and what needs somebody now."""
    filtros, erros = ler_filtros(IndicadoresQuery())
    filial = filtros.get("filial")
    if filial is not None and not g.caller.pode_na_filial(filial):
        filial, erros = None, {"filial": "Este login não pode ver esta filial."}
    caller: Caller = g.caller
    d = consulta_do_dinheiro.apurado(gateway(), caller, filial)
    quem = nomes.conhecer(gateway(), caller, vendedores={r.codusur for r in d.retido})
    filiais = caller.filiais if filial is None else frozenset({filial})
    resumo = resumo_do_log.resumir(gateway(), FiltroDoLog(filiais=filiais))
    conteudo = render_template(
        "painel/visao.html",
        d=d,
        filtros=argumentos(),
        erros=erros,
        nomes=quem,
        resumo=resumo,
        esta_semana=d.coortes[-1],
        pendencias=_pendencias(caller, d, filial, resumo.pendente_segundos),
        hoje=d.vencimentos[0],
        graficos=_graficos(d, quem, filial),
    )
    return conteudo, 403 if erros else 200


def _pendencias(caller: Caller, d: DinheiroRetido, filial: str | None, pendente_s: int | None) -> list[Pendencia]:
    achadas = []

    def juntar(quantas: int, um: str, varios: str, classe: str, elo: str) -> None:
        if quantas:
            achadas.append(Pendencia(classe, plural(quantas, um, varios), elo))

    if pendente_s is not None and pendente_s > PENDENTE_DEMAIS_S:
        texto = "Há operação em processamento há mais de um minuto"
        achadas.append(Pendencia("ruim", texto, url_for("painel.operacoes", status="P")))
    vencidas = listar_reservas(
        gateway(),
        caller,
        FiltroDeReservas(filial=filial, vence_em_minutos=0, ordem=OrdemDasReservas.PRAZO, limite=CONTADAS),
    ).itens
    juntar(
        len(vencidas),
        "reserva passou do prazo e ainda retém estoque",
        "reservas passaram do prazo e ainda retêm estoque",
        "ruim",
        url_for("painel.reservas", prazo="vencidas", filial=filial),
    )
    for estado, classe, um, varios in (
        (Estado.RESGATADA, "espera", "reserva resgatada e não paga", "reservas resgatadas e não pagas"),
        (Estado.BLOQUEADA, "ruim", "reserva bloqueada no WinThor", "reservas bloqueadas no WinThor"),
        (
            Estado.ASSUMIDA,
            "espera",
            "reserva assumida por alguém no WinThor",
            "reservas assumidas por alguém no WinThor",
        ),
    ):
        quantas = sum(r.reservas for r in d.retido if r.situacao_reserva is estado)
        juntar(quantas, um, varios, classe, url_for("painel.reservas", estado=estado.value, filial=filial))
    filiais = caller.filiais if filial is None else frozenset({filial})
    juntar(
        retrato.count_pagas_sem_retencao(gateway(), filiais),
        "venda paga está sem estoque retido",
        "vendas pagas estão sem estoque retido",
        "ruim",
        url_for("painel.conciliacao", _anchor="PAGA_SEM_RETENCAO"),
    )
    desligadas = [a for a in assinaturas.listar(gateway(), caller).itens if a.estado is EstadoDaAssinatura.DESLIGADA]
    juntar(
        len(desligadas),
        "assinatura foi desligada: o sistema que ela avisa não recebe mais nada",
        "assinaturas foram desligadas: os sistemas que elas avisam não recebem mais nada",
        "ruim",
        url_for("painel.assinaturas"),
    )
    prontidao = saude.conferir_prontidao(gateway())
    avisos = [prontidao.motivo] if prontidao.motivo else prontidao.avisos
    achadas += [Pendencia("espera", texto, url_for("painel.saude")) for texto in avisos]
    return achadas


def _graficos(d: DinheiroRetido, quem: Nomes, filial: str | None) -> dict[str, Grafico | None]:
    hoje = d.vencimentos[0].dia
    vencimentos = [
        (
            f"{DIAS_DA_SEMANA[v.dia.weekday()]} {v.dia:%d/%m}{' (hoje)' if v.dia == hoje else ''}",
            v.valor,
            _reservas(v.reservas),
            None,
        )
        for v in d.vencimentos
    ]
    idades = [(_faixa(i.faixa), i.valor, _reservas(i.reservas), None) for i in d.idades]
    return {
        "vencimentos": grafico(vencimentos, dinheiro),
        "idades": grafico(idades, dinheiro),
        "estados": _por(d.retido, lambda r: r.situacao_reserva.value, lambda e: ESTADOS[e], _da("estado", filial)),
        "filiais": _por(d.retido, lambda r: r.filial, lambda f: f"{f} {quem.filiais.get(f, '')}", _da("filial", None)),
        "vendedores": _por(
            d.retido,
            lambda r: r.codusur,
            lambda v: "sem vendedor" if v is None else f"{v} {quem.vendedores.get(v, '')}",
            lambda _: None,
        ),
        "logins": _por(d.retido, lambda r: r.caller, lambda c: c or "sem login", _da("caller", filial)),
    }


def _reservas(quantas: int) -> str:
    return plural(quantas, "reserva", "reservas") if quantas else ""


def _da(filtro: str, filial: str | None) -> Callable[[Any], str | None]:
    """Leads to the reservations that a bar is of."""
    return lambda valor: None if valor is None else url_for("painel.reservas", **{"filial": filial, filtro: valor})


def _por(
    retido: Iterable[Retido],
    chave: Callable[[Retido], Any],
    rotulo: Callable[[Any], str],
    elo: Callable[[Any], str | None],
) -> Grafico | None:
    """What is held by one of its sides, the most valuable first, ten of them."""
    somas: dict[Any, tuple[Decimal, int]] = {}
    for r in retido:
        valor, quantas = somas.get(chave(r), (ZERO, 0))
        somas[chave(r)] = (valor + r.valor, quantas + r.reservas)
    maiores = sorted(somas.items(), key=lambda par: -par[1][0])[:MAIORES]
    return grafico(
        [(rotulo(c), valor, plural(quantas, "reserva", "reservas"), elo(c)) for c, (valor, quantas) in maiores],
        dinheiro,
    )


def _faixa(faixa: str) -> str:
    return f"mais de {faixa[1:]} dias" if faixa.startswith(">") else f"{faixa.replace('-', ' a ')} dias"


class PrazoQuery(Consulta):
    """Which other term, of which reservations."""

    regra = Palavra()
    dias = inteiro(0, 365)
    filial = Palavra()
    periodo = inteiro(1, 365)


@blueprint.get("/prazo")
@pagina(RETAGUARDA)
def outro_prazo() -> Any:
    """What another term would have freed, and how much of that was sold later."""
    filtros, erros = ler_filtros(PrazoQuery())
    if filtros.get("filial") is not None and not g.caller.pode_na_filial(filtros["filial"]):
        erros = {**erros, "filial": "Este login não pode ver esta filial."}
    regra = None
    if "dias" in filtros:
        regra = por_dias(filtros["dias"])
    elif "regra" in filtros:
        regra = parse_regra(filtros["regra"])
        if regra is None:
            erros = {**erros, "regra": "Deve ter três números de dias, como 4/5/6."}
    feita = None
    if regra is not None and not erros:
        filiais = g.caller.filiais if "filial" not in filtros else {filtros["filial"]}
        hoje = gateway().hora_do_erp(gateway().agora()).date()
        feita = simular_prazo.simular(
            gateway(), regra, filiais, hoje - dt.timedelta(days=filtros.get("periodo", simular_prazo.DIAS_PADRAO))
        )
    conteudo = render_template(
        "painel/prazo.html", filtros=argumentos(), erros=erros, feita=feita, nomes=nomes.conhecer(gateway(), g.caller)
    )
    return conteudo, 422 if erros else 200
