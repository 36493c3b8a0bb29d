"""Trains of datagrams (UDP_SEGMENT, UDP_GRO) between two hosts, over ways that take none."""

import json
import sys

import pytest
from faults import traced_environment
from hosts import two_hosts
from netecho import Server, eventually
from programs import need

# Sends trains of so many messages of a size, and prints of which sizes came how many, once all
# that are expected have come.
CLIENT = """
import collections, json, socket, struct, sys
host, port, expected, *trains = sys.argv[1], *map(int, sys.argv[2:])
sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
sock.settimeout(10)
sock.connect((host, port))
sent, got = [], []
for count, size in zip(trains[::2], trains[1::2]):
    messages = [bytes([i]) * size for i in range(count)]
    sock.sendmsg([b"".join(messages)], [(socket.IPPROTO_UDP, 103, struct.pack("H", size))])
    sent += messages
while len(got) < expected:
    got.append(sock.recv(65536))
assert not collections.Counter(got) - collections.Counter(sent), "something else came back"
print(json.dumps(collections.Counter(map(len, got))))
"""


def exchange(client, address, port, expected, *trains):
    """How many messages of each size came back of the trains, each (messages, size)."""
    numbers = [n for train in trains for n in train]
    out = client.run(sys.executable, "-c", CLIENT, address, port, expected, *numbers)
    return {int(size): count for size, count in json.loads(out).items()}


def narrow(host, peer, mtu):
    """The way from one host to the other carries less than the way back."""
    host.ip("route", "replace", f"{peer.v4}/32", "dev", host.wire, "mtu", mtu)
    host.ip("-6", "route", "replace", f"{peer.v6}/128", "dev", host.wire, "mtu", mtu)


def refusals(trace):
    return trace.read_text().count("EMSGSIZE")


@pytest.mark.parametrize("family", ["v4", "v6"])
def test_a_train_too_wide_for_the_way_back_is_answered_message_by_message(folder, family):
    need("strace")
    trace = folder / "calls"
    with two_hosts() as (client, other):
        address = getattr(other, family)
        host = address if family == "v4" else f"[{address}]"
        narrow(other, client, 1280)
        # -D: strace is a child of the server, which so gets its signals itself.
        strace = ["strace", "-D", "-f", "-e", "trace=sendmsg,sendmmsg", "-o", trace]
        with Server([f"udp://{host}:0", "--udp-max-rate=0", "--sandbox=off", "--json"],
                    prefix=[*other.prefix, *strace], env=traced_environment(), lines=1) as server:
            port = server.endpoint.rpartition(":")[2]
            for _ in range(3):
                assert exchange(client, address, port, 40, (40, 1400)) == {1400: 40}
            assert exchange(client, address, port, 40, (40, 100)) == {100: 40}
            assert server.stop() == 0
            endpoint = server.events("stopped")[0]["endpoints"][0]
        assert endpoint["rx_messages_total"] == endpoint["tx_messages_total"] == 160
        assert endpoint["rx_bytes_total"] == endpoint["tx_bytes_total"] == 3 * 40 * 1400 + 4000
        eventually(lambda: "+++ exited" in trace.read_text(), "the end of the trace")
        assert refusals(trace) == 1  # After that the peer stays split.


def test_messages_that_cannot_go_singly_either_are_each_counted():
    with two_hosts() as (client, other):
        narrow(other, client, 1280)
        with other.serve(f"udp://{other.v4}:0", "--udp-max-rate=0", "--df=do", "--json"
                         ) as server:
            port = server.endpoint.rpartition(":")[2]
            assert exchange(client, other.v4, port, 5, (5, 1400), (5, 1200)) == {1200: 5}
            assert server.stop() == 0
            endpoint = server.events("stopped")[0]["endpoints"][0]
    assert endpoint["rx_messages_total"] == 10
    assert endpoint["tx_messages_total"] == 5
    assert endpoint["dropped_total"]["send_error"] == 5


@pytest.mark.parametrize("family", ["v4", "v6"])
def test_a_flood_over_a_way_too_narrow_for_trains_loses_nothing(family):
    with two_hosts() as (client, other):
        host = other.v4 if family == "v4" else f"[{other.v6}]"
        narrow(client, other, 1280)
        with other.serve(f"udp://{host}:0", "--udp-max-rate=0", "--json") as server:
            result = client.netecho("probe", server.endpoint, "--flood", "--window=64", "-c2000",
                                    "-s", "1400", "--json")
            assert result.code == 0
            (summary,) = result.json["targets"]
            assert summary["sent_total"] == summary["received_total"] == 2000
            assert server.stop() == 0
            endpoint = server.events("stopped")[0]["endpoints"][0]
    assert endpoint["rx_messages_total"] == endpoint["tx_messages_total"] == 2000
