"""What is echoed, over every transport."""

import re
import socket

import pytest
from netecho import eventually, serve
from sockets import connect, echo, parse, pattern, receive, receive_all

SIZES = [0, 1, 1472, 2049, 8193, 65507]


def five_endpoints(folder):
    return [
        "tcp://127.0.0.1:0",
        "udp://127.0.0.1:0",
        f"unix://{folder}/e.sock",
        f"unixgram://@{folder.name}",
        f"unixpacket://{folder}/p.sock",
    ]


def streams(folder):
    return ["tcp://127.0.0.1:0", "tcp://[::1]:0", f"unix:{folder}/s", f"unix:@{folder.name}s"]


def messages(folder):
    return [
        "udp4://127.0.0.1:0",
        "udp6://[::1]:0",
        f"unixgram:{folder}/g",
        f"unixgram:@{folder.name}g",
        f"unixpacket:{folder}/p",
        f"unixpacket:@{folder.name}p",
    ]


def test_five_endpoints_give_five_listening_events_with_real_ports(folder):
    port_file = folder / "ports"
    with serve(*five_endpoints(folder), "--json", "--port-file", port_file) as server:
        listening = eventually(lambda: server.events("listening")[4:] and server.events(), "all")
        uris = [event["endpoint"]["uri"] for event in listening]
        assert uris == server.endpoints == port_file.read_text().splitlines()
        assert re.fullmatch(r"tcp4://127\.0\.0\.1:[1-9]\d*", uris[0])
        assert re.fullmatch(r"udp4://127\.0\.0\.1:[1-9]\d*", uris[1])
        assert uris[2:] == [
            f"unix://{folder}/e.sock",
            f"unixgram://@{folder.name}",
            f"unixpacket://{folder}/p.sock",
        ]
        for event in listening:
            assert event["inherited"] is False
            assert event["pid"] == server.pid
        ends = [event["endpoint"] for event in listening]
        assert [e["transport"] for e in ends] == ["tcp", "udp", "unix", "unix", "unix"]
        assert [e["socket_type"] for e in ends] == [
            "stream",
            "datagram",
            "stream",
            "datagram",
            "seqpacket",
        ]
        assert [e["family"] for e in ends] == ["ipv4", "ipv4", "unix", "unix", "unix"]
        assert ends[0]["address"] == "127.0.0.1"
        assert ends[0]["port"] == parse(uris[0])[2][1]
        assert ends[2]["path"] == f"{folder}/e.sock"
        assert ends[2]["port"] is None
        assert ends[3]["abstract"] is True or ends[3]["abstract"] == folder.name
        for uri in uris:
            with connect(uri) as client:
                assert echo(client, b"hello") == b"hello"


def test_listening_is_text_when_no_json_is_asked_for(folder):
    with serve(*five_endpoints(folder)) as server:
        expected = "".join(f"listening {endpoint}\n" for endpoint in server.endpoints)
        eventually(lambda: server.stdout.decode() == expected, expected)


@pytest.mark.parametrize("which", range(6))
def test_messages_of_every_size_come_back_exactly(folder, which):
    with serve(messages(folder)[which]) as server, connect(server.endpoint) as client:
        for size in SIZES:
            data = pattern(size, seed=size)
            assert echo(client, data) == data, size


@pytest.mark.parametrize("which", range(6))
def test_twenty_messages_in_a_burst_keep_their_boundaries_and_their_order(folder, which):
    with serve(messages(folder)[which]) as server, connect(server.endpoint) as client:
        burst = [pattern(size, seed=size) for size in (1, 0, 300, 1, 1472, 0, 0, 7, 2, 900)]
        for data in burst:
            client.send(data)
        assert [client.recv(65536) for _ in burst] == burst


def test_records_larger_than_any_datagram_come_back_whole(folder):
    with serve(f"unixpacket:{folder}/p") as server, connect(server.endpoint) as client:
        for size in (65508, 65536, 65537, 100_000, 150_000):
            data = pattern(size)
            assert echo(client, data) == data, size


def test_unix_datagrams_over_64_kib_are_echoed_whole_or_counted_as_dropped(folder):
    with serve(f"unixgram:{folder}/g", "--json") as server:
        with connect(server.endpoint) as client:
            client.send(pattern(150_000))
            assert echo(client, b"after") in (b"after", pattern(150_000))
        assert server.stop() == 0
        stats = server.events("stopped")[0]["endpoints"][0]
        dropped = sum(stats["dropped_total"].values())
        assert stats["rx_messages_total"] == 2 == stats["tx_messages_total"] + dropped


def test_an_empty_record_is_not_the_end_of_a_connection(folder):
    with serve(f"unixpacket:{folder}/p", "--trace", "--json") as server:
        with connect(server.endpoint) as client:
            for _ in range(3):
                assert echo(client, b"") == b""
            assert echo(client, b"still here") == b"still here"
            assert not server.events("close")
            client.shutdown(socket.SHUT_WR)
            assert client.recv(100) == b""
        assert server.event("close")["reason"] == "eof"


@pytest.mark.parametrize("which", range(4))
def test_half_closing_a_stream_echoes_the_rest_and_then_closes(folder, which):
    data = pattern(300_000)
    with serve(streams(folder)[which]) as server, connect(server.endpoint) as client:
        client.sendall(data[:200_000])
        first = receive(client, 1000)
        client.sendall(data[200_000:])
        client.shutdown(socket.SHUT_WR)
        assert first + receive_all(client) == data


@pytest.mark.parametrize("which", range(4))
def test_a_stream_that_only_ends_is_ended_too(folder, which):
    with serve(streams(folder)[which]) as server, connect(server.endpoint) as client:
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""


def test_bytes_sent_one_at_a_time_come_back_in_order():
    with serve("tcp://127.0.0.1:0") as server, connect(server.endpoint) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = pattern(2000)
        for i in range(len(data)):
            client.send(data[i : i + 1])
        assert receive(client, len(data)) == data


def test_urgent_data_stays_in_line():
    with serve("tcp://127.0.0.1:0") as server, connect(server.endpoint) as client:
        for _ in range(20):
            client.sendall(b"before")
            client.send(b"!", socket.MSG_OOB)
            client.sendall(b"after")
            assert receive(client, 12) == b"before!after"


def test_a_reset_connection_disturbs_no_other():
    with serve("tcp://127.0.0.1:0", "--json", "--trace") as server:
        with connect(server.endpoint) as steady:
            for _ in range(20):
                with connect(server.endpoint) as rude:
                    rude.sendall(pattern(500_000)[:100_000])
                    rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                assert echo(steady, b"steady") == b"steady"
        server.event("close", reason="reset")


def test_localhost_is_served_on_both_families_with_one_port():
    with serve("tcp://localhost:0", "udp://localhost:0") as server:
        assert [uri.rpartition(":")[0] for uri in server.endpoints] == [
            "tcp4://127.0.0.1",
            "tcp6://[::1]",
            "udp4://127.0.0.1",
            "udp6://[::1]",
        ]
        ports = [parse(uri)[2][1] for uri in server.endpoints]
        assert ports[0] == ports[1] != 0
        assert ports[2] == ports[3] != 0
        for uri in server.endpoints:
            with connect(uri) as client:
                assert echo(client, b"both") == b"both"


def test_one_family_can_be_asked_for():
    with serve("-4", "tcp://localhost:0") as server:
        assert [uri.partition(":")[0] for uri in server.endpoints] == ["tcp4"]
    with serve("-6", "tcp://localhost:0") as server:
        assert [uri.partition(":")[0] for uri in server.endpoints] == ["tcp6"]


@pytest.mark.parametrize(
    "typed, announced",
    [
        ("127.0.0.1:0", "tcp4://127.0.0.1:"),
        ("[::1]:0", "tcp6://[::1]:"),
        ("TCP://127.0.0.1:0", "tcp4://127.0.0.1:"),
        ("udp6:[0:0:0:0:0:0:0:1]:0", "udp6://[::1]:"),
    ],
)
def test_every_spelling_has_one_canonical_form(typed, announced):
    with serve(typed) as server:
        assert server.endpoint.startswith(announced)
        assert server.port > 0


def test_bare_unix_paths_and_names_are_streams(folder):
    with serve("./e.sock", f"{folder}/f.sock", f"@{folder.name}", cwd=folder) as server:
        assert server.endpoints[1:] == [f"unix://{folder}/f.sock", f"unix://@{folder.name}"]
        assert server.endpoints[0].endswith("e.sock")
        with connect(f"unix://{folder}/e.sock") as client:
            assert echo(client, b"x") == b"x"


def test_a_path_is_taken_byte_for_byte(folder):
    name = f"{folder}/a%20b c?d#e한"
    with serve(f"unix:{name}") as server, connect(f"unix://{name}") as client:
        assert echo(client, b"x") == b"x"
        assert server.endpoint == f"unix://{name}"


def test_a_path_of_107_bytes_works(folder):
    name = str(folder / "x")
    name += "y" * (107 - len(name))
    with serve(f"unix:{name}") as server, connect(server.endpoint) as client:
        assert echo(client, b"x") == b"x"


def test_a_datagram_without_a_return_address_is_counted(folder):
    with serve(f"unixgram:{folder}/g", "--json", "--trace") as server:
        family, kind, address = parse(server.endpoint)
        with socket.socket(family, kind) as nameless:
            nameless.connect(address)
            nameless.send(b"nobody")
        event = server.event("datagram")
        assert (event["action"], event["reason"]) == ("dropped", "no_return_address")
        assert event["peer"] is None
        server.stop()
        stats = server.events("stopped")[0]["endpoints"][0]
        assert stats["dropped_total"]["no_return_address"] == 1
        assert (stats["rx_messages_total"], stats["tx_messages_total"]) == (1, 0)
