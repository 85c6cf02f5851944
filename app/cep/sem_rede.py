"""CEP checks of the demo: the same interface, answered from a few public CEPs without any network."""

from __future__ import annotations

from app.cep.servico import EstadoServico
from app.domain.endereco import (
    DEMONSTRACAO,
    Desconhecido,
    Encontrado,
    EnderecoCep,
    Malformado,
    ResultadoCep,
    normalizar_cep,
)

_SAO_PAULO = ("São Paulo", "SP", 3550308)
_MANAUS = ("Manaus", "AM", 1302603)
_TABELA = {
    "01001000": ("Praça da Sé", "Sé", *_SAO_PAULO),
    "01153000": ("Rua Vitorino Carmilo", "Barra Funda", *_SAO_PAULO),
    "01310100": ("Avenida Paulista", "Bela Vista", *_SAO_PAULO),
    "01310200": ("Avenida Paulista", "Bela Vista", *_SAO_PAULO),
    "04538133": ("Avenida Brigadeiro Faria Lima", "Itaim Bibi", *_SAO_PAULO),
    "69036110": ("Avenida Brasil", "Compensa", *_MANAUS),
    "69050030": ("Avenida Mário Ypiranga Monteiro", "Parque Dez de Novembro", *_MANAUS),
    "69060000": ("Avenida André Araújo", "Aleixo", *_MANAUS),
}


class VerificadorDemonstracao:
    """Knows the CEPs of its table; every other one is Desconhecido. Says so: ``servico`` is ``demonstracao``."""

    def verificar(self, cep: str | None) -> ResultadoCep:
        """What the table says about ``cep``; a text that is no CEP is Malformado. Never Indisponivel."""
        digits = normalizar_cep(cep)
        if digits is None:
            return Malformado()
        linha = _TABELA.get(digits)
        if linha is None:
            return Desconhecido(DEMONSTRACAO)
        return Encontrado(EnderecoCep(digits, *linha), DEMONSTRACAO)

    def estado(self) -> dict[str, EstadoServico]:
        """Empty: there is no service to watch."""
        return {}
