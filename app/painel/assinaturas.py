"""Subscriptions: who is called when something happens, and how that goes (R28)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g, redirect, render_template, request, url_for

from app.api.auth import gateway
from app.domain.eventos import TipoDeEvento
from app.painel.paginas import blueprint
from app.painel.sessao import pagina
from app.services.acesso.credenciais import RETAGUARDA, RETAGUARDA_AGIR
from app.services.eventos import assinaturas as servico
from app.services.eventos.assinaturas import AssinaturaRecusada, ComSegredo
from app.services.eventos.cofre import SegredoIlegivel
from app.services.eventos.entregar import Chamada, Entregador
from app.services.tempo.rotinas import este_processo
from app.settings import SettingsError

SEM_CHAVE = "Falta PREVENDA_WEBHOOK_CHAVE neste gateway: sem ela nenhum segredo é guardado e ninguém é chamado."
ILEGIVEL = "O segredo guardado não foi cifrado com a chave deste gateway."


@blueprint.get("/assinaturas")
@pagina(RETAGUARDA)
def assinaturas() -> Any:
    """The subscriptions of the caller's branches."""
    return _pagina()


def _pagina(
    *,
    erros: list[str] | None = None,
    novo: ComSegredo | None = None,
    testada: tuple[str, Chamada] | None = None,
    enviado: Mapping[str, str] | None = None,
) -> Any:
    conteudo = render_template(
        "painel/assinaturas.html",
        itens=servico.listar(gateway(), g.caller).itens,
        tipos=list(TipoDeEvento),
        erros=erros or [],
        novo=novo,
        testada=testada,
        enviado=enviado or {},
        com_chave=bool(gateway().settings.webhook_chave),
        sem_chave=SEM_CHAVE,
    )
    return conteudo, 422 if erros else 200


@blueprint.post("/assinaturas")
@pagina(RETAGUARDA_AGIR)
def criar_assinatura() -> Any:
    """Make one and show its secret, this once."""
    filiais = [parte.strip() for parte in request.form.get("filiais", "").split(",") if parte.strip()]
    conhecidos = {tipo.value for tipo in TipoDeEvento}
    tipos = [TipoDeEvento(nome) for nome in request.form.getlist("tipos") if nome in conhecidos]
    try:
        novo = servico.criar(
            gateway(), g.caller, request.form.get("url", "").strip(), tipos=tipos or None, filiais=filiais or None
        )
    except AssinaturaRecusada as recusada:
        return _pagina(erros=recusada.problemas, enviado=request.form)
    except SettingsError:
        return _pagina(erros=[SEM_CHAVE], enviado=request.form)
    return _pagina(novo=novo)


@blueprint.post("/assinaturas/<id_assinatura>/<acao>")
@pagina(RETAGUARDA_AGIR)
def agir_na_assinatura(id_assinatura: str, acao: str) -> Any:
    """``girar``, ``revogar``, ``reenviar`` (from where it stopped) or ``testar`` one."""
    gw, caller = gateway(), g.caller
    try:
        match acao:
            case "girar":
                return _pagina(novo=servico.girar(gw, caller, id_assinatura))
            case "revogar":
                servico.revogar(gw, caller, id_assinatura)
            case "reenviar":
                servico.reenviar(gw, caller, id_assinatura, None)
            case "testar":
                chamada = Entregador(gw, este_processo()).testar(caller, id_assinatura)
                return _pagina(testada=(id_assinatura, chamada))
            case _:
                return _pagina(erros=["Ação desconhecida."])
    except AssinaturaRecusada as recusada:
        return _pagina(erros=recusada.problemas)
    except SettingsError:
        return _pagina(erros=[SEM_CHAVE])
    except SegredoIlegivel:
        return _pagina(erros=[ILEGIVEL])
    return redirect(url_for("painel.assinaturas", aviso=f"assinatura_{acao}"), 303)
