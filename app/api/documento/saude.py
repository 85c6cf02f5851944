"""Operations of whoever watches over the gateway, and this document."""

from __future__ import annotations

from app.api.documento.operacao import Exemplo, OperacaoDoDocumento
from app.api.respostas.saude import ProntoSchema, VivoSchema

OPERACOES = (
    OperacaoDoDocumento(
        "GET",
        "/health/live",
        "Saúde",
        "O processo responde",
        "Não pergunta nada ao banco.",
        {200: ("Responde", VivoSchema)},
        (Exemplo("vivo", "Vivo"),),
        None,
    ),
    OperacaoDoDocumento(
        "GET",
        "/health/ready",
        "Saúde",
        "O gateway pode trabalhar",
        "O banco respondeu; avisos dizem o que o operador deve consertar.",
        {200: ("Pode", ProntoSchema)},
        (Exemplo("pronto", "Pronto"),),
        None,
    ),
    OperacaoDoDocumento(
        "GET",
        "/metrics",
        "Saúde",
        "Métricas",
        "De todos os processos deste host, no formato de texto do Prometheus.",
        {200: ("Prometheus", {"type": "string"})},
        (Exemplo("metricas", "Métricas"),),
        None,
        formato="text/plain",
    ),
    OperacaoDoDocumento(
        "GET",
        "/openapi.json",
        "Saúde",
        "Este documento",
        "Em JSON, para gerar clientes. A página /docs mostra o mesmo.",
        {200: ("O documento", {"type": "object", "required": ["openapi", "paths"]})},
        (Exemplo("documento", "O documento"),),
        None,
    ),
)
