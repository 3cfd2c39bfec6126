"""Guessing a binding: how a strange OpenAPI document spells the contract, and why one thinks so.

    document ──> outline ──> roles ──> spelling ──> profile
    as it is     flat, with  which     every key    as TOML, each
                 refs gone   is what   and why      guess explained

Nothing is sent. A guess is only a beginning: ``kandykit init`` writes it down with its reason, the user corrects it,
``kandykit doctor`` holds it against the target.
"""
