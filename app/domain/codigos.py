"""Every code of an outcome, one row each: refusals, errors of the door, faults and avisos. All else reads it (§4.3).

A code that is not here does not exist: no ``Problema`` and no ``Aviso`` can be made with it. Pure.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import partial


class TipoDeCodigo(enum.Enum):
    """What the code is told of, and so who is told."""

    RECUSA = "a pre-sale or an act of the back office was judged and refused"
    PORTA = "turned away before it was judged: no row of the log"
    FALHA = "something of ours or of the database broke"
    AVISO = "accepted, and not quite as it was sent"
    LOG = "only the log says it: nobody waits for the answer"
    OUTRO = "answered outside the API's document: a page of the panel, the health of a host"


@dataclass(frozen=True, slots=True)
class CodigoDeDesfecho:
    """One row. ``http``: status of the answer; an aviso goes with a success, 200 here, 201 with a new number.

    ``o_que`` and ``o_que_fazer``: what it means to a person of the shop, and what mends it. ``rotina``: the WinThor
    routine or parameter where that is done usually. ``mensagem``: what the caller is told where the place that answers
    has nothing closer to say; ``{}`` stands for the number of the reservation. ``repetir``: the same request may simply
    be sent again later, and the answer says when (Retry-After). ``do_status``: an error of which only the status is
    known is this one.
    """

    tipo: TipoDeCodigo
    http: int
    codigo: str
    o_que: str
    o_que_fazer: str
    rotina: str | None = None
    mensagem: str = ""
    repetir: bool = False
    do_status: bool = False

    @property
    def registra(self) -> bool:
        """Whether an operation that ends so leaves its row in the log (R15)."""
        return self.tipo in {TipoDeCodigo.RECUSA, TipoDeCodigo.FALHA, TipoDeCodigo.LOG}


_NO_PDV = "Corrija a pré-venda no PDV e envie de novo."
_NADA = "Nada a fazer; a pré-venda deve ser refeita no PDV se a venda continua."

_recusa = partial(CodigoDeDesfecho, TipoDeCodigo.RECUSA)
_porta = partial(CodigoDeDesfecho, TipoDeCodigo.PORTA)
_falha = partial(CodigoDeDesfecho, TipoDeCodigo.FALHA)
_aviso = partial(CodigoDeDesfecho, TipoDeCodigo.AVISO, 200)
_log = partial(CodigoDeDesfecho, TipoDeCodigo.LOG)
_outro = partial(CodigoDeDesfecho, TipoDeCodigo.OUTRO)

# By status and then by weight: the document of the API shows them in this order.
_LINHAS = (
    _porta(
        400,
        "JSON_INVALIDO",
        "O corpo não é um objeto JSON em UTF-8, tem chave repetida, NaN ou aninhamento acima de 20, ou o endereço "
        "tem caracteres de controle.",
        "Corrija o que o integrador gera.",
        mensagem="A requisição está malformada.",
        do_status=True,
    ),
    _porta(
        401,
        "NAO_AUTENTICADO",
        "Falta o token, ou ele venceu, ou o login foi revogado.",
        "Faça o login de novo e repita.",
        mensagem="É preciso um token válido.",
        do_status=True,
    ),
    _porta(
        403,
        "FILIAL_NAO_AUTORIZADA",
        "O login não pode agir nesta filial.",
        "Use o login da loja, ou acrescente a filial a ele.",
    ),
    _porta(
        403,
        "ESCOPO_INSUFICIENTE",
        "O login não tem o escopo deste serviço: o de PDV não vê a retaguarda, o da retaguarda não envia pré-vendas.",
        "Use um login com o escopo.",
    ),
    _recusa(
        404,
        "RESERVA_NAO_ENCONTRADA",
        "Não existe reserva com este número para esta pré-venda nesta filial.",
        "Procure a pré-venda em Operações pelo número dela; o PDV pode estar com um número antigo.",
    ),
    _porta(
        404,
        "ROTA_NAO_ENCONTRADA",
        "O endereço, ou o que ele nomeia, não existe.",
        "Confira o endereço.",
        mensagem="Este endereço não existe.",
        do_status=True,
    ),
    _porta(
        405,
        "METODO_NAO_PERMITIDO",
        "O endereço existe, mas não aceita este método.",
        "Veja no cabeçalho Allow os métodos aceitos.",
        mensagem="Este endereço não aceita este método.",
        do_status=True,
    ),
    _recusa(
        409,
        "ESTOQUE_INSUFICIENTE",
        "Não havia saldo disponível para todos os itens; nada foi reservado.",
        "Veja na página Estoque quem retém o saldo; reponha, libere uma reserva parada ou venda de outra filial.",
    ),
    _recusa(
        409,
        "NUMERO_EM_USO",
        "A pré-venda já tem uma reserva viva com outro conteúdo.",
        "Para alterar, o PDV deve enviar o número da reserva em idRetaguarda.",
    ),
    _porta(
        409,
        "EM_PROCESSAMENTO",
        "A mesma requisição ainda está em andamento.",
        "Espere Retry-After segundos e repita: virá a resposta dela.",
        repetir=True,
    ),
    _recusa(
        409,
        "RESERVA_SUBSTITUIDA",
        "A reserva foi trocada por outra em uma alteração; o PDV usou o número antigo.",
        "O PDV deve seguir com o número atual, que está na resposta.",
    ),
    _recusa(409, "RESERVA_CANCELADA", "A reserva já estava cancelada.", _NADA, mensagem="A reserva {} foi cancelada."),
    _recusa(
        409,
        "RESERVA_EXPIRADA",
        "A reserva passou do prazo e o saldo voltou ao estoque.",
        _NADA,
        mensagem="A reserva {} expirou.",
    ),
    _recusa(
        409,
        "RESERVA_RESGATADA",
        "A reserva já foi resgatada em um caixa.",
        "Cancele-a em Reservas se a venda não aconteceu.",
        mensagem="A reserva {} já foi resgatada em um caixa e não pode ser alterada.",
    ),
    _recusa(
        409,
        "RESERVA_CONFIRMADA",
        "A reserva já foi paga e não pode ser alterada.",
        "Cancele a venda paga antes de refazê-la.",
        mensagem="A reserva {} já foi paga e não pode ser alterada.",
    ),
    _recusa(
        409,
        "RESERVA_FATURADA",
        "O pedido já foi faturado no WinThor.",
        "Desfaça no WinThor: devolução ou cancelamento da nota.",
        mensagem="A reserva {} já foi faturada.",
    ),
    _recusa(
        409,
        "RESERVA_EM_SEPARACAO",
        "O pedido está em separação (montado) no WinThor.",
        "Desfaça a montagem no WinThor antes.",
        rotina="901",
        mensagem="A reserva {} já está em separação no WinThor.",
    ),
    _recusa(
        409,
        "RESERVA_BLOQUEADA",
        "O WinThor mantém o pedido bloqueado ou pendente. Assim ele não retém estoque: outra venda pode levar as "
        "unidades.",
        "Libere o pedido no WinThor; se a venda não vai acontecer, cancele a reserva em Reservas.",
        rotina="336",
        mensagem="O pedido da reserva {} está bloqueado ou pendente no WinThor; libere-o lá.",
    ),
    _recusa(
        409,
        "RESERVA_ASSUMIDA",
        "Alguém assumiu o pedido no WinThor: escolheu a cobrança dele, ou o reabriu depois de vencido, sem que fosse "
        "pago pelo PDV.",
        "Combine com quem o assumiu: a venda segue quando o PDV envia o pagamento. Se ela não vai acontecer, cancele a "
        "reserva em Reservas, onde a cobrança é mostrada antes.",
        rotina="336",
        mensagem="O pedido da reserva {} recebeu cobrança no WinThor e está com quem o assumiu lá.",
    ),
    _recusa(
        409,
        "ITENS_DIVERGENTES",
        "O pagamento veio com itens, preços ou filiais diferentes dos reservados.",
        "O PDV deve alterar a reserva antes de pagar, ou pagar sem enviar itens.",
    ),
    _porta(
        413,
        "CORPO_GRANDE",
        "O corpo passa do limite (1 MiB).",
        "Envie uma pré-venda por vez.",
        mensagem="O corpo da requisição é grande demais.",
        do_status=True,
    ),
    _porta(
        415,
        "TIPO_NAO_SUPORTADO",
        "O corpo não veio como application/json, ou veio comprimido.",
        "Envie o cabeçalho Content-Type, e o JSON sem compressão.",
        mensagem="O corpo deve ser application/json.",
        do_status=True,
    ),
    _recusa(422, "CAMPO_INVALIDO", "Um ou mais campos vieram com valor que não serve.", _NO_PDV),
    _recusa(422, "SITUACAO_INVALIDA", "A situação da pré-venda não é 0, 1, 2 nem 3, ou não cabe no método.", _NO_PDV),
    _porta(
        410,
        "CURSOR_VENCIDO",
        "O cursor é de antes do evento mais antigo guardado, ou de outro banco; o que houve depois dele não se sabe.",
        "Recomece sem `depois`, ou com `depois=agora`, e confira as pré-vendas vivas por …/consulta.",
    ),
    _recusa(
        422,
        "PRODUTO_NAO_ENCONTRADO",
        "O produto enviado não existe no cadastro.",
        "Confira o código no PDV e o cadastro do produto.",
        rotina="203",
    ),
    _porta(
        422,
        "MENSAGEM_DE_OUTRO_SERVICO",
        "A mensagem não é uma pré-venda: não tem nenhum dos membros que uma pré-venda tem.",
        "O proxy deve levá-la ao serviço do TOTVS, ou PREVENDA_LOGIN_TOTVS deve nomear o serviço.",
        mensagem="Esta mensagem não é uma pré-venda; ela pertence ao serviço do TOTVS.",
    ),
    _recusa(
        422,
        "PRODUTO_INATIVO",
        "O produto está excluído, fora de linha ou com a venda proibida na filial.",
        "Reative o produto no cadastro ou retire-o da pré-venda.",
        rotina="203",
    ),
    _recusa(
        422,
        "EMBALAGEM_NAO_CONFERE",
        "O código auxiliar enviado não é embalagem ativa deste produto na filial.",
        "Cadastre a embalagem na filial ou atualize a carga do PDV.",
        rotina="203",
    ),
    _recusa(
        422,
        "FRACAO_NAO_PERMITIDA",
        "Foi pedida uma quantidade fracionada de um produto que não aceita fração.",
        "Corrija a quantidade no PDV ou permita fração no cadastro do produto.",
        rotina="203",
    ),
    _recusa(
        422,
        "KIT_INVALIDO",
        "A composição do kit não confere: falta, está repetida com preços diferentes ou não é de um kit.",
        "Confira a composição no cadastro do kit.",
        rotina="203",
    ),
    _recusa(
        422,
        "FILIAL_NAO_ENCONTRADA",
        "A filial da loja ou da entrega não existe.",
        "Confira a filial configurada no PDV.",
        rotina="535",
    ),
    _recusa(
        422,
        "RCA_NAO_ENCONTRADO",
        "O vendedor ou operador não tem RCA utilizável.",
        "Ligue o funcionário a um RCA ativo, ou corrija o vendedor no PDV.",
        rotina="517",
    ),
    _recusa(
        422,
        "PARAMETRO_AUSENTE",
        "Falta um parâmetro do WinThor de que a reserva depende.",
        "Preencha o parâmetro indicado.",
        rotina="132",
    ),
    _recusa(
        422,
        "RETAGUARDA_OBRIGATORIO",
        "Pagar, resgatar e cancelar exigem o número da reserva, e ele não veio.",
        "O PDV deve enviar em idRetaguarda o número que recebeu ao reservar.",
    ),
    _recusa(
        422,
        "CLIENTE_BLOQUEADO",
        "O cliente está bloqueado no cadastro.",
        "Desbloqueie o cliente ou venda a outro.",
        rotina="302",
    ),
    _recusa(
        422,
        "REGRA_DA_CASA",
        "Uma regra da própria casa no WinThor, um gatilho ou uma restrição do banco, não deixou gravar.",
        "Veja em Operações o que a regra diz, e atenda-a no WinThor; quem a escreveu diz como.",
        mensagem="Uma regra da casa no WinThor não deixou gravar; a retaguarda vê qual na página da operação.",
    ),
    _recusa(
        422,
        "CHAVE_REUTILIZADA",
        "A mesma Idempotency-Key já foi usada com outro conteúdo.",
        "O integrador deve usar uma chave por conteúdo.",
    ),
    _porta(
        429,
        "LIMITE_EXCEDIDO",
        "Requisições, senhas erradas ou reservas abertas demais.",
        "Espere Retry-After segundos e repita.",
        mensagem="Requisições demais; repita em instantes.",
        repetir=True,
        do_status=True,
    ),
    _falha(
        500,
        "ERRO_INTERNO",
        "Erro interno do gateway; nada foi gravado.",
        "Avise o suporte com o id da operação.",
        mensagem="Erro interno; nada foi gravado.",
    ),
    _falha(
        503,
        "BANCO_OCUPADO",
        "O banco estava ocupado; nada foi gravado.",
        "O PDV pode enviar de novo; se repetir, veja quem trava o estoque.",
        mensagem="O banco de dados está ocupado; nada foi gravado, repita em instantes.",
        repetir=True,
    ),
    _falha(
        503,
        "BANCO_INDISPONIVEL",
        "O banco não respondeu a tempo: a operação pode ter sido gravada ou não.",
        "O PDV pergunta o que houve com a pré-venda, ou a envia de novo, igual; confira o banco na página Saúde.",
        mensagem="O banco de dados não respondeu; repita em instantes.",
        repetir=True,
    ),
    _falha(
        503,
        "BANCO_INCOMPLETO",
        "Falta no banco uma tabela, coluna ou permissão; nada foi gravado.",
        "Quem administra o banco confere com prevenda doctor; o log diz o nome do que falta.",
        mensagem="Falta no banco uma tabela, coluna ou permissão de que o gateway precisa; avise quem o administra.",
    ),
    _porta(
        503,
        "TOTVS_INDISPONIVEL",
        "O serviço do TOTVS, que confere o login, não respondeu.",
        "Quem já entrou continua vendendo; confira o serviço do TOTVS.",
        mensagem="O serviço do TOTVS não respondeu; repita em instantes.",
        repetir=True,
    ),
    _falha(
        503,
        "SOBRECARGA",
        "Havia requisições demais; nada foi gravado.",
        "O PDV pode enviar de novo em instantes.",
        mensagem="Há requisições demais em andamento; repita em instantes.",
        repetir=True,
        do_status=True,
    ),
    _falha(
        503,
        "NUMERACAO_ESGOTADA",
        "Acabou a numeração de pedidos do RCA.",
        "Ajuste o próximo número de pedido do RCA.",
        rotina="517",
        mensagem="A numeração de pedidos do RCA acabou.",
        repetir=True,
    ),
    _log(
        503,
        "INTERROMPIDA",
        "O gateway parou no meio; a operação não teve efeito.",
        "O PDV pode enviar a pré-venda de novo.",
        mensagem="O processamento foi interrompido antes de qualquer efeito; a pré-venda pode ser enviada de novo.",
    ),
    _outro(
        503,
        "ENCERRANDO",
        "Este gateway está sendo encerrado; o que já recebeu ainda é atendido.",
        "Nada a fazer: o balanceador passa a usar outro.",
        mensagem="O gateway está sendo encerrado; use outro.",
        repetir=True,
    ),
    _outro(
        403,
        "FORMULARIO_INVALIDO",
        "O formulário venceu ou não veio de uma página do painel; nada foi feito.",
        "Volte, recarregue a página e repita.",
        mensagem="O formulário venceu ou não veio desta página. Nada foi feito: volte, recarregue a página e repita.",
    ),
    _outro(
        404,
        "OPERACAO_NAO_ENCONTRADA",
        "A operação não existe, ou é de uma filial que o login não vê.",
        "Procure a pré-venda em Operações pelo número dela.",
        mensagem="Não existe esta operação, ou é de outra filial.",
    ),
    _aviso(
        "MEMBROS_IGNORADOS",
        "A pré-venda trouxe membros que o contrato não conhece; foram ignorados.",
        "O integrador confere os nomes: um membro com o nome errado não vale.",
    ),
    _aviso(
        "MEMBRO_ILEGIVEL",
        "Um pagamento, resgate ou cancelamento trouxe um membro que não pôde ser lido e de que não precisa; ficou de "
        "fora.",
        "O integrador confere o que o PDV envia nos campos indicados.",
    ),
    _aviso(
        "TEXTO_LIMPO",
        "Um texto trouxe caracteres de controle; no lugar deles ficaram espaços.",
        "O integrador confere a codificação: o corpo deve ser UTF-8.",
    ),
    _aviso(
        "TEXTO_CORTADO",
        "Um texto do cliente não cabe na coluna do WinThor e foi gravado cortado.",
        "Confira o cadastro do cliente no WinThor; escreva o texto mais curto no PDV.",
        rotina="302",
    ),
    _aviso(
        "LOCK_TTL_IGNORADO",
        "O lockTTL não pôde ser lido; a reserva ficou com o prazo comum.",
        "O integrador envia lockTTL como 7d, 36h, 30m ou 07.12:00:00.",
    ),
    _aviso(
        "VALOR_ARREDONDADO",
        "Preços ou descontos vieram com mais de 6 casas decimais e foram arredondados.",
        "O integrador deve enviar até 6 casas decimais.",
    ),
    _aviso(
        "DESCONTO_DIVERGENTE",
        "O desconto em valor e o percentual de uma linha não conferem; valeu o percentual.",
        "Confira no PDV qual dos dois é o certo.",
    ),
    _aviso(
        "PRECO_DO_KIT_DIVERGENTE",
        "Os preços dos componentes não somam o preço do kit; foram gravados como vieram.",
        "Confira no PDV os preços dos componentes.",
    ),
    _aviso(
        "OBSERVACOES_CORTADAS",
        "As observações não cabem todas nas colunas do pedido; o fim ficou de fora.",
        "Escreva observações mais curtas.",
    ),
    _aviso(
        "TOTAL_ZERO",
        "A pré-venda vale R$ 0,00: preço vezes quantidade não chega a um centavo.",
        "Confira no PDV os preços.",
    ),
    _aviso(
        "PRAZO_REDUZIDO",
        "O prazo pedido passa do máximo do site, ou a pré-venda já foi renovada por tempo demais; a reserva ficou com "
        "o maior prazo que pode ter.",
        "Nada a fazer pela venda; o prazo está em expiraEm.",
    ),
    _aviso(
        "OPERADOR_SEM_RCA",
        "O operador do PDV não tem RCA que possa vender.",
        "Se ele vende, ligue o funcionário a um RCA ativo.",
        rotina="528",
    ),
    _aviso(
        "CONSUMIDOR_FINAL",
        "A venda ficou no consumidor final: não veio cliente, o cadastro dele não está completo, ou o WinThor não o "
        "numera.",
        "Nada a fazer pela venda; com o cadastro completo o cliente consta dela.",
    ),
    _aviso(
        "CLIENTE_PELO_DOCUMENTO",
        "O cadastro enviado não está completo, mas o CPF ou CNPJ é de um cliente do WinThor: a venda ficou nele.",
        "Nada a fazer.",
    ),
    _aviso(
        "CLIENTE_NAO_ENCONTRADO",
        "O código de cliente enviado não existe ou está excluído; o cliente foi procurado pelos outros dados.",
        "Atualize a carga de clientes do PDV.",
        rotina="302",
    ),
    _aviso(
        "CEP_DESCONHECIDO", "Os serviços de CEP dizem que o CEP do cliente não existe.", "Confira o CEP com o cliente."
    ),
    _aviso("CEP_MALFORMADO", "O CEP do cliente não tem oito algarismos.", "Confira o CEP com o cliente."),
    _aviso(
        "CEP_NAO_VERIFICADO",
        "Os serviços de CEP não responderam; o endereço foi aceito como veio.",
        "Nada a fazer pela venda; se repetir, confira se o gateway alcança os serviços de CEP.",
    ),
    _aviso("CEP_DEMONSTRACAO", "O CEP foi conferido na pequena tabela da demonstração.", "Nada a fazer."),
    _aviso(
        "ENDERECO_CORRIGIDO", "Cidade, UF ou bairro do cliente foram trocados pelos do serviço de CEP.", "Nada a fazer."
    ),
    _aviso(
        "COBRANCA_DESCONHECIDA",
        "A cobrança do pagamento não existe no WinThor; o pedido foi pago sem ela.",
        "Preencha a cobrança do pedido no WinThor e corrija a forma de pagamento no PDV.",
    ),
    _aviso(
        "PLANO_DESCONHECIDO",
        "O plano do pagamento não existe no WinThor; o pedido ficou com o que tinha.",
        "Corrija a condição de pagamento no PDV.",
    ),
    _aviso(
        "CLIENTE_DEFINIDO_NO_PAGAMENTO",
        "O pedido estava no consumidor final e passou ao cliente que veio no pagamento.",
        "Nada a fazer.",
    ),
    _aviso(
        "CLIENTE_DIFERENTE",
        "O pagamento veio com outro cliente que o do pedido; o pedido segue do dele.",
        "Confira no PDV de quem é a venda; para trocar o cliente, cancele e refaça a venda.",
    ),
    _aviso(
        "CLIENTE_BLOQUEADO_NO_PAGAMENTO",
        "O cliente que veio no pagamento está bloqueado no cadastro; o pedido ficou no consumidor final.",
        "Desbloqueie o cliente e corrija o do pedido no WinThor, se a nota deve sair para ele.",
        rotina="302",
    ),
    _aviso(
        "VENDEDOR_DIFERENTE",
        "O pagamento veio com outro vendedor que o da reserva; ficou o da reserva.",
        "Confira no PDV de quem é a venda.",
    ),
    _aviso(
        "ENTREGA_SEM_ESTOQUE",
        "A filial de entrega escolhida no pagamento não tem as unidades; elas ficaram na filial da reserva.",
        "Transfira as unidades, ou entregue da filial da reserva.",
    ),
    _aviso(
        "ENTREGA_NAO_MUDADA",
        "A entrega que veio no pagamento não foi gravada: a reserva já estava paga, ou o pedido já está em separação.",
        "Combine a entrega com quem separa o pedido.",
    ),
    _aviso(
        "ENTREGA_NAO_DIVIDIDA",
        "O pedido foi pago sem ser dividido em venda futura e entregas: acabou a numeração de pedidos do RCA.",
        "Ajuste o próximo número de pedido do RCA e divida o pedido no WinThor; ele fica listado na conciliação.",
        rotina="517",
    ),
    _aviso(
        "RESERVA_RENOVADA",
        "A reserva tinha expirado; o estoque estava livre e foi reservado de novo, com outro número.",
        "O PDV deve seguir com o número da resposta.",
    ),
    _aviso(
        "NUMERO_SUBSTITUIDO",
        "O PDV usou o número antigo de uma reserva alterada; a operação agiu na atual.",
        "O PDV deve seguir com o número da resposta.",
    ),
    _aviso(
        "PEDIDO_BLOQUEADO",
        "O WinThor mantém o pedido bloqueado ou pendente; assim ele não retém estoque.",
        "Libere o pedido no WinThor.",
        rotina="336",
    ),
)

CODIGOS = {linha.codigo: linha for linha in _LINHAS}

_AVISOS = frozenset(linha.codigo for linha in _LINHAS if linha.tipo is TipoDeCodigo.AVISO)
_PROBLEMAS = CODIGOS.keys() - _AVISOS


def conferir_problema(codigo: str) -> None:
    """Raises ValueError for what is no code of a refusal, an error or a fault."""
    if codigo not in _PROBLEMAS:
        raise ValueError(f"no code of a problem: {codigo}")


def conferir_aviso(codigo: str) -> None:
    """Raises ValueError for what is no code of an aviso."""
    if codigo not in _AVISOS:
        raise ValueError(f"no code of an aviso: {codigo}")
