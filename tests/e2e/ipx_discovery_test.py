"""probe ipx://INTERFACE: every node that answers is listed. Three hosts on a bridge; needs root."""

import contextlib

import ipx
import pytest
from bridges import WIRE, three  # noqa: F401
from ipx import FRAMINGS
from probes import IN_TURN
from stations import answers_of_all, finds, is_read_by_people, probe, tells_two_from_twice


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
        finds(here, addresses(others), f"ipx://{WIRE}{to}", "-s", size)


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
        peers = answers_of_all(here, f"ipx://{WIRE}", len(others))
    assert peers == {f"ipx://{WIRE}/{address}:0002" for address in addresses(others)}


def test_a_node_that_answers_twice_is_told_from_two(three):
    here, one, other = three
    (single,) = addresses([one])
    with serving(one), ipx.station(other, copies=2, net=0x1A2B) as twice:
        # It knows its net, and says so.
        tells_two_from_twice(here, f"ipx://{WIRE}", single, "00001a2b." + twice.node)


def test_people_read_a_line_a_node(three):
    here, *others = three
    with serving(*others):
        is_read_by_people(here, f"ipx://{WIRE}", addresses(others))


@pytest.mark.parametrize("size", [64, 8])
def test_without_a_node_the_result_is_negative(three, size):
    s = probe(three[0], f"ipx://{WIRE}", "-c2", *IN_TURN, "-W100ms", "-s", size, code=1)
    assert (s["received_total"], s["timeout_total"], s["stations"]) == (0, 2, [])
