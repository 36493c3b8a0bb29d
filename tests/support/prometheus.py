"""A real Prometheus with a data folder of its own, on a port that the kernel picks, and questions to it."""

import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import urllib.parse
from pathlib import Path

from netecho import PROJECT, eventually
from programs import need, started
from wires import inside

SHIPPED = PROJECT / "packaging/prometheus"


class Prometheus:
    def __init__(self, process, port, host):
        self.pid = process.pid
        self.port = port
        self._host = host

    def get(self, path, **parameters):
        """(status, body) of a request, from where it runs."""
        asked = path + ("?" + urllib.parse.urlencode(parameters) if parameters else "")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with inside(self._host) if self._host else contextlib.nullcontext():
            connection.sock = socket.create_connection(("127.0.0.1", self.port), 20)
        with contextlib.closing(connection):
            connection.request("GET", asked)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def query(self, expression):
        """[(labels, value)] of an expression now."""
        status, body = self.get("/api/v1/query", query=expression)
        assert status == 200, body
        data = json.loads(body)["data"]
        assert data["resultType"] == "vector", data
        return [(each["metric"], float(each["value"][1])) for each in data["result"]]

    def firing(self, alert):
        """The labels of each alert of this name that fires."""
        _, body = self.get("/api/v1/alerts")
        return [each["labels"] for each in json.loads(body)["data"]["alerts"]
                if each["labels"]["alertname"] == alert and each["state"] == "firing"]

    def targets(self):
        """(job, instance, URL) of all that it scrapes."""
        _, body = self.get("/api/v1/targets", state="active")
        every = json.loads(body)["data"]["activeTargets"]
        return {(each["labels"]["job"], each["labels"]["instance"], each["scrapeUrl"]) for each in every}

    def ready(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.get("/-/ready")[0] == 200
        return False


def listening_port(pid):
    """The port of the first TCP socket over IPv4 that a process listens on; None: it has none yet."""
    own = set()
    with contextlib.suppress(FileNotFoundError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                own |= set(re.findall(r"^socket:\[(\d+)\]$", os.readlink(link)))
        for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in own:
                return int(fields[1].rpartition(":")[2], 16)
    return None


@contextlib.contextmanager
def prometheus(folder, config="prometheus.yml", host=None):
    """A Prometheus that is ready, with this file of the folder; `host`: where it runs."""
    need("prometheus")
    with open(folder / "prometheus.log", "wb") as log, started(
        *(host.prefix if host else ()), "prometheus", "--config.file", folder / config,
        "--storage.tsdb.path", folder / "data", "--web.listen-address", "127.0.0.1:0",
        stdout=log, stderr=log, cwd=folder,
    ) as process:

        def port():
            assert process.poll() is None, (folder / "prometheus.log").read_text()
            return listening_port(process.pid)

        server = Prometheus(process, eventually(port, "Prometheus listens"), host)
        eventually(server.ready, "Prometheus is ready")
        yield server


def shipped(folder, name, durations=()):
    """Copies a file that is shipped. `durations`: {in it: in the copy}, so that nobody waits for
    minutes."""
    text = (SHIPPED / name).read_text()
    for old, new in dict(durations).items():
        text, count = re.subn(rf"(?<![\w.]){old}\b", new, text)
        assert count, f"{name} has no {old}"
    (folder / name).write_text(text)


def promtool(*args, **popen):
    """(exit code, what it said)."""
    need("promtool")
    done = subprocess.run(
        ["promtool", *map(str, args)],
        capture_output=True, text=True, timeout=120, check=False, **popen,
    )
    return done.returncode, done.stdout + done.stderr
