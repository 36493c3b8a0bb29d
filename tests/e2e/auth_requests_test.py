"""What serve makes of forged, broken and unauthenticated requests, from a second implementation."""

import contextlib
import os
import random
import socket
import subprocess

import pytest
from frames import Frame, authenticated, parse, proven, signed
from keys import KEY, MESSAGES, OTHER, STREAMS, closed_without_a_byte, keyed, request, stopped
from netecho import PATIENCE, eventually
from sockets import connect, pattern, receive


def forgeries(good):
    """What an attacker makes of a valid frame, with the checksum right wherever he can."""
    frame = parse(good)
    yield signed(good, OTHER)
    yield Frame(**{**vars(frame), "payload": frame.payload[:-16] + bytes(16)}).bytes()
    for offset in (16, 31, 40, 60, len(good) - 17, len(good) - 1):
        flipped = parse(good[:offset] + bytes([good[offset] ^ 1]) + good[offset + 1 :])
        yield Frame(**{**vars(flipped), "intact": True}).bytes()
    yield good[:-1] + bytes([good[-1] ^ 1])  # Corrupt in any case.


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_forged_message_is_dropped_and_the_next_one_answered(kind, key):
    with keyed(kind, "--key-file", key) as server:
        with connect(server.endpoint) as client:
            good = authenticated(request(payload=b"payload"), KEY)
            every = list(forgeries(good))
            for forged in every:
                client.send(forged)
            client.send(good)
            assert proven(client.recv(1000), KEY).stamp[2] == 1
        end = stopped(server)
        assert end["dropped_total"]["auth"] == len(every)
        assert end["rx_messages_total"] == len(every) + end["tx_messages_total"]


@pytest.mark.parametrize("kind", STREAMS)
def test_a_forged_frame_closes_the_connection(kind, key):
    good = authenticated(request(payload=b"payload"), KEY)
    with keyed(kind, "--key-file", key) as server:
        for forged in forgeries(good):
            with connect(server.endpoint) as client:
                client.sendall(good)
                proven(receive(client, len(good)), KEY)
                client.sendall(forged)
                assert closed_without_a_byte(client)
        end = stopped(server)
        assert end["dropped_total"]["auth"] == len(list(forgeries(good)))


@pytest.mark.parametrize("kind", MESSAGES)
def test_with_require_key_only_valid_frames_are_answered(kind, key):
    with keyed(kind, "--key-file", key, "--require-key") as server:
        with connect(server.endpoint) as client:
            plain = [b"", b"hello", request().bytes(), request(flags=0).bytes(), os.urandom(500)]
            for data in plain:
                client.send(data)
            client.send(authenticated(request(), KEY))
            proven(client.recv(1000), KEY)
        assert stopped(server)["dropped_total"]["auth"] == len(plain)


@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize(
    "opening",
    [
        b"h",
        b"hello",
        request().bytes(),
        request(flags=0).bytes(),
        authenticated(request(), KEY)[:31],  # Too little to begin with.
        bytes(200_000),
    ],
    ids=["byte", "text", "frame", "bare", "short", "much"],
)
def test_with_require_key_any_other_connection_is_closed(kind, opening, key):
    with keyed(kind, "--key-file", key, "--require-key") as server:
        with connect(server.endpoint) as client:
            with contextlib.suppress(OSError):
                client.sendall(opening)
            assert closed_without_a_byte(client)
        assert server.event("close")["reason"] == "auth"
        assert server.event("close")["tx_bytes"] == 0


@pytest.mark.parametrize("kind", STREAMS)
def test_there_is_no_way_round_a_required_key_by_losing_the_framing(kind, key):
    good = authenticated(request(), KEY)
    with keyed(kind, "--key-file", key, "--require-key") as server:
        for then in (b"hello", request().bytes(), b"\x89NEC\x01\x01\x00\x04" + bytes(40)):
            with connect(server.endpoint) as client:
                client.sendall(good + then)
                proven(receive(client, len(good)), KEY)  # It was in order before.
                assert closed_without_a_byte(client)
        end = stopped(server)
        assert end["tx_bytes_total"] == 3 * len(good)
        assert end["framing_lost_total"] == 2


def test_nc_gets_nothing_from_a_server_that_requires_a_key(key):
    with keyed("tcp", "--key-file", key, "--require-key") as server:
        done = subprocess.run(
            ["nc", "-N", "127.0.0.1", str(server.port)],
            input=b"hello\n", capture_output=True, timeout=PATIENCE, check=False,
        )
        assert done.stdout == b""
        assert server.event("close")["reason"] == "auth"


@pytest.mark.parametrize("kind", STREAMS)
def test_frames_may_arrive_in_any_pieces(kind, key):
    frames = [request(payload=pattern(size)) for size in (0, 60_000, 1, 500, 30)]
    data = b"".join(authenticated(frame, KEY) for frame in frames)
    pieces = random.Random(7)
    with keyed(kind, "--key-file", key, "--require-key") as server:
        with connect(server.endpoint) as client:
            client.sendall(data[:32])
            position = 32
            while position < len(data):
                size = pieces.choice([1, 7, 100, 5_000])
                client.sendall(data[position : position + size])
                position += size
            back = receive(client, len(data))
    for frame in frames:
        size = 72 + len(frame.payload)
        got, back = proven(back[:size], KEY), back[size:]
        assert (got.kind, got.session, got.payload) == (2, frame.session, frame.payload)


@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("cut", [8, 31, 72, 1071])
def test_half_an_authenticated_frame_is_not_echoed_at_the_end(kind, cut, key):
    good = authenticated(request(), KEY)
    half = authenticated(request(payload=pattern(1000)), KEY)[:cut]
    with keyed(kind, "--key-file", key) as server:
        with connect(server.endpoint) as client:
            client.sendall(good)
            receive(client, len(good))
            client.sendall(half)
            client.shutdown(socket.SHUT_WR)
            assert closed_without_a_byte(client)
        assert server.event("close")["reason"] == "auth"


def test_half_an_authenticated_frame_is_not_echoed_when_the_server_drains(key):
    good = authenticated(request(), KEY)
    with keyed("tcp", "--key-file", key) as server:
        with connect(server.endpoint) as client:
            client.sendall(good)
            receive(client, len(good))
            client.sendall(authenticated(request(payload=pattern(1000)), KEY)[:500])
            server.signal(15)
            assert closed_without_a_byte(client)
        assert server.wait() == 0
        assert server.event("close")["reason"] == "drain"


def test_a_frame_that_is_never_completed_ends_the_connection(key):
    good = authenticated(request(), KEY)
    with keyed("tcp", "--key-file", key) as server:
        with connect(server.endpoint, timeout=PATIENCE) as header, connect(
            server.endpoint, timeout=PATIENCE
        ) as whole:
            for client in (header, whole):
                client.sendall(good)
                receive(client, len(good))
            header.sendall(good[:8])  # Says that it is authenticated.
            whole.sendall(good[:71])
            assert closed_without_a_byte(header)
            assert server.event("close")["duration_ns"] < 5_000_000_000
            assert closed_without_a_byte(whole)
        eventually(lambda: len(server.events("close")) == 2, "both closed")
        reasons = [(e["reason"], e["tx_bytes"]) for e in server.events("close")]
        assert reasons == [("auth", len(good))] * 2
