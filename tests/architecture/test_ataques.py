"""Every attack on the door (D01 to D22) has its test or its experiment, and a row in docs/provas.md."""

from __future__ import annotations

import re
from pathlib import Path

from tests.architecture.test_seguranca import existe
from tests.reliability.ataque_a_porta import EXPERIMENTOS

ROOT = Path(__file__).parents[2]
DIREITOS, TRANCA = "integration/porta/test_direitos.py", "integration/porta/test_linha_presa.py"
PORTAS, PROCESSOS = "integration/servidor/test_portas.py", "integration/servidor/test_processos.py"
SAUDE, PROXY = "integration/porta/test_saude.py", "integration/porta/test_proxy.py"
UMA, PERGUNTAS = "integration/porta/test_uma_de_cada_vez.py", "integration/porta/test_limites_das_perguntas.py"
PAGAR, PESSOAIS = "integration/vida/test_pagar.py", "integration/porta/test_dados_pessoais.py"
ACHADOS, METRICAS = "integration/vida/test_achados.py", "integration/observabilidade/test_metricas.py"

ATAQUES: dict[str, tuple[str, ...]] = {
    "D01": (
        f"{DIREITOS}::test_random_names_from_one_address_are_slowed_down",
        f"{DIREITOS}::test_a_login_s_body_is_small",
        f"{PORTAS}::test_a_door_that_is_full_keeps_no_other_waiting",
    ),
    "D02": (
        f"{DIREITOS}::test_the_bound_holds_in_a_burst",
        f"{DIREITOS}::test_whoever_holds_a_token_of_the_login_is_not_locked_out_by_guesses_at_it",
        f"{PROXY}::test_a_stranger_behind_the_same_proxy_locks_nobody_out",
    ),
    "D03": (
        f"{PROXY}::test_the_cookie_is_secure_and_the_browser_told_so_when_the_proxy_had_tls",
        f"{PROXY}::test_redirects_name_no_host",
        f"{PROXY}::test_an_address_that_somebody_writes_into_the_header_is_not_his",
    ),
    "D04": (f"{PROCESSOS}::test_nothing_of_a_family_is_mapped_from_a_file_or_left_in_the_temporary_folder",),
    "D05": (
        f"{TRANCA}::test_few_wait_for_a_held_row_and_whoever_comes_later_is_told_at_once",
        f"{TRANCA}::test_many_tries_in_vain_cost_nothing_more_and_what_was_answered_is_told",
        f"{TRANCA}::test_the_refusal_of_a_held_row_is_held_back_by_the_server",
    ),
    "D06": (
        f"{PORTAS}::test_life_answers_when_every_other_door_is_full",
        f"{SAUDE}::test_a_silent_database_is_not_waited_for",
    ),
    "D07": (
        f"{SAUDE}::test_what_a_sale_needs_and_is_missing",
        f"{SAUDE}::test_a_sale_on_an_incomplete_database_is_not_to_be_repeated",
        f"{SAUDE}::test_a_grant_that_is_missing",
        f"{SAUDE}::test_a_database_that_cannot_be_written",
    ),
    "D08": (
        f"{DIREITOS}::test_a_branch_or_scope_that_was_taken_away_is_gone_from_the_token",
        f"{DIREITOS}::test_another_password_ends_the_tokens_of_the_one_before",
        f"{DIREITOS}::test_whoever_has_a_copy_of_the_cookie_is_out_with_the_log_out",
        f"{DIREITOS}::test_a_key_of_a_revoked_login_is_none",
        f"{DIREITOS}::test_while_the_key_is_changed_the_one_before_still_verifies",
        f"{DIREITOS}::test_a_changed_password_is_known_to_another_process_within_half_a_minute",
    ),
    "D09": (
        f"{PORTAS}::test_whoever_never_reads_is_closed",
        f"{PORTAS}::test_whoever_never_reads_does_not_hold_up_the_end",
    ),
    "D10": (
        "integration/porta/test_tetos.py::test_a_refused_body_leaves_little",
        "integration/porta/test_tetos.py::test_what_a_state_does_not_read_is_not_kept_at_length",
    ),
    "D11": (
        f"{PERGUNTAS}::test_a_clerk_of_a_branch_misses_none_of_its_rows_for_those_of_others",
        f"{PERGUNTAS}::test_of_many_holders_some_are_named_and_all_are_counted",
        f"{ACHADOS}::test_as_many_statements_for_many_counters_as_for_one",
        "integration/vida/test_assentar.py::test_nothing_ended_costs_one_statement",
        "integration/test_custo_da_historia.py::test_nobody_who_waits_walks_through_the_history",
    ),
    "D12": (
        f"{PAGAR}::test_how_a_customer_is_reached_is_not_changed_by_its_code_alone",
        f"{PAGAR}::test_the_back_office_sees_who_changed_a_customer_and_what",
    ),
    "D13": (
        "integration/porta/test_hora.py"
        "::test_a_host_whose_clock_is_wrong_neither_ends_the_sales_of_others_nor_misses_its_own",
    ),
    "D14": (
        f"{UMA}::test_two_contents_at_once_under_one_key_are_one",
        f"{UMA}::test_without_the_turn_both_are_accepted",
    ),
    "D15": (
        f"{ACHADOS}::test_the_set_that_explains_the_excess_not_the_newest",
        f"{ACHADOS}::test_what_only_fits_is_a_suspect_and_must_be_chosen",
    ),
    "D16": ("oracle/test_conexoes.py::test_a_reading_after_a_pre_sale_is_not_the_pos_s",),
    "D17": (
        f"{PESSOAIS}::test_customer_data_go_nowhere_but_where_they_belong",
        f"{PESSOAIS}::test_every_column_of_text_of_our_own_is_in_the_inventory",
        "unit/domain/test_dados_pessoais.py::test_members_beside_the_customer",
        "contract/test_consulta.py::test_the_list_names_nobody_and_the_one_pre_sale_does",
    ),
    "D18": (
        f"{DIREITOS}::test_where_to_go_after_the_login_is_a_page_of_the_panel",
        f"{DIREITOS}::test_a_login_with_what_no_login_has",
    ),
    "D19": (
        f"{PORTAS}::test_a_header_that_nobody_foresaw_gets_an_answer",
        f"{PORTAS}::test_one_address_has_a_share_of_the_connections",
        f"{PORTAS}::test_without_file_handles_it_waits_and_makes_room",
        f"{PROCESSOS}::test_a_hangup_ends_nobody",
        f"{PROCESSOS}::test_nothing_of_a_family_is_mapped_from_a_file_or_left_in_the_temporary_folder",
    ),
    "D20": (
        f"{UMA}::test_a_quota_holds_for_those_that_come_at_once",
        f"{UMA}::test_a_quota_holds_while_others_pay",
        "integration/test_estoque_protegido.py::test_a_payment_gives_back_nothing_of_a_quota_an_invoice_does",
        "integration/test_clientes.py::test_used_up_numbers_of_customers_lose_no_sale",
        f"{METRICAS}::test_numbers_are_told_before_their_end",
    ),
    "D21": (
        "integration/test_cli.py::test_a_demo_s_file_is_its_owner_s_and_no_address_shows_its_password",
        f"{DIREITOS}::test_odd_claims_under_a_true_signature_are_no_caller",
        "integration/test_recusas.py::test_a_package_that_is_inactive_empty_or_of_another_branch_is_refused",
        f"{METRICAS}::test_a_rehearsal_is_counted_as_one",
    ),
    "D22": (
        "integration/porta/test_limites.py::test_a_stranger_who_is_refused_in_a_loop_is_answered_late",
        "integration/porta/test_limites.py::test_a_refusal_of_nobody_takes_a_sale_s_thread_but_so_often",
    ),
}
MEDIDOS = {"D01", "D05", "D06", "D09", "D22"}


def test_every_attack_has_its_tests() -> None:
    assert list(ATAQUES) == [f"D{n:02}" for n in range(1, 23)]
    assert sorted(t for testes in ATAQUES.values() for t in testes if not existe(t)) == []


def test_what_takes_time_is_an_experiment() -> None:
    assert {experimento.__name__[:3].upper() for experimento in EXPERIMENTOS} == MEDIDOS


def test_the_page_of_proofs_has_every_attack_with_its_control() -> None:
    linhas = re.findall(r"^\| (D\d\d): (.*) \|$", (ROOT / "docs" / "provas.md").read_text("utf-8"), re.M)
    assert {numero for numero, _ in linhas} == set(ATAQUES)
    assert [numero for numero, resto in linhas if len([c for c in resto.split(" | ") if c.strip()]) != 3] == []
