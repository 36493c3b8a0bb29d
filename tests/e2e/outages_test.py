"""probe while nothing can be answered: one outage, as long as it was, whatever the transport.

Needs root where a network of the test's own is cut.
"""

import contextlib
import os
import signal
import socket

import pytest
from hosts import two_hosts
from netecho import PATIENCE, finish, running, serve
from ports import own_port
from schema import check
from watched_probe import probed_through

INTERVAL_NS = 20_000_000
EVERY_20_MS = ["-c0", "-i20ms", "-W", "200ms", "--format", "jsonl", "-w", "18s"]
THRESHOLDS = ["--fail-if", "loss>1%", "--fail-if", "duplicate_total>0"]


@pytest.fixture(scope="module")
def link():
    """For tests that leave it as it was."""
    with two_hosts() as ends:
        yield ends


def check_that_it_failed_for_its_loss(result):
    assert result.code == 1, result
    (line,) = result.errors
    assert line.startswith("netecho: threshold failed: loss>1% (loss is "), line
    assert [each["held"] for each in result.events[-1]["thresholds"]] == [False, True]


@pytest.mark.parametrize("family", ["v4", "v6"])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_link_that_is_down_for_a_while_is_one_outage_and_fails_a_threshold(
    link, transport, family
):
    client, other = link
    host = other.v4 if family == "v4" else f"[{other.v6}]"
    retry = ["--retry"] if transport == "tcp" else []
    with other.serve(f"{transport}://{host}:0") as server:
        args = [server.endpoint, *EVERY_20_MS, *THRESHOLDS, *retry]
        with client.running("probe", *args) as process:
            result = probed_through(
                process, INTERVAL_NS,
                breaks=lambda: client.ip("link", "set", client.wire, "down"),
                mends=lambda: client.ip("link", "set", client.wire, "up"),
                slots=50,
            )
    check_that_it_failed_for_its_loss(result)
    if transport == "udp":
        assert result.events[-1]["send_error_total"] > 0
    else:
        assert result.events[-1]["no_connection_total"] > 0


@pytest.mark.parametrize("transport", ["tcp", "udp", "unix", "unixgram", "unixpacket"])
def test_a_server_that_is_stopped_for_a_while_is_one_outage_and_fails_a_threshold(
    folder, transport
):
    on_ip = transport in ("tcp", "udp")
    uri = f"{transport}://127.0.0.1:{own_port()}" if on_ip else f"{transport}:{folder}/s"
    servers = [serve(uri)]
    try:
        with running("probe", uri, "--retry", *EVERY_20_MS, *THRESHOLDS) as process:
            again = [uri] if on_ip else [uri, "--unix-replace"]
            result = probed_through(
                process, INTERVAL_NS,
                breaks=servers[0].kill,
                mends=lambda: servers.append(serve(*again)),
                slots=50,
            )
    finally:
        for each in servers:
            each.kill()
    check_that_it_failed_for_its_loss(result)


def test_two_thousand_reconnections_leave_no_descriptor_behind():
    """To a server that answers once and closes."""
    counts = {}
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:

        def answer_once_each():
            for number in range(2000):
                peer, _ = listener.accept()
                with peer, contextlib.suppress(OSError):
                    peer.sendall(peer.recv(64))
                if number in (100, 1900):
                    counts[number] = len(os.listdir(f"/proc/{process.pid}/fd"))
            process.send_signal(signal.SIGINT)

        uri = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        with running("probe", uri, "--retry", "-q", "-c0", "-i500us", "--json") as process:
            listener.settimeout(PATIENCE)
            answer_once_each()
            result = finish(process)
    assert result.code == 0, result
    assert check(result.json)["targets"][0]["received_total"] > 0
    # A connection that is being made has a thread with a descriptor or two of its own.
    assert abs(counts[1900] - counts[100]) <= 3, counts
