"""probe packet://INTERFACE: every station that answers is listed. Three hosts on a bridge; needs
root."""

import contextlib
import json

import ctp
import pytest
from bridges import WIRE, hosts_on_a_bridge
from probes import IN_TURN
from schema import check
from stations import probe


@pytest.fixture(scope="module")
def three():
    """(the client's host, two others)."""
    with hosts_on_a_bridge(3) as others:
        yield others


@contextlib.contextmanager
def serving(*all_of_them):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(host.serve(f"packet://{WIRE}", "--udp-max-rate=0"))
               for host in all_of_them]


@pytest.mark.parametrize("size", [64, 8])
@pytest.mark.parametrize("to", ["", "/" + ctp.ASSISTANCE, "/" + ctp.BROADCAST])
def test_every_station_that_answers_is_listed(three, to, size):
    here, *others = three
    with serving(*others):
        s = probe(here, f"packet://{WIRE}{to}", "-c5", "-i50ms", "-s", size)
    assert s["sent_total"] == s["received_total"] > 0 and s["duplicate_total"] == 0
    assert {each["address"] for each in s["stations"]} == {ctp.mac_of(host) for host in others}
    for each in s["stations"]:
        assert (each["received_total"], each["duplicate_total"]) == (s["sent_total"], 0)
        assert 0 < each["rtt_ns"]["min"] <= each["rtt_ns"]["p50"] <= each["rtt_ns"]["max"]
    firsts = min(each["rtt_ns"]["min"] for each in s["stations"])
    assert s["rtt_ns"]["min"] == firsts


def test_one_probe_finds_all(three):
    here, *others = three
    with serving(*others):
        s = probe(here, f"packet://{WIRE}", "-c1", "-W500ms")
    assert {each["address"] for each in s["stations"]} == {ctp.mac_of(host) for host in others}
    assert s["sent_total"] == 1 and s["duration_ns"] >= 500_000_000


def test_each_answer_is_an_event_with_its_station(three):
    here, *others = three
    with serving(*others):
        result = here.netecho("probe", f"packet://{WIRE}", "-c3", "-i50ms", "--format", "jsonl")
    assert result.code == 0, result
    replies = [check(e) for e in result.events if e["type"] == "reply" and e["status"] == "ok"]
    (s,) = [check(e) for e in result.events if e["type"] == "summary"]
    assert len(replies) == 2 * s["received_total"]
    answers = {(e["sequence"], e["peer"]["address"]) for e in replies}
    assert len(answers) == len(replies), "each of them once"
    assert {e["peer"]["uri"] for e in replies} == {
        f"packet://{WIRE}/{ctp.mac_of(host)}" for host in others}
    assert all(e["rtt_ns"] > 0 and e["target"]["uri"] == f"packet://{WIRE}" for e in replies)


def test_a_station_that_answers_twice_is_told_from_two(three):
    here, one, other = three
    with serving(one), ctp.station(other, copies=2) as twice:
        s = probe(here, f"packet://{WIRE}", "-c10", "-i50ms")
    by_address = {each["address"]: each for each in s["stations"]}
    assert set(by_address) == {ctp.mac_of(one), twice.mac}
    assert by_address[ctp.mac_of(one)]["duplicate_total"] == 0
    again = by_address[twice.mac]["duplicate_total"]
    assert again == s["duplicate_total"] == s["received_total"]


def test_people_read_a_line_a_station(three):
    here, *others = three
    with serving(*others):
        result = here.netecho("probe", f"packet://{WIRE}", "-c2", "-i100ms")
    assert "2 stations answered" in result.text
    for host in others:
        assert f"  {ctp.mac_of(host)}: 2 received, rtt min/mean/max " in result.text
        assert f" from {ctp.mac_of(host)}\n" in result.text


def test_without_a_station_the_result_is_negative(three):
    s = probe(three[0], f"packet://{WIRE}", "-c2", *IN_TURN, "-W100ms", code=1)
    assert (s["received_total"], s["timeout_total"], s["stations"]) == (0, 2, [])


def test_intervals_add_up_to_the_run(three):
    here, *others = three
    with serving(*others):
        result = here.netecho("probe", f"packet://{WIRE}", "-c10", "-i50ms", "--report-interval",
                              "200ms", "--format", "jsonl")
    events = [check(json.loads(line)) for line in result.text.splitlines()]
    (s,) = [e for e in events if e["type"] == "summary"]
    for station in s["stations"]:
        parts = [part["received_total"] for e in events if e["type"] == "interval"
                 for part in e["stations"] if part["address"] == station["address"]]
        assert sum(parts) == station["received_total"] == s["received_total"]
