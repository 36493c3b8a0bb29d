"""probe ipx://INTERFACE: every node that answers is listed. Three hosts on a bridge; needs root."""

import contextlib

import ipx
import pytest
from bridges import WIRE, hosts_on_a_bridge
from ipx import FRAMINGS
from probes import IN_TURN
from schema import check
from stations import probe


@pytest.fixture(scope="module")
def three():
    """(the client's host, two others)."""
    with hosts_on_a_bridge(3) as others:
        yield others


@contextlib.contextmanager
def serving(*all_of_them, net=""):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(host.serve(f"ipx://{WIRE}{net}", "--udp-max-rate=0"))
               for host in all_of_them]


def addresses(hosts, net=0):
    return {f"{net:08x}." + ipx.node_of(ipx.mac_of(host)) for host in hosts}


@pytest.mark.parametrize("size", [64, 8])
@pytest.mark.parametrize("to", ["", "/0.ffffffffffff", "/ff-ff-ff-ff-ff-ff:9086"])
def test_every_node_that_answers_is_listed(three, to, size):
    here, *others = three
    with serving(*others):
        s = probe(here, f"ipx://{WIRE}{to}", "-c5", "-i50ms", "-s", size)
    assert s["sent_total"] == s["received_total"] > 0 and s["duplicate_total"] == 0
    assert {each["address"] for each in s["stations"]} == addresses(others)
    for each in s["stations"]:
        assert (each["received_total"], each["duplicate_total"]) == (s["sent_total"], 0)
        assert 0 < each["rtt_ns"]["min"] <= each["rtt_ns"]["p50"] <= each["rtt_ns"]["max"]
    firsts = min(each["rtt_ns"]["min"] for each in s["stations"])
    assert s["rtt_ns"]["min"] == firsts


@pytest.mark.parametrize("framing", FRAMINGS)
def test_one_probe_finds_all_in_each_framing(three, framing):
    here, *others = three
    with serving(*others):
        s = probe(here, f"ipx://{WIRE}", "--framing", framing, "-c1", "-W500ms")
    assert {each["address"] for each in s["stations"]} == addresses(others)
    assert s["sent_total"] == 1 and s["duration_ns"] >= 500_000_000


def test_a_node_answers_as_one_of_the_net_that_was_asked(three):
    here, one, other = three
    with serving(one, net="/1a2b"), serving(other, net="/7"):
        s = probe(here, f"ipx://{WIRE}/1a2b.ffffffffffff", "-c1", "-W500ms")
        assert {each["address"] for each in s["stations"]} == addresses([one], 0x1A2B)
        s = probe(here, f"ipx://{WIRE}", "-c1", "-W500ms")
        assert {each["address"] for each in s["stations"]} == addresses([one, other])


def test_each_answer_is_an_event_with_its_node(three):
    here, *others = three
    with serving(*others):
        result = here.netecho("probe", f"ipx://{WIRE}", "-c3", "-i50ms", "--format", "jsonl")
    assert result.code == 0, result
    replies = [check(e) for e in result.events if e["type"] == "reply" and e["status"] == "ok"]
    (s,) = [check(e) for e in result.events if e["type"] == "summary"]
    assert len(replies) == 2 * s["received_total"]
    answers = {(e["sequence"], e["peer"]["address"]) for e in replies}
    assert len(answers) == len(replies), "each of them once"
    assert {e["peer"]["uri"] for e in replies} == {
        f"ipx://{WIRE}/{address}:0002" for address in addresses(others)}
    assert all(e["rtt_ns"] > 0 and e["target"]["uri"] == f"ipx://{WIRE}" for e in replies)


def test_a_node_that_answers_twice_is_told_from_two(three):
    here, one, other = three
    with serving(one), ipx.station(other, copies=2, net=0x1A2B) as twice:
        s = probe(here, f"ipx://{WIRE}", "-c10", "-i50ms")
    by_address = {each["address"]: each for each in s["stations"]}
    (single,) = addresses([one])
    assert set(by_address) == {single, "00001a2b." + twice.node}  # It knows its net, and says so.
    assert by_address[single]["duplicate_total"] == 0
    again = by_address["00001a2b." + twice.node]["duplicate_total"]
    assert again == s["duplicate_total"] == s["received_total"]


def test_people_read_a_line_a_node(three):
    here, *others = three
    with serving(*others):
        result = here.netecho("probe", f"ipx://{WIRE}", "-c2", "-i100ms")
    assert "2 stations answered" in result.text
    for address in addresses(others):
        assert f"  {address}: 2 received, rtt min/mean/max " in result.text
        assert f" from {address}" in result.text


@pytest.mark.parametrize("size", [64, 8])
def test_without_a_node_the_result_is_negative(three, size):
    s = probe(three[0], f"ipx://{WIRE}", "-c2", *IN_TURN, "-W100ms", "-s", size, code=1)
    assert (s["received_total"], s["timeout_total"], s["stations"]) == (0, 2, [])
