"""However serve ends: of messages, received = echoed + dropped, exactly."""

import contextlib
import socket

import pytest
from fixtures import needs_root
from hosts import two_hosts
from netecho import eventually, serve
from sockets import connect


def assert_all_accounted_for(server, dropped):
    [end] = server.event("stopped")["endpoints"]
    drops = {reason: count for reason, count in end["dropped_total"].items() if count}
    assert end["rx_messages_total"] == end["tx_messages_total"] + sum(drops.values()), end
    assert set(drops) <= dropped, drops
    return end


def fill(client):
    """Sends until nothing is taken any more."""
    client.settimeout(0.3)
    with contextlib.suppress(TimeoutError):
        while client.send(b"x" * 20_000):
            pass


@pytest.mark.parametrize("impaired", [[], ["--impair=delay=10ms"]])
def test_records_of_a_peer_that_does_not_read_are_counted_at_the_end(impaired, folder):
    with serve(f"unixpacket:{folder}/s", "--json", "--drain-timeout=300ms", *impaired) as server:
        with connect(server.endpoint) as client:
            fill(client)
            assert server.stop() == 0
        assert_all_accounted_for(server, {"peer_queue_full"})


@pytest.mark.parametrize("impaired", [[], ["--impair=delay=100ms,seed=1"]])
def test_records_of_a_peer_that_goes_away_unread_are_counted(impaired, folder):
    with serve(f"unixpacket:{folder}/s", "--json", "-v", *impaired) as server:
        with connect(server.endpoint) as client:
            for _ in range(3):
                client.send(b"echoed, and never read")
            client.recv(100, socket.MSG_PEEK)
            if impaired:
                for _ in range(20):
                    client.send(b"under way")
            else:
                fill(client)
        server.event("close")
        assert server.stop() == 0
        assert_all_accounted_for(server, {"send_error"})


@needs_root
@pytest.mark.parametrize("more", [[], ["--trace"]])
def test_datagrams_that_wait_for_a_slow_wire_are_sent_while_there_is_time(more):
    with two_hosts() as (here, there):
        here.run("tc", "qdisc", "add", "dev", here.wire, "root", "tbf", "rate", "2mbit",
                 "burst", "2000", "limit", "3000000")
        with here.serve(f"udp://{here.v4}:7777", "--json", "--udp-max-rate=0", "--sndbuf=8k",
                        "--stats-interval=20ms", *more) as server:
            there.run("python3", "-c", f"""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("{here.v4}", 7777))
for i in range(200): s.send(bytes(1000))
""")
            eventually(
                lambda: any(e["endpoints"][0]["rx_messages_total"] for e in server.events("stats")),
                "some have come")
            assert server.stop() == 0
            end = assert_all_accounted_for(server, set())
            assert end["tx_messages_total"] > 0
