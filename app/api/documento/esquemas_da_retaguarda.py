"""Schemas of the back office's answers."""

from __future__ import annotations

from app.api.documento.esquemas import (
    INSTANTE,
    INTEIRO,
    NUMERO,
    SIM_NAO,
    TEXTO,
    lista,
    mapa,
    objeto,
    ref,
)

CONCILIACAO = objeto(
    geradoEm=INSTANTE,
    diferencas=lista(ref("Diferenca")),
    totais=objeto(diferencas=INTEIRO, porTipo=mapa(INTEIRO), valor=NUMERO),
)
CORRECOES = objeto(
    simulado=SIM_NAO,
    correcoes=lista({"allOf": [ref("Diferenca"), objeto(resultado=TEXTO)]}),
    desconhecidos=lista(TEXTO),
)
