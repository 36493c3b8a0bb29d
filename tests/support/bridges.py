"""Hosts on a bridge, each by a cable of its own. Needs root."""

import contextlib

import ctp
import pytest
from hosts import hosts
from netecho import eventually

WIRE = "wire0"


@contextlib.contextmanager
def hosts_on_a_bridge(count):
    with hosts(count + 1) as (switch, *others):
        switch.shell("ip link add name bridge0 type bridge mcast_snooping 0",
                     "ip link set bridge0 up")
        for number, host in enumerate(others):
            host.wire = WIRE
            switch.ip("link", "add", "name", f"port{number}", "type", "veth", "peer", "name", WIRE,
                      "netns", host.pid)
            switch.shell(f"ip link set port{number} master bridge0 up")
            host.ip("link", "set", WIRE, "up")
        for host in others:
            await_link(host, next(each for each in others if each is not host))
        yield others


@pytest.fixture(scope="module")
def three():
    """(the client's host, two others)."""
    with hosts_on_a_bridge(3) as others:
        yield others


def await_link(one, other):
    """A port of a bridge forwards once it is up, which is told by a frame that arrives."""
    with ctp.Wire(one) as here, ctp.Wire(other) as there:

        def arrives():
            here.send(there.mac, ctp.data(b"\x01\x00"))
            return there.receive(seconds=0.05)

        eventually(arrives, "the bridge forwards")
