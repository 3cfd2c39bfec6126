"""Requests generated from the OpenAPI document, made into programmes that the walker plays.

    document ──> cases ──> filling ──> programmes ──> walker
    what the     what      with real   between looks  through the one
    target says  to try    identities  at the stock   client, judged

Schemathesis only chooses: what it draws becomes `kandykit.explore.steps.Raw` steps, and every answer is judged by the
rules and laws that judge all other traffic. None of Schemathesis' own checks is used (decision 0003). Findings replay
and shrink like those of any other programme.

`request` turns a step into a call; `drawing` draws from strategies without Hypothesis' engine; `cases` is the
Schemathesis side, `filling` the contract's side, `programmes` what a suite asks for. Nothing here imports Schemathesis
before a suite needs it: that takes most of a second.
"""
