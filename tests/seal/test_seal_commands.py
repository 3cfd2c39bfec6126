"""``kandykit package`` and ``kandykit verify`` as they are called: keys, files, words, exit status."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from kandykit.cli import cli
from kandykit.errors import UsageError
from tests.seal.sealing import KEY, ToldJudge, complete_statement, keys, run_folder

Call = Callable[..., Result]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.setattr("kandykit.rejudging.rejudge", ToldJudge())
    return lambda *arguments: CliRunner().invoke(cli, [*map(str, arguments)])


def refusal(result: Result) -> str:
    assert isinstance(result.exception, UsageError), result.output
    assert result.exception.exit_code == 2
    return str(result.exception)


def test_a_run_is_sealed_into_its_own_folder_and_checked(tmp_path: Path, call: Call) -> None:
    private, public = keys(tmp_path)
    folder = run_folder(tmp_path / "run")
    done = call("package", folder, "--key", private)
    assert done.exit_code == 0, done.output
    path = folder / f"{complete_statement()['run']['id']}.kandykit.tar"
    assert f"sealed: {path}" in done.output
    done = call("verify", path, "--public-key", public)
    assert done.exit_code == 0, done.output
    assert done.output.startswith("sound: ")
    again = call("package", folder, "--key", private, "--out", tmp_path / "again.tar")
    assert again.exit_code == 0
    assert call("verify", tmp_path / "again.tar", "--public-key", public).exit_code == 0


def test_one_octet_changed_ends_with_1(tmp_path: Path, call: Call) -> None:
    private, public = keys(tmp_path)
    call("package", run_folder(tmp_path / "run"), "--key", private, "--out", tmp_path / "p.tar")
    octets = bytearray((tmp_path / "p.tar").read_bytes())
    octets[2_000] ^= 1
    (tmp_path / "p.tar").write_bytes(octets)
    done = call("verify", tmp_path / "p.tar", "--public-key", public)
    assert done.exit_code == 1
    assert done.output.startswith("not sound: ")


def test_the_key_is_never_shown(tmp_path: Path, call: Call) -> None:
    private, public = keys(tmp_path)
    secret = private.read_text().splitlines()[1]
    results = [
        call("package", run_folder(tmp_path / "run"), "--key", private),
        call("package", tmp_path / "absent", "--key", private),
        call("verify", private, "--public-key", public),
        call("verify", private, "--public-key", private),
        call("package", tmp_path / "run", "--key", public),
    ]
    for result in results:
        assert secret not in result.output + str(result.exception)
    packed = next((tmp_path / "run").glob("*.kandykit.tar")).read_bytes()
    assert secret.encode() not in packed
    assert KEY.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()) not in packed


def test_a_key_with_a_passphrase(tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    path, folder = tmp_path / "key.pem", run_folder(tmp_path / "run")
    path.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"open sesame")))
    assert "--passphrase-env NAME" in refusal(call("package", folder, "--key", path))
    assert "is not set" in refusal(call("package", folder, "--key", path, "--passphrase-env", "SESAME"))
    monkeypatch.setenv("SESAME", "wrong")
    assert "passphrase is wrong" in refusal(call("package", folder, "--key", path, "--passphrase-env", "SESAME"))
    monkeypatch.setenv("SESAME", "open sesame")
    assert call("package", folder, "--key", path, "--passphrase-env", "SESAME").exit_code == 0
    plain, _ = keys(tmp_path)
    assert "has no passphrase" in refusal(call("package", folder, "--key", plain, "--passphrase-env", "SESAME"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "is no private key in PEM"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "is no pr"),
    ],
)
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, call: Call, text: bytes, words: str) -> None:
    (tmp_path / "bad.pem").write_bytes(text)
    assert words in refusal(call("package", run_folder(tmp_path / "run"), "--key", tmp_path / "bad.pem"))
    assert "is no" in refusal(call("verify", tmp_path / "bad.pem", "--public-key", tmp_path / "run" / "statement.json"))


def test_another_kind_of_key_is_refused(tmp_path: Path, call: Call) -> None:
    other = generate_private_key(SECP256R1())
    private, public = tmp_path / "ec.pem", tmp_path / "ec.pub.pem"
    private.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert "no Ed25519 key" in refusal(call("package", run_folder(tmp_path / "run"), "--key", private))
    assert "no Ed25519 key" in refusal(call("verify", private, "--public-key", public))


def test_a_private_key_is_not_taken_for_a_public_one(tmp_path: Path, call: Call) -> None:
    private, _ = keys(tmp_path)
    assert "is a private key" in refusal(call("verify", private, "--public-key", private))


def test_what_cannot_be_read_or_written_ends_with_2(tmp_path: Path, call: Call) -> None:
    private, public = keys(tmp_path)
    assert "cannot be read" in refusal(call("verify", tmp_path / "absent", "--public-key", public))
    assert "cannot be read" in refusal(call("verify", private, "--public-key", tmp_path / "absent"))
    out = tmp_path / "absent" / "p.tar"
    assert "cannot be written" in refusal(call("package", run_folder(tmp_path / "run"), "--key", private, "--out", out))
    assert call("package", tmp_path / "run").exit_code == 2, "no key"


def test_an_incomplete_run_ends_with_2_and_every_reason(tmp_path: Path, call: Call) -> None:
    private, _ = keys(tmp_path)
    statement = complete_statement()
    statement["run"] |= {"interrupted": True, "suites": []}
    folder = run_folder(tmp_path / "run", statement)
    said = refusal(call("package", folder, "--key", private))
    assert "the run was interrupted" in said
    assert "were not run" in said
    assert not list(folder.glob("*.tar"))
