"""What one experiment showed, as rows for docs/provas.md: claim and figure; and what must not be, as findings."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from tests.reliability.prova.bancada import ACASO, BANCO_DE_VOLTA, INESPERADA, Bancada, Evento, Supervisor
from tests.reliability.prova.conferencia import Historia, ler_registros, resumo
from tests.reliability.prova.medidas import Amostra, Ritmo, vazamentos, voltas
from tests.reliability.prova.terceiros import NOS_PEDIDOS, WinThor

# Service is back so soon after the database.
ATRASO_MAXIMO_S = 5.0


@dataclass
class Prova:
    """``linhas``: claim and figure. ``achados``: every reason not to believe them."""

    nome: str
    pasta: Path
    linhas: list[tuple[str, str]] = field(default_factory=list)
    achados: list[str] = field(default_factory=list)
    numeros: dict[str, int] = field(default_factory=dict)
    eventos: list[Evento] = field(default_factory=list)
    amostras: list[Amostra] = field(default_factory=list)
    expiradas: Collection[int] = ()
    por_comando: Collection[str] = ()  # operations that `log recuperar` settled
    interrompidas: int = 0  # … and all that were settled before the load ended

    def historias(self) -> list[Historia]:
        return list(ler_registros(self.pasta).values())

    def fechar(self, bancada: Bancada) -> None:
        """Check everything and take the counts."""
        with bancada.banco.engine.connect() as connection:
            query = sa.text("SELECT COUNT(*) FROM GW_OPERACAO WHERE CODIGO = 'INTERROMPIDA'")
            self.interrompidas = int(connection.execute(query).scalar_one())
        self.achados += bancada.conferir()
        self.numeros = resumo(self.historias())
        self.eventos = sorted(bancada.eventos, key=lambda evento: evento.quando)
        repetidas = len(self.expiradas) - len(set(self.expiradas))
        if repetidas:
            self.achados.append(f"{repetidas} reservas expiradas duas vezes")

    def contar_mortes(self, supervisor: Supervisor) -> None:
        mortes = dict(supervisor.mortes)
        if inesperadas := mortes.pop(INESPERADA, 0):
            self.achados.append(f"{inesperadas} mortes que ninguém pediu")
        if not mortes:
            return
        ao_acaso = mortes.pop(ACASO, 0)
        prontos = [evento.segundos for evento in self.eventos if evento.que != BANCO_DE_VOLTA]
        figura = f"{ao_acaso} times; a gateway that was gone ready again after {_tempo(prontos)}"
        self.linhas.append(("kill -9 of a process of a gateway at any moment under load", figura))
        menos, total = min(mortes.values(), default=0), sum(mortes.values())
        figura = f"{menos} times or more at each ({total} in all)"
        self.linhas.append((f"kill -9 at each of {len(mortes)} named fault points", figura))
        sem_comando = self.interrompidas - len(self.por_comando)
        figura = f"{sem_comando} settled as R by a starting gateway, {len(self.por_comando)} by `log recuperar`"
        self.linhas.append(("operations that a crash left P", figura))

    def contar_reinicios(self, nome: str) -> None:
        reinicios = [evento for evento in self.eventos if evento.que == BANCO_DE_VOLTA]
        fora = [evento.segundos for evento in reinicios]
        sem_servico = voltas(self.pasta, [evento.quando for evento in reinicios])
        atraso = max((total - banco for total, banco in zip(sem_servico, fora, strict=True)), default=0.0)
        if atraso > ATRASO_MAXIMO_S:
            self.achados.append(f"o serviço só voltou {atraso:.1f} s depois do banco")
        figura = f"{len(reinicios)} times; down {_tempo(fora)}, no accepted call for {_tempo(sem_servico)}"
        self.linhas.append((f"{nome} stopped at once and restarted under 16 writers", figura))

    def contar_winthor(self, winthor: WinThor) -> None:
        self.achados += [f"sessão do WinThor morta: {motivo}" for motivo in winthor.mortas]
        self.achados += winthor.desvios
        feitos = ", ".join(f"{vezes} {nome}" for nome, vezes in sorted(winthor.feitos.items()) if nome in NOS_PEDIDOS)
        total = sum(vezes for nome, vezes in winthor.feitos.items() if nome in NOS_PEDIDOS)
        figura = f"{total} moves ({feitos}); {len(winthor.mortas)} sessions ended by a deadlock"
        self.linhas.append((f"{self.nome}: WinThor at the gateway's orders, in any lock order, is never ended", figura))
        figura = f"{winthor.feitos['recalcular']} recalculations under load, {len(winthor.desvios)} found anything else"
        self.linhas.append((f"{self.nome}: QTRESERV = live lines + WinThor's own account", figura))

    def contar_chamadas(self) -> None:
        n = self.numeros
        figura = (
            f"{n['ok']} accepted calls all found; {n['desconhecido']} calls without an answer in"
            f" {n.get('intentos_desconhecidos', 0)} requests: repeated, {n.get('tinham_valido', 0)} had taken effect,"
            f" {n.get('nao_tinham_valido', 0)} had not, {n['abertos']} stayed open"
        )
        claim = "nothing acknowledged lost, nothing half written, every retry one effect"
        self.linhas.append((f"{self.nome}: {claim}", figura))

    def contar_carga(self, minutos: float) -> None:
        ritmo = Ritmo.ler(self.pasta)
        ms = " / ".join(f"{ritmo.percentil('reservar', parte):.0f}" for parte in (0.5, 0.95, 0.99))
        figura = f"{ritmo.julgadas} calls judged in {minutos:g} min, {ritmo.julgadas / ritmo.segundos:.0f} per second;"
        self.linhas.append(("load held through all faults", f"{figura} reserve p50 / p95 / p99 {ms} ms"))

    def contar_vazamentos(self) -> None:
        medidos = vazamentos(self.amostras)
        partes = [f"{v.nome} {v.antes:.4g} → {v.depois:.4g} (peak {v.maximo:.4g})" for v in medidos]
        figura = "; ".join(partes) or "run too short to say"
        self.linhas.append(("no leak in the gateway that was never killed", figura))
        self.achados += [f"{v.nome} cresceu {v.crescimento:.1f} %" for v in medidos if v.vaza]


def _tempo(segundos: Sequence[float]) -> str:
    if not segundos:
        return "–"
    return f"{statistics.median(segundos):.1f} s (median), {max(segundos):.1f} s (worst)"
