"""Chromium without a window, driven over a pipe by its own protocol (DevTools), for tests of pages.

Nothing listens, and the browser ends with the test.
"""

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

import pytest
from netecho import PATIENCE, environment

# The protocol speaks over descriptors 3 and 4: a shell puts a pair of pipes there.
ON_PIPES = ["sh", "-c", 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null', "sh"]
OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
           "--no-first-run", "--disable-background-networking", "--hide-scrollbars",
           "--remote-debugging-pipe"]


class Browser:
    """One tab. What it reports in between is kept in `events`, from each open() on."""

    def __init__(self, process):
        self.process, self.session, self.last, self.buffer = process, None, 0, b""
        self.events = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")

    def _receive(self, deadline):
        while b"\0" not in self.buffer:
            left = max(deadline - time.monotonic(), 0)
            assert select.select([self.process.stdout], [], [], left)[0], "no answer of the browser"
            got = os.read(self.process.stdout.fileno(), 1 << 20)
            assert got, "the browser ended"
            self.buffer += got
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def ask(self, method, **params):
        self.last += 1
        message = {"id": self.last, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        self.process.stdin.write(json.dumps(message).encode() + b"\0")
        self.process.stdin.flush()
        deadline = time.monotonic() + PATIENCE
        while True:
            got = self._receive(deadline)
            if got.get("id") == self.last:
                assert "error" not in got, (method, got)
                return got["result"]
            self.events.append(got)

    def open(self, path, width=1280, scheme="light"):
        """Shows a file and returns when all of it is there."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1,
                 mobile=False)
        self.ask("Emulation.setEmulatedMedia",
                 features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.events = []
        self.ask("Page.navigate", url=f"file://{path}")
        deadline = time.monotonic() + PATIENCE
        while not self.reported("Page.loadEventFired"):
            self.events.append(self._receive(deadline))

    def reported(self, *methods):
        return [each["params"] for each in self.events if each.get("method") in methods]

    def value(self, expression):
        """What an expression of JavaScript gives; the policy of a page does not bind this tool."""
        got = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in got, got
        return got["result"].get("value")

    def picture(self):
        """What is seen without scrolling, as PNG."""
        return base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"])

    def paper(self):
        """The page as PDF, on the paper that it asks for."""
        return base64.b64decode(self.ask("Page.printToPDF", preferCSSPageSize=True)["data"])


@contextlib.contextmanager
def chromium():
    """Skips where there is none."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("chromium is not installed")
    home = tempfile.mkdtemp(prefix="ne-browser-")
    process = subprocess.Popen(
        [*ON_PIPES, program, *OPTIONS, f"--user-data-dir={home}"], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment(HOME=home))
    try:
        browser = Browser(process)
        yield browser
        browser.session = None
        browser.ask("Browser.close")
        process.wait(PATIENCE)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdin.close()
        process.stdout.close()
        shutil.rmtree(home, ignore_errors=True)
