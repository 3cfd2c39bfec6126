"""Debian's chromium, headless, spoken to over a pipe: what a page logs, asks for, shows and prints."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

AXE = Path(__file__).parents[1] / "browser" / "node_modules" / "axe-core" / "axe.min.js"
LONGEST_S = 60.0


class Chromium:
    """One page of a browser that is up; ``asked`` holds each address it asked for, ``logged`` its complaints."""

    def __init__(self, wire: tuple[int, int]) -> None:
        self._read, self._write = wire
        self._numbers = itertools.count(1)
        self._rest = b""
        self._session = ""
        self.asked: list[str] = []
        self.logged: list[str] = []
        self._loaded = 0
        target = self.say("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.say("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.say(f"{domain}.enable")

    def open(self, page: Path, *, width: int = 1200, dark: bool = False) -> None:
        """Open a file and wait until it is there."""
        self.say("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.say("Emulation.setEmulatedMedia", features=[scheme])
        before = self._loaded
        self.say("Page.navigate", url=page.resolve().as_uri())
        while self._loaded == before:
            self._hear()

    def value(self, expression: str) -> Any:
        """What an expression comes to in the page, awaited."""
        said = self.say("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in said, said
        return said["result"].get("value")

    def key(self, name: str, code: int) -> None:
        """Press a key and let it go."""
        for kind in ("rawKeyDown", "keyUp"):
            self.say("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code)

    def picture(self, path: Path, *, whole: bool = False, clip: dict[str, float] | None = None) -> None:
        """Take a picture of what is seen, of the whole page, or of a part of it."""
        more = {"clip": {**clip, "scale": 1}} if clip else {}
        said = self.say("Page.captureScreenshot", captureBeyondViewport=whole or bool(clip), **more)
        path.write_bytes(base64.b64decode(said["data"]))

    def printed(self, path: Path) -> None:
        """Print the page as a PDF."""
        said = self.say("Page.printToPDF", printBackground=False, paperWidth=8.27, paperHeight=11.69)
        path.write_bytes(base64.b64decode(said["data"]))

    def violations(self) -> list[tuple[str, str, list[str]]]:
        """What axe finds: how grave, which rule, and where."""
        self.say("Runtime.evaluate", expression=AXE.read_text(encoding="utf-8"))
        found = self.value("axe.run(document).then(r => r.violations)")
        return [(each["impact"], each["id"], [node["html"][:120] for node in each["nodes"][:3]]) for each in found]

    def say(self, method: str, **params: Any) -> Any:
        """One command and its answer."""
        number = next(self._numbers)
        command: dict[str, Any] = {"id": number, "method": method, "params": params}
        if self._session:
            command["sessionId"] = self._session
        os.write(self._write, json.dumps(command).encode() + b"\0")
        while True:
            heard = self._hear()
            if heard.get("id") == number:
                assert "error" not in heard, heard
                return heard["result"]

    def _hear(self) -> dict[str, Any]:
        deadline = time.monotonic() + LONGEST_S
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, "chromium says nothing"
            octets = os.read(self._read, 1 << 20)
            assert octets, "chromium is gone"
            self._rest += octets
        line, _, self._rest = self._rest.partition(b"\0")
        heard: dict[str, Any] = json.loads(line)
        params = heard.get("params", {})
        match heard.get("method"):
            case "Page.loadEventFired":
                self._loaded += 1
            case "Network.requestWillBeSent":
                self.asked.append(params["request"]["url"])
            case "Runtime.consoleAPICalled" if params["type"] in ("error", "warning"):
                self.logged.append(str(params["args"]))
            case "Runtime.exceptionThrown":
                self.logged.append(str(params["exceptionDetails"]))
            case "Log.entryAdded" if params["entry"]["level"] in ("error", "warning"):
                self.logged.append(params["entry"]["text"])
        return heard


@contextlib.contextmanager
def chromium(folder: Path) -> Iterator[Chromium]:
    """A browser that ends with the block; ``folder`` holds what it wants to keep."""
    ours, its = os.pipe(), os.pipe()

    def wire() -> None:
        # The browser reads commands from 3 and answers to 4, whatever these pipes' own numbers are.
        read, write = os.dup(its[0]), os.dup(ours[1])
        os.dup2(read, 3)
        os.dup2(write, 4)
        os.set_inheritable(3, True)
        os.set_inheritable(4, True)

    command = [
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--hide-scrollbars", f"--user-data-dir={folder / 'user'}",
        "--remote-debugging-pipe", "about:blank",
    ]  # fmt: skip
    process = subprocess.Popen(
        command, preexec_fn=wire, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(ours[1])
    os.close(its[0])
    try:
        yield Chromium((ours[0], its[1]))
    finally:
        process.terminate()
        process.wait(timeout=30)
        os.close(ours[0])
        os.close(its[1])
        shutil.rmtree(folder / "user", ignore_errors=True)
