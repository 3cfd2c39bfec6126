"""The rulebook for single exchanges: what codes, bodies and headers say, whatever the state of the account.

`RULES` is the whole of it. The laws of the account's state are in `kandykit.model`.

===================  ===========================================================
module               requirements
===================  ===========================================================
`codes`              R1
`headers`            R2: the response-header table, K2: api-version
`shapes`             R2, H13: successful answers against the OpenAPI document
`creation`           R2: created_at
`errors`             R2, K2, H13, P1: errors
`malformed`          R3 with H16
`secrets`            R5
`authentication`     R6, B1 to B5
`failing`            R7
`token`              T1 to T8, T10, and R6 at the token endpoint
`methods`            H1, H2, H19
`http`               H3 to H8, H11, H12, H14, H17, H18, H20
`transport`          S1 to S4
`cors`               C1 to C6
`quota`              K1
`past`               no rule: what earlier exchanges left behind
===================  ===========================================================
"""

from __future__ import annotations

from typing import Final

from kandykit.rules import (
    authentication,
    codes,
    cors,
    creation,
    errors,
    failing,
    headers,
    http,
    malformed,
    methods,
    quota,
    secrets,
    shapes,
    token,
    transport,
)
from kandykit.rules.rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    codes.only_documented_codes,
    headers.standard_headers_are_sent,
    headers.answers_name_their_version,
    shapes.successes_match_the_document,
    creation.created_at_is_when_it_was_created,
    errors.errors_can_be_read,
    errors.problem_details_are_consistent,
    malformed.malformed_input_is_refused,
    secrets.answers_show_no_secret,
    secrets.answers_show_no_stack_trace,
    authentication.nothing_without_a_live_token,
    authentication.missing_tokens_are_challenged,
    authentication.bad_tokens_are_named,
    authentication.entitlement_is_asked_for,
    authentication.bearer_is_accepted,
    failing.well_formed_calls_are_answered,
    token.other_methods_give_no_token,
    token.token_answers_name_the_token,
    token.token_life_is_a_number,
    token.token_answers_are_not_stored,
    token.no_refresh_token,
    token.wrong_clients_are_told_so,
    token.wrong_grants_are_told_so,
    token.basic_is_understood,
    token.tokens_work_until_they_expire,
    methods.wrong_methods_get_405,
    methods.unknown_paths_get_404,
    methods.refusals_name_the_methods,
    methods.head_has_no_content,
    http.location_is_a_reference,
    http.location_is_the_orders_own,
    http.location_leads_to_the_order,
    http.creation_says_where,
    http.acceptance_shows_where_it_stands,
    http.no_content_is_none,
    http.redirects_lead_on,
    http.precondition_failed,
    http.deletions_succeed_in_three_ways,
    http.deletions_name_their_object,
    http.content_length_is_true,
    http.retry_after_can_be_read,
    http.throttling_explains_itself,
    http.answers_are_dated,
    transport.hsts_is_sent_once,
    transport.hsts_has_the_documented_value,
    transport.plain_http_is_not_served,
    transport.sunset_is_a_date,
    cors.credentials_flag_is_true_or_absent,
    cors.credentials_name_their_origin,
    cors.one_origins_answer_varies,
    cors.preflights_are_answered,
    cors.preflights_allow_what_is_documented,
    cors.max_age_is_a_number,
    quota.quota_headers_make_sense,
    quota.quota_used_grows,
    quota.throttling_is_by_quota,
)
"""Every rule, by area; the order has no meaning."""
