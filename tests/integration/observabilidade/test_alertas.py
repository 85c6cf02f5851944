"""The alert rules ask for metrics, labels and values that exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from app.domain.codigos import CODIGOS, TipoDeCodigo
from app.observabilidade import metricas
from app.services.consulta.indicadores import Espera
from app.services.operacao import anotacoes
from tests.integration.porta.conftest import Porta

REGRAS: list[dict[str, Any]] = [
    regra
    for grupo in yaml.safe_load((Path(__file__).parents[3] / "deploy" / "alertas.yml").read_text("utf-8"))["groups"]
    for regra in grupo["rules"]
]
# Label -> what its values may be; labels not named here take whatever a rule asks for.
VALORES = {
    "operacao": {"I", "A", "C", ""},
    "codigo": {"ACEITA", "REPETIDA", *(c for c, linha in CODIGOS.items() if linha.tipo is TipoDeCodigo.FALHA)},
    "passo": {"abertura", "conferencia", "locks", "gravacao"},
}
DO_PROMETHEUS = {"up": {"job", "instance"}}
METRICA = re.compile(r"\b(prevenda_\w+|up)\b(?:\{([^}]*)\})?")
FILTRO = re.compile(r'(\w+)\s*(?:=~|!=|!~|=)\s*"([^"]*)"')


@pytest.fixture
def existentes(porta: Porta) -> dict[str, set[str]]:
    """Name -> labels of every series that the gateway shows once it has worked."""
    nota = anotacoes.Anotacao(operacao="I", tempos={"locks": 1})
    metricas.observar(porta.gw, method="", route=metricas.SEM_ROTA, status=201, codigo="ACEITA", segundos=1, nota=nota)
    metricas.DISJUNTOR.labels("ViaCEP").set(0)
    texto = metricas.exposicao("1", Espera(0, 0, 0, 0, 0, 0, entrega_s=0)).decode()
    achadas: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(texto):
        for sample in family.samples:
            achadas.setdefault(sample.name, set()).update(sample.labels)
    return achadas | DO_PROMETHEUS


def problemas(regra: dict[str, Any], existentes: dict[str, set[str]]) -> list[str]:
    """What a rule asks for and does not exist."""
    nome_da_regra, expr, texto = regra["alert"], regra["expr"], regra["annotations"]["summary"]
    pedidas = METRICA.findall(expr)
    achados = [] if pedidas else ["no metric"]
    achados += [f"metric {nome}" for nome, _ in pedidas if nome not in existentes]
    for nome, filtros in pedidas:
        for label, valores in FILTRO.findall(filtros):
            if label not in existentes.get(nome, ()):
                achados.append(f"label {label} of {nome}")
            achados += [f"value {v}" for v in valores.split("|") if label in VALORES and v not in VALORES[label]]
    conhecidas = set().union(*[existentes.get(nome, set()) for nome, _ in pedidas])
    agrupadas = {label.strip() for grupo in re.findall(r"by \(([^)]*)\)", expr) for label in grupo.split(",")}
    # An aggregate has no labels left to be named in its text.
    restam = set() if re.search(r"\b(sum|max|count|histogram_quantile)\b", expr) else conhecidas | {"instance"}
    achados += [f"label {label}" for label in agrupadas - conhecidas]
    achados += [f"label {label} in the text" for label in set(re.findall(r"\$labels\.(\w+)", texto)) - restam]
    if regra["labels"]["severity"] not in {"critical", "warning", "info"}:
        achados.append("severity")
    return [f"{nome_da_regra}: {achado}" for achado in achados]


def test_every_rule_asks_for_what_exists(existentes: dict[str, set[str]]) -> None:
    assert [problema for regra in REGRAS for problema in problemas(regra, existentes)] == []


@pytest.mark.parametrize(
    ("expr", "problema"),
    [
        ("prevenda_nada > 0", "metric prevenda_nada"),
        ('prevenda_outcomes_total{code="X"} > 0', "label code of prevenda_outcomes_total"),
        ('prevenda_outcomes_total{codigo="SOBRECARGA|NADA"} > 0', "value NADA"),
        ("sum by (loja) (prevenda_database_up) > 0", "label loja"),
        ("vector(1)", "no metric"),
    ],
)
def test_a_wrong_rule_is_found(existentes: dict[str, set[str]], expr: str, problema: str) -> None:
    regra = {"alert": "X", "expr": expr, "labels": {"severity": "info"}, "annotations": {"summary": "x."}}
    assert problemas(regra, existentes) == [f"X: {problema}"]


def test_every_gauge_that_can_go_wrong_has_a_rule(existentes: dict[str, set[str]]) -> None:
    pedidas = {nome for regra in REGRAS for nome, _ in METRICA.findall(regra["expr"])}
    sem_regra = {nome for nome in existentes if not re.search("_(bucket|sum|count|total)$", nome)} - pedidas
    assert sem_regra == {"prevenda_reservations_live", "prevenda_reservations_expiring"}  # for a dashboard
