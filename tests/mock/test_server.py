"""The mock as a process, and as a stranger to the rest of the kit."""

import ast
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

import kandykit.mock
from kandykit.mock.app import Mock
from kandykit.mock.server import main, serving
from kandykit.mock.settings import Settings
from tests.mock.caller import BASE, SECRETS, Caller

HERE = Path(kandykit.mock.__file__).parent


def test_no_module_of_the_mock_imports_anything_else_of_the_kit() -> None:
    for path in HERE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: relative import"
                names = [node.module or ""]
            for name in names:
                assert name.split(".")[0] != "kandykit" or name.startswith("kandykit.mock"), f"{path}: {name}"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_leaves_cleanly(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "kandykit.mock", "--port", "0", "--limit", "3"]
    environment = {"KANDY_MOCK_ACME_SECRET": "from the environment", "PYTHONPATH": ":".join(sys.path)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:")
        with httpx.Client(base_url=line.split()[-1]) as http:
            caller = Caller(http)
            assert caller.mint().status_code == 401
            assert caller.mint(client_secret="from the environment").status_code == 200
            caller._token = caller.mint(client_secret="from the environment").json()["access_token"]
            assert caller.up(4).status_code == 412
            process.send_signal(number)
            assert process.wait(10) == 0
        assert (process.stdout.read(), process.stderr.read()) == ("", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fault", "no-such-fault"], "there is no fault called no-such-fault"),
        (["--legal", "no-such-thing"], "there is no legal oddity called no-such-thing"),
        (["--initial-subscribers", "1"], "--initial-subscribers is higher"),
        (["--initial-total", "5", "--limit", "4"], "--initial-total is higher"),
        (["--port", "99999"], "cannot listen"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--port", "0", *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--limit", "-1"], ["--token-life", "0"], ["--quota", "x"], ["--nonsense"]])
def test_wrong_numbers_are_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert arguments[0] in capsys.readouterr().err


def test_a_taken_port_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["--port", str(taken.getsockname()[1])]) == 2
    assert "cannot listen on 127.0.0.1" in capsys.readouterr().err


def test_a_call_that_breaks_off_inside_its_body_does_nothing() -> None:
    with serving(Mock(Settings(secrets=SECRETS))) as url, httpx.Client(base_url=url) as http:
        caller = Caller(http)
        caller.up(1)
        body = b'{"product_name":"KPN-VoiceVideo-C","order_type":"increment","quantity":1}'
        head = f"POST {BASE}/order HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {caller.token}\r\n"
        head += f"content-type: application/json\r\ncontent-length: {len(body) + 1}\r\n\r\n"
        with socket.create_connection((http.base_url.host, http.base_url.port or 80)) as connection:
            connection.sendall(head.encode() + body)
        assert caller.stock() == (1, 0, 1)


def test_what_is_not_http_gets_a_400() -> None:
    with serving(Mock()) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(b"\x16\x03\x01 not http\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 400")
