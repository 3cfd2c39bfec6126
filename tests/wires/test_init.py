"""`kandykit init` writes a profile that can be used, from flags, from answers, and from a document."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kandykit.commands.init import command
from kandykit.errors import UsageError
from kandykit.profile import load_profile
from kandykit.requirements import specs_folder

VENDORS = specs_folder() / "vendors"
URLS = ("--base-url", "https://x.test/kandy", "--token-url", "https://x.test/token?grant_type=client_credentials")


def init(*arguments: str, answers: str | None = None) -> Result:
    return CliRunner().invoke(command, list(arguments), input=answers)


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANDY_CLIENT_ID", "somebody")
    monkeypatch.setenv("KANDY_CLIENT_SECRET", "a-canary-secret")


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize("name", ["camel.openapi.yaml", "nested.openapi.json", "renamed.swagger.json"])
def test_a_document_is_enough(name: str, tmp_path: Path) -> None:
    path = tmp_path / "made" / "profile.toml"
    done = init("--profile", str(path), "--openapi", str(VENDORS / name), "--yes")
    assert done.exit_code == 0, done.output
    profile = load_profile(path)
    assert profile.binding
    assert profile.target.openapi is not None
    assert profile.target.openapi.samefile(VENDORS / name)
    assert "kandykit doctor --profile" in done.output
    text = path.read_text(encoding="utf-8")
    assert "a-canary-secret" not in text
    assert all("#" in line for line in text.partition("[binding]")[2].splitlines() if "=" in line)


@pytest.mark.usefixtures("credentials")
def test_without_a_document_the_default_binding_is_left(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    done = init("--profile", str(path), "--yes", *URLS, "--limit", "40", "--name", "mine", "--peak-products", "3")
    assert done.exit_code == 0, done.output
    profile = load_profile(path)
    assert (profile.readings.limit, profile.budget.peak_products, profile.target.name) == (40, 3, "mine")
    assert profile.binding == {}


@pytest.mark.usefixtures("credentials")
def test_it_asks(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    answers = "\nno url\nhttps://x.test/kandy\nhttps://x.test/token\nvendor\n\nmy-plain-secret\nfile:secret\n25\nn\n4\n"
    done = init("--profile", str(path), answers=answers)
    assert done.exit_code == 0, done.output
    assert "must be an absolute http or https URL" in done.output
    assert "never the secret itself" in done.output
    text = path.read_text(encoding="utf-8")
    read = tomllib.loads(text)
    assert read["accounts"] == [{"client_id": "env:KANDY_CLIENT_ID", "client_secret": "file:secret"}]
    assert read["readings"]["limit"] == 25
    assert "my-plain-secret" not in text


def test_unsure_guesses_are_asked_for(tmp_path: Path) -> None:
    document = tmp_path / "d.yaml"
    text = (VENDORS / "camel.openapi.yaml").read_text(encoding="utf-8")
    document.write_text(text.replace("enum: [KPN-VoiceVideo-C]", "enum: [AUDIO-1, VIDEO-1]"), encoding="utf-8")
    path = tmp_path / "p.toml"
    answers = "\n\n\n\n\n\nn\n\nVIDEO-2\n"
    done = init("--profile", str(path), "--openapi", str(document), answers=answers)
    assert done.exit_code == 0, done.output
    assert "AUDIO-1, VIDEO-1" in done.output
    assert tomllib.loads(path.read_text(encoding="utf-8"))["binding"]["product"] == "VIDEO-2"


def test_nothing_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text("mine", encoding="utf-8")
    done = init("--profile", str(path), "--yes", *URLS)
    assert isinstance(done.exception, UsageError)
    assert "--force" in str(done.exception)
    assert path.read_text(encoding="utf-8") == "mine"
    assert init("--profile", str(path), "--yes", "--force", *URLS).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--client-secret", "hunter2hunter2"), "--client-secret"),
        (("--openapi", "missing.yaml"), "missing.yaml"),
        (("--client-id", "env:NOT A NAME"), "client_id"),
    ],
)
def test_what_cannot_be_used_is_refused_and_not_repeated(arguments: tuple[str, ...], word: str, tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    done = init("--profile", str(path), "--yes", *URLS, *arguments)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        assert isinstance(done.exception, UsageError)
        assert word in str(done.exception)
    assert "hunter2hunter2" not in done.output + str(done.exception)
    assert done.exit_code != 0 or word == "client_id"
    assert not path.exists() or "hunter2" not in path.read_text(encoding="utf-8")


def test_a_missing_url_is_named(tmp_path: Path) -> None:
    done = init("--profile", str(tmp_path / "p.toml"), "--yes")
    assert isinstance(done.exception, UsageError)
    assert "Base URL" in str(done.exception)


def test_a_broken_document_names_its_place(tmp_path: Path) -> None:
    document = tmp_path / "d.yaml"
    document.write_text(
        "openapi: 3.0.0\npaths:\n  /order:\n    post:\n      responses:\n        '200': {$ref: '#/x'}\n"
    )
    done = init("--profile", str(tmp_path / "p.toml"), "--yes", "--openapi", str(document))
    assert isinstance(done.exception, UsageError)
    assert "#/paths/~1order/post/responses/200" in str(done.exception)
