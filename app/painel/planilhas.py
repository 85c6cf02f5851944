"""Every list of the panel as a spreadsheet, with the filters of its view."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

from flask import g, request

from app.api.auth import gateway
from app.api.contrato.query import CodigoDaFilial, Consulta, inteiro, ler
from app.api.problemas import ErroHttp
from app.api.rotas.dinheiro import IndicadoresQuery
from app.api.rotas.fluxo import FluxoQuery
from app.api.rotas.log import LogQuery
from app.api.rotas.recusas import RecusasQuery, contador
from app.domain.codigos import CODIGOS
from app.domain.diferencas import ACOES
from app.painel.apresentacao import CAMINHOS, ESTADOS, PASSOS_DO_FLUXO, STATUS, TIPOS, feita, local
from app.painel.estoque import linhas_da_procura, procurar
from app.painel.paginas import argumentos, blueprint
from app.painel.planilha import LINHAS_MAXIMAS, Planilha
from app.painel.reservas import PainelDeReservasQuery, ler_reservas
from app.painel.sessao import pagina
from app.services.acesso.credenciais import RETAGUARDA
from app.services.conciliacao import retrato
from app.services.consulta import dinheiro, exportacao, fluxo, movimentos, nomes, recusas_sem_registro
from app.services.consulta.operacoes import FiltroDoLog
from app.services.consulta.primeiro_problema import PrimeiroProblema, primeiros_problemas
from app.services.consulta.reservas import totais_dos_pedidos

LOTE = 1000


@blueprint.get("/planilhas/<qual>")
@pagina(RETAGUARDA)
def planilha(qual: str) -> Any:
    """A list as xlsx, or as CSV with ``formato=csv``."""
    fazer = _PLANILHAS.get(qual)
    if fazer is None:
        raise ErroHttp("ROTA_NAO_ENCONTRADA", "Não existe esta planilha.")
    filtros = {nome: valor for nome, valor in argumentos().items() if nome not in {"pagina", "cursor", "formato"}}
    return fazer(filtros).resposta(request.args.get("formato", "xlsx"))


def _hoje() -> dt.date:
    return gateway().hora_do_erp(gateway().agora()).date()


def _nome(lista: str, filtros: Mapping[str, Any]) -> str:
    """The file's name with the period of its rows, else the day on which it was made."""
    de, ate = (
        filtros[lado].astimezone(gateway().settings.fuso).date() if lado in filtros else None for lado in ("de", "ate")
    )
    if de is None and ate is None:
        return f"{lista}-{_hoje().isoformat()}"
    return f"{lista}-{'inicio' if de is None else de.isoformat()}-a-{(ate or _hoje()).isoformat()}"


def _operacoes(filtros: Mapping[str, str]) -> Planilha:
    lidos = ler(LogQuery(), filtros)
    filtro = FiltroDoLog(filiais=g.caller.filiais, **lidos)
    itens = exportacao.exportar(gateway(), filtro).itens
    problemas: dict[str, PrimeiroProblema] = {}
    totais: dict[int, Decimal | None] = {}
    for inicio in range(0, len(itens), LOTE):
        lote = itens[inicio : inicio + LOTE]
        problemas |= primeiros_problemas(gateway(), [o.id for o in lote if o.estado == "R"])
        totais |= totais_dos_pedidos(gateway(), {o.numped for o in lote if o.numped is not None})
    return Planilha(
        _nome("operacoes", lidos),
        (
            "Início",
            "Fim",
            "Operação",
            "Status",
            "Código",
            "Motivo",
            "Filial",
            "Pré-venda",
            "Reserva",
            "Total",
            "Login",
        ),
        [
            (
                local(o.inicio),
                local(o.fim),
                feita(o),
                STATUS.get(o.estado, o.estado),
                o.codigo,
                problemas[o.id].mensagem if o.id in problemas else None,
                o.filial,
                o.numero,
                o.numped or o.id_retaguarda,
                totais.get(o.numped or 0),
                o.caller,
            )
            for o in itens
        ],
    )


def _reservas(filtros: Mapping[str, str]) -> Planilha:
    lidos = ler(PainelDeReservasQuery(), filtros)
    itens = ler_reservas(lidos, pular=0, limite=LINHAS_MAXIMAS)
    quem = nomes.conhecer(gateway(), g.caller, vendedores={r.codusur for r in itens})
    return Planilha(
        _nome("reservas", {}),
        (
            "Reserva",
            "Estado",
            "Filial",
            "Nome da filial",
            "Pré-venda",
            "Login",
            "Vendedor",
            "Nome do vendedor",
            "Itens",
            "Total",
            "Criada",
            "Vence",
        ),
        [
            (
                r.numped,
                ESTADOS[r.estado],
                r.filial,
                quem.filiais.get(r.filial),
                r.numero,
                r.caller,
                r.codusur,
                quem.vendedores.get(r.codusur or 0),
                r.itens,
                r.total,
                local(r.criada),
                local(r.expira),
            )
            for r in itens
        ],
    )


def _estoque(filtros: Mapping[str, str]) -> Planilha:
    return Planilha(
        _nome("estoque", {}),
        ("Produto", "Nome", "Filial", "Em estoque", "Bloqueado", "Reservado", "Disponível"),
        [
            (p.codprod, p.descricao, p.filial, p.estoque, p.bloqueado, p.reservado, p.disponivel)
            for p in linhas_da_procura(procurar(dict(filtros)))
        ],
    )


class _UmProdutoQuery(Consulta):
    """Whose movements."""

    filial = CodigoDaFilial(required=True)
    codprod = inteiro(0, 10**6 - 1, required=True)


def _movimentos(filtros: Mapping[str, str]) -> Planilha:
    um = ler(_UmProdutoQuery(), filtros)
    if not g.caller.pode_na_filial(um["filial"]):
        raise ErroHttp("FILIAL_NAO_AUTORIZADA", "Este login não pode ver esta filial.")
    achados: list[movimentos.Movimento] = []
    cursor = None
    while len(achados) < LINHAS_MAXIMAS:
        lidos = movimentos.listar(gateway(), um["filial"], um["codprod"], cursor=cursor, limite=200)
        achados += lidos.itens
        if (cursor := lidos.proximo) is None:
            break
    return Planilha(
        f"movimentos-{um['codprod']}-filial-{um['filial']}-{_hoje().isoformat()}",
        ("Quando", "O que foi feito", "Reservado mudou", "Reserva", "Pré-venda", "Login"),
        [(local(m.quando), feita(m), m.variacao, m.numped, m.numero, m.caller) for m in achados],
    )


def _conciliacao(_filtros: Mapping[str, str]) -> Planilha:
    achadas = retrato.ver(gateway(), g.caller.filiais).diferencas
    return Planilha(
        _nome("conciliacao", {}),
        ("Diferença", "Filial", "Produto", "Reserva", "Unidades", "Valor", "Desde", "Explicação", "Correção", "Rotina"),
        [
            (
                TIPOS.get(d.tipo, d.tipo),
                d.filial,
                d.codprod,
                d.numped,
                d.diferenca,
                d.valor,
                local(d.desde),
                d.explicacao,
                ACOES.get(d.acao, d.acao),
                d.rotina,
            )
            for d in islice(achadas, LINHAS_MAXIMAS)
        ],
    )


def _recusas(filtros: Mapping[str, str]) -> Planilha:
    lidos = ler(RecusasQuery(), filtros)
    contador().gravar()
    achadas = recusas_sem_registro.listar(gateway(), g.caller, lidos.get("de"), lidos.get("ate"))
    return Planilha(
        _nome("recusadas-antes-do-registro", lidos),
        ("Hora", "Login", "Código", "Motivo", "Vezes"),
        [
            (a.hora, a.caller, a.codigo, CODIGOS[a.codigo].o_que if a.codigo in CODIGOS else None, a.vezes)
            for a in achadas
        ],
    )


def _retido(filtros: Mapping[str, str]) -> Planilha:
    filial = ler(IndicadoresQuery(), filtros).get("filial")
    if filial is not None and not g.caller.pode_na_filial(filial):
        raise ErroHttp("FILIAL_NAO_AUTORIZADA", "Este login não pode ver esta filial.")
    d = dinheiro.apurado(gateway(), g.caller, filial)
    quem = nomes.conhecer(gateway(), g.caller, vendedores={r.codusur for r in d.retido})
    return Planilha(
        _nome("valor-retido", {}),
        (
            "Filial",
            "Nome da filial",
            "Login",
            "Vendedor",
            "Nome do vendedor",
            "Estado",
            "Reservas",
            "Unidades",
            "Valor",
        ),
        [
            (
                r.filial,
                quem.filiais.get(r.filial),
                r.caller,
                r.codusur,
                quem.vendedores.get(r.codusur or 0),
                ESTADOS[r.situacao_reserva],
                r.reservas,
                r.unidades,
                r.valor,
            )
            for r in d.retido
        ],
    )


def _fluxo(filtros: Mapping[str, str]) -> Planilha:
    lidos = ler(FluxoQuery(), filtros)
    if lidos.get("filial") is not None and not g.caller.pode_na_filial(lidos["filial"]):
        raise ErroHttp("FILIAL_NAO_AUTORIZADA", "Este login não pode ver esta filial.")
    medido = fluxo.medir(gateway(), g.caller, **lidos)
    linhas: list[Sequence[Any]] = [
        ("Caminho", CAMINHOS[c.caminho], c.pedidos, c.valor, None, None, None) for c in medido.caminhos
    ]
    linhas += [
        ("Passo", PASSOS_DO_FLUXO[p.passo], None, None, p.mediana_horas, p.p95_horas, None) for p in medido.passos
    ]
    linhas += [
        ("Parado", f"{p.numped}: {PASSOS_DO_FLUXO[p.passo]}", None, None, None, None, local(p.desde))
        for p in medido.parados
    ]
    return Planilha(
        f"fluxo-{medido.dias}-dias-ate-{_hoje().isoformat()}",
        ("O quê", "Qual", "Pedidos", "Valor", "Horas: metade até", "Horas: 95 de 100 até", "Desde"),
        linhas,
    )


_PLANILHAS: dict[str, Callable[[Mapping[str, str]], Planilha]] = {
    "operacoes": _operacoes,
    "reservas": _reservas,
    "estoque": _estoque,
    "movimentos": _movimentos,
    "conciliacao": _conciliacao,
    "recusas": _recusas,
    "valor-retido": _retido,
    "fluxo": _fluxo,
}
