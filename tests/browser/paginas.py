"""The pages that the browser looks at."""

from __future__ import annotations

from importlib.resources import files

# Among them the demo's refusal for stock, a pre-sale that was altered, a kit, an error, a table of many columns.
PAGINAS = (
    "/painel/visao",
    "/painel/operacoes",
    "/painel/operacoes/recusas",
    "/painel/procurar?o_que=demo",
    "/painel/procurar?o_que=nada",
    "/painel/prazo?dias=3",
    "/painel/fluxo",
    "/painel/politicas",
    "/painel/assinaturas",
    "/painel/reservas?ordem=-total",
    "/painel/estoque?codprod=1",
    "/painel/estoque/1/1/movimentos",
    "/painel/procurar?o_que=DEMO-11",
    "/painel/procurar?o_que=DEMO-04",
    "/painel/operacoes/externas",
    "/painel/reservas",
    "/painel/reservas/1000003",
    "/painel/estoque",
    "/painel/estoque?filial=1&codprod=50",
    "/painel/estoque?filial=2&codprod=1",
    "/painel/conciliacao",
    "/painel/saude",
    "/painel/nada",
    "/docs",
)
AXE = files("axe_core_python") / "axe.min.js"
