"""The traps of a request body: each is refused in Portuguese before it can hurt, everything else is kept exactly."""

from __future__ import annotations

import contextlib
import sys
from decimal import Decimal
from types import FrameType
from typing import Any

import pytest
import simplejson
from hypothesis import given, settings
from hypothesis import strategies as st

from app.api.contrato.body import BodyError, parse

UTF8 = "O corpo não está em UTF-8; parece Windows-1252 ou ISO-8859-1."
UTF16 = "O corpo não está em UTF-8: está em UTF-16."
FUNDO = "O JSON tem mais de 20 níveis."
LONGO = "Há um número longo demais."
NAO_NUMERO = "NaN e Infinity não são números."
CONTROLE = "Há um caractere de controle em um texto."
OBJETO = "O corpo deve ser um objeto JSON."


def recusa(corpo: bytes | str) -> str:
    with pytest.raises(BodyError) as error:
        parse(corpo.encode() if isinstance(corpo, str) else corpo)
    return str(error.value)


def objetos(niveis: int) -> str:
    return '{"a":' * niveis + "1" + "}" * niveis


def listas(niveis: int) -> str:
    """An object that holds lists: ``niveis`` in all."""
    return '{"a":' + "[" * (niveis - 1) + "]" * (niveis - 1) + "}"


@pytest.mark.parametrize("aninhar", [objetos, listas])
def test_twenty_levels_are_accepted(aninhar: Any) -> None:
    assert simplejson.dumps(parse(aninhar(20).encode()), separators=(",", ":")) == aninhar(20)


@pytest.mark.parametrize("aninhar", [objetos, listas])
@pytest.mark.parametrize("niveis", [21, 900, 1000, 100_000])
def test_more_than_twenty_levels(aninhar: Any, niveis: int) -> None:
    assert recusa(aninhar(niveis)) == FUNDO


@pytest.mark.parametrize("corpo", ['{"a":' * 100_000, '{"a":' + "[" * 100_000])
def test_depth_that_never_ends(corpo: str) -> None:
    assert recusa(corpo) == FUNDO


@pytest.mark.parametrize(
    "numero", ["1" * 5000, "-" + "1" * 5000, "0." + "1" * 5000, "1" * 5000 + "e5", "1e" + "0" * 5000, "1" * 401]
)
def test_numbers_of_thousands_of_digits(numero: str) -> None:
    assert recusa(f'{{"a": {numero}}}') == LONGO


@pytest.mark.parametrize("numero", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("corpo", ['{"a": %s}', '{"a": [{"b": %s}]}', '{"a": 1, "b": %s, "a": 2}'])
def test_what_is_no_number(numero: str, corpo: str) -> None:
    assert recusa(corpo % numero) == NAO_NUMERO


@pytest.mark.parametrize("numero", ["1e309", "-1e309", "1E+1000000", "1E-1000000", "0.1", "1.10", "30.299999999999997"])
def test_decimals_are_exact_and_never_infinite(numero: str) -> None:
    lido = parse(f'{{"a": {numero}}}'.encode())["a"]
    assert (type(lido), lido.as_tuple()) == (Decimal, Decimal(numero).as_tuple())


@pytest.mark.parametrize("numero", ["1e99999999999999999999", "1e-99999999999999999999"])
def test_exponents_that_no_number_has(numero: str) -> None:
    assert recusa(f'{{"a": {numero}}}') == "Há um número com expoente grande demais."


@pytest.mark.parametrize(("texto", "numero"), [("0", 0), ("-0", 0), ("10", 10), ("9" * 400, 10**400 - 1)])
def test_integers_are_exact(texto: str, numero: int) -> None:
    lido = parse(f'{{"a": {texto}}}'.encode())["a"]
    assert (type(lido), lido) == (int, numero)


@pytest.mark.parametrize(
    "corpo",
    [
        '{"a": 1, "a": 2}',
        '{"a": 1, "a": 1}',
        '{"b": {"a": 1, "a": 2}}',
        '{"b": [1, {"c": {"a": null, "x": 0, "a": null}}]}',
        '{"a": 1, "\\u0061": 2}',
    ],
)
def test_a_member_twice_at_any_level(corpo: str) -> None:
    assert recusa(corpo) == "O membro 'a' está repetido."


def test_the_name_of_a_member_twice_is_shown_in_part() -> None:
    nome = "x" * 1000
    assert recusa(f'{{"{nome}": 1, "{nome}": 2}}') == f"O membro '{'x' * 40}' está repetido."


def test_one_name_in_two_objects_is_no_repetition() -> None:
    assert parse(b'{"a": [{"a": 1}, {"a": 2}], "A": 3}') == {"a": [{"a": 1}, {"a": 2}], "A": 3}


@pytest.mark.parametrize("codificacao", ["utf-16", "utf-32"])
def test_other_encodings(codificacao: str) -> None:
    assert recusa('{"a": 1}'.encode(codificacao)) == UTF16


@pytest.mark.parametrize("codificacao", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_other_encodings_without_a_mark(codificacao: str) -> None:
    assert recusa('{"a": 1}'.encode(codificacao)).startswith("JSON malformado")


@pytest.mark.parametrize(
    "corpo", [b'{"a": "\xe3"}', b'{"a": "\xed\xa0\x80"}', b'{"a": "\xc0\x80"}', b'{"a": "\xf5\x80\x80\x80"}', b"\xff{}"]
)
def test_latin_1_raw_surrogates_and_overlong_forms(corpo: bytes) -> None:
    assert recusa(corpo) == UTF8


def test_a_byte_order_mark_of_utf_8_is_passed_over() -> None:
    assert parse(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    "escape",
    [
        *("\\u0000", "\\u0001", "\\b", "\\f", "\\u000b", "\\u001b[31m", "\\u007f", "\\u0085", "\\u009b"),
        *("\\ud800", "\\udfff", "\\udc00\\ud800", "\\ud83d", "x\\ud83dx"),
    ],
)
@pytest.mark.parametrize("corpo", ['{"a": "%s"}', '{"%s": 1}', '{"a": [["x", {"b": "y%sy"}]]}'])
def test_control_characters_and_lone_surrogates_escaped(escape: str, corpo: str) -> None:
    assert recusa(corpo % escape) == CONTROLE


@pytest.mark.parametrize("caractere", ["\x00", "\x01", "\t", "\n", "\x1b", "\x1f"])
def test_raw_control_characters(caractere: str) -> None:
    assert recusa(f'{{"a": "{caractere}"}}').startswith("JSON malformado na linha ")


@pytest.mark.parametrize("caractere", ["\x7f", "\x85", "\x9f"])
def test_raw_control_characters_that_json_itself_allows(caractere: str) -> None:
    assert recusa(f'{{"a": "{caractere}"}}') == CONTROLE


@pytest.mark.parametrize(
    ("escrito", "lido"),
    [("ção", "ção"), ("\\u00e7", "ç"), ("\\ud83d\\ude00", "😀"), ("😀", "😀"), ("\\n\\r\\t", "\n\r\t"), ("\\/", "/")],
)
def test_texts_are_kept(escrito: str, lido: str) -> None:
    assert parse(f'{{"a": "{escrito}"}}'.encode()) == {"a": lido}


@pytest.mark.parametrize("resto", ["x", "{}", ",", "}", "//", "\x00", "null", "\u00a0"])
def test_something_after_the_object(resto: str) -> None:
    assert recusa('{"a": 1}' + resto) == "JSON malformado na linha 1, coluna 9: há algo depois do fim do objeto."


@pytest.mark.parametrize("corpo", ["", " ", "\n\t\r ", "\ufeff"])
def test_empty_body(corpo: str) -> None:
    assert recusa(corpo).endswith(": o corpo veio vazio.")


@pytest.mark.parametrize("corpo", ["[]", '[{"a": 1}]', '"texto"', '""', "1", "1.5", "true", "false", "null", " [] "])
def test_what_is_not_an_object(corpo: str) -> None:
    assert recusa(corpo) == OBJETO


@pytest.mark.parametrize(
    "corpo",
    [
        *("{", "}", "{'a': 1}", "{a: 1}", '{"a": 1,}', '{"a"}', '{"a": }', '{"a": "x}', '{"a": 1 "b": 2}'),
        *('{"a": 01}', '{"a": +1}', '{"a": .5}', '{"a": 1.}', '{"a": 0x1}', '{"a": 1_000}', '{"a": ٣}', '{"a": 1٣}'),
        *('{"a": True}', '{"a": None}', '{"a": nan}', "{/**/}", "<a/>", "a=1"),
        *('{"a": "\\x41"}', '{"a": "\\u00 4"}', '{"a": "\\u+041"}'),
    ],
)
def test_what_is_not_json(corpo: str) -> None:
    assert recusa(corpo).startswith("JSON malformado na linha 1, coluna ")


def test_where_the_error_is() -> None:
    assert recusa('{\n  "a": 1,\n  "b": ?\n}') == "JSON malformado na linha 3, coluna 8: o que está ali não é JSON."


@pytest.mark.parametrize(
    ("corpo", "motivo"),
    [
        ('{"a": 1,}', "vírgula sobrando"),
        ('{"a": [1, 2,\n]}', "vírgula sobrando"),
        ('{"a": 1,, "b": 2}', "vírgula sobrando"),
        ('{"a": 10,50}', "vírgula decimal em um número; deve ser ponto"),
        ("{'a': 1}", "aspas simples; devem ser duplas"),
        ("{\"a\": 'x'}", "aspas simples; devem ser duplas"),
        ('{"a": “x”}', "aspas curvas; devem ser retas"),
        ('{"a": "x\ny"}', "quebra de linha ou tabulação dentro de um texto; deve ser \\n ou \\t"),
        ('{"a": "x\x0by"}', "caractere de controle dentro de um texto; deve ser escrito como \\u0000"),
        ('{"a": "c:\\x"}', "barra invertida em um texto; deve ser \\\\"),
        ('{"a": "diz "oi" aqui"}', 'aspas dentro de um texto; devem ser \\"'),
        ('{"a": "x}', "um texto não termina; faltam as aspas do fim, ou o corpo foi cortado"),
        ('{"a": 1', "o corpo termina no meio; foi cortado?"),
        ('{"a": [', "o corpo termina no meio; foi cortado?"),
        ("{a: 1}", "nome de membro sem aspas"),
        ('{"a" 1}', "faltam os dois pontos entre o nome e o valor"),
        ('{"a": 1 "b": 2}', "falta a vírgula entre dois membros"),
        ('{"a": }', "falta o valor de um membro"),
        ('{"a": True}', "True não é JSON; deve ser true"),
        ('{"a": None}', "None não é JSON; deve ser null"),
        ('{"a": undefined}', "undefined não é JSON; deve ser null"),
        ('{"a": abc}', "texto sem aspas"),
        ('{"a": 12/10/2026}', "número ou data sem aspas, escritos de forma que o JSON não tem"),
        ('{"a": 1 // x\n}', "JSON não tem comentários"),
    ],
)
def test_the_reason_is_named(corpo: str, motivo: str) -> None:
    assert recusa(corpo).endswith(f": {motivo}.")


@pytest.mark.parametrize("numero", ["01", "-01", "+1", ".5"])
def test_numbers_that_json_does_not_have(numero: str) -> None:
    assert "número escrito de forma que o JSON não tem" in recusa(f'{{"a": {numero}}}')


@pytest.mark.parametrize("escape", ["\\u0000", "\\u000b", "\\u0096"])
def test_texts_may_keep_them_for_whoever_reads_the_members_names_may_not(escape: str) -> None:
    caractere = simplejson.loads(f'"{escape}"')
    assert parse(f'{{"a": "{escape}", "b": [{{"c": "{escape}"}}]}}'.encode(), controls=True) == {
        "a": caractere,
        "b": [{"c": caractere}],
    }
    with pytest.raises(BodyError, match=CONTROLE):
        parse(f'{{"b": {{"{escape}": 1}}}}'.encode(), controls=True)


def test_half_a_character_is_no_text_for_anybody() -> None:
    with pytest.raises(BodyError, match=CONTROLE):
        parse(b'{"a": "\\ud83d"}', controls=True)


def chamadas(corpo: bytes) -> int:
    """Calls, of Python and of C, that it takes to parse a body."""
    feitas, antes = 0, sys.getprofile()

    def contar(_frame: FrameType, evento: str, _argumento: Any) -> None:
        nonlocal feitas
        feitas += evento in {"call", "c_call"}

    sys.setprofile(contar)
    try:
        with contextlib.suppress(BodyError):
            parse(corpo)
    finally:
        sys.setprofile(antes)
    return feitas


MIB = 1024 * 1024


@pytest.mark.parametrize("aberto", ['{"a":', "[", '[{"a":[', '{"a":1,"b":'])
def test_a_mebibyte_of_depth_is_given_up_early(aberto: str) -> None:
    assert chamadas((aberto * MIB)[:MIB].encode()) < 10_000


def junco(elemento: str, tamanho: int) -> bytes:
    """An object with one list of many times the same element."""
    return ('{"a":[' + ",".join([elemento] * (tamanho // (len(elemento) + 1))) + "]}").encode()


@pytest.mark.parametrize(
    "elemento", ["[]", "{}", "1", '{"a":{"b":[{}]}}', '""', "[[[[[[[[[[[[[[]]]]]]]]]]]]]]", "1e999"]
)
def test_the_work_grows_with_the_body_and_no_faster(elemento: str) -> None:
    pequeno, grande = junco(elemento, 16 * 1024), junco(elemento, 64 * 1024)
    assert chamadas(grande) < 4.2 * chamadas(pequeno)
    assert chamadas(grande) < 5 * len(grande)


def test_a_mebibyte_of_nested_junk() -> None:
    assert chamadas(junco("[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", MIB)) < 5 * MIB


def test_many_members_of_one_object_are_compared_once() -> None:
    pequeno, grande = (simplejson.dumps({f"{i:06}": i for i in range(n)}).encode() for n in (1000, 4000))
    assert chamadas(grande) < 4.2 * chamadas(pequeno)


textos = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]))
valores = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | textos,
    lambda dentro: st.lists(dentro, max_size=4) | st.dictionaries(textos, dentro, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(textos, valores, max_size=4), st.booleans())
def test_what_is_written_is_what_is_read(corpo: dict[str, Any], ascii_: bool) -> None:
    assert parse(simplejson.dumps(corpo, ensure_ascii=ascii_, use_decimal=True).encode()) == corpo


PROIBIDOS = {*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000)}


@given(st.characters(exclude_categories=[]), st.booleans())
def test_a_character_is_refused_however_it_is_written(caractere: str, nome: bool) -> None:
    corpo = {caractere: 1} if nome else {"a": [caractere]}
    escrito = simplejson.dumps(corpo).encode()
    if ord(caractere) in PROIBIDOS:
        assert recusa(escrito) == CONTROLE
    else:
        assert parse(escrito) == corpo


@given(st.binary() | st.text('{}[]:,"\\u0e1-+.tfn ', max_size=60).map(str.encode))
def test_any_bytes_are_an_object_or_a_refusal(corpo: bytes) -> None:
    with contextlib.suppress(BodyError):
        assert isinstance(parse(corpo), dict)
