"""Rows of the demo database, and a larger set for benchmarks.

Fixed, except the date of the last stock entry. Quantities in base units, money in reais, text in capitals without
accents as WinThor screens store it. §3 of docs/regras.md describes them.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

from app.services.acesso.credenciais import PDV, RETAGUARDA, RETAGUARDA_AGIR, novo_login

Row = dict[str, Any]

FILIAIS = ("1", "2", "10")
TODAS_AS_FILIAIS = "*"
CONSUMIDOR_FINAL = 1
CNPJ_REPETIDO = "11222333000181"
KIT = 50
PARAFUSOS = range(1001, 1061)
PRECO = Decimal("10")
RANGE_OF_RCA = 1_000_000
LOTE = 1000


def fixed_rows(now: dt.datetime) -> list[tuple[str, list[Row]]]:
    """The demo rows by table; ``now`` is the ERP's wall clock. All rows of a table have the same columns."""
    return [
        ("PCFILIAL", _filiais()),
        ("PCCONSUM", [_consum()]),
        ("PCREGIAO", _regioes()),
        ("PCPRACA", _pracas()),
        ("PCCIDADE", _cidades()),
        ("PCATIVI", [{"CODATIV": 1, "RAMO": "CONSUMIDOR", "PERCDESC": 0}]),
        ("PCPLPAG", [{"CODPLPAG": 1, "TIPOVENDA": "VV", "NUMDIAS": 0, "PRAZO1": 0}]),
        ("PCCOB", [{"CODCOB": code, "NIVELVENDA": 1, "BOLETO": "N", "CARTAO": "N"} for code in ("D", "DH")]),
        ("PCUSUARI", _usuarios()),
        ("PCEMPR", _empregados()),
        ("PCMETAPARAMFILIAL", _parametros()),
        ("PCPARAMFILIAL", [{"NOME": "CODRCACIASHOP", "CODFILIAL": "99", "VALOR": "8"}]),
        ("PCPRODUT", _produtos()),
        ("PCEMBALAGEM", _embalagens()),
        ("PCPRODFILIAL", _produtos_por_filial()),
        ("PCEST", _estoque(now)),
        ("PCFORMPROD", _composicao()),
        ("PCCLIENT", _clientes()),
    ]


def demo_rows(now: dt.datetime) -> list[tuple[str, list[Row]]]:
    """All that a new demo holds: the rows of WinThor and the logins. ``now`` is aware."""
    return [*fixed_rows(now), ("GW_CREDENCIAL", _credenciais(now))]


def _credenciais(agora: dt.datetime) -> list[Row]:
    """The fixed logins of the demo, all with the password ``demo`` (§3)."""
    agir = f"{RETAGUARDA},{RETAGUARDA_AGIR}"
    return [
        _credencial("pdv1", "demo", "1", PDV, agora),
        _credencial("pdv2", "demo", "2", PDV, agora),
        _credencial("hub", "demo", TODAS_AS_FILIAIS, PDV, agora),
        _credencial("retaguarda", "demo", TODAS_AS_FILIAIS, agir, agora),
    ]


def _credencial(login: str, senha: str, filiais: str, escopos: str, agora: dt.datetime) -> Row:
    novo = novo_login(login, senha, filiais, escopos, agora)
    return {
        "LOGIN": novo.login,
        "SENHA_HASH": novo.hash,
        "FILIAIS": novo.filiais,
        "ESCOPOS": novo.escopos,
        "ATIVO": "S",
        "DTCRIACAO": novo.criacao,
    }


def _dia(ano: int, mes: int, dia: int) -> dt.datetime:
    return dt.datetime(ano, mes, dia)


def _filial(codigo: str, cgc: str, uf: str, cidade: str, cep: str, regiao: int) -> Row:
    return {
        "CODIGO": codigo,
        "RAZAOSOCIAL": "CASA DE DEMONSTRACAO LTDA",
        "FANTASIA": f"LOJA {codigo} {cidade}",
        "CGC": cgc,
        "UF": uf,
        "CIDADE": cidade,
        "CEP": cep,
        "CODCLICONSUMIDOR": CONSUMIDOR_FINAL,
        "NUMREGIAO": regiao,
        "NUMREGIAOPADRAO": regiao,
        "MONTARKITAUTOMATICAMENTE": "S",
        "UTILIZAVENDAPOREMBALAGEM": "S",
        "PRECOPOREMBALAGEM": "S",
        "USAWMS": "N",
    }


def _filiais() -> list[Row]:
    return [
        _filial("1", "11444777000161", "SP", "SAO PAULO", "01001000", 1),
        _filial("2", "11444777000242", "AM", "MANAUS", "69005010", 2),
        _filial("10", "11444777001052", "SP", "SAO PAULO", "04001001", 1),
    ]


def _consum() -> Row:
    return {
        "PROXNUMCLI": 1000,
        "PROXNUMPED": 1,
        "PROXNUMPEDTLMK": 1,
        "PROXNUMCAR": 1,
        "PROXNUMTRANSVENDA": 1,
        "CODCLICONSUMIDOR": CONSUMIDOR_FINAL,
        "NUMAUTOMATICCLI": "S",
        "UTILIZAVENDAPOREMBALAGEM": "S",
        "PRECOPOREMBALAGEM": "S",
        "NUMREGIAOPADRAO": 1,
        "NUMCASASDECESTOQUE": 6,
    }


def _regioes() -> list[Row]:
    names = ((1, "SAO PAULO", "SP"), (2, "AMAZONAS", "AM"))
    return [{"NUMREGIAO": n, "REGIAO": name, "UF": uf, "STATUS": "A", "PERFRETE": 0} for n, name, uf in names]


def _pracas() -> list[Row]:
    ranges = ((1, "SAO PAULO", "01000000", "19999999", 3550308), (2, "MANAUS", "69000000", "69299999", 1302603))
    return [
        {
            "CODPRACA": code,
            "PRACA": name,
            "NUMREGIAO": code,
            "ROTA": code,
            "SITUACAO": "A",
            "CEPINICIAL": first,
            "CEPFINAL": last,
            "CODMUNIC": ibge,
        }
        for code, name, first, last, ibge in ranges
    ]


def _cidades() -> list[Row]:
    return [
        {"CODCIDADE": 1, "NOMECIDADE": "SAO PAULO", "CODIBGE": 3550308, "UF": "SP"},
        {"CODCIDADE": 2, "NOMECIDADE": "MANAUS", "CODIBGE": 1302603, "UF": "AM"},
    ]


def _usuario(codusur: int, nome: str, filial: str) -> Row:
    first = codusur * RANGE_OF_RCA
    return {
        "CODUSUR": codusur,
        "NOME": nome,
        "TIPOVEND": "I",
        "BLOQUEIO": "N",
        "DTINICIO": _dia(2015, 1, 1),
        "CODSUPERVISOR": 1,
        "CODFILIAL": filial,
        "CODDISTRIB": "1",
        "PROXNUMPED": first + 1,
        "PROXNUMPEDFORCA": first + 200_000,
        "PROXNUMPEDWEB": first + 1,
        "ULTNUMPED": first,
        "PERCENT": 0,
        "PERCENT2": 0,
        "USARRCAOPERADOR": "N",
    }


def _usuarios() -> list[Row]:
    return [_usuario(1, "MARIA BALCAO", "1"), _usuario(2, "JOAO BALCAO", "2"), _usuario(8, "VENDAS PDV", "1")]


def _empregados() -> list[Row]:
    people = (
        (100, "MARIA SOUZA", "MARIA", 1, "1"),
        (200, "JOAO LIMA", "JOAO", 2, "2"),
        (300, "ANA CAIXA", "ANA", None, "1"),
    )
    return [
        {
            "MATRICULA": matricula,
            "NOME": nome,
            "NOME_GUERRA": apelido,
            "CODUSUR": codusur,
            "SITUACAO": "A",
            "CODFILIAL": filial,
            "CODSETOR": 1,
        }
        for matricula, nome, apelido, codusur, filial in people
    ]


def _parametro(numero: int, nome: str, titulo: str, default: str | None, *, tipo: str) -> Row:
    return {
        "NOME": nome,
        "ID": numero,
        "TITULO": titulo,
        "PORFILIAL": "S",
        "TIPODADOS": tipo,
        "VALORTRUE": "S" if tipo == "L" else None,
        "VALORFALSE": "N" if tipo == "L" else None,
        "VALORDEFAULT": default,
        "EDITAVEL": "S",
    }


def _parametros() -> list[Row]:
    """The names of 4672 and 4680 were never published: the gateway must find parameters by ID."""
    return [
        _parametro(4012, "CODRCACIASHOP", "Código do RCA para cadastro de clientes", None, tipo="N"),
        _parametro(4011, "CODPRACACIASHOP", "Código da praça para cadastro de clientes", "1", tipo="N"),
        _parametro(4013, "CODATVCIASHOP", "Código do ramo de atividade", "1", tipo="N"),
        _parametro(4257, "CODREGIAOPRECOCIASHOP", "Região padrão de preço", "1", tipo="N"),
        _parametro(4532, "ALTERACLIAUTOECOMMERCE", "Permite alterar o cliente ao receber dados", "S", tipo="L"),
        _parametro(4585, "CODCNAEECOMMERCE", "CNAE padrão e-commerce", "4729-6/99", tipo="A"),
        _parametro(4672, "VALIDACEPAPI", "Aceita validar CEP online nas APIs do WinThor", "S", tipo="L"),
        _parametro(4680, "BUSCAPRACAAPI", "Permite busca automática do código da praça via API", "N", tipo="L"),
    ]


def _produto(
    codprod: int,
    descricao: str,
    codauxiliar: int,
    *,
    unidade: str = "UN",
    peso: str = "0.2",
    caixa: int = 1,
    fracao: bool = False,
    excluido: dt.datetime | None = None,
    tipomerc: str | None = None,
) -> Row:
    return {
        "CODPROD": codprod,
        "DESCRICAO": descricao,
        "EMBALAGEM": "1KG" if unidade == "KG" else "UNIDADE",
        "UNIDADE": unidade,
        "UNIDADEMASTER": "CX" if caixa > 1 else unidade,
        "QTUNIT": 1,
        "QTUNITCX": caixa,
        "PESOLIQ": Decimal(peso),
        "PESOBRUTO": Decimal(peso),
        "VOLUME": Decimal("0.001"),
        "CODAUXILIAR": codauxiliar,
        "CODEPTO": 1,
        "CODSEC": 1,
        "CODFORNEC": 1,
        "CODPRODPRINC": codprod,
        "REVENDA": "S",
        "DTEXCLUSAO": excluido,
        "TIPOMERC": tipomerc,
        "ACEITAVENDAFRACAO": "S" if fracao else "N",
        "ESTOQUEPORLOTE": "N",
    }


def _produtos() -> list[Row]:
    return [
        _produto(1, "TRINCHA 2 POL", 100, caixa=12),
        _produto(2, "PREGO 17X21 A GRANEL", 200, unidade="KG", peso="1", fracao=True),
        _produto(3, "ROLO DE LA 23CM", 300),
        _produto(4, "LIXADEIRA 500W", 400, peso="2.5"),
        _produto(5, "DESEMPENADEIRA ANTIGA", 500, excluido=_dia(2023, 6, 30)),
        _produto(KIT, "KIT PINTURA", 5000, peso="0.6", tipomerc="CB"),
        *[_produto(code, f"PARAFUSO MODELO {code}", code * 10, peso="0.01") for code in PARAFUSOS],
    ]


def _embalagem(filial: str, produto: Row, codauxiliar: int, quantos: int) -> Row:
    return {
        "CODAUXILIAR": codauxiliar,
        "CODFILIAL": filial,
        "CODPROD": produto["CODPROD"],
        "EMBALAGEM": f"CAIXA C/{quantos}" if quantos > 1 else produto["EMBALAGEM"],
        "UNIDADE": "CX" if quantos > 1 else produto["UNIDADE"],
        "QTUNIT": quantos,
        "PTABELA": PRECO * quantos,
        "PVENDA": PRECO * quantos,
        "FATORPRECO": 1,
        "PESOBRUTO": produto["PESOBRUTO"] * quantos,
        "PESOLIQ": produto["PESOLIQ"] * quantos,
        "EXCLUIDO": "N",
        "PERMITEMULTIPLICACAO": "S",
    }


def _embalagens() -> list[Row]:
    rows = []
    for filial in FILIAIS:
        for produto in _produtos():
            rows.append(_embalagem(filial, produto, produto["CODAUXILIAR"], 1))
            if produto["CODPROD"] == 1:
                rows.append(_embalagem(filial, produto, 123, 12))
    return rows


def _produto_na_filial(filial: str, codprod: int, fracao: str) -> Row:
    return {
        "CODPROD": codprod,
        "CODFILIAL": filial,
        "PROIBIDAVENDA": "N",
        "FORALINHA": "N",
        "REVENDA": "S",
        "ATIVO": "S",
        "ACEITAVENDAFRACAO": fracao,
    }


def _produtos_por_filial() -> list[Row]:
    return [
        _produto_na_filial(filial, produto["CODPROD"], produto["ACEITAVENDAFRACAO"])
        for filial in FILIAIS
        for produto in _produtos()
    ]


def _saldo(filial: str, codprod: int, quantidade: int, now: dt.datetime, *, bloqueada: int = 0, partes: int = 1) -> Row:
    return {
        "CODFILIAL": filial,
        "CODPROD": codprod,
        "QTESTGER": quantidade,
        "QTEST": quantidade,
        "QTRESERV": 0,
        "QTPENDENTE": 0,
        "QTBLOQUEADA": bloqueada,
        "QTINDENIZ": bloqueada,
        "QTINDUSTRIA": 0,
        "MOTIVOBLOQESTOQUE": "AVARIA" if bloqueada else None,
        "DTULTENT": now.replace(tzinfo=None, hour=0, minute=0, second=0),
        "CUSTOREAL": Decimal("6.00") * partes,
        "CUSTOFIN": Decimal("6.20") * partes,
        "CUSTOREP": Decimal("6.50") * partes,
        "CUSTOCONT": Decimal("6.00") * partes,
        "CUSTOULTENT": Decimal("6.00") * partes,
        "VALORULTENT": Decimal("6.00") * partes,
    }


def _estoque(now: dt.datetime) -> list[Row]:
    """No row for the excluded product 5; the kit's row is empty, its components carry the stock."""
    rows = []
    for filial, produto_3 in zip(FILIAIS, (5, 50, 0), strict=True):
        rows += [_saldo(filial, codprod, 1000, now) for codprod in (1, 2, *PARAFUSOS)]
        rows.append(_saldo(filial, 3, produto_3, now))
        rows.append(_saldo(filial, 4, 10, now, bloqueada=10))
        rows.append(_saldo(filial, KIT, 0, now, partes=3))
    return rows


def _componente(filial: str, kit: int, codprod: int, codauxiliar: int, quantidade: int) -> Row:
    return {
        "CODPRODACAB": kit,
        "CODPRODMP": codprod,
        "QTPRODACAB": 1,
        "QTPRODMP": quantidade,
        "CODFILIAL": filial,
        "ACEITAFRACAO": "N",
        "BAIXAESTOQUE": "S",
        "KITABERTO": "N",
        "CODAUXILIARMP": codauxiliar,
        "DTCADASTRO": _dia(2015, 1, 1),
    }


def _composicao() -> list[Row]:
    parts = ((1, 100, 2), (3, 300, 1))
    return [_componente(filial, KIT, *part) for filial in FILIAIS for part in parts]


def _cliente(codcli: int, nome: str, cgcent: str | None, cadastro: dt.datetime) -> Row:
    """A customer of São Paulo; ``cgcent`` None is the consumer customer, a person without document."""
    endereco: Row = {}
    for bloco in ("ENT", "COM", "COB"):
        endereco |= {
            f"ENDER{bloco}": "PRACA DA SE",
            f"NUMERO{bloco}": "100",
            f"BAIRRO{bloco}": "SE",
            f"MUNIC{bloco}": "SAO PAULO",
            f"EST{bloco}": "SP",
            f"CEP{bloco}": "01001000",
            f"TEL{bloco}": "1130000000",
        }
    return endereco | {
        "CODCLI": codcli,
        "CLIENTE": nome,
        "FANTASIA": nome,
        "CGCENT": cgcent,
        "CGCENTREGA": cgcent,
        "TIPOFJ": "J" if cgcent else "F",
        "IEENT": "ISENTO",
        "INSCESTADUAL": "ISENTO",
        "CODPAIS": 1058,
        "CODCIDADE": 1,
        "CODCIDADECOM": 1,
        "CODPRACA": 1,
        "NUMREGIAOCLI": 1,
        "CODATV1": 1,
        "CODUSUR1": 8,
        "CODCOB": "D",
        "CODPLPAG": 1,
        "CODCLIPRINC": codcli,
        "CODFUNCCAD": 100,
        "DTCADASTRO": cadastro,
        "DTULTALTER": cadastro,
        "CONSUMIDORFINAL": "S",
        "CONTRIBUINTE": "N",
        "BLOQUEIO": "N",
        "BLOQUEIOSEFAZ": "N",
        "BLOQUEIOSEFAZPED": "N",
        "CONDVENDA1": "S",
        "LIMCRED": 0,
        "VALIDARMULTIPLOVENDA": "N",
        "DTEXCLUSAO": None,
    }


def _clientes() -> list[Row]:
    return [
        _cliente(CONSUMIDOR_FINAL, "CONSUMIDOR FINAL", None, _dia(2010, 1, 4)),
        _cliente(20, "CONSTRUTORA ALFA LTDA", CNPJ_REPETIDO, _dia(2015, 3, 10)),
        _cliente(21, "CONSTRUTORA ALFA OBRAS", CNPJ_REPETIDO, _dia(2020, 8, 20)),
        _cliente(22, "CONSTRUTORA ALFA ANTIGA", CNPJ_REPETIDO, _dia(2010, 5, 5)) | {"DTEXCLUSAO": _dia(2012, 12, 31)},
    ]


def bulk_rows(products: int = 5000, filiais: int = 10, *, clientes: int = 5000) -> Iterator[tuple[str, list[Row]]]:
    """A larger set beside the fixed rows, in batches of at most 1000 rows: the same rows on every call.

    Branches '11', '12'… (at most 80); products from 100001, each with a unit package (aux 2000000 + code) and one in
    four with a box of 6 (aux 3000000 + code), stock 0 to 5000 per branch; every hundredth is a kit of two of its
    neighbours; customers from 200001, four to each CNPJ.
    """
    chance = random.Random(20240101)  # noqa: S311 - test data, not a secret
    codes = [str(11 + number) for number in range(filiais)]
    produtos = [_bulk_produto(100_001 + number) for number in range(products)]
    yield from _batches(
        "PCFILIAL", (_filial(code, "11444777000161", "SP", "SAO PAULO", "01001000", 1) for code in codes)
    )
    yield from _batches("PCPRODUT", produtos)
    for code in codes:
        yield from _batches("PCEMBALAGEM", _bulk_embalagens(code, produtos))
        yield from _batches(
            "PCPRODFILIAL", (_produto_na_filial(code, row["CODPROD"], row["ACEITAVENDAFRACAO"]) for row in produtos)
        )
        yield from _batches("PCEST", _bulk_estoque(code, produtos, chance))
        yield from _batches("PCFORMPROD", _bulk_composicao(code, produtos))
    yield from _batches("PCCLIENT", (_bulk_cliente(number) for number in range(clientes)))


def _bulk_produto(codprod: int) -> Row:
    tipomerc = "CB" if codprod % 100 == 0 else None
    caixa = 6 if codprod % 4 == 0 else 1
    return _produto(codprod, f"PRODUTO {codprod}", 2_000_000 + codprod, caixa=caixa, tipomerc=tipomerc)


def _bulk_embalagens(filial: str, produtos: list[Row]) -> Iterator[Row]:
    for produto in produtos:
        yield _embalagem(filial, produto, produto["CODAUXILIAR"], 1)
        if produto["QTUNITCX"] > 1:
            yield _embalagem(filial, produto, 3_000_000 + produto["CODPROD"], produto["QTUNITCX"])


def _bulk_estoque(filial: str, produtos: list[Row], chance: random.Random) -> Iterator[Row]:
    entry = _dia(2024, 1, 1)
    for produto in produtos:
        quantidade = 0 if produto["TIPOMERC"] else chance.randint(0, 5000)
        yield _saldo(filial, produto["CODPROD"], quantidade, entry)


def _bulk_composicao(filial: str, produtos: list[Row]) -> Iterator[Row]:
    for kit in (produto["CODPROD"] for produto in produtos if produto["TIPOMERC"]):
        for part in (kit - 1, kit - 2):
            yield _componente(filial, kit, part, 2_000_000 + part, 1)


def _bulk_cliente(number: int) -> Row:
    cadastro = _dia(2015, 1, 1) + dt.timedelta(hours=number)
    return _cliente(200_001 + number, f"CLIENTE {number}", f"{50_000_000 + number // 4:08d}000100", cadastro)


def _batches(table: str, rows: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    source = iter(rows)
    while batch := list(islice(source, LOTE)):
        yield table, batch
