"""The proofs of reliability, R-01 to R-44, and where each is shown. R1, R2 … without a hyphen are rules."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAR = "reliability/test_intercalacoes.py::test_dois_ao_mesmo_tempo"
REDE = "reliability/test_rede_do_banco.py"
CEP = "integration/test_cep_servicos.py"
REPETICAO = "integration/test_repeticao.py"
PROVA = "shown under load by `make prova`, in short by tests/reliability/test_prova.py"

# Number -> (tests, what is shown instead or elsewhere).
PROVAS: dict[str, tuple[list[str], str]] = {
    "R-01": ([f"{REPETICAO}::test_the_same_again_is_answered_byte_for_byte"], ""),
    "R-02": (
        [
            f"{REPETICAO}::test_twenty_at_once_reserve_once",
            "integration/vida/test_repeticoes.py::test_twenty_the_same_at_once_have_one_effect",
            "reliability/test_intercalacoes.py::test_a_mesma_ao_mesmo_tempo",
        ],
        "a duplicate at every point of the first instead of 200 rounds by chance",
    ),
    "R-03": ([f"{REPETICAO}::test_other_content_names_the_reservation"], "409 NUMERO_EM_USO (§4.3), not 422"),
    "R-04": (
        [
            "integration/vida/test_repeticoes.py::test_the_same_alteration_with_the_old_number",
            "integration/vida/test_repeticoes.py::test_another_alteration_with_the_old_number",
            "integration/vida/test_repeticoes.py::test_random_chains",
            f"{REDE}::test_a_reset_at_every_packet",
        ],
        "",
    ),
    "R-05": (
        [
            "integration/vida/test_repeticoes.py::test_the_same_again",
            "integration/vida/test_cancelar.py::test_cancelled_again_is_success_without_effect",
            "integration/vida/test_repeticoes.py::test_a_replaced_number_acts_on_the_head",
        ],
        "a cancellation of a replaced number cancels the current one (R11)",
    ),
    "R-06": (
        [f"{REPETICAO}::test_another_branch_is_another_pre_sale", f"{REPETICAO}::test_key_is_the_callers_own"],
        "another caller of the same branch gets the replay (R12: the hub repeats what the POS sent)",
    ),
    "R-07": (
        [
            "unit/domain/test_pre_venda.py::test_order_of_members_does_not_count",
            "unit/domain/test_pre_venda.py::test_one_number_in_many_notations",
            "unit/domain/test_pre_venda.py::test_two_numbers_have_one_fingerprint_only_if_they_are_equal",
            f"{REPETICAO}::test_white_space_does_not_matter",
        ],
        "",
    ),
    "R-08": ([f"{REPETICAO}::test_a_fault_is_judged_anew", f"{REPETICAO}::test_a_refusal_is_judged_anew"], ""),
    "R-10": (["integration/test_concorrencia.py::test_hundred_units_for_160_requests"], PROVA),
    "R-11": (
        [
            "integration/test_concorrencia.py::test_without_the_lock_the_same_oversells",
            "reliability/test_mutacoes.py::test_a_falta_da_protecao_e_notada",
        ],
        "",
    ),
    "R-12": (
        [PAR, "reliability/test_intercalacoes.py::test_uma_correcao_ao_mesmo_tempo"],
        "100 pairs; before every statement: `make exaustivo`",
    ),
    "R-13": (
        [
            "integration/test_concorrencia.py::test_random_baskets",
            "integration/test_concorrencia.py::test_without_the_order_the_same_deadlocks",
            "reliability/test_protecoes.py::test_quem_espera_pelo_produto_de_baixo_nao_segura_o_de_cima",
            "reliability/test_ordem_dos_locks.py::test_uma_ordem_so",
            "reliability/test_cede_a_vez.py::test_a_sessao_do_erp_nunca_e_a_vitima",
        ],
        f"60 s: {PROVA}",
    ),
    "R-14": (
        [PAR, "integration/vida/test_repeticoes.py::test_different_alterations_at_once_make_one_chain"],
        "",
    ),
    "R-15": (
        [PAR, "integration/vida/test_repeticoes.py::test_an_alteration_and_a_cancellation_at_once"],
        "every pair at every point instead of 500 rounds by chance",
    ),
    "R-16": (
        [
            PAR,
            "integration/test_concorrencia.py::test_winthor_writes_the_same_stock_rows",
            "reliability/test_winthor.py::test_o_winthor_primeiro",
        ],
        f"every move at every statement: `make exaustivo`; {PROVA}",
    ),
    "R-17": (
        [
            "integration/cep/test_sem_transacao.py::test_a_reservation_and_an_alteration",
            "integration/cep/test_sem_transacao.py::test_a_payment",
        ],
        "how long a lock is held depends on the machine: times per step are in the log, not asserted",
    ),
    "R-20": (
        ["reliability/test_maquina_de_estados.py::test_qualquer_sequencia"],
        "24 × 30 steps in `make test`, as many as wanted by `make exaustivo`",
    ),
    "R-21": ([], "schemathesis against the document: tests/reliability/test_contrato.py"),
    "R-25": ([], PROVA),
    "R-26": (["integration/test_recuperacao.py::test_a_crash_leaves_p_and_nothing_else"], PROVA),
    "R-27": (["integration/test_desfecho.py::test_the_database_kills_the_session"], PROVA),
    "R-28": (
        [
            "reliability/test_parada.py::test_sigterm_under_load",
            "integration/servidor/test_processos.py::test_a_second_signal_ends_it_at_once",
        ],
        "",
    ),
    "R-29": (
        [
            "reliability/test_pressao.py::test_a_disk_that_fills_up_at_any_point",
            "reliability/test_pressao.py::test_a_table_that_refuses",
            "integration/test_log.py::test_nothing_is_done_when_the_log_cannot_be_written",
        ],
        "",
    ),
    "R-30": (
        [
            f"{REDE}::test_a_reset_at_every_packet",
            f"{REDE}::test_a_silent_network",
            f"{REDE}::test_a_slow_network_only_slows",
            f"{REDE}::test_answers_that_drip",
            f"{REDE}::test_cuts_under_load",
        ],
        "a call ends after the lock wait and 2 s (5 s), the request within 15 s (R15)",
    ),
    "R-31": (
        [
            "reliability/test_rede_do_cep.py::test_the_second_service_answers",
            "reliability/test_rede_do_cep.py::test_both_out_of_reach",
            f"{CEP}::test_both_slow_end_within_the_budget",
        ],
        "",
    ),
    "R-32": (
        [
            f"{CEP}::test_open_breaker_answers_fast_and_leaves_the_service_alone",
            "unit/cep/test_disjuntor.py::test_outage_of_ten_minutes_costs_five_calls_and_one_per_half_minute",
            "unit/cep/test_disjuntor.py::test_probe_that_succeeds_closes_it_and_forgets_the_failures",
        ],
        "",
    ),
    "R-33": ([f"{CEP}::test_sixteen_at_once_on_a_hanging_service_hold_four_workers"], ""),
    "R-34": (
        ["unit/cep/test_verificador.py::test_second_service_is_asked_when_the_first_fails"],
        "no call is repeated: the second service is the retry, so a provider sees each check once",
    ),
    "R-35": (
        [
            f"{CEP}::test_unknown_cep_at_viacep_is_an_answer",
            f"{CEP}::test_failure_at_once_costs_no_time_and_the_second_service_answers",
            f"{CEP}::test_body_of_ten_megabytes_is_cut_off",
            f"{CEP}::test_redirect_to_a_private_address_is_not_followed",
        ],
        "",
    ),
    "R-36": (
        [
            "unit/cep/test_verificador.py::test_same_cep_twice_in_a_day_is_one_call",
            "unit/cep/test_verificador.py::test_unknown_is_remembered_for_ten_minutes",
            "unit/cep/test_verificador.py::test_failures_are_never_remembered",
        ],
        "",
    ),
    "R-37": (["reliability/test_pressao.py::test_an_exhausted_pool_is_told_and_no_queue_grows"], ""),
    "R-38": (
        ["integration/porta/test_limites.py::test_requests_at_once"],
        "off by default; another caller's latency is not asserted",
    ),
    "R-39": ([], PROVA),
    "R-40": (
        [
            "unit/domain/test_validade.py::test_days_after_the_payment_deadline",
            "unit/domain/test_validade.py::test_eleven_days_count_from_the_local_day_to_its_very_ends",
            "integration/vida/test_tempo.py::test_it_ends_at_the_end_of_the_day_of_its_own_branch",
            "reliability/test_maquina_de_estados.py::test_qualquer_sequencia",
        ],
        "a clock set back is a rule of the machine",
    ),
    "R-41": (
        [
            PAR,
            "integration/vida/test_tempo.py::test_many_hosts_at_once_expire_each_once",
            "reliability/test_dois_hosts.py::test_both_sweep_at_once",
        ],
        "",
    ),
    "R-42": (["integration/vida/test_forum_000.py::test_the_stuck_reservation"], ""),
    "R-43": (
        [
            "integration/test_log.py::test_a_refused_request_leaves_one_row",
            "integration/vida/test_tempo.py::test_one_bad_record_does_not_stop_the_rest",
        ],
        "no dead-letter state: a sweep reports what failed and tries it again next time",
    ),
    "R-44": (["integration/test_log_da_retaguarda.py::test_a_log_row_that_is_no_json_does_not_break_the_detail"], ""),
}
NUMEROS = [*range(1, 9), *range(10, 18), 20, 21, *range(25, 45)]


@pytest.mark.parametrize("numero", PROVAS)
def test_the_tests_named_exist(numero: str) -> None:
    tests, nota = PROVAS[numero]
    assert tests or nota
    assert [endereco for endereco in tests if not existe(endereco)] == []


def test_every_number_stands_once() -> None:
    assert list(PROVAS) == [f"R-{numero:02}" for numero in NUMEROS]


def existe(endereco: str) -> bool:
    """Whether there is a test at an address below ``tests``."""
    arquivo, _, nome = endereco.partition("::")
    caminho = TESTS / arquivo
    if not caminho.exists():
        return False
    arvore = ast.parse(caminho.read_text("utf-8"))
    return nome in {node.name for node in arvore.body if isinstance(node, ast.FunctionDef)}
