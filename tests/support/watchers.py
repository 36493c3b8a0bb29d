"""A ready `netecho watch`. Its figures are at the port that it told."""

import http.client
import re

from exposition import read
from netecho import Server


class Watcher(Server):
    """`with watch("--targets", file) as watcher:` stops it by SIGTERM and wants exit code 0."""

    command = "watch"

    @property
    def port(self):
        return int(re.search(r":(\d+)/?$", self.endpoint)[1])

    def metrics(self):
        """The families that it shows now; for a watcher that runs where the test does."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", "/metrics")
            return read(connection.getresponse().read())
        finally:
            connection.close()


def watch(*args, **popen):
    return Watcher(args, **popen)
