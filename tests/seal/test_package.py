"""A complete run is sealed, an incomplete one is refused with every reason, and any change of a package is noticed."""

from __future__ import annotations

import base64
import json
import random
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner, SSlibKey

from kandykit.errors import UsageError
from kandykit.plugin import SUITES
from kandykit.seal.archive import Unsound, pack, unpack
from kandykit.seal.attestation import digest_of
from kandykit.seal.completeness import incomplete
from kandykit.seal.envelope import PAYLOAD_TYPE
from kandykit.seal.envelope import sealed as enveloped
from kandykit.seal.package import ENVELOPE, JOURNAL
from kandykit.seal.verification import Finding, verify
from tests.gate.nights import failing, row
from tests.seal.sealing import KEY, NOW, SIGNER, ToldJudge, complete_statement, keys, run_folder, sealed

PUBLIC = SSlibKey.from_crypto(KEY.public_key())


def check(octets: bytes, judge: ToldJudge | None = None, **more: Any) -> Finding:
    return verify(octets, PUBLIC, now=more.get("now", NOW), rejudge=judge or ToldJudge())


@pytest.fixture
def octets(tmp_path: Path) -> bytes:
    return sealed(run_folder(tmp_path / "run")).octets


def payload(octets: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.b64decode(json.loads(unpack(octets, ENVELOPE)[ENVELOPE])["payload"]))
    return found


# -- sealing ----------------------------------------------------------------------------------------------------------


def test_a_complete_run_is_sealed_and_sound(tmp_path: Path) -> None:
    judge = ToldJudge()
    made = sealed(run_folder(tmp_path / "run"), judge)
    found = check(made.octets, judge)
    assert found.complaints == []
    assert found.sound
    assert judge.asked == 2, "once before it was sealed, once when it was checked"
    assert found.members == ("failures/L5-0a1b2c3d.sh", "index.html", JOURNAL, "junit.xml", "statement.json")


def test_the_same_run_makes_the_same_octets(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run")
    assert sealed(folder).octets == sealed(folder).octets


def test_any_tar_opens_it(octets: bytes) -> None:
    with tarfile.open(fileobj=BytesIO(octets)) as archive:
        names = archive.getnames()
        assert names[0] == ENVELOPE
        file = archive.extractfile("index.html")
        assert file is not None
        assert file.read() == b"<!doctype html><title>page</title>"


def test_the_attestation_is_one_of_in_toto(octets: bytes) -> None:
    envelope = json.loads(unpack(octets, ENVELOPE)[ENVELOPE])
    assert envelope["payloadType"] == PAYLOAD_TYPE == "application/vnd.in-toto+json"
    said = payload(octets)
    assert said["_type"] == "https://in-toto.io/Statement/v1"
    assert said["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    predicate = said["predicate"]
    assert predicate["result"] == "PASSED"
    assert predicate["passedTests"] == ["L1", "L5", "H9", "L13", "S1"]
    assert predicate["kandykit"]["skippedTests"] == ["L15"]
    assert predicate["configuration"][1] == {"name": "contract", "digest": {"sha256": "c0"}}
    assert predicate["kandykit"]["expires"] == "2026-12-24T12:00:00Z"
    assert [left["name"] for left in predicate["kandykit"]["leftOut"]] == ["traffic.har"]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_openssl_confirms_the_signature(tmp_path: Path, octets: bytes) -> None:
    """By another hand than the library that made it: DSSE's encoding, written out here again."""
    envelope = json.loads(unpack(octets, ENVELOPE)[ENVELOPE])
    body, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"].encode()
    (tmp_path / "pae").write_bytes(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body))
    (tmp_path / "sig").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
    _, public = keys(tmp_path)
    done = subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(public), "-rawin", "-in", str(tmp_path / "pae"),
         "-sigfile", str(tmp_path / "sig")],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("verdict", "row_verdict", "result"),
    [
        ("conformant", "warn", "WARNED"),
        ("conformant", "waived", "WARNED"),
        ("not_conformant", "fail", "FAILED"),
        ("inconclusive", "inconclusive", "FAILED"),
    ],
)
def test_the_result_never_says_more_than_the_verdict(
    tmp_path: Path, verdict: str, row_verdict: str, result: str
) -> None:
    statement = failing(complete_statement(), verdict=row_verdict)
    row(statement, "L5")["verdict"], statement["verdict"] = row_verdict, verdict
    if row_verdict == "waived":
        statement["waivers"] = [
            {"requirement": "L5", "finding": "", "owner": "jo", "reason": "r", "ticket": "T", "expires": "2027-01-01"}
        ]
    made = sealed(run_folder(tmp_path / "run", statement), ToldJudge(statement), inconclusive=True)
    assert payload(made.octets)["predicate"]["result"] == result
    assert check(made.octets, ToldJudge(statement)).complaints == []


# -- what is not complete ---------------------------------------------------------------------------------------------


def edited(statement: dict[str, Any], **changes: Any) -> dict[str, Any]:
    statement["run"] |= changes
    return statement


def undecided() -> dict[str, Any]:
    statement = complete_statement()
    statement["verdict"] = "inconclusive"
    row(statement, "L1")["verdict"] = "inconclusive"
    return statement


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (edited(complete_statement(), interrupted=True), "the run was interrupted"),
        (edited(complete_statement(), target_down="no answer"), "the target could not be tested: no answer"),
        (edited(complete_statement(), kit_error="broken"), "the kit failed: broken"),
        (edited(complete_statement(), suites=["workflow"]), "quota, concurrency, stateful were not"),
        (edited(complete_statement(), calls=3), "holds 2 calls, and the statement speaks of 3"),
        (undecided(), "L1 could not be decided"),
    ],
    ids=["interrupted", "down", "kit", "suites", "calls", "undecided"],
)  # fmt: skip
def test_an_incomplete_run_is_refused_and_says_why(tmp_path: Path, statement: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match="not complete") as refusal:
        sealed(run_folder(tmp_path / "run", statement), ToldJudge(statement))
    assert words in str(refusal.value)


def cut(folder: Path) -> None:
    path = folder / "journal.jsonl"
    path.write_bytes(path.read_bytes()[:-20])


def another_run(folder: Path) -> None:
    path = folder / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b"020000-0000", b"020000-9999"))


def without_an_outcome(folder: Path) -> None:
    path = folder / "journal.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / "index.html").unlink(), "index.html is missing"),
        (lambda folder: (folder / "journal.jsonl").write_bytes(b""), "journal.jsonl is empty"),
        (lambda folder: (folder / "statement.json").unlink(), "statement.json is missing"),
        (lambda folder: (folder / "statement.json").write_text("{"), "is no JSON"),
        (lambda folder: (folder / "journal.jsonl").write_text("x\n"), "line 1"),
        (cut, "last line was cut off"),
        (without_an_outcome, "never learnt the outcome"),
        (another_run, "is of run"),
    ],
    ids=["page", "journal", "statement", "no JSON", "no journal", "cut", "open call", "another run"],
)
def test_a_folder_that_lacks_something_is_refused(tmp_path: Path, damage: Callable[[Path], object], words: str) -> None:
    folder = run_folder(tmp_path / "run")
    damage(folder)
    with pytest.raises(UsageError, match=words):
        sealed(folder)


def test_a_statement_that_its_journal_does_not_bear_out_is_refused(tmp_path: Path) -> None:
    """Somebody turned a failure into a pass in statement.json, and left the journal as it was."""
    with pytest.raises(UsageError, match="L5 is pass in the statement, and fail when the journal is judged again"):
        sealed(run_folder(tmp_path / "run"), ToldJudge(failing(complete_statement())))


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder"):
        sealed(tmp_path / "absent")


# -- every change is noticed ------------------------------------------------------------------------------------------


def test_one_bit_changed_anywhere_is_noticed(octets: bytes) -> None:
    """Every octet of every header, of the envelope and of the end, and many of the rest."""
    judge = ToldJudge()
    drawn = random.Random(7)
    at = set(range(512)) | set(range(len(octets) - 600, len(octets)))
    at |= {drawn.randrange(len(octets)) for _ in range(1500)}
    start = 0
    for name, content in unpack(octets, ENVELOPE).items():
        at |= set(range(start, start + 512, 7)) | {start + 512, start + 511 + len(content)}
        if name == ENVELOPE:
            at |= set(range(start + 512, start + 512 + len(content), 3))
        start += 512 + len(content) + -len(content) % 512
    for place in sorted(at):
        changed = bytearray(octets)
        changed[place] ^= 1 << drawn.randrange(8)
        assert not check(bytes(changed), judge).sound, f"octet {place}"
    assert judge.asked == 0, "what is not sound in itself is not even judged"


@pytest.mark.parametrize(
    "change",
    [
        lambda octets: octets + b"\0",
        lambda octets: octets + bytes(10_240),
        lambda octets: octets + b"x" * 512,
        lambda octets: octets[:-1],
        lambda octets: octets[:-10_240],
        lambda octets: octets[: len(octets) // 2],
        lambda octets: b"",
        lambda octets: b"\0" * 10_240,
        lambda octets: b"PK\x03\x04 no package",
        lambda octets: octets[512:],
    ],
    ids=["one more", "a record more", "a block more", "one less", "a record less", "half", "nothing", "zeros", "zip",
         "no header"],
)  # fmt: skip
def test_what_is_longer_shorter_or_no_package_is_noticed(octets: bytes, change: Callable[[bytes], bytes]) -> None:
    assert not check(change(octets)).sound


def by_tar(octets: bytes, change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], object]) -> bytes:
    """The package, taken apart and put together again by Python's own tar."""
    with tarfile.open(fileobj=BytesIO(octets)) as archive:
        members = [(info, archive.extractfile(info).read()) for info in archive.getmembers()]  # type: ignore[union-attr]
    change(members)
    made = BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, BytesIO(content))
    return made.getvalue()


def replaced(members: list[tuple[tarfile.TarInfo, bytes]], name: str, content: bytes) -> None:
    place = next(number for number, (info, _) in enumerate(members) if info.name == name)
    members[place] = (members[place][0], content)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda members: members.pop(2), "is missing"),
        (lambda members: members.append((tarfile.TarInfo("extra.txt"), b"x")), "header of extra.txt"),
        (lambda members: members.append(members[2]), "twice"),
        (lambda members: members.reverse(), "order, padding or end"),
        (lambda members: setattr(members[2][0], "mtime", 1), "header of index.html"),
        (lambda members: setattr(members[2][0], "mode", 0o755), "header of index.html"),
        (lambda members: setattr(members[2][0], "uname", "root"), "header of index.html"),
        (lambda members: setattr(members[2][0], "name", "other.html"), "order, padding"),
        (lambda members: setattr(members[2][0], "name", "indexx.html"), "index.html is missing"),
        (lambda members: replaced(members, "index.html", b"<p>all is well"), "index.html is not what was sealed"),
        (lambda members: setattr(members[2][0], "type", tarfile.SYMTYPE), "header of index.html"),
    ],
    ids=["lost", "added", "twice", "order", "time", "mode", "owner", "renamed", "renamed in order", "content", "link"],
)
def test_a_package_that_was_put_together_again_is_noticed(
    octets: bytes, change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], object], words: str
) -> None:
    assert by_tar(octets, lambda members: None) == octets, "tar itself changes nothing, so what follows is the change"
    found = check(by_tar(octets, change))
    assert words in "; ".join(found.complaints)


def test_a_canonical_archive_with_another_content_is_noticed(octets: bytes) -> None:
    members = unpack(octets, ENVELOPE)
    added = pack({**members, "extra.txt": b"x"}, ENVELOPE)
    assert check(added).complaints == ["extra.txt was not sealed"]


def test_another_key_is_noticed(octets: bytes) -> None:
    other = SSlibKey.from_crypto(Ed25519PrivateKey.generate().public_key())
    found = verify(octets, other, now=NOW, rejudge=ToldJudge())
    assert "not by this key" in found.complaints[0]


def test_a_package_signed_again_by_another_key_under_the_same_name_is_noticed(octets: bytes) -> None:
    """Somebody changes the verdict, signs with a key of his own, and writes the right key's id beside it."""
    members = unpack(octets, ENVELOPE)
    attested = payload(octets)
    attested["predicate"]["result"] = "PASSED"
    thief = Ed25519PrivateKey.generate()
    forged = json.loads(enveloped(attested, CryptoSigner(thief)))
    forged["signatures"][0]["keyid"] = PUBLIC.keyid
    line = json.dumps(forged, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    assert "not by this key" in check(pack({**members, ENVELOPE: line}, ENVELOPE)).complaints[0]


def test_the_same_signature_in_another_form_is_noticed(octets: bytes) -> None:
    """Adding the order of the group to the second half of an Ed25519 signature must not make another valid one."""
    members = unpack(octets, ENVELOPE)
    envelope = json.loads(members[ENVELOPE])
    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    order = 2**252 + 27742317777372353535851937790883648493
    second = (int.from_bytes(signature[32:], "little") + order).to_bytes(32, "little")
    envelope["signatures"][0]["sig"] = base64.b64encode(signature[:32] + second).decode()
    line = json.dumps(envelope, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    assert not check(pack({**members, ENVELOPE: line}, ENVELOPE)).sound


@pytest.mark.parametrize(
    "spell",
    [
        lambda envelope: json.dumps(envelope).encode() + b"\n",
        lambda envelope: json.dumps(envelope | {"note": 1}, sort_keys=True, separators=(",", ":")).encode() + b"\n",
        lambda envelope: json.dumps(envelope, sort_keys=True, separators=(",", ":")).encode(),
        lambda envelope: b"{}\n",
        lambda envelope: b"[" * 100_000,
        lambda envelope: b"null\n",
    ],
    ids=["spaces", "a member more", "no line end", "empty", "deep", "null"],
)
def test_another_spelling_of_the_envelope_is_noticed(octets: bytes, spell: Callable[[Any], bytes]) -> None:
    members = unpack(octets, ENVELOPE)
    spelled = spell(json.loads(members[ENVELOPE]))
    assert not check(pack({**members, ENVELOPE: spelled}, ENVELOPE)).sound


def test_what_was_signed_but_is_no_attestation_of_a_run_is_noticed(octets: bytes) -> None:
    members = unpack(octets, ENVELOPE)
    for signed in ({"_type": "other"}, {**payload(octets), "subject": 3}, {**payload(octets), "predicate": {}}, []):
        found = check(pack({**members, ENVELOPE: enveloped(signed, SIGNER)}, ENVELOPE))
        assert not found.sound


def test_an_attestation_that_says_otherwise_than_its_statement_is_noticed(octets: bytes) -> None:
    """Even with the right key: what one reads in the attestation has to be what the statement says."""
    members = unpack(octets, ENVELOPE)
    attested = payload(octets)
    attested["predicate"]["failedTests"] = ["L1"]
    found = check(pack({**members, ENVELOPE: enveloped(attested, SIGNER)}, ENVELOPE))
    assert found.complaints == ["the attestation says otherwise than the statement: failedTests"]


# -- expiry, and the journal judged again -----------------------------------------------------------------------------


def test_it_expires(octets: bytes) -> None:
    assert check(octets, now=NOW + timedelta(days=30)).sound
    assert "expired on 2026-12-24" in check(octets, now=NOW + timedelta(days=30, seconds=1)).complaints[0]
    assert check(octets, now=NOW - timedelta(minutes=30)).sound, "clocks are never quite the same"
    assert "in the future" in check(octets, now=NOW - timedelta(days=2)).complaints[0]


def test_a_journal_that_says_otherwise_when_judged_again_is_noticed(octets: bytes) -> None:
    found = check(octets, ToldJudge(failing(complete_statement())))
    assert found.complaints[0] == "L5 is pass in the statement, and fail when the journal is judged again"
    assert not found.sound


def test_another_kit_that_judges_otherwise_is_named(octets: bytes) -> None:
    newer = failing(complete_statement())
    newer["kit"]["version"] = "0.2.0"
    assert "by kandykit 0.2.0; 0.1.0 sealed it" in check(octets, ToldJudge(newer)).complaints[0]


def test_a_later_kit_with_more_suites_still_finds_it_sound(octets: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(incomplete.__kwdefaults__, "suites", (*SUITES, "weather"))
    assert check(octets).sound


def test_a_journal_that_cannot_be_judged_is_a_reason_too(octets: bytes) -> None:
    def refuse(path: Path) -> Any:
        raise UsageError(f"{path}: cannot be judged")

    found = verify(octets, PUBLIC, now=NOW, rejudge=refuse)
    assert found.complaints == ["the journal cannot be judged again: journal.jsonl: cannot be judged"]


def test_a_journal_that_is_no_gzip_file_is_noticed(octets: bytes) -> None:
    members = {**unpack(octets, ENVELOPE), JOURNAL: b"\x1f\x8b nothing"}
    attested = payload(octets)
    attested["subject"] = [
        {"name": name, "digest": digest_of(members[name])} for name in sorted(members) if name != ENVELOPE
    ]
    found = check(pack({**members, ENVELOPE: enveloped(attested, SIGNER)}, ENVELOPE))
    assert found.complaints == ["journal.jsonl.gz cannot be unpacked"]


# -- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["../x", "/x", "a/../b", "a//b", ".", "a/", "", "x" * 100, "a\nb", "é"])
def test_no_member_leads_out_of_the_archive(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        pack({"first": b"", name: b""}, "first")


def test_an_archive_of_nothing_is_none() -> None:
    with pytest.raises(Unsound):
        unpack(bytes(10_240), ENVELOPE)
