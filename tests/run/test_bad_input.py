"""Bad input gets one clear message, its documented exit status, and never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.run.conftest import Outcome

GOOD = """[target]
base_url = "{url}/api"
token_url = "{url}/token"

[[accounts]]
client_id = "acme"
client_secret = "env:KK_SECRET"
"""


def write(folder: Path, text: str) -> str:
    path = folder / "profile.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def check(done: Outcome, status: int, *words: str) -> None:
    said = done.out + done.err
    assert done.status == status, said
    assert "Traceback" not in said
    for word in words:
        assert word in said, said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD.format(url="http://127.0.0.1:1") + "\n[budget]\npeek = 3\n", ("peek", ":10", "peak_products")),
        (GOOD.format(url="http://127.0.0.1:1").replace("env:KK_SECRET", "hunter2hunter2"), ("client_secret", "env:")),
        (GOOD.format(url="ftp://127.0.0.1"), ("base_url",)),
        ("[target\n", ("profile.toml",)),
        (GOOD.format(url="http://127.0.0.1:1") + '\n[binding]\n"order.nmber" = "/x"\n', ("order.nmber",)),
    ],
    ids=["unknown key", "literal secret", "no web address", "no TOML", "unknown binding"],
)
def test_a_profile_that_cannot_be_used_is_refused_by_name(
    kandykit: Callable[..., Outcome], tmp_path: Path, text: str, words: tuple[str, ...]
) -> None:
    """With the key, its line and a remedy; and a literal secret is not repeated."""
    done = kandykit("run", "--profile", write(tmp_path, text), env={"KK_SECRET": "s"})
    check(done, 2, *words)
    assert "hunter2hunter2" not in done.out + done.err


def test_a_missing_file_is_named(kandykit: Callable[..., Outcome]) -> None:
    """And nothing is sent."""
    check(kandykit("run", "--profile", "nowhere.toml"), 2, "nowhere.toml")


def test_an_unknown_suite_is_named(kandykit: Callable[..., Outcome]) -> None:
    """With the suites that there are."""
    check(kandykit("run", "--suite", "statefull"), 2, "statefull", "stateful")


def test_a_live_target_needs_a_yes(kandykit: Callable[..., Outcome], tmp_path: Path) -> None:
    """Nothing is written to a host that is not this machine without one."""
    profile = write(tmp_path, GOOD.format(url="https://api.example.invalid"))
    check(kandykit("run", "--profile", profile, env={"KK_SECRET": "s"}), 2, "--yes")


def test_a_target_that_is_down_is_inconclusive(kandykit: Callable[..., Outcome], tmp_path: Path) -> None:
    """Exit 3, and the address is named."""
    done = kandykit(
        "run", "--profile", write(tmp_path, GOOD.format(url="http://127.0.0.1:9")), env={"KK_SECRET": "s3cret-s"}
    )
    check(done, 3, "127.0.0.1:9")


def test_a_target_that_speaks_html_is_inconclusive(
    kandykit: Callable[..., Outcome], tmp_path: Path, server: Callable[..., str]
) -> None:
    """A page for people is no API, whoever serves it."""

    def page(request: BaseHTTPRequestHandler) -> None:
        body = b"<html><body>Welcome</body></html>"
        request.send_response(200)
        request.send_header("content-type", "text/html")
        request.send_header("content-length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    profile = write(tmp_path, GOOD.format(url=server(page)))
    check(kandykit("run", "--profile", profile, env={"KK_SECRET": "s3cret-s"}), 3, "token")


def test_an_api_that_speaks_html_behind_a_good_token_endpoint(
    kandykit: Callable[..., Outcome], tmp_path: Path, server: Callable[..., str]
) -> None:
    """The base URL is what is wrong, and the message says so."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        token = request.path.startswith("/token")
        body = b'{"access_token":"a-token-of-some-length","token_type":"Bearer","expires_in":"3599"}'
        body = body if token else b"<html>Not here</html>"
        request.rfile.read(int(request.headers.get("content-length") or 0))
        request.send_response(200)
        request.send_header("content-type", "application/json" if token else "text/html")
        request.send_header("content-length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    profile = write(tmp_path, GOOD.format(url=server(answer)))
    check(kandykit("run", "--profile", profile, env={"KK_SECRET": "s3cret-s"}), 3, "HTML", "base_url")


def test_questions_without_anybody_to_answer_them_are_no_silent_end(
    kandykit: Callable[..., Outcome], tmp_path: Path
) -> None:
    """In a pipeline there is no input; a status alone would not say why nothing was written."""
    profile = tmp_path / "new.toml"
    check(kandykit("init", "--profile", str(profile)), 130, "stopped at a question")
    assert not profile.exists()
