"""--impair with frames: a trace names whom an answer that was held back is for, however many came
after it. Needs root."""

import ctp
import ipx
import pytest
from netecho import eventually
from schema import check
from stations import pair  # noqa: F401

STATIONS = ["02:00:00:00:00:aa", "02:00:00:00:00:bb", "02:00:00:00:00:cc"]


def ask_by_packet(here, there):
    """Returns how each station is told."""
    to = ctp.mac_of(there)
    with ctp.Wire(here) as wire:
        for source in STATIONS:
            wire.send(to, ctp.data(ctp.forward(source), ctp.reply(1)), source=source)
    return STATIONS


def ask_by_ipx(here, there):
    """The same."""
    to = ipx.mac_of(there)
    with ipx.Wire(here) as wire:
        for source in STATIONS:
            request = ipx.packet((0, ipx.node_of(to), ipx.ECHO), (7, ipx.node_of(source), 0x4567),
                                 2, ipx.echo(1))
            wire.send(to, "ethernet2", request, source=source)
    return ["00000007." + ipx.node_of(source) for source in STATIONS]


@pytest.mark.parametrize("scheme, ask", [("packet", ask_by_packet), ("ipx", ask_by_ipx)])
def test_a_trace_names_whom_an_answer_that_was_held_back_is_for(pair, scheme, ask):
    here, there = pair
    options = ["--impair", "delay=500ms", "--trace", "--json", "--udp-max-rate=0"]
    with there.serve(f"{scheme}://{there.wire}", *options) as server:
        told = ask(here, there)
        events = eventually(lambda: (e := server.events("datagram"))[2:] and e, "all have left")
    assert [e["action"] for e in map(check, events)] == ["echoed"] * len(told)
    assert [e["peer"]["address"] for e in events] == told
