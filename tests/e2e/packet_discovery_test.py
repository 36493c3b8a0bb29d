"""probe packet://INTERFACE: every station that answers is listed. Three hosts on a bridge; needs
root."""

import contextlib
import json

import ctp
import pytest
from bridges import WIRE, three  # noqa: F401
from probes import IN_TURN
from schema import check
from stations import answers_of_all, finds, is_read_by_people, probe, tells_two_from_twice


@contextlib.contextmanager
def serving(*all_of_them):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(host.serve(f"packet://{WIRE}", "--udp-max-rate=0"))
               for host in all_of_them]


def addresses(hosts):
    return {ctp.mac_of(host) for host in hosts}


@pytest.mark.parametrize("size", [64, 8])
@pytest.mark.parametrize("to", ["", "/" + ctp.ASSISTANCE, "/" + ctp.BROADCAST])
def test_every_station_that_answers_is_listed(three, to, size):
    here, *others = three
    with serving(*others):
        finds(here, addresses(others), f"packet://{WIRE}{to}", "-s", size)


def test_one_probe_finds_all(three):
    here, *others = three
    with serving(*others):
        s = probe(here, f"packet://{WIRE}", "-c1", "-W500ms")
    assert {each["address"] for each in s["stations"]} == addresses(others)
    assert s["sent_total"] == 1 and s["duration_ns"] >= 500_000_000


def test_each_answer_is_an_event_with_its_station(three):
    here, *others = three
    with serving(*others):
        peers = answers_of_all(here, f"packet://{WIRE}", len(others))
    assert peers == {f"packet://{WIRE}/{address}" for address in addresses(others)}


def test_a_station_that_answers_twice_is_told_from_two(three):
    here, one, other = three
    with serving(one), ctp.station(other, copies=2) as twice:
        tells_two_from_twice(here, f"packet://{WIRE}", ctp.mac_of(one), twice.mac)


def test_people_read_a_line_a_station(three):
    here, *others = three
    with serving(*others):
        is_read_by_people(here, f"packet://{WIRE}", addresses(others))


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
