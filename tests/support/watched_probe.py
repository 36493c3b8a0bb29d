"""A probe that is watched while something is broken: its replies, and the outage that it tells."""

import json
import signal
import time

from netecho import finish
from schema import check

NS = 1_000_000_000


class Watched:
    """The replies of a running probe (`--format jsonl`), and when each status was seen."""

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


def check_outage(summary, interval_ns, at_least_ns, at_most_ns):
    # A machine that is too slow may have had others, and shorter ones: of replies that came late,
    # and of slots before the first connection.
    outage = max(summary["outages"], key=lambda each: each["duration_ns"])
    others = len(summary["outages"]) - 1
    assert others <= summary["late_total"] + summary["no_connection_total"], summary
    # A slot for which the machine had no time begins no outage.
    missed = summary["skipped_total"] - summary["no_connection_total"]
    assert outage["duration_ns"] >= at_least_ns - (1 + missed) * interval_ns, summary
    # The outage may begin with a probe that was out at that moment.
    assert outage["duration_ns"] <= at_most_ns + NS, summary
    assert 0 < outage["probes"] <= summary["unanswered_total"]
    assert summary["loss_runs"]["longest"] >= outage["probes"]


def probed_through(process, interval_ns, breaks, mends, slots=20):
    """Breaks something under a running probe, and mends it so many slots later. The result, once
    probing went on by itself; it was one outage, as long as that."""
    replies = Watched(process)
    replies.wait_for("ok", 3)
    before = time.monotonic_ns()
    breaks()
    down = time.monotonic_ns()
    replies.wait_for("!ok", slots)
    down = time.monotonic_ns() - down
    mends()
    over = replies.wait_for("ok")
    replies.wait_for("ok", 2)
    process.send_signal(signal.SIGINT)
    result = finish(process)
    check_outage(check(result.events[-1]), interval_ns, down, over - before)
    return result
