"""What serve tells of connections, datagrams and their payloads, and its figures."""

import re

from netecho import eventually, serve
from sockets import connect, echo


def test_trace_tells_of_every_connection_and_datagram(folder):
    with serve("tcp://127.0.0.1:0", "udp://127.0.0.1:0", f"unixpacket:{folder}/p",
               "--trace", "--json") as server:
        for uri in server.endpoints:
            with connect(uri) as client:
                assert echo(client, b"hello") == b"hello"
                if uri.startswith("tcp4"):
                    local = client.getsockname()
        tcp, udp, packet = (server.listening(uri) for uri in server.endpoints)

        opened = server.event("open", endpoint=tcp)
        assert (opened["peer"]["address"], opened["peer"]["port"]) == local
        closed = server.event("close", endpoint=tcp)
        assert closed["connection"] == opened["connection"]
        assert closed["peer"] == opened["peer"]
        assert (closed["reason"], closed["rx_bytes"], closed["tx_bytes"]) == ("eof", 5, 5)
        assert closed["duration_ns"] > 0
        assert closed["error"] is None

        datagram = server.event("datagram", endpoint=udp)
        assert (datagram["rx_bytes"], datagram["action"]) == (5, "echoed")
        assert datagram["reason"] is None
        assert datagram["payload"] is None
        assert datagram["peer"]["uri"].startswith("udp4://127.0.0.1:")

        packet_open = server.event("open", endpoint=packet)
        assert packet_open["connection"] != opened["connection"]
        assert packet_open["peer"] is None
        assert server.event("close", endpoint=packet)["rx_bytes"] == 5


def test_payloads_appear_only_when_asked_for():
    with serve("udp://127.0.0.1:0", "--trace", "--json", "--show-payload=4") as server:
        with connect(server.endpoint) as client:
            for data in (b"hello", "한".encode(), b"\xff\x00", b""):
                echo(client, data)
        eventually(lambda: len(server.events("datagram")) == 4, "four datagram events")
        shown = [e["payload"] for e in server.events("datagram")]
        assert shown == [
            {"encoding": "utf8", "data": "hell", "size_bytes": 5, "truncated": True},
            {"encoding": "utf8", "data": "한", "size_bytes": 3, "truncated": False},
            {"encoding": "base64", "data": "/wA=", "size_bytes": 2, "truncated": False},
            {"encoding": "utf8", "data": "", "size_bytes": 0, "truncated": False},
        ]


def test_v_tells_of_connections_but_not_of_datagrams():
    with serve("tcp://127.0.0.1:0", "udp://127.0.0.1:0", "-v", "--json") as server:
        for uri in reversed(server.endpoints):
            with connect(uri) as client:
                echo(client, b"x")
        server.event("close")
        assert {e["type"] for e in server.events()} == {"listening", "open", "close"}


def test_without_trace_nothing_is_said_of_connections():
    with serve("tcp://127.0.0.1:0", "--json") as server:
        with connect(server.endpoint) as client:
            echo(client, b"x")
        server.stop()
        assert [e["type"] for e in server.events()] == ["listening", "stopped"]


def test_bytes_of_a_peer_are_escaped_in_text():
    with serve("udp://127.0.0.1:0", "--trace", "--show-payload") as server:
        with connect(server.endpoint) as client:
            echo(client, b"\x1b[31mred\r\n\x00\xff")
        eventually(lambda: b"datagram" in server.stdout, "the datagram's line")
        line = server.stdout.splitlines()[1]
        assert re.search(rb"red", line)
        assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f-\xff]", line)


def test_stats_come_every_interval_and_count_what_happened():
    with serve("tcp://127.0.0.1:0", "udp://127.0.0.1:0", "--stats-interval", "30ms",
               "--json") as server:
        with connect(server.endpoints[0]) as tcp, connect(server.endpoints[1]) as udp:
            echo(tcp, b"12345")
            echo(udp, b"123")
            echo(udp, b"")

            def counted():
                for event in server.events("stats"):
                    stream, message = event["endpoints"]
                    if stream["rx_bytes_total"] == 5 and message["rx_messages_total"] == 2:
                        return event
                return None

            event = eventually(counted, "stats that count it all")
        stream, message = event["endpoints"]
        assert stream["connections_open"] == stream["accepted_total"] == 1
        assert stream["tx_bytes_total"] == 5
        assert stream["rx_messages_total"] is None and stream["tx_messages_total"] is None
        assert message["tx_messages_total"] == 2
        assert message["rx_bytes_total"] == message["tx_bytes_total"] == 3
        assert message["connections_open"] == 0
        eventually(lambda: len(server.events("stats")) >= 3, "more of them")
        uptimes = [e["uptime_ns"] for e in server.events("stats")]
        assert uptimes == sorted(uptimes) and uptimes[0] >= 29_000_000
