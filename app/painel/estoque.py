"""Stock: a product in a branch, explained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import g, render_template

from app.api.auth import gateway
from app.domain.dinheiro import ZERO
from app.painel.paginas import argumentos, blueprint
from app.painel.sessao import pagina
from app.services.acesso.credenciais import RETAGUARDA
from app.services.consulta import estoque as consulta_de_estoque
from app.services.consulta import reservas as consulta_de_reservas
from app.services.consulta.reservas import DisponivelNaFilial


@blueprint.get("/estoque")
@pagina(RETAGUARDA)
def estoque() -> Any:
    """A product in a branch, explained; without one, the products with something reserved."""
    filtros = argumentos()
    # As a label has it, <aux>-<codprod>, or the product alone.
    filial, codprod = filtros.get("filial", ""), filtros.get("codprod", "").rpartition("-")[2]
    explicado, kit, erro, http = None, None, None, 200
    if filial or codprod:
        numero_certo = codprod.isascii() and codprod.isdigit() and len(codprod) <= 6
        if not filial or not numero_certo:
            erro, http = "Informe a filial e o código do produto, só com números.", 422
        elif not g.caller.pode_na_filial(filial):
            erro, http = "Este login não pode ver esta filial.", 403
        else:
            explicado = consulta_de_reservas.explicar_estoque(gateway(), g.caller, filial, int(codprod))
            kit = consulta_de_estoque.explicar_kit(gateway(), g.caller, filial, int(codprod))
            if explicado is None:
                erro, http = f"O produto {codprod} não tem estoque na filial {filial}.", 404
            elif kit is not None:
                # A kit's own row says nothing: its components do, in the other branches too.
                explicado = replace(explicado, outras_filiais=_kits_em(explicado.outras_filiais, int(codprod)))
    nomes = consulta_de_estoque.descrever(gateway(), {int(codprod)}) if explicado else {}
    conteudo = render_template(
        "painel/estoque.html",
        filtros=filtros,
        e=explicado,
        kit=kit,
        erro=erro,
        nomes=nomes,
        reservados=[] if explicado else consulta_de_estoque.reservados(gateway(), g.caller),
    )
    return conteudo, http


def _kits_em(filiais: Sequence[DisponivelNaFilial], codprod: int) -> list[DisponivelNaFilial]:
    """How many of a kit each branch may sell."""
    la = {f.filial: consulta_de_estoque.explicar_kit(gateway(), g.caller, f.filial, codprod) for f in filiais}
    return [DisponivelNaFilial(filial, ZERO if kit is None else kit.disponivel) for filial, kit in la.items()]
