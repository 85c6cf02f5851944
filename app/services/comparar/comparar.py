"""The comparison: each pre-sale that another service judged runs through the gateway's own reading, checks and maps as
of its date – without stock, numbers or locks – and the rows it would have written are laid beside what is there (R25).

Read only. Master data are those of today: a product that was excluded since counts as refused.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.cep import EstadoServico
from app.domain.cliente import Cliente
from app.domain.endereco import CepIndisponivel, ResultadoCep
from app.domain.pre_venda import Situacao
from app.domain.recusas import Recusa
from app.mapping import ValueDoesNotFit
from app.services.comparar.linhas import Row, comparar_linhas
from app.services.comparar.soma import Soma
from app.services.gateway import Gateway
from app.services.operacao.log_gravado import ler_objeto
from app.services.operacao.nossas_linhas import NossasLinhas
from app.services.operacao.requisicao import Requisicao
from app.services.pre_venda.colunas import Fecho
from app.services.pre_venda.conferir import PreVendaConferida, conferir
from app.services.pre_venda.rascunho import fechar
from app.winthor import operacoes
from app.winthor.consultas import comparacao
from app.winthor.consultas.comparacao import LinhaDoLogLida, PedidoDoSite
from app.winthor.db.faults import Falha
from app.winthor.db.ritmo import ritmo
from app.winthor.esquema import catalogo
from app.winthor.esquema.catalogo import Catalogo

# Reads an object that was logged, None where it is no pre-sale: the door of the HTTP layer, which is not known here.
Ler = Callable[[Mapping[str, Any]], Requisicao | None]
# Log rows fetched at once, and orders laid beside ours at once.
PAGINA, LOTE = 5000, 200
# The tables of an order.
TABELAS_DO_PEDIDO = ("PCPEDC", "PCPEDI", "PCPEDICESTA")
# Columns that follow from a customer.
DO_CLIENTE_NOVO = frozenset({"CODCLI", "CODPRACA", "NUMREGIAO"})
# A code for what is refused by a column's width.
NAO_CABE = "VALOR_NAO_CABE"
SEM_ESTOQUE = "ESTOQUE_INSUFICIENTE"
ACEITA, RECUSADA = "A", "R"
# How the hub names the message of a pre-sale (PCINTEGRACAOCORE.IDEXTERNO), by its number.
DO_HUB = ("pdvsync-status-prevenda-{}", "pdvsync-prevenda-{}", "{}")


class SemPreVenda(enum.Enum):
    """Why a log row gives no pre-sale."""

    JSON = enum.auto()
    OUTRO_OBJETO = enum.auto()


ILEGIVEL, OUTRO_OBJETO = SemPreVenda.JSON, SemPreVenda.OUTRO_OBJETO


class CepNaoConsultado:
    """The CEP services are not asked about the past."""

    def verificar(self, _cep: str | None) -> ResultadoCep:
        """Out of reach, which never refuses anything (R8)."""
        return CepIndisponivel(("comparação",))

    def estado(self) -> dict[str, EstadoServico]:
        """No service, no state."""
        return {}


@dataclass(frozen=True, slots=True)
class PeriodoComparado:
    """Days by the ERP's clock, both included, and the branch that is looked at (None: all)."""

    de: dt.date
    ate: dt.date
    filial: str | None = None

    def dias(self, desde: dt.date | None = None) -> list[dt.date]:
        """The days still to do, from ``desde`` on."""
        inicio = max(self.de, desde or self.de)
        return [inicio + dt.timedelta(days=n) for n in range((self.ate - inicio).days + 1)]


@dataclass(frozen=True, slots=True)
class Comparador:
    """What a comparison works with. ``site``: the site's catalog; ``colunas``: those that its tables of an order have;
    ``pessoais``: columns whose values are not told."""

    gw: Gateway
    ler: Ler
    site: Catalogo
    colunas: Mapping[str, Sequence[str]]
    pessoais: Mapping[str, Collection[str]]

    def comparar_dia(self, soma: Soma, dia: dt.date, filial: str | None, por_segundo: float) -> None:
        """Add a day to what was counted; no transaction is held while rows are compared. At most so many statements a
        second. Raises Falha."""
        with ritmo(self.gw.db, por_segundo):
            for pagina in self._paginas(dt.datetime.combine(dia, dt.time())):
                for inicio in range(0, len(pagina), LOTE):
                    self._comparar_lote(soma, pagina[inicio : inicio + LOTE], filial)

    def _paginas(self, inicio: dt.datetime) -> Iterator[list[LinhaDoLogLida]]:
        """Rows of a day that were not born here."""
        gw, fim = self.gw, inicio + dt.timedelta(days=1)
        meia_noite, folga = inicio.replace(tzinfo=gw.settings.fuso), dt.timedelta(hours=1)
        with gw.db.read() as connection:
            nossas = NossasLinhas(gw, connection, meia_noite - folga, meia_noite + dt.timedelta(days=1) + folga)
        vistas: set[str] = set()
        while True:
            limite = PAGINA + len(vistas)
            with gw.db.read() as connection:
                pagina = comparacao.pagina_do_log(connection, inicio, fim, limite)
                alheias = [x for x in pagina if x.endereco not in vistas and not nossas.tem(connection, x)]
            yield alheias
            if len(pagina) < limite:
                return
            ultima = pagina[-1].data
            do_ultimo_instante = {linha.endereco for linha in pagina if linha.data == ultima}
            vistas = do_ultimo_instante | (vistas if ultima == inicio else set())
            inicio = ultima

    def _comparar_lote(self, soma: Soma, lote: Sequence[LinhaDoLogLida], filial: str | None) -> None:
        gravadas = self._gravadas({linha.numped for linha in lote if linha.numped})
        with self.gw.db.read() as connection:
            textos = [operacoes.find_json_do_log(connection, linha.endereco) for linha in lote]
        lidas = [self._ler(texto) for texto in textos]
        do_hub = self._do_hub(lote, lidas, gravadas)
        for linha, do_log in zip(lote, lidas, strict=True):
            requisicao = do_hub.get(linha.numped or 0) if do_log is OUTRO_OBJETO else do_log
            deles = gravadas.get(linha.numped or 0)
            if filial is not None and filial != _filial(requisicao, deles):
                continue
            soma.lidas += 1
            if requisicao is ILEGIVEL:
                soma.ilegiveis += 1
            elif not isinstance(requisicao, Requisicao):
                soma.sem_itens += 1
            else:
                soma.reconhecidas += 1
                self._comparar(soma, linha, requisicao, deles)

    def _ler(self, texto: str | None) -> Requisicao | SemPreVenda:
        corpo = ler_objeto(texto)
        return ILEGIVEL if corpo is None else self.ler(corpo) or OUTRO_OBJETO

    def _gravadas(self, numpeds: Collection[int]) -> dict[int, PedidoDoSite]:
        if not numpeds:
            return {}
        with self.gw.db.read() as connection:
            return comparacao.find_pedidos_do_site(connection, numpeds, self.colunas)

    def _do_hub(
        self,
        lote: Sequence[LinhaDoLogLida],
        lidas: Sequence[Requisicao | SemPreVenda],
        gravadas: Mapping[int, PedidoDoSite],
    ) -> dict[int, Requisicao]:
        """The pre-sale as the hub received it, by order, where the log holds another object and the site has the hub's
        table."""
        procuradas: dict[str, int] = {}
        for linha, lida in zip(lote, lidas, strict=True):
            pedido = gravadas.get(linha.numped or 0)
            if lida is OUTRO_OBJETO and pedido is not None and pedido.numpedhube:
                procuradas.update({forma.format(pedido.numpedhube): pedido.numped for forma in DO_HUB})
        if not procuradas:
            return {}
        try:
            with self.gw.db.read() as connection:
                mensagens = comparacao.find_mensagens_do_hub(connection, procuradas)
        except Falha:
            return {}  # a site without the hub, or without a grant on its table
        recebidas = {procuradas[externo]: self._ler(texto) for externo, texto in mensagens.items()}
        return {numped: lida for numped, lida in recebidas.items() if isinstance(lida, Requisicao)}

    def _comparar(self, soma: Soma, linha: LinhaDoLogLida, requisicao: Requisicao, deles: PedidoDoSite | None) -> None:
        """Verdict beside verdict, and, where both accepted a reservation, row beside row."""
        gw = self._na_data(linha.data)
        codigos, conferida = _julgar(gw, requisicao)
        if linha.status == ACEITA:
            if codigos:
                soma.mais_rigorosos += 1
                soma.por_codigo.update(codigos)
            else:
                soma.iguais += 1
        elif linha.status == RECUSADA:
            if codigos:
                soma.iguais += 1
                soma.por_codigo.update(codigos)
            else:
                soma.menos_rigorosos += 1
        if linha.status == ACEITA and conferida is not None and deles is not None:
            nossas, sem = _linhas(conferida, deles)
            if nossas is not None:
                comparar_linhas(soma, deles.linhas, nossas, mudado=deles.mudado, pessoais=self.pessoais, sem=sem)

    def _na_data(self, data: dt.datetime) -> Gateway:
        instante = data.replace(tzinfo=self.gw.settings.fuso)
        return replace(self.gw, clock=lambda: instante)


def preparar(gw: Gateway, ler: Ler, pessoais: Mapping[str, Collection[str]]) -> Comparador:
    """Look once at the columns that the site's tables have; where the catalog may not be read, those described."""
    site = catalogo.ler_se_puder(gw.db)
    conhecidas = catalogo.tabelas_usadas()
    colunas = {tabela: sorted(site.tabelas.get(tabela) or conhecidas[tabela]) for tabela in TABELAS_DO_PEDIDO}
    sem_cota = replace(gw.settings, max_reservas_abertas=0, max_unidades_abertas=0)
    return Comparador(replace(gw, settings=sem_cota, cep=CepNaoConsultado()), ler, site, colunas, pessoais)


def _julgar(gw: Gateway, requisicao: Requisicao) -> tuple[list[str], PreVendaConferida | None]:
    """Codes of what would be refused, without the stock; what was judged, where it is a reservation."""
    try:
        if requisicao.pre_venda.situacao is Situacao.DISPONIVEL and not requisicao.excluir:
            return [], conferir(gw, requisicao)
        codigos = {problema.codigo for problema in requisicao.problemas}
    except Recusa as recusa:
        codigos = {problema.codigo for problema in recusa.problemas} - {SEM_ESTOQUE}
    except ValueDoesNotFit:
        codigos = {NAO_CABE}
    return sorted(codigos), None


def _linhas(
    conferida: PreVendaConferida, deles: PedidoDoSite
) -> tuple[Mapping[str, Sequence[Row]] | None, Collection[str]]:
    """The rows we would have written under that number, and the columns that say nothing: those of a customer whom the
    other service wrote for this very order."""
    cliente, sem = conferida.cliente, frozenset[str]()
    if not isinstance(cliente, Cliente):
        cliente, sem = Cliente(deles.codcli, codpraca=deles.codpraca), DO_CLIENTE_NOVO
    try:
        return fechar(conferida.rascunho, conferida.linhas, Fecho(deles.numped, cliente, {})), sem
    except ValueDoesNotFit:
        return None, sem


def _filial(requisicao: Requisicao | SemPreVenda | None, deles: PedidoDoSite | None) -> str | None:
    """Branch of a row: of its order, else as it was sent."""
    if deles is not None:
        return deles.codfilial
    return requisicao.pre_venda.filial if isinstance(requisicao, Requisicao) else None
