"""probe at rates that no machine keeps: a perfect path stays one, and whoever interrupts is heard."""

import signal
import time

import pytest
from netecho import finish, netecho, running, serve
from schema import check


def uri_of(transport, folder):
    return f"{transport}://127.0.0.1:0" if transport in ("tcp", "udp") else f"{transport}:{folder}/s"


@pytest.mark.parametrize("transport", ["udp", "unix", "unixpacket"])
@pytest.mark.parametrize("rate", ["1M", "2M"])
def test_replies_are_taken_between_the_probes_and_what_cannot_be_kept_is_skipped(
    folder, transport, rate
):
    with serve(uri_of(transport, folder)) as server:
        options = ["--rate", rate, "-c", "100000", "-W", "10s", "--json"]
        result = netecho("probe", server.endpoint, *options)
    assert result.code == 0, result
    (s,) = check(result.json)["targets"]
    assert s["scheduled_total"] == s["sent_total"] + s["skipped_total"]
    assert s["skipped_total"] > 0
    # A socket's buffer may overflow where the server is slower: those are the only losses.
    assert s["received_total"] > s["sent_total"] / 2
    if transport != "udp":
        assert s["received_total"] == s["sent_total"]


def test_an_interrupt_and_a_deadline_are_heard_at_any_rate(folder):
    with serve(uri_of("udp", folder)) as server:
        options = ["--rate", "1M", "-W", "200ms", "-c0"]
        with running("probe", server.endpoint, *options, "--format", "jsonl") as process:
            process.stdout.readline()  # It sends: the first outcome is told.
            process.send_signal(signal.SIGINT)
            result = finish(process)
        assert check(result.events[-1])["interrupted"] is True
        result = netecho("probe", server.endpoint, *options, "-w", "300ms", "--json")
        assert 0 < check(result.json)["targets"][0]["duration_ns"] < 15e9


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_flood_of_probes_too_small_for_a_sequence_has_one_outstanding(folder, transport):
    """Else nothing could tell whose answer a reply is."""
    with serve(uri_of(transport, folder), "--impair", "delay=20ms") as server:
        options = ["--flood", "--window", "8", "-c", "10", "-s", "16", "--json"]
        (s,) = check(netecho("probe", server.endpoint, *options).json)["targets"]
    assert (s["sent_total"], s["received_total"]) == (10, 10)
    assert s["duration_ns"] >= 10 * 20_000_000
