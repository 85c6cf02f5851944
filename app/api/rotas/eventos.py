"""What happened since a cursor (R27)."""

from __future__ import annotations

import threading
import time
from typing import Any

from flask import Blueprint, g, request
from marshmallow import ValidationError, fields
from werkzeug.wrappers import Response

from app.api import espera
from app.api.auth import conferir_filial, exige, gateway
from app.api.contrato.query import CodigoDaFilial, Consulta, inteiro, ler, limite
from app.api.espera import Interesse
from app.api.http import answer
from app.api.problemas import segurar_resposta
from app.api.respostas.feed import PaginaDeEventosSchema
from app.domain.eventos import TipoDeEvento
from app.domain.valores import parse_inteiro
from app.services.acesso.credenciais import PDV, RETAGUARDA
from app.services.eventos import feed
from app.services.eventos.feed import Filtro, PaginaDeEventos

blueprint = Blueprint("eventos", __name__)

CAMINHO = "/api/v1/eventos"
ESPERA_MAXIMA_S = 20
AGORA = "agora"
CURSOR_MAXIMO = 10**15 - 1
# Under a server that cannot keep a request aside so many may wait in a thread, which look so often.
NO_FIO = threading.BoundedSemaphore(4)
OLHA_A_CADA_S = 0.5
# Whoever may not wait is answered so late, without a thread: he asks again at once.
SEGURAR_SEM_LUGAR_S = 2.0


class Cursor(fields.Field[int | str]):
    """``proximo`` of an earlier answer, or ``agora``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int | str:
        if str(value).strip().lower() == AGORA:
            return AGORA
        lugar = parse_inteiro(value)
        if lugar is None or not 0 <= lugar <= CURSOR_MAXIMO:
            raise ValidationError(f"Deve ser o `proximo` de uma resposta, ou {AGORA}.")
        return lugar


class Tipos(fields.Field[list[TipoDeEvento]]):
    """Types, comma-separated."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[TipoDeEvento]:
        try:
            return [TipoDeEvento(parte.strip().lower()) for parte in str(value).split(",") if parte.strip()]
        except ValueError:
            raise ValidationError(f"Deve ser um ou mais de: {', '.join(TipoDeEvento)}.") from None


class EventosQuery(Consulta):
    """Since when, and what is wanted."""

    depois = Cursor(metadata={"description": "O `proximo` da resposta anterior; sem ele, do início; `agora`: do fim"})
    limite = limite()
    espera = inteiro(
        0,
        ESPERA_MAXIMA_S,
        load_default=0,
        metadata={"description": "Segundos que a resposta pode esperar pelo próximo evento"},
    )
    filial = CodigoDaFilial()
    tipo = Tipos(metadata={"description": "Tipos separados por vírgula"})


@blueprint.get(CAMINHO)
@exige(PDV, RETAGUARDA)
def listar_eventos() -> Response:
    """Events of the caller's branches, oldest first; where there is none yet the answer may wait for the next one."""
    dados = ler(EventosQuery(), request.args.to_dict())
    filial = dados.get("filial")
    if filial is not None:
        conferir_filial(g.caller, filial)
    filtro = feed.filtro_de(g.caller.filiais, filial, dados.get("tipo"))
    voltou = espera.esperou_depois()
    depois = dados.get("depois") if voltou is None else voltou
    if depois == AGORA:
        depois = feed.fim(gateway())
        if not dados["espera"]:
            return answer(PaginaDeEventosSchema, PaginaDeEventos((), depois))
    pagina = feed.ler(gateway(), filtro, depois=depois, limite=dados["limite"])
    if not pagina.itens and dados["espera"]:
        oferta = espera.oferta()
        if oferta is None:
            pagina = _esperar_no_fio(pagina, filtro, dados)
        elif oferta(Interesse(pagina.fim, filtro, dados["espera"])):
            return espera.em_espera()
        elif voltou is None:
            segurar_resposta(SEGURAR_SEM_LUGAR_S)
    return answer(PaginaDeEventosSchema, pagina)


def _esperar_no_fio(pagina: PaginaDeEventos, filtro: Filtro, dados: dict[str, Any]) -> PaginaDeEventos:
    if not NO_FIO.acquire(blocking=False):
        return pagina
    try:
        ate = time.monotonic() + dados["espera"]
        while not pagina.itens and (resta := ate - time.monotonic()) > 0:
            time.sleep(min(OLHA_A_CADA_S, resta))
            pagina = feed.ler(gateway(), filtro, depois=pagina.fim, limite=dados["limite"])
    finally:
        NO_FIO.release()
    return pagina
