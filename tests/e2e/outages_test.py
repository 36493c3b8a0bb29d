"""probe while nothing can be answered: one outage, as long as it was, whatever the transport.

Needs root where a network of the test's own is cut.
"""

import json
import signal
import time

import pytest
from hosts import two_hosts
from netecho import finish
from schema import check

NS = 1_000_000_000
INTERVAL_NS = 20_000_000
FAMILIES = pytest.mark.parametrize("family", ["v4", "v6"])


@pytest.fixture(scope="module")
def link():
    """For tests that leave it as it was."""
    with two_hosts() as ends:
        yield ends


def at(host, family):
    return f"{host.v4}:0" if family == "v4" else f"[{host.v6}]:0"


class Watched:
    """The replies of a running probe, and when each status was seen."""

    def __init__(self, process):
        self._lines = process.stdout

    def wait_for(self, wanted, count=1):
        """Reads on until so many replies had this status (or any but this one: `!ok`)."""
        for line in self._lines:
            event = json.loads(line)
            if event["type"] != "reply":
                continue
            status = event["status"]
            count -= status != wanted[1:] if wanted.startswith("!") else status == wanted
            if count <= 0:
                return time.monotonic_ns()
        raise AssertionError(f"probe ended before {wanted}")


def check_one_outage(summary, at_least_ns, at_most_ns):
    (outage,) = summary["outages"]
    assert at_least_ns - INTERVAL_NS <= outage["duration_ns"] <= at_most_ns + NS, outage
    # A machine that is too slow for its time-outs may have lost some elsewhere.
    assert 0 < outage["probes"] <= summary["unanswered_total"]
    assert summary["loss_runs"]["longest"] >= outage["probes"]


@FAMILIES
def test_a_link_that_is_down_for_a_while_is_one_outage_and_fails_a_threshold(link, family):
    client, other = link
    with other.serve(f"udp://{at(other, family)}") as server:
        args = ["-c0", "-i20ms", "-W", "200ms", "--format", "jsonl", "-w", "18s"]
        thresholds = ["--fail-if", "loss>1%", "--fail-if", "loss_ratio>90%"]
        with client.running("probe", server.endpoint, *args, *thresholds) as process:
            replies = Watched(process)
            replies.wait_for("ok", 3)
            before = time.monotonic_ns()
            with client.unplugged():
                down = time.monotonic_ns()
                replies.wait_for("!ok", 50)
                down = time.monotonic_ns() - down
            over = replies.wait_for("ok")
            replies.wait_for("ok", 3)
            process.send_signal(signal.SIGINT)
            result = finish(process)
    assert result.code == 1, result
    (line,) = result.errors
    assert line.startswith("netecho: threshold failed: loss>1% (loss is "), line
    s = check(result.events[-1])
    assert s["send_error_total"] > 0
    assert [each["held"] for each in s["thresholds"]] == [False, True]
    check_one_outage(s, down, over - before)
