"""A running `netecho watch` and what it answers."""

import contextlib
import http.client
import json
import urllib.parse
from pathlib import Path

from exposition import read
from netecho import PATIENCE, Server, eventually
from wires import inside


class Watch(Server):
    """`with Watch("--targets", file) as watch:` is ready; its end is checked as that of `serve` is.

    `host`: another one (tests/support/hosts.py), where it runs and is asked.
    """

    command = "watch"

    def __init__(self, *args, host=None, prefix=(), **popen):
        self._host = host
        listen = () if "--listen" in args else ("--listen", "127.0.0.1:0")
        prefix = (*(host.prefix if host else ()), *prefix)
        super().__init__((*listen, *args), prefix=prefix, **popen)

    @property
    def port(self):
        return urllib.parse.urlsplit(self.endpoint).port

    def ask(self, path="/", **headers):
        """(status, headers, body)"""
        where = urllib.parse.urlsplit(self.endpoint)
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

        eventually(holds, f"{name} {labels}, {found}: {self.stderr}")
        return found[0]


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


def more_than(count):
    return lambda value: value is not None and value > count
