"""What was measured, as the tables of docs/velocidade.md and as a chart."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.latencia import Viagem
from tests.bench.lista_do_log import Tempo

MESMO, MINIMO = "same work", "minimal"


@dataclass(frozen=True, slots=True)
class Razao:
    """The gateway's pace as a part of a floor's: median of the rounds, and their range."""

    carga: str
    piso: str
    mediana: float
    menor: float
    maior: float
    meta: float | None

    def __str__(self) -> str:
        return f"{self.mediana:.2f} ({self.menor:.2f}–{self.maior:.2f})"


@dataclass(slots=True)
class Placar:
    """Operations per second by workload and competitor, one for each round."""

    ritmos: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    metas: dict[tuple[str, str], float] = field(default_factory=dict)

    def anotar(self, carga: str, competidor: str, por_segundo: float) -> None:
        self.ritmos.setdefault(carga, {}).setdefault(competidor, []).append(por_segundo)

    def ritmo(self, carga: str) -> float:
        return statistics.median(self.ritmos[carga]["gateway"])

    def razoes(self) -> list[Razao]:
        """One for each workload and floor; each round is compared with itself."""
        achadas = []
        for carga, ritmos in self.ritmos.items():
            for piso in (MESMO, MINIMO):
                if piso in ritmos:
                    partes = [g / p for g, p in zip(ritmos["gateway"], ritmos[piso], strict=True)]
                    meta = self.metas.get((carga, piso))
                    mediana = statistics.median(partes)
                    achadas.append(Razao(carga, piso, mediana, min(partes), max(partes), meta))
        return achadas


def tabela_das_razoes(placar: Placar) -> str:
    """Markdown: one line for each workload."""
    por_carga: dict[str, dict[str, Razao]] = {}
    for razao in placar.razoes():
        por_carga.setdefault(razao.carga, {})[razao.piso] = razao
    linhas = [["workload", "gateway, per second", "against *same work*", "aim", "against *minimal*", "aim"]]
    for carga, razoes in por_carga.items():
        celulas = [carga, f"{placar.ritmo(carga):.0f}"]
        for piso in (MESMO, MINIMO):
            razao = razoes.get(piso)
            celulas += [str(razao) if razao else "–", f"{razao.meta:.2f}" if razao and razao.meta else "–"]
        linhas.append(celulas)
    return tabela(linhas)


def tabela_das_viagens(viagens: Iterable[Viagem]) -> str:
    linhas = [["operation", "statements", "round trips", "p50 with 5 ms each", "aim"]]
    linhas += [
        [v.operacao, str(v.comandos), f"{v.viagens:.1f}", f"{v.p50:.0f} ms", f"≤ {v.limite:.0f} ms"] for v in viagens
    ]
    return tabela(linhas)


def tabela_da_lista(tempos: Sequence[Tempo]) -> str:
    tamanhos = sorted({tempo.operacoes for tempo in tempos})
    linhas = [["log list", *[f"{tamanho:,} operations".replace(",", " ") for tamanho in tamanhos]]]
    for consulta in dict.fromkeys(tempo.consulta for tempo in tempos):
        celulas = [f"{t.p50:.0f} ms (p95 {t.p95:.0f})" for t in tempos if t.consulta == consulta]
        linhas.append([consulta, *celulas])
    return tabela(linhas)


def tabela(linhas: list[list[str]]) -> str:
    """Markdown of a head and its lines."""
    cabeca, *corpo = [f"| {' | '.join(linha)} |" for linha in linhas]
    return "\n".join([cabeca, "|" + "---|" * len(linhas[0]), *corpo])


# --- chart

_LARGURA, _ESQUERDA, _PASSO, _BARRA = 760, 190, 46, 15
_COR_DA_META = "#c0202a"
_CORES = {MESMO: "#2f6f8f", MINIMO: "#b0793a"}


def grafico(placar: Placar) -> str:
    """SVG: a bar for each ratio, a thin line for its range over the rounds, a tick where the aim is."""
    razoes = placar.razoes()
    cargas = list(placar.ritmos)
    altura = 70 + _PASSO * len(cargas)
    maior = max(1.0, *(razao.maior for razao in razoes))
    escala = (_LARGURA - _ESQUERDA - 30) / maior
    partes = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LARGURA} {altura}" font-family="sans-serif" '
        f'font-size="13" role="img" aria-label="Pace of the gateway as a part of two floors">',
        f'<rect width="{_LARGURA}" height="{altura}" fill="#ffffff"/>',
        '<text x="12" y="22" font-size="15">Pace of the gateway over HTTP, as a part of the floors by hand</text>',
    ]
    for n, (nome, cor) in enumerate({**_CORES, "aim": _COR_DA_META}.items()):
        x = _ESQUERDA + n * 130
        partes.append(f'<rect x="{x}" y="34" width="12" height="12" fill="{cor}"/>')
        partes.append(f'<text x="{x + 18}" y="45">{nome}</text>')
    for decimo in range(0, int(maior * 10) + 1, 2):
        x = _ESQUERDA + decimo / 10 * escala
        partes.append(f'<line x1="{x:.0f}" y1="56" x2="{x:.0f}" y2="{altura - 12}" stroke="#dddddd"/>')
        partes.append(
            f'<text x="{x:.0f}" y="{altura - 1}" text-anchor="middle" font-size="11">{decimo / 10:.1f}</text>'
        )
    for razao in razoes:
        y = 62 + cargas.index(razao.carga) * _PASSO + (0 if razao.piso == MESMO else _BARRA + 3)
        partes += _barra(razao, y, escala)
    for n, carga in enumerate(cargas):
        partes.append(f'<text x="{_ESQUERDA - 10}" y="{62 + n * _PASSO + 20}" text-anchor="end">{carga}</text>')
    return "\n".join([*partes, "</svg>", ""])


def _barra(razao: Razao, y: float, escala: float) -> list[str]:
    de, ate, meio = _ESQUERDA + razao.menor * escala, _ESQUERDA + razao.maior * escala, y + _BARRA / 2
    partes = [
        f'<rect x="{_ESQUERDA}" y="{y}" width="{razao.mediana * escala:.1f}" height="{_BARRA}" '
        f'fill="{_CORES[razao.piso]}"><title>{razao.carga}, {razao.piso}: {razao}</title></rect>',
        f'<line x1="{de:.1f}" y1="{meio}" x2="{ate:.1f}" y2="{meio}" stroke="#222222"/>',
    ]
    if razao.meta is not None:
        x = _ESQUERDA + razao.meta * escala
        partes.append(
            f'<line x1="{x:.1f}" y1="{y}" x2="{x:.1f}" y2="{y + _BARRA}" stroke="{_COR_DA_META}" stroke-width="3"/>'
        )
    return partes


# --- where they are kept

RAIZ = Path(__file__).parents[2]
SVG = Path(__file__).with_name("resultado.svg")


def publicar(texto: str, placar: Placar) -> None:
    """Put the tables between the page's two marks, and the chart beside this file."""
    escrever("bench", texto)
    SVG.write_text(grafico(placar), encoding="utf-8")


def escrever(marca: str, texto: str) -> None:
    """Put a text between two marks of docs/velocidade.md."""
    pagina = RAIZ / "docs" / "velocidade.md"
    antes, inicio, resto = pagina.read_text(encoding="utf-8").partition(f"<!-- {marca} -->\n")
    _, fim, depois = resto.partition(f"<!-- /{marca} -->\n")
    if not (inicio and fim):
        raise ValueError(f"docs/velocidade.md sem as marcas {marca}")
    pagina.write_text(f"{antes}{inicio}{texto}\n{fim}{depois}", encoding="utf-8")
