"""Sealing: a complete run as one file that shows every change, and that anybody can check offline.

folder of a run ──> complete? ──> attestation ──> envelope, signed ──> archive     `kandykit package`
archive ──> canonical? ──> signed? ──> hashes ──> expired? ──> judged again        `kandykit verify`
"""
