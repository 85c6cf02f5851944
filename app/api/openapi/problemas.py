"""Every code of error (spec §4.3): its status, what it means, what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.services.explicacoes import EXPLICACOES, Explicacao

POR_STATUS: dict[int, tuple[str, ...]] = {
    400: ("JSON_INVALIDO",),
    401: ("NAO_AUTENTICADO",),
    403: ("FILIAL_NAO_AUTORIZADA", "ESCOPO_INSUFICIENTE"),
    404: ("RESERVA_NAO_ENCONTRADA", "ROTA_NAO_ENCONTRADA"),
    405: ("METODO_NAO_PERMITIDO",),
    409: (
        "ESTOQUE_INSUFICIENTE",
        "NUMERO_EM_USO",
        "EM_PROCESSAMENTO",
        "RESERVA_SUBSTITUIDA",
        "RESERVA_CANCELADA",
        "RESERVA_EXPIRADA",
        "RESERVA_RESGATADA",
        "RESERVA_CONFIRMADA",
        "RESERVA_FATURADA",
        "RESERVA_EM_SEPARACAO",
        "RESERVA_BLOQUEADA",
        "RESERVA_ASSUMIDA",
        "ITENS_DIVERGENTES",
    ),
    413: ("CORPO_GRANDE",),
    415: ("TIPO_NAO_SUPORTADO",),
    422: (
        "CAMPO_INVALIDO",
        "SITUACAO_INVALIDA",
        "PRODUTO_NAO_ENCONTRADO",
        "PRODUTO_INATIVO",
        "EMBALAGEM_NAO_CONFERE",
        "FRACAO_NAO_PERMITIDA",
        "KIT_INVALIDO",
        "FILIAL_NAO_ENCONTRADA",
        "RCA_NAO_ENCONTRADO",
        "PARAMETRO_AUSENTE",
        "RETAGUARDA_OBRIGATORIO",
        "CLIENTE_BLOQUEADO",
        "CHAVE_REUTILIZADA",
    ),
    429: ("LIMITE_EXCEDIDO",),
    500: ("ERRO_INTERNO",),
    503: ("BANCO_OCUPADO", "BANCO_INDISPONIVEL", "SOBRECARGA", "NUMERACAO_ESGOTADA"),
}

# Errors of the door, which no log row explains.
_DA_PORTA = {
    "JSON_INVALIDO": Explicacao(
        "O corpo não é um objeto JSON em UTF-8, tem chave repetida, NaN ou aninhamento acima de 20, ou o endereço "
        "tem caracteres de controle.",
        "Corrija o que o integrador gera.",
    ),
    "NAO_AUTENTICADO": Explicacao(
        "Falta o token, ou ele venceu, ou o login foi revogado.", "Faça o login de novo e repita."
    ),
    "FILIAL_NAO_AUTORIZADA": Explicacao(
        "O login não pode agir nesta filial.", "Use o login da loja, ou acrescente a filial a ele."
    ),
    "ESCOPO_INSUFICIENTE": Explicacao(
        "O login não tem o escopo deste serviço: o de PDV não vê a retaguarda, o da retaguarda não envia pré-vendas.",
        "Use um login com o escopo.",
    ),
    "ROTA_NAO_ENCONTRADA": Explicacao("O endereço, ou o que ele nomeia, não existe.", "Confira o endereço."),
    "METODO_NAO_PERMITIDO": Explicacao(
        "O endereço existe, mas não aceita este método.", "Veja no cabeçalho Allow os métodos aceitos."
    ),
    "EM_PROCESSAMENTO": Explicacao(
        "A mesma requisição ainda está em andamento.", "Espere Retry-After segundos e repita: virá a resposta dela."
    ),
    "CORPO_GRANDE": Explicacao("O corpo passa do limite (1 MiB).", "Envie uma pré-venda por vez."),
    "TIPO_NAO_SUPORTADO": Explicacao("O corpo não veio como application/json.", "Envie o cabeçalho Content-Type."),
    "LIMITE_EXCEDIDO": Explicacao(
        "Requisições, senhas erradas ou reservas abertas demais.", "Espere Retry-After segundos e repita."
    ),
}


@dataclass(frozen=True, slots=True)
class Erro:
    """A code with its status and its words."""

    codigo: str
    http: int
    explicacao: Explicacao

    @property
    def repetir(self) -> bool:
        """Whether the same request may simply be sent again later."""
        return self.http in {429, 503} or self.codigo == "EM_PROCESSAMENTO"


def _erros() -> Iterator[Erro]:
    for http, codigos in POR_STATUS.items():
        for codigo in codigos:
            yield Erro(codigo, http, _DA_PORTA.get(codigo) or EXPLICACOES[codigo])


ERROS = {erro.codigo: erro for erro in _erros()}
