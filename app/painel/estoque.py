"""Stock: products found, a product in all branches, and in one of them explained, with its movements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import g, render_template

from app.api.auth import gateway
from app.api.rotas.dinheiro import MovimentosQuery
from app.domain.dinheiro import ZERO
from app.painel.listas import BLOCO, folhear
from app.painel.paginas import argumentos, blueprint, folha_pedida, ler_filtros
from app.painel.sessao import pagina
from app.services.acesso.credenciais import RETAGUARDA
from app.services.consulta import estoque as consulta_de_estoque
from app.services.consulta import movimentos as consulta_de_movimentos
from app.services.consulta import nomes
from app.services.consulta import reservas as consulta_de_reservas
from app.services.consulta.estoque import LinhaDoEstoque
from app.services.consulta.movimentos import PaginaDeMovimentos
from app.services.consulta.reservas import DisponivelNaFilial

ORDENS: dict[str, Callable[[LinhaDoEstoque], Any]] = {
    "codprod": lambda p: p.codprod,
    "descricao": lambda p: p.descricao,
    "filial": lambda p: p.filial,
    "estoque": lambda p: p.estoque,
    "bloqueado": lambda p: p.bloqueado,
    "reservado": lambda p: p.reservado,
    "disponivel": lambda p: p.disponivel,
}
MOVIMENTOS_NA_PAGINA = 15


@dataclass(frozen=True, slots=True)
class Procura:
    """What the form asks for: a product for certain, or all that its text may mean. ``erro``: what is wrong."""

    filial: str
    texto: str
    codprods: Sequence[int] | None
    erro: str | None = None
    http: int = 200


def procurar(filtros: dict[str, str]) -> Procura:
    """Read the form: a branch, and a product by its code, bar code or a part of its name; None without a product."""
    filial, texto = filtros.get("filial", ""), filtros.get("codprod", "")[:60]
    if filial and not g.caller.pode_na_filial(filial):
        return Procura(filial, texto, None, "Este login não pode ver esta filial.", 403)
    if not texto:
        return Procura(filial, texto, None)
    achados = consulta_de_estoque.procurar_produtos(gateway(), texto)
    if not achados:
        return Procura(
            filial, texto, [], f"Nenhum produto com “{texto}” no código, no código de barras ou no nome.", 404
        )
    return Procura(filial, texto, achados)


def linhas_da_procura(procura: Procura) -> list[LinhaDoEstoque]:
    """The stock rows of what was found; without a search, what is reserved."""
    if procura.codprods is None:
        lidas = consulta_de_estoque.reservados(gateway(), g.caller, BLOCO + 1)
    else:
        lidas = consulta_de_estoque.dos_produtos(gateway(), g.caller, procura.codprods)
    return [linha for linha in lidas if not procura.filial or linha.filial == procura.filial]


@blueprint.get("/estoque")
@pagina(RETAGUARDA)
def estoque() -> Any:
    """One product in one branch, explained; one product in all branches; the products found, or all reserved ones."""
    filtros = argumentos()
    procura = procurar(filtros)
    um_so = procura.codprods[0] if procura.codprods is not None and len(procura.codprods) == 1 else None
    if procura.filial and um_so is not None and not procura.erro:
        return _explicado(filtros, procura, um_so)
    pagina_, ordem = folha_pedida()
    lidas = [] if procura.erro else linhas_da_procura(procura)
    folha = folhear(lidas, pagina_, ordem, ORDENS, natural="" if procura.texto else "-reservado")
    conteudo = render_template(
        "painel/estoque.html",
        filtros=filtros,
        folha=folha,
        produto=um_so,
        cortada=procura.codprods is not None and len(procura.codprods) >= consulta_de_estoque.PRODUTOS_MAXIMOS,
        procura=procura,
        nomes=nomes.conhecer(gateway(), g.caller, produtos=[um_so]),
    )
    return conteudo, procura.http


def _explicado(filtros: dict[str, str], procura: Procura, codprod: int) -> Any:
    filial = procura.filial
    explicado = consulta_de_reservas.explicar_estoque(gateway(), g.caller, filial, codprod)
    kit = consulta_de_estoque.explicar_kit(gateway(), g.caller, filial, codprod)
    if explicado is not None and kit is not None:
        # A kit's own row says nothing: its components do, in the other branches too.
        explicado = replace(explicado, outras_filiais=_kits_em(explicado.outras_filiais, codprod))
    erro = None if explicado is not None else f"O produto {codprod} não tem estoque na filial {filial}."
    movidos = PaginaDeMovimentos((), None)
    if explicado is not None:
        movidos = consulta_de_movimentos.listar(gateway(), filial, codprod, limite=MOVIMENTOS_NA_PAGINA)
    conteudo = render_template(
        "painel/estoque_produto.html",
        filtros=filtros,
        e=explicado,
        kit=kit,
        erro=erro,
        codprod=codprod,
        movidos=movidos,
        nomes=nomes.conhecer(gateway(), g.caller, produtos=[codprod]),
    )
    return conteudo, 200 if explicado is not None else 404


@blueprint.get("/estoque/<filial>/<int:codprod>/movimentos")
@pagina(RETAGUARDA)
def movimentos(filial: str, codprod: int) -> Any:
    """What moved the reserved units of a product in a branch."""
    filtros, erros = ler_filtros(MovimentosQuery())
    movidos, http = PaginaDeMovimentos((), None), 422
    if not g.caller.pode_na_filial(filial):
        erros, http = {"filial": "Este login não pode ver esta filial."}, 403
    if not erros:
        movidos, http = consulta_de_movimentos.listar(gateway(), filial, codprod, **filtros), 200
    conteudo = render_template(
        "painel/movimentos.html",
        filial=filial,
        codprod=codprod,
        filtros=argumentos(),
        movidos=movidos,
        erros=erros,
        nomes=nomes.conhecer(gateway(), g.caller, produtos=[codprod]),
    )
    return conteudo, http


def _kits_em(filiais: Sequence[DisponivelNaFilial], codprod: int) -> list[DisponivelNaFilial]:
    """How many of a kit each branch may sell."""
    la = {f.filial: consulta_de_estoque.explicar_kit(gateway(), g.caller, f.filial, codprod) for f in filiais}
    return [DisponivelNaFilial(filial, ZERO if kit is None else kit.disponivel) for filial, kit in la.items()]
