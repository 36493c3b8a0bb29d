"""A running `netecho watch` and what it answers."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import tempfile
import urllib.parse
from pathlib import Path

from exposition import read
from netecho import NETECHO, PATIENCE, _read_to_end, environment, eventually, exit_status
from wires import inside


class Watch:
    """Ready as soon as this is made; its log is in a file.

    `host`: another one (tests/support/hosts.py), where it runs and is asked.
    """

    def __init__(self, *args, prefix=(), host=None, env=None, **popen):
        self._host = host
        self._folder = tempfile.TemporaryDirectory(prefix="netecho-")
        self._err = Path(self._folder.name, "stderr")
        ready, announce = os.pipe()
        with open(self._err, "wb") as err:
            popen.setdefault("stdin", subprocess.DEVNULL)
            self.process = subprocess.Popen(
                [*(host.prefix if host else ()), *prefix, NETECHO, "watch", "--listen",
                 "127.0.0.1:0", "--ready-fd", str(announce), *map(str, args)],
                pass_fds=(announce,), stdout=subprocess.DEVNULL, stderr=err,
                env=env or environment(), **popen)
        os.close(announce)
        with open(ready, "rb") as pipe:
            self.url = os.fsdecode(_read_to_end(pipe)).strip()
        assert self.url, self.log

    @property
    def log(self):
        return self._err.read_text()

    def ask(self, path="/", **headers):
        """(status, headers, body)"""
        where = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(where.hostname, where.port, timeout=PATIENCE)
        try:
            with inside(self._host) if self._host else contextlib.nullcontext():
                connection.connect()
            connection.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def scrape(self):
        status, _, body = self.ask("/metrics")
        assert status == 200, body
        return read(body)

    def value(self, name, **labels):
        """That of one series; None if there is none."""
        family = self.scrape().get(name)
        found = [] if family is None else [value for _, has, value in family.samples
                                           if labels.items() <= has.items()]
        return found[0] if found else None

    def until(self, name, wanted, **labels):
        """Scrapes until `wanted(value)` holds, and returns the value."""
        found = []

        def holds():
            found[:] = [self.value(name, **labels)]
            return wanted(found[0])

        eventually(holds, f"{name} {labels}, {found}: {self.log}")
        return found[0]

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        self.signal(signal.SIGTERM)
        return exit_status(self.process.wait(PATIENCE))

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None and self.process.poll() is None:
                status = self.stop()
                assert status == 0, f"{status}: {self.log}"
        finally:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait()
            self._folder.cleanup()


class TargetsFile:
    """A list that is replaced as a whole."""

    def __init__(self, folder, *groups):
        self.path = Path(folder, "targets.json")
        self.put(*groups)

    def put(self, *groups):
        self.put_text(json.dumps(groups))

    def put_text(self, text):
        fresh = self.path.with_suffix(".new")
        fresh.write_text(text)
        fresh.chmod(0o644)
        fresh.rename(self.path)


def group(*targets, **labels):
    return {"targets": list(targets), "labels": labels}
