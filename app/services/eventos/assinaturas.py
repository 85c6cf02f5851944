"""Subscriptions for those who decide on them: make one, list them, another secret, end one, send again (R28)."""

from __future__ import annotations

import contextlib
import datetime as dt
import secrets
import socket
import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from app.domain.assinatura import BYTES_DO_SEGREDO, EstadoDaAssinatura, segredo_de
from app.domain.eventos import TipoDeEvento
from app.saida.destino import DestinoRecusado, conferir_url, resolver
from app.services.acesso.credenciais import Caller
from app.services.eventos import feed
from app.services.eventos.cofre import FALTA, Cofre
from app.services.gateway import Gateway, utc
from app.services.identificador import novo_id
from app.settings import SettingsError
from app.winthor import assinaturas, eventos
from app.winthor.assinaturas import Assinatura
from app.winthor.db.transaction import Connection

# Of an installation, without the revoked ones: each costs those who are called a part of their turn.
ASSINATURAS_MAXIMAS = 100


# Where a person waits for somebody else's name server or host: one at a time in a process, so that the other threads of
# the back office stay free.
_DE_UMA_EM_UMA = threading.BoundedSemaphore(1)


class AssinaturaRecusada(Exception):
    """What was asked of a subscription cannot be done; ``problemas`` are Portuguese, for the operator."""

    def __init__(self, problemas: list[str]) -> None:
        super().__init__("; ".join(problemas))
        self.problemas = problemas


@contextlib.contextmanager
def esperando_por_outros() -> Iterator[None]:
    """While somebody outside is asked on a person's request. Raises AssinaturaRecusada while another one waits."""
    if not _DE_UMA_EM_UMA.acquire(blocking=False):
        raise AssinaturaRecusada(["Outro endereço está sendo consultado agora; repita em instantes."])
    try:
        yield
    finally:
        _DE_UMA_EM_UMA.release()


@dataclass(frozen=True, slots=True)
class ComSegredo:
    """A subscription and its secret, which is told this once."""

    id: str
    segredo: str


@dataclass(frozen=True, slots=True)
class AssinaturaMostrada:
    """A subscription as it is shown. Times are aware, UTC. ``atraso_s``: seconds that its oldest event has waited,
    None: none waits."""

    id: str
    url: str
    tipos: Sequence[str] | None
    filiais: Sequence[str] | None
    estado: EstadoDaAssinatura
    caller: str
    criada: dt.datetime
    cursor: int
    tentativas: int
    proxima: dt.datetime | None
    ultima: dt.datetime | None
    resultado: str | None
    atraso_s: float | None


@dataclass(frozen=True, slots=True)
class AssinaturasListadas:
    """Subscriptions, the oldest first."""

    itens: Sequence[AssinaturaMostrada]


def criar(
    gw: Gateway,
    caller: Caller,
    url: str,
    *,
    tipos: Collection[TipoDeEvento] | None,
    filiais: Collection[str] | None,
) -> ComSegredo:
    """Make a subscription that is told what happens from now on; its secret is told this once.

    ``tipos`` and ``filiais`` None: all. Raises AssinaturaRecusada with every problem, SettingsError without a key, and
    Falha.
    """
    cofre = Cofre(gw.settings)
    segredo = segredo_de(secrets.token_bytes(BYTES_DO_SEGREDO))
    agora = gw.agora()
    problemas = [*_do_endereco(gw, url), *_das_filiais(gw, caller, filiais), *_das_que_ha(gw)]
    if problemas:
        raise AssinaturaRecusada(problemas)
    nova = Assinatura(
        id=novo_id(agora),
        url=url,
        tipos=None if tipos is None else frozenset(tipos),
        filiais=None if filiais is None else frozenset(filiais),
        segredo=cofre.guardar(segredo),
        segredo_anterior=None,
        segredo_desde=utc(agora),
        estado=EstadoDaAssinatura.ATIVA,
        caller=caller.login,
        criada=utc(agora),
        cursor=feed.fim(gw),
        tentativas=0,
        proxima=utc(agora),
        ultima=None,
        resultado=None,
    )
    gw.db.run(lambda connection: assinaturas.insert(connection, nova))
    return ComSegredo(nova.id, segredo)


def _do_endereco(gw: Gateway, url: str) -> list[str]:
    try:
        conferir_url(url)
        with esperando_por_outros():
            resolver(url, gw.settings.webhook_redes)
    except DestinoRecusado as recusado:
        return [str(recusado)]
    except (OSError, UnicodeError) as error:
        # A name that does not resolve here and now may do so where the calls are made; each call judges it again.
        return [] if isinstance(error, socket.gaierror) else ["O endereço não pode ser lido."]
    return []


def _das_que_ha(gw: Gateway) -> list[str]:
    with gw.db.read() as connection:
        ha = sum(a.estado is not EstadoDaAssinatura.REVOGADA for a in assinaturas.find_all(connection))
    return [f"Já há {ha} assinaturas; revogue uma antes."] if ha >= ASSINATURAS_MAXIMAS else []


def _das_filiais(gw: Gateway, caller: Caller, filiais: Collection[str] | None) -> list[str]:
    if filiais is None:
        return [] if caller.filiais is None else ["Este login não age em todas as filiais; diga quais."]
    alheias = [filial for filial in sorted(filiais) if not caller.pode_na_filial(filial)]
    problemas = [f"Este login não pode agir na filial {filial}." for filial in alheias]
    with gw.db.read() as connection:
        existem = gw.cadastros.filiais(connection, sorted(filiais))
    problemas += [f"A filial {filial} não existe no WinThor." for filial in sorted(filiais) if filial not in existem]
    return problemas or ([] if filiais else ["Informe ao menos uma filial."])


def listar(gw: Gateway, caller: Caller) -> AssinaturasListadas:
    """The subscriptions whose branches are all the caller's. Raises Falha."""
    agora = gw.agora()
    with gw.db.read() as connection:
        ultimo = eventos.marcas(connection).ultimo
        achadas = [a for a in assinaturas.find_all(connection) if _e_dele(caller, a)]
        itens = tuple(_mostrada(a, _espera_desde(connection, a, ultimo), agora) for a in achadas)
    return AssinaturasListadas(itens)


@dataclass(frozen=True, slots=True)
class EntregasQueEsperam:
    """``atraso_s``: seconds that the oldest event waits for an active subscription, 0: none; None: none is active."""

    desligadas: int
    atraso_s: float | None


def medir(connection: Connection, agora: dt.datetime) -> EntregasQueEsperam:
    """How the deliveries are doing, of all branches. Raises Falha."""
    todas = assinaturas.find_all(connection)
    ultimo = eventos.marcas(connection).ultimo if todas else 0
    ativas = [a for a in todas if a.estado is EstadoDaAssinatura.ATIVA]
    desde = [_espera_desde(connection, a, ultimo) for a in ativas]
    atrasos = [(utc(agora) - quando).total_seconds() for quando in desde if quando is not None]
    desligadas = sum(a.estado is EstadoDaAssinatura.DESLIGADA for a in todas)
    return EntregasQueEsperam(desligadas, max([0.0, *atrasos]) if ativas else None)


def _espera_desde(connection: Connection, assinatura: Assinatura, ultimo: int) -> dt.datetime | None:
    """Since when the oldest event waits that it is to be told."""
    if assinatura.estado is EstadoDaAssinatura.REVOGADA or assinatura.cursor >= ultimo:
        return None
    filtro = {"filiais": assinatura.filiais, "tipos": assinatura.tipos}
    primeiro = eventos.find_all(connection, assinatura.cursor, ultimo, limite=1, **filtro)  # type: ignore[arg-type]
    return primeiro[0].quando if primeiro else None


def _mostrada(a: Assinatura, desde: dt.datetime | None, agora: dt.datetime) -> AssinaturaMostrada:
    ativa = a.estado is EstadoDaAssinatura.ATIVA
    return AssinaturaMostrada(
        id=a.id,
        url=a.url,
        tipos=None if a.tipos is None else sorted(tipo.value for tipo in a.tipos),
        filiais=None if a.filiais is None else sorted(a.filiais),
        estado=a.estado,
        caller=a.caller,
        criada=a.criada.replace(tzinfo=dt.UTC),
        cursor=a.cursor,
        tentativas=a.tentativas,
        proxima=a.proxima.replace(tzinfo=dt.UTC) if ativa and a.tentativas else None,
        ultima=None if a.ultima is None else a.ultima.replace(tzinfo=dt.UTC),
        resultado=a.resultado,
        atraso_s=None if desde is None else max(0.0, (utc(agora) - desde).total_seconds()),
    )


def _e_dele(caller: Caller, assinatura: Assinatura) -> bool:
    if caller.filiais is None:
        return True
    return assinatura.filiais is not None and assinatura.filiais <= caller.filiais


def achar(connection: Connection, caller: Caller, id_assinatura: str) -> Assinatura:
    """One that is not revoked and whose branches are the caller's. Raises AssinaturaRecusada."""
    achada = assinaturas.find(connection, id_assinatura)
    if achada is None or not _e_dele(caller, achada) or achada.estado is EstadoDaAssinatura.REVOGADA:
        raise AssinaturaRecusada([f"Não há assinatura {id_assinatura}."])
    return achada


def girar(gw: Gateway, caller: Caller, id_assinatura: str) -> ComSegredo:
    """Another secret, told this once; the one before signs too for 24 hours. Raises AssinaturaRecusada, SettingsError
    without a key, and Falha."""
    cofre = Cofre(gw.settings)
    segredo = segredo_de(secrets.token_bytes(BYTES_DO_SEGREDO))

    def gravar(connection: Connection) -> None:
        antes = achar(connection, caller, id_assinatura)
        # Written anew by the present key, too, so that the one before it can be given up.
        anterior = cofre.guardar(cofre.abrir(antes.segredo))
        assinaturas.update_segredo(connection, id_assinatura, cofre.guardar(segredo), anterior, utc(gw.agora()))

    gw.db.run(gravar)
    return ComSegredo(id_assinatura, segredo)


def revogar(gw: Gateway, caller: Caller, id_assinatura: str) -> None:
    """Call nobody any more. Raises AssinaturaRecusada and Falha."""

    def gravar(connection: Connection) -> None:
        achar(connection, caller, id_assinatura)
        assinaturas.update_estado(connection, id_assinatura, EstadoDaAssinatura.REVOGADA)

    gw.db.run(gravar)


def reenviar(gw: Gateway, caller: Caller, id_assinatura: str, desde: int | None) -> int:
    """Deliver again all after a place, None: what was not delivered yet; also where it was given up. The place.

    Raises AssinaturaRecusada where the events after it were forgotten, or it was never given; and Falha.
    """
    feed.fim(gw)

    def gravar(connection: Connection) -> int:
        achada = achar(connection, caller, id_assinatura)
        marcas = eventos.marcas(connection)
        lugar = max(achada.cursor, marcas.apagado) if desde is None else desde
        if not marcas.apagado <= lugar <= marcas.ultimo:
            raise AssinaturaRecusada([f"O cursor deve ficar entre {marcas.apagado} e {marcas.ultimo}."])
        assinaturas.recomecar(connection, id_assinatura, lugar, utc(gw.agora()))
        return lugar

    return gw.db.run(gravar)


def exigir_chave(gw: Gateway) -> None:
    """Raises SettingsError where somebody is to be called and there is no key for their secrets; and Falha."""
    with gw.db.read() as connection:
        if assinaturas.tem_ativa(connection) and not gw.settings.webhook_chave:
            raise SettingsError([FALTA])
