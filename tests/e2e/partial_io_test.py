"""Reads and writes of streams that move one byte, or any number of bytes: nothing depends on more.

tests/support/partial_io.cpp is preloaded into one of both sides.
"""

import os
import socket

import pytest
from netecho import SANITIZED, environment, netecho, serve
from schema import check
from sockets import connect, pattern, receive, receive_all

PARTIAL_IO = os.environ.get("NETECHO_PARTIAL_IO", "")
STREAMS = ("tcp4://127.0.0.1:0", "unix")

pytestmark = [
    pytest.mark.skipif(SANITIZED, reason="sanitizers want to be preloaded first"),
    pytest.mark.skipif(not PARTIAL_IO, reason="NETECHO_PARTIAL_IO names no library to preload"),
]
# One byte each, or a seed.
parts = pytest.mark.parametrize("part", ["1", "2", "3"])
streams = pytest.mark.parametrize("stream", STREAMS)


def partial(part):
    return environment(LD_PRELOAD=PARTIAL_IO, PARTIAL_IO=part)


def served(stream, folder):
    return stream if "//" in stream else f"{stream}:{folder}/s"


def assert_all_answered(done):
    [summary] = check(done.json)["targets"]
    assert done.code == 0, done
    assert summary["received_total"] == summary["sent_total"] > 0, summary
    assert summary["duplicate_total"] == summary["late_total"] == 0, summary


@parts
@streams
def test_serve_echoes_every_byte_in_order(folder, stream, part):
    data = pattern(70_000, part)
    with serve(served(stream, folder), "--json", env=partial(part)) as server:
        with connect(server.endpoint) as client:
            client.sendall(data[:35_000])
            assert receive(client, 35_000) == data[:35_000]
            client.sendall(data[35_000:])
            client.shutdown(socket.SHUT_WR)
            assert receive_all(client) == data[35_000:]
        assert server.stop() == 0
        [end] = server.event("stopped")["endpoints"]
        assert end["rx_bytes_total"] == end["tx_bytes_total"] == len(data)


@parts
@streams
def test_serve_returns_frames_in_any_pieces(folder, stream, part):
    with serve(served(stream, folder), env=partial(part)) as server:
        done = netecho("probe", server.endpoint, "-c50", "-i1ms", "-s200", "--json")
        assert_all_answered(done)


@parts
@streams
@pytest.mark.parametrize("from_file", [False, True])
def test_send_verifies_and_prints_every_byte(folder, stream, part, from_file):
    data = pattern(70_000, part)
    (folder / "data").write_bytes(data)
    given = {"stdin": open(folder / "data", "rb")} if from_file else {"input": data}
    with serve(served(stream, folder)) as server:
        done = netecho("send", server.endpoint, env=partial(part), **given)
        assert (done.code, done.errors) == (0, []), done
        assert done.stdout == data


@parts
@streams
def test_probe_puts_replies_together(folder, stream, part):
    with serve(served(stream, folder)) as server:
        done = netecho(
            "probe", server.endpoint, "-c50", "-i2ms", "-s500", "--json", env=partial(part)
        )
        assert_all_answered(done)


@parts
def test_what_is_printed_is_whole(folder, part):
    done = netecho("schema", env=partial(part))
    assert done.code == 0 and done.stdout == netecho("schema").stdout
