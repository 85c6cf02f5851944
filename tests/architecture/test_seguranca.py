"""The proofs of security, S-01 to S-34, and every trap that a body can be: the test behind each.

A proof without a test has a reason instead. Fails when a test that is named here is gone.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parents[1]

CREDENCIAIS = "integration/porta/test_credenciais.py"
MATRIZ = "integration/porta/test_matriz.py"
LIMITES = "integration/porta/test_limites.py"
SAIDA = "integration/porta/test_saida.py"
PESSOAIS = "integration/porta/test_dados_pessoais.py"
ARMADILHAS = "reliability/test_armadilhas.py"
ATAQUE = "reliability/test_ataque.py"
CORPO = "unit/api/test_json_body.py"
PAINEL = "integration/test_painel.py"
AUDITORIA = "architecture/test_auditoria.py"

# Id -> what shows it; a text without "::" says why nothing does.
PROVAS: dict[str, tuple[str, ...]] = {
    "S-01": (
        f"{MATRIZ}::test_foreign_and_absent_numbers_look_the_same",
        f"{MATRIZ}::test_foreign_and_absent_numbers_look_the_same_on_a_page",
        f"{MATRIZ}::test_another_branch_is_refused_whatever_is_in_it",
    ),
    "S-02": (
        f"{MATRIZ}::test_who_may_use_a_route",
        f"{CREDENCIAIS}::test_what_is_not_the_key",
        "reliability/test_contrato.py::test_document_and_gateway_agree",
    ),
    "S-03": ("The contract passes unknown members over (§4.2) and tells their names; none reaches a column.",),
    "S-04": (f"{ARMADILHAS}::test_a_trap_is_refused_and_costs_little", f"{ATAQUE}::test_generated_json"),
    "S-05": (f"{MATRIZ}::test_every_route_is_in_the_matrix", f"{MATRIZ}::test_who_may_use_a_page"),
    "S-06": (
        f"{LIMITES}::test_a_flood_of_reservations_of_one_login_stops_at_the_limit",
        f"{LIMITES}::test_units_of_a_login",
    ),
    "S-07": (
        "integration/test_cep_servicos.py::test_text_that_is_no_cep_makes_no_call",
        "integration/test_cep_servicos.py::test_redirect_to_a_private_address_is_not_followed",
    ),
    "S-08": (f"{SAIDA}::test_headers_of_every_route", f"{SAIDA}::test_every_error_is_a_problem_body_with_the_headers"),
    "S-09": ("integration/test_rotas.py::test_document_lists_exactly_the_routes",),
    "S-10": ("unit/cep/test_viacep.py::test_hostile_or_impossible_fields_are_a_failure",),
    "S-11": (f"{CREDENCIAIS}::test_only_a_keys_hash_is_kept", f"{CREDENCIAIS}::test_command_creates_a_key_shown_once"),
    "S-12": (f"{CREDENCIAIS}::test_an_unknown_login_costs_as_much_as_a_wrong_password",),
    "S-13": (
        f"{CREDENCIAIS}::test_revocation_reaches_another_process_within_half_a_minute",
        f"{CREDENCIAIS}::test_ten_wrong_passwords_in_a_minute_are_answered_429",
    ),
    "S-14": (
        f"{CREDENCIAIS}::test_tokens_without_a_true_signature",
        f"{CREDENCIAIS}::test_claims_that_are_not_in_order",
        f"{CREDENCIAIS}::test_tokens_that_are_none",
    ),
    "S-15": (
        "integration/test_repeticao.py::test_a_login_of_another_branch_gets_no_replay",
        "integration/test_repeticao.py::test_key_is_the_callers_own",
    ),
    "S-20": (
        f"{PESSOAIS}::test_customer_data_go_nowhere_but_where_they_belong",
        f"{PESSOAIS}::test_commands_show_no_customer",
        f"{PAINEL}::test_no_personal_data_on_any_page",
    ),
    "S-21": (
        f"{PESSOAIS}::test_masked_json_still_says_which_document_it_was",
        f"{PESSOAIS}::test_clear_is_a_choice_of_the_site",
    ),
    "S-22": ("The back office shows masked values only; there is nothing to reveal.",),
    "S-23": (f"{PESSOAIS}::test_old_customer_data_are_masked", f"{PESSOAIS}::test_masking_goes_in_batches"),
    "S-24": ("Not built: by CPF the customer is found in PCCLIENT, which is WinThor's to export and erase.",),
    "S-25": ("No route takes a CPF; the log names routes, never addresses (S-20).",),
    "S-26": (
        f"{PESSOAIS}::test_the_inventory_names_what_there_is",
        f"{PESSOAIS}::test_every_mapped_column_with_a_customers_data_is_in_the_inventory",
    ),
    "S-27": (
        f"{ATAQUE}::test_hostile_requests",
        "integration/test_comandos_sql.py::test_no_statement_holds_a_value_of_the_request",
    ),
    "S-28": (f"{ATAQUE}::test_hostile_requests", f"{SAIDA}::test_control_characters_in_an_address_are_refused"),
    "S-29": (
        f"{PAINEL}::test_a_stored_script_is_text",
        f"{PAINEL}::test_every_page_has_its_headers",
        "integration/test_log_da_retaguarda.py::test_cells_are_safe",
    ),
    "S-30": (
        f"{SAIDA}::test_no_exceptions_text_gets_out",
        f"{SAIDA}::test_what_the_driver_says_stays_inside",
        f"{SAIDA}::test_a_dead_database_tells_nothing_of_where_it_was",
    ),
    "S-31": (
        f"{SAIDA}::test_headers_of_every_route",
        f"{PAINEL}::test_the_cookie_is_closed_signed_and_ends",
        f"{MATRIZ}::test_a_form_without_its_token_does_nothing",
    ),
    "S-32": (
        "unit/test_settings.py::test_secrets_are_not_printed",
        f"{CREDENCIAIS}::test_start_is_refused_without_a_signing_key_outside_the_demo",
    ),
    "S-33": (f"{AUDITORIA}::test_every_check_passes", f"{AUDITORIA}::test_what_pip_audit_says_decides"),
    "S-34": ("Grants are in sql/gateway/grants.sql; no test runs as a user that has only these.",),
}
NAO_HA = ["S-16", "S-17", "S-18", "S-19"]

TRAPS: dict[str, tuple[str, ...]] = {
    "nested arrays/objects": (f"{CORPO}::test_depth_that_never_ends", f"{CORPO}::test_more_than_twenty_levels"),
    "5,000-digit integer": (f"{CORPO}::test_numbers_of_thousands_of_digits",),
    "NaN, Infinity, 1e309": (f"{CORPO}::test_what_is_no_number", f"{CORPO}::test_exponents_that_no_number_has"),
    "Decimal 1E+1000000": ("unit/api/test_fields.py::test_numbers_beyond_20_digits_or_exponent_12",),
    "integer field with 1.9, 7 as text, 1_000, ٣": (
        "unit/api/test_fields.py::test_text_that_is_no_code",
        f"{SAIDA}::test_numbers_in_queries_are_ascii_digits",
        f"{SAIDA}::test_days_of_an_extension_are_a_whole_number",
    ),
    "integer 10³⁰": (f"{ARMADILHAS}::test_a_trap_is_refused_and_costs_little",),
    "true for a number": ("unit/api/test_fields.py::test_what_is_no_number",),
    "duplicate keys": (f"{CORPO}::test_a_member_twice_at_any_level",),
    "UTF-16 body, lone surrogate, NUL": (
        f"{CORPO}::test_other_encodings",
        f"{CORPO}::test_control_characters_and_lone_surrogates_escaped",
    ),
    "body over the limit": (
        f"{ARMADILHAS}::test_a_trap_is_refused_and_costs_little",
        "unit/api/test_parse_requisicao.py::test_number_of_items",
        "unit/api/test_parse_requisicao.py::test_number_of_components",
    ),
    "wrong content type": (f"{ARMADILHAS}::test_a_trap_is_refused_and_costs_little",),
    "slow body": ("The server's affair: a request must have arrived whole within 15 s.",),
    "cost of each": (f"{ARMADILHAS}::test_a_trap_takes_little_memory",),
}


def existe(endereco: str) -> bool:
    arquivo, _, teste = endereco.partition("::")
    arvore = ast.parse((TESTS / arquivo).read_text("utf-8"))
    return teste in {node.name for node in arvore.body if isinstance(node, ast.FunctionDef)}


def test_every_proof_is_there() -> None:
    numeros = sorted([*PROVAS, *NAO_HA])
    assert numeros == [f"S-{n:02}" for n in range(1, 35)]


def test_every_named_test_exists() -> None:
    enderecos = {e for entrada in (*PROVAS.values(), *TRAPS.values()) for e in entrada if "::" in e}
    assert sorted(endereco for endereco in enderecos if not existe(endereco)) == []


def test_what_has_no_test_has_a_reason() -> None:
    razoes = [e for entrada in (*PROVAS.values(), *TRAPS.values()) for e in entrada if "::" not in e]
    assert [razao for razao in razoes if not re.fullmatch(r"[A-Z].{20,}\.", razao)] == []
