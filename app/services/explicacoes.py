"""What each refusal means for a person, what to do about it, and the WinThor routine where that is done."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explicacao:
    """Plain Portuguese: what happened, and what mends it. ``rotina``: WinThor routine or parameter."""

    o_que: str
    o_que_fazer: str
    rotina: str | None = None


_NO_PDV = "Corrija a pré-venda no PDV e envie de novo."
_NADA = "Nada a fazer; a pré-venda deve ser refeita no PDV se a venda continua."

EXPLICACOES: dict[str, Explicacao] = {
    "ESTOQUE_INSUFICIENTE": Explicacao(
        "Não havia saldo disponível para todos os itens; nada foi reservado.",
        "Veja na página Estoque quem retém o saldo; reponha, libere uma reserva parada ou venda de outra filial.",
    ),
    "PRODUTO_NAO_ENCONTRADO": Explicacao(
        "O produto enviado não existe no cadastro.", "Confira o código no PDV e o cadastro do produto.", "203"
    ),
    "PRODUTO_INATIVO": Explicacao(
        "O produto está excluído, fora de linha ou com a venda proibida na filial.",
        "Reative o produto no cadastro ou retire-o da pré-venda.",
        "203",
    ),
    "EMBALAGEM_NAO_CONFERE": Explicacao(
        "O código auxiliar enviado não é embalagem ativa deste produto na filial.",
        "Cadastre a embalagem na filial ou atualize a carga do PDV.",
        "203",
    ),
    "FRACAO_NAO_PERMITIDA": Explicacao(
        "Foi pedida uma quantidade fracionada de um produto que não aceita fração.",
        "Corrija a quantidade no PDV ou permita fração no cadastro do produto.",
        "203",
    ),
    "KIT_INVALIDO": Explicacao(
        "A composição do kit não confere: falta, está repetida com preços diferentes ou não é de um kit.",
        "Confira a composição no cadastro do kit.",
        "203",
    ),
    "FILIAL_NAO_ENCONTRADA": Explicacao(
        "A filial da loja ou da entrega não existe.", "Confira a filial configurada no PDV.", "535"
    ),
    "RCA_NAO_ENCONTRADO": Explicacao(
        "O vendedor ou operador não tem RCA utilizável.",
        "Ligue o funcionário a um RCA ativo, ou corrija o vendedor no PDV.",
        "517",
    ),
    "PARAMETRO_AUSENTE": Explicacao(
        "Falta um parâmetro do WinThor de que a reserva depende.", "Preencha o parâmetro indicado.", "132"
    ),
    "CLIENTE_BLOQUEADO": Explicacao(
        "O cliente está bloqueado no cadastro.", "Desbloqueie o cliente ou venda a outro.", "302"
    ),
    "CAMPO_INVALIDO": Explicacao("Um ou mais campos vieram com valor que não serve.", _NO_PDV),
    "SITUACAO_INVALIDA": Explicacao("A situação da pré-venda não é 0, 1, 2 nem 3, ou não cabe no método.", _NO_PDV),
    "RETAGUARDA_OBRIGATORIO": Explicacao(
        "Pagar, resgatar e cancelar exigem o número da reserva, e ele não veio.",
        "O PDV deve enviar em idRetaguarda o número que recebeu ao reservar.",
    ),
    "NUMERO_EM_USO": Explicacao(
        "A pré-venda já tem uma reserva viva com outro conteúdo.",
        "Para alterar, o PDV deve enviar o número da reserva em idRetaguarda.",
    ),
    "CHAVE_REUTILIZADA": Explicacao(
        "A mesma Idempotency-Key já foi usada com outro conteúdo.", "O integrador deve usar uma chave por conteúdo."
    ),
    "RESERVA_NAO_ENCONTRADA": Explicacao(
        "Não existe reserva com este número para esta pré-venda nesta filial.",
        "Procure a pré-venda em Operações pelo número dela; o PDV pode estar com um número antigo.",
    ),
    "RESERVA_SUBSTITUIDA": Explicacao(
        "A reserva foi trocada por outra em uma alteração; o PDV usou o número antigo.",
        "O PDV deve seguir com o número atual, que está na resposta.",
    ),
    "RESERVA_CANCELADA": Explicacao("A reserva já estava cancelada.", _NADA),
    "RESERVA_EXPIRADA": Explicacao("A reserva passou do prazo e o saldo voltou ao estoque.", _NADA),
    "RESERVA_RESGATADA": Explicacao(
        "A reserva já foi resgatada em um caixa.", "Cancele-a em Reservas se a venda não aconteceu."
    ),
    "RESERVA_CONFIRMADA": Explicacao(
        "A reserva já foi paga e não pode ser alterada.", "Cancele a venda paga antes de refazê-la."
    ),
    "RESERVA_FATURADA": Explicacao(
        "O pedido já foi faturado no WinThor.", "Desfaça no WinThor: devolução ou cancelamento da nota."
    ),
    "RESERVA_EM_SEPARACAO": Explicacao(
        "O pedido está em separação (montado) no WinThor.", "Desfaça a montagem no WinThor antes.", "901"
    ),
    "RESERVA_BLOQUEADA": Explicacao(
        "O WinThor mantém o pedido bloqueado ou pendente. Assim ele não retém estoque: outra venda pode levar as "
        "unidades.",
        "Libere o pedido no WinThor; se a venda não vai acontecer, cancele a reserva em Reservas.",
        "336",
    ),
    "RESERVA_ASSUMIDA": Explicacao(
        "Alguém assumiu o pedido no WinThor: escolheu a cobrança dele, ou o reabriu depois de vencido, sem que fosse "
        "pago pelo PDV.",
        "Combine com quem o assumiu: a venda segue quando o PDV envia o pagamento. Se ela não vai acontecer, cancele a "
        "reserva em Reservas, onde a cobrança é mostrada antes.",
        "336",
    ),
    "ITENS_DIVERGENTES": Explicacao(
        "O pagamento veio com itens, preços ou filiais diferentes dos reservados.",
        "O PDV deve alterar a reserva antes de pagar, ou pagar sem enviar itens.",
    ),
    "NUMERACAO_ESGOTADA": Explicacao(
        "Acabou a numeração de pedidos do RCA.", "Ajuste o próximo número de pedido do RCA.", "517"
    ),
    "INTERROMPIDA": Explicacao(
        "O gateway parou no meio; a operação não teve efeito.", "O PDV pode enviar a pré-venda de novo."
    ),
    "BANCO_OCUPADO": Explicacao(
        "O banco estava ocupado; nada foi gravado.", "O PDV pode enviar de novo; se repetir, veja quem trava o estoque."
    ),
    "BANCO_INDISPONIVEL": Explicacao("O banco não respondeu; nada foi gravado.", "Confira o banco na página Saúde."),
    "SOBRECARGA": Explicacao("Havia requisições demais; nada foi gravado.", "O PDV pode enviar de novo em instantes."),
    "ERRO_INTERNO": Explicacao("Erro interno do gateway; nada foi gravado.", "Avise o suporte com o id da operação."),
}

_OUTRA = Explicacao("A operação foi recusada.", "Veja a resposta abaixo.")


def explicar(codigo: str | None) -> Explicacao | None:
    """The words for a code of refusal; None when there is none."""
    return None if codigo is None else EXPLICACOES.get(codigo, _OUTRA)
