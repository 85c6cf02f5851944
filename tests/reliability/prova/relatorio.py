"""The report: Markdown with the rows that docs/provas.md takes, and a chart of each experiment as SVG beside it."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from html import escape
from pathlib import Path

from tests.reliability.prova.bancada import BANCO_DE_VOLTA
from tests.reliability.prova.cliente import DESCONHECIDO, FALHO, OK, RECUSADO
from tests.reliability.prova.laudo import Prova
from tests.reliability.prova.medidas import Ritmo

LARGURA, ALTURA, MARGEM = 900, 260, 46
BARRAS = 150
CORES = {OK: "#2f7d4f", RECUSADO: "#8fb8a0", FALHO: "#d08a2e", DESCONHECIDO: "#b3372f"}
NOMES = {OK: "accepted", RECUSADO: "refused", FALHO: "failed", DESCONHECIDO: "unknown"}


def escrever(pasta: Path, titulo: str, comando: str, provas: Sequence[Prova]) -> Path:
    """Write ``relatorio.md`` and its charts; gives its path."""
    achados = [f"- {prova.nome}: {achado}" for prova in provas for achado in prova.achados]
    quando = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    maquina = f"{os.cpu_count()} processors ({platform.machine()}), Python {platform.python_version()}"
    partes = [
        f"# {titulo}",
        f"{quando}, {maquina}. Result: **{f'{len(achados)} findings' if achados else 'nothing found'}**.",
        "| claim | figure | command |\n|---|---|---|\n"
        + "\n".join(f"| {claim} | {figure} | `{comando}` |" for prova in provas for claim, figure in prova.linhas),
    ]
    if achados:
        partes.append("## Findings\n\n" + "\n".join(achados[:200]))
    for n, prova in enumerate(provas, 1):
        grafico = pasta / f"grafico-{n}.svg"
        grafico.write_text(desenhar(prova))
        partes.append(f"## {prova.nome}\n\n![calls per second]({grafico.name})\n\n{_contagens(prova)}")
    relatorio = pasta / "relatorio.md"
    relatorio.write_text("\n\n".join(partes) + "\n")
    return relatorio


def _contagens(prova: Prova) -> str:
    linhas = "\n".join(f"| {nome.replace('_', ' ')} | {vezes} |" for nome, vezes in prova.numeros.items())
    return f"| counted | |\n|---|---|\n{linhas}"


def desenhar(prova: Prova) -> str:
    """Calls per second as stacked bars, faults as ticks above them, memory of the measured gateway as a line."""
    por_segundo = Ritmo.ler(prova.pasta).por_segundo
    inicio, fim = min(por_segundo, default=0), max(por_segundo, default=0) + 1
    passo = max(1, -(-(fim - inicio) // BARRAS))
    barras = [
        {nome: sum(por_segundo[s][nome] for s in range(t, t + passo) if s in por_segundo) / passo for nome in CORES}
        for t in range(inicio, fim, passo)
    ]
    topo = max((sum(barra.values()) for barra in barras), default=0) or 1
    largura = (LARGURA - 2 * MARGEM) / max(1, len(barras))

    def x(quando: float) -> float:
        return MARGEM + (quando - inicio) / passo * largura

    formas = [_texto(4, MARGEM - 22, f"{topo:.0f} calls/s"), *_legenda()]
    for n, barra in enumerate(barras):
        y = float(ALTURA - MARGEM)
        for nome, valor in barra.items():
            altura = valor / topo * (ALTURA - 2 * MARGEM)
            y -= altura
            caixa = f'x="{MARGEM + n * largura:.1f}" y="{y:.1f}" width="{largura * 0.9:.1f}" height="{altura:.1f}"'
            formas.append(f'<rect {caixa} fill="{CORES[nome]}"/>')
    for evento in prova.eventos:
        cor, comprimento = ("#1f4e9c", 12) if evento.que == BANCO_DE_VOLTA else ("#555", 6)
        marca = f'x1="{x(evento.quando):.1f}" x2="{x(evento.quando):.1f}" y1="{MARGEM - comprimento}" y2="{MARGEM}"'
        dica = escape(f"{evento.que}: {evento.segundos} s")
        formas.append(f'<line {marca} stroke="{cor}" stroke-width="1.5"><title>{dica}</title></line>')
    if prova.amostras:
        maior = max(amostra.medida.memoria for amostra in prova.amostras)
        pontos = " ".join(
            f"{x(a.quando):.1f},{ALTURA - MARGEM - a.medida.memoria / maior * (ALTURA - 2 * MARGEM) * 0.9:.1f}"
            for a in prova.amostras
        )
        formas.append(f'<polyline points="{pontos}" fill="none" stroke="#7a3fa0" stroke-width="1.5"/>')
        formas.append(_texto(LARGURA - 190, MARGEM - 22, f"memory, at most {maior:.0f} MiB", "#7a3fa0"))
    formas.append(_texto(MARGEM, ALTURA - MARGEM + 16, "0 s"))
    formas.append(_texto(LARGURA - MARGEM - 40, ALTURA - MARGEM + 16, f"{fim - inicio} s"))
    corpo = "\n".join(formas)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LARGURA} {ALTURA}" font-family="sans-serif" '
        f'font-size="11"><rect width="100%" height="100%" fill="white"/>\n{corpo}\n</svg>\n'
    )


def _legenda() -> list[str]:
    formas, x = [], MARGEM
    for nome, cor in CORES.items():
        formas.append(f'<rect x="{x}" y="{ALTURA - 18}" width="10" height="10" fill="{cor}"/>')
        formas.append(_texto(x + 14, ALTURA - 9, NOMES[nome]))
        x += 90
    formas.append(_texto(x + 10, ALTURA - 9, "long tick: database restarted; short: a gateway back after a kill"))
    return formas


def _texto(x: float, y: float, texto: str, cor: str = "#333") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" fill="{cor}">{escape(texto)}</text>'
