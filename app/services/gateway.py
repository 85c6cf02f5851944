"""What every use case works with, put together once by ``app.create_app``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from app.cep import Verificador
from app.domain.desfecho import AcaoInterna, Aceite, Desfecho, Remanejamento, RespostaGravada
from app.domain.estoque import RegraDeEstoque
from app.domain.recusas import Recusa
from app.domain.retencao import ENTREGA_FUTURA, SIMPLES_ENTREGA, RegraDeRetencao
from app.mapping import Catalog, Maps, clip
from app.settings import TV7, Settings
from app.totvs import ClienteTotvs
from app.winthor import parametros as numeros
from app.winthor.cadastros import Cadastros
from app.winthor.db.transaction import Connection, Database
from app.winthor.esquema.tabelas_do_site import Tabelas
from app.winthor.parametros import Parametros
from app.winthor.politicas import Politicas


class Renderizacao(Protocol):
    """What is stored and sent of a judgement, as JSON; only the API knows how its members are called."""

    def aceite(self, aceite: Aceite) -> str:
        """The answer to an accepted request."""

    def recusa(self, recusa: Recusa) -> str:
        """The reasons of a refusal, for the log."""

    def acao_interna(self, acao: AcaoInterna) -> Mapping[str, Any]:
        """The request of an action that no POS asked for, as the log keeps it."""

    def remanejamento(self, remanejamento: Remanejamento) -> str:
        """The answer to a move of lines to other branches."""

    def gravada(self, resposta: Any) -> RespostaGravada:
        """What a stored answer says, out of its JSON."""

    def correcao(self, desfecho: Desfecho) -> str:
        """What is kept as the answer to a correction."""

    def webhook(self, evento: Any) -> str:
        """The body of a call that tells an event."""

    def texto(self, valor: Any) -> str:
        """JSON text with exact decimals, accents as they are."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """Settings, database, maps, the clock, and how answers look.

    ``tabelas``: what rows are inserted into, with the site's own columns, which read ``caminhos_extras`` of the JSON.
    ``procura_por_numero``: whether an index of the site finds an order by NUMPEDHUBE (R21); ``procura_entregas``: its
    deliveries, by NUMPEDENTFUT (R23). ``tem_vinculo``: whether the site has PCVINCULOPEDIDOMATCON.
    ``totvs``: the service that logins and foreign messages are passed on to (R26).
    ``estoque_analitico``: PCESTANALITICOVENDA can be read (R19).
    ``colunas``: the built-in columns in the site's widths, which count bytes of ``codificacao``.
    """

    settings: Settings
    db: Database
    cadastros: Cadastros
    politicas: Politicas
    parametros: Parametros
    maps: Maps
    colunas: Catalog
    codificacao: str
    tabelas: Tabelas
    json_paths: Collection[str]
    clock: Callable[[], dt.datetime]
    cep: Verificador
    caminhos_extras: Sequence[str]
    procura_por_numero: bool
    procura_entregas: bool
    tem_vinculo: bool
    renderizacao: Renderizacao
    estoque_analitico: bool
    chave_jwt: str = field(repr=False)
    demo: bool = False
    totvs: ClienteTotvs | None = None

    @property
    def chaves_jwt(self) -> tuple[str, ...]:
        """The keys whose signature is believed: the one that signs, and the one before it while they are changed."""
        return tuple(filter(None, (self.chave_jwt, self.settings.jwt_chave_anterior)))

    @property
    def regra_de_estoque(self) -> RegraDeEstoque:
        """What the settings decide about the stock (R4, R5)."""
        s = self.settings
        return RegraDeEstoque(s.desconta_disponivel, s.filiais_sem_estoque, s.modo_kit)

    def regra_de_retencao(self, connection: Connection, *, futura: bool = True) -> RegraDeRetencao:
        """What the site decides about which orders hold stock (R19); parameter 2542 may be a moment old.

        ``futura``: whether one for future delivery is among those asked about; else the parameter is not read. The
        sale types that the gateway itself writes always hold: it raises QTRESERV for them.
        """
        s = self.settings
        nossos = {s.condvenda, *((SIMPLES_ENTREGA,) if s.pago == TV7 else ())}
        retem = s.condvenda_retem | nossos if s.condvenda_retem else s.condvenda_retem
        if s.condvenda == ENTREGA_FUTURA or not futura:
            return RegraDeRetencao(retem, futura=True, modo_kit=s.modo_kit)
        tv7 = self.parametros.ler_chaveado(connection, numeros.RESERVA_TV7)
        return RegraDeRetencao(retem, tv7.geral, tv7.ao_contrario, s.modo_kit)

    def aparar(self, tabela: str, coluna: str, texto: str) -> str:
        """The longest start of ``texto`` that the column holds."""
        spec = self.colunas[tabela][coluna]
        return clip(texto, spec.length, self.codificacao, spec.characters)

    def agora(self) -> dt.datetime:
        """Now, aware, UTC."""
        return self.clock()

    def hora_do_erp(self, instante: dt.datetime) -> dt.datetime:
        """An instant as WinThor's clock shows it: local to PREVENDA_FUSO, without zone (R9)."""
        return instante.astimezone(self.settings.fuso).replace(tzinfo=None, microsecond=0)


def utc(instante: dt.datetime) -> dt.datetime:
    """An aware instant as GW_ tables keep it: UTC without zone."""
    return instante.astimezone(dt.UTC).replace(tzinfo=None)
