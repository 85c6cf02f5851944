"""The check of one CEP by the services, in order, within a budget (R8).

The calls run in threads of their own: a name server that says nothing blocks the thread that asks it, and no time-out
of a library reaches there.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from app.cep.disjuntor import Disjuntor, LimitesDisjuntor
from app.cep.memoria import LimitesMemoria, MemoriaCep
from app.cep.servico import SEM_RESPOSTA, EstadoServico, FalhaServico, RespostaServico, ServicoCep
from app.domain.endereco import CepIndisponivel, Malformado, ResultadoCep, normalizar_cep
from app.saida.prazo import Prazo

logger = logging.getLogger(__name__)


class VerificadorCep:
    """Asks ``servicos`` in order; the next one only when the one before fails. Safe for threads.

    ``clock`` is monotonic seconds. A whole check takes at most ``budget_s``; one service gets at most
    ``tentativa_s`` of it, connecting included, so that the next one still has a chance. At most ``max_em_voo``
    checks run at once in this process: a hanging service must not hold all workers. Breakers, memory and that
    limit belong to the process, not to the installation.
    """

    def __init__(
        self,
        servicos: Sequence[ServicoCep],
        *,
        clock: Callable[[], float],
        budget_s: float = 2.5,
        tentativa_s: float = 1.5,
        disjuntor: LimitesDisjuntor | None = None,
        memoria: LimitesMemoria | None = None,
        max_em_voo: int = 4,
    ) -> None:
        self._clock = clock
        self._budget_s = budget_s
        self._tentativa_s = tentativa_s
        limites = disjuntor or LimitesDisjuntor()
        self._servicos = [(servico, Disjuntor(limites, clock)) for servico in servicos]
        self._memoria = MemoriaCep(memoria or LimitesMemoria(), clock)
        self._vagas = threading.BoundedSemaphore(max_em_voo)

    def verificar(self, cep: str | None) -> ResultadoCep:
        """What the services, or an answer of theirs remembered, say about ``cep``.

        A text that is no CEP is Malformado without any call. CepIndisponivel when every service failed, was left
        alone by its breaker or had no time left, and at once when ``max_em_voo`` checks are already running.
        Must not be called while a database transaction is open.
        """
        digits = normalizar_cep(cep)
        if digits is None:
            return Malformado()
        lembrada = self._memoria.buscar(digits)
        if lembrada is not None:
            return lembrada
        if not self._vagas.acquire(blocking=False):
            return CepIndisponivel(("serviço ocupado",))
        vaga = _Vaga(self._vagas)
        try:
            resultado = self._perguntar(digits, vaga)
        finally:
            vaga.devolver()
        if not isinstance(resultado, CepIndisponivel):
            self._memoria.guardar(digits, resultado)
        return resultado

    def estado(self) -> dict[str, EstadoServico]:
        """Breaker and counts of each service, for metrics."""
        return {servico.nome: disjuntor.estado() for servico, disjuntor in self._servicos}

    def _perguntar(self, cep: str, vaga: _Vaga) -> RespostaServico | CepIndisponivel:
        total = Prazo(self._budget_s, self._clock)
        motivos = []
        for servico, disjuntor in self._servicos:
            if total.restante() <= 0:
                motivos.append(f"{servico.nome}: sem tempo")
                continue
            passe = disjuntor.pedir()
            if passe is None:
                motivos.append(f"{servico.nome}: em pausa depois de falhas seguidas")
                continue
            ok = False
            try:
                prazo = Prazo(min(total.restante(), self._tentativa_s), self._clock)
                resposta = _chamar(servico, cep, prazo, vaga)
                ok = True
                return resposta
            except FalhaServico as falha:
                motivos.append(f"{servico.nome}: {falha.motivo}")
                logger.warning("Serviço de CEP %s falhou: %s", servico.nome, falha.motivo)
            finally:
                disjuntor.registrar(passe, ok=ok)
        return CepIndisponivel(tuple(motivos))


class _Vaga:
    """One of the ``max_em_voo`` places, free again when the check and every call it started have ended."""

    def __init__(self, vagas: threading.BoundedSemaphore) -> None:
        self._vagas = vagas
        self._lock = threading.Lock()
        self._donos = 1

    def dividir(self) -> None:
        with self._lock:
            self._donos += 1

    def devolver(self) -> None:
        with self._lock:
            self._donos -= 1
            livre = self._donos == 0
        if livre:
            self._vagas.release()


def _chamar(servico: ServicoCep, cep: str, prazo: Prazo, vaga: _Vaga) -> RespostaServico:
    """The service's answer, or FalhaServico at the latest when ``prazo`` is over.

    The call has a thread of its own because some waits have no time-out at all: a name server that is silent
    holds ``getaddrinfo`` for half a minute, and that is how a store without internet looks.
    """
    futuro: Future[RespostaServico | FalhaServico] = Future()

    def trabalhar() -> None:
        try:
            desfecho = _desfecho(servico, cep, prazo)
        finally:
            prazo.fechar()
            vaga.devolver()
        futuro.set_result(desfecho)

    vaga.dividir()
    try:
        threading.Thread(target=trabalhar, name=f"cep-{servico.nome}", daemon=True).start()
    except RuntimeError:
        vaga.devolver()
        raise FalhaServico("sem recursos para consultar") from None
    try:
        desfecho = futuro.result(timeout=prazo.restante())
    except TimeoutError:
        prazo.encerrar()
        raise FalhaServico(SEM_RESPOSTA) from None
    if isinstance(desfecho, FalhaServico):
        raise desfecho
    return desfecho


def _desfecho(servico: ServicoCep, cep: str, prazo: Prazo) -> RespostaServico | FalhaServico:
    """A defect in a client counts as a failure of its service: it must not stop a sale either."""
    try:
        return servico.consultar(cep, prazo)
    except FalhaServico as falha:
        return falha
    except Exception as error:
        return FalhaServico(f"erro inesperado ({type(error).__name__})")
