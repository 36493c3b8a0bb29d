"""serve and probe against a second implementation of the wire format (docs/wire-format.md)."""

import contextlib
import dataclasses
import os
import time

import pytest
from frames import STAMP, Frame, crc32c, parse
from netecho import netecho, serve
from peers import datagram_peer, stream_peer
from sockets import connect, pattern, receive


@pytest.fixture(scope="module")
def server():
    name = f"@netecho-wire-{os.getpid()}"
    with serve(
        "udp://127.0.0.1:0",
        f"unixgram:{name}g",
        f"unixpacket:{name}p",
        "tcp://127.0.0.1:0",
        f"unix:{name}",
    ) as one:
        yield one


MESSAGES = [0, 1, 2]
EVERY = range(5)
_sessions = iter(range(1, 1000))


def request(**fields):
    """A frame of a session of its own unless told otherwise: the server remembers sessions."""
    fields.setdefault("session", os.getpid() << 32 | next(_sessions))
    return Frame(**fields)


def returned(client, data):
    client.sendall(data)
    return receive(client, len(data))


def unchanged(client, data):
    assert returned(client, data) == data


def test_the_checksum_is_crc_32c():
    assert crc32c(b"123456789") == 0xE3069283  # RFC 3720, B.4 and everybody's check value


@pytest.mark.parametrize("which", EVERY)
def test_a_request_is_stamped_and_nothing_else_is_changed(server, which):
    with connect(server.endpoints[which]) as client:
        for size in (0, 1, 8, 1000, 60_000):
            sent = request(payload=pattern(size))
            before = time.time_ns()
            got = parse(returned(client, sent.bytes()))
            after = time.time_ns()
            received_at, sent_at, count = got.stamp
            # The server's clock readings are a moment old when they are used.
            assert before - 50_000_000 <= received_at <= sent_at <= after
            assert count == 1
            assert got.intact
            assert got == dataclasses.replace(sent, kind=2, stamp=got.stamp)


@pytest.mark.parametrize("which", EVERY)
def test_the_count_is_that_of_distinct_sequences(server, which):
    first = request()
    with connect(server.endpoints[which]) as client:
        counts = []
        for sequence in (0, 1, 1, 3, 2, 2, 70, 69, 5):
            frame = dataclasses.replace(first, sequence=sequence)
            counts.append(parse(returned(client, frame.bytes())).stamp[2])
        # 5 is older than the 64 up to 70: new or not, nobody can tell.
        assert counts == [1, 2, 2, 3, 4, 4, 5, 6, 6]


@pytest.mark.parametrize("which", EVERY)
def test_a_session_that_is_first_seen_in_its_middle_has_no_count(server, which):
    with connect(server.endpoints[which]) as client:
        got = parse(returned(client, request(sequence=1024).bytes()))
        assert (got.kind, got.stamp[2]) == (2, 0)
        assert parse(returned(client, request(sequence=1023).bytes())).stamp[2] == 1


@pytest.mark.parametrize("which", EVERY)
def test_a_frame_without_the_stamp_flag_is_returned_as_it_is(server, which):
    with connect(server.endpoints[which]) as client:
        unchanged(client, request(flags=0, payload=b"x" * 40).bytes())
        unchanged(client, request(flags=0).bytes())


def with_byte(data, offset, value):
    return data[:offset] + bytes([value]) + data[offset + 1 :]


@pytest.mark.parametrize("which", MESSAGES)
def test_what_is_not_a_frame_is_returned_as_it_is(server, which):
    good = request(payload=b"payload").bytes()
    with connect(server.endpoints[which]) as client:
        unchanged(client, with_byte(good, 0, 0x88))  # magic
        unchanged(client, with_byte(good, 4, 2))  # version
        unchanged(client, with_byte(good, 5, 0))  # type
        unchanged(client, with_byte(good, 5, 3))
        unchanged(client, with_byte(good, 7, 5))  # a reserved flag
        unchanged(client, with_byte(good, 6, 0x80))
        unchanged(client, with_byte(good, 11, len(good) - 1))  # length
        unchanged(client, with_byte(good, 8, 0xFF))
        unchanged(client, good + b"!")
        unchanged(client, good[:-1])
        unchanged(client, good[:55])
        unchanged(client, good[:31])
        # Authenticated, but this server has no key: only one that has may change it.
        unchanged(client, with_byte(good + bytes(16), 7, 3)[:11] + bytes([len(good) + 16])
                  + good[12:] + bytes(16))


@pytest.mark.parametrize("which", EVERY)
def test_a_corrupt_request_stays_corrupt(server, which):
    """The server must not repair what the network broke: the client is to find it."""
    good = request(payload=pattern(200)).bytes()
    with connect(server.endpoints[which]) as client:
        for offset in (12, 15, 40, 60, len(good) - 1):
            got = parse(returned(client, with_byte(good, offset, good[offset] ^ 4)))
            assert not got.intact, offset


def test_a_reply_is_never_answered():
    with serve("udp://127.0.0.1:0", "--json", "--trace") as server:
        with connect(server.endpoint) as client:
            client.send(request(kind=2).bytes())
            after = request().bytes()
            client.send(after)
            assert parse(client.recv(100)).session == parse(after).session
        event = server.event("datagram", action="dropped")
        assert event["reason"] == "loop"


def test_a_plain_server_changes_nothing(folder):
    with serve("udp://127.0.0.1:0", "tcp://127.0.0.1:0", "--plain") as server:
        for uri in server.endpoints:
            with connect(uri) as client:
                unchanged(client, request(payload=b"x").bytes())
                unchanged(client, request(kind=2).bytes())


@pytest.mark.parametrize("which", [3, 4])
def test_frames_of_a_stream_may_arrive_in_any_pieces(server, which):
    frames = [request(payload=pattern(size)) for size in (0, 1, 500, 30, 9000)]
    data = b"".join(f.bytes() for f in frames)
    with connect(server.endpoints[which]) as client:
        client.sendall(data[:32])  # At least a header at once: that makes it framed.
        position = 32
        for size in (1, 23, 1, 31, 2, 55, 57, 400):
            client.sendall(data[position : position + size])
            position += size
        client.sendall(data[position:])
        back = receive(client, len(data))
    for frame in frames:
        size = len(frame.bytes())
        got, back = parse(back[:size]), back[size:]
        assert got.intact
        assert (got.kind, got.session, got.payload) == (2, frame.session, frame.payload)


@pytest.mark.parametrize("which", [3, 4])
def test_a_stream_that_does_not_begin_with_a_frame_is_plain_for_good(server, which):
    frame = request().bytes()
    with connect(server.endpoints[which]) as client:
        unchanged(client, b"x")
        unchanged(client, frame)
    with connect(server.endpoints[which]) as client:
        assert parse(returned(client, frame)).kind == 2
        unchanged(client, b"not a frame any more, and so lost" * 2)
        unchanged(client, frame)


# --- what probe sends -----------------------------------------------------------------------------


def probed(sent, size):
    frames = [parse(data) for data in sent]
    assert all(f.intact for f in frames)
    assert all(len(data) == size for data in sent)
    assert [f.sequence for f in frames] == list(range(len(frames)))
    assert len({f.session for f in frames}) == 1
    assert {f.kind for f in frames} == {1}
    assert {f.flags for f in frames} == {STAMP if size >= 56 else 0}
    assert {f.stamp for f in frames} == {(0, 0, 0)}
    return frames[0].session


@pytest.mark.parametrize("size", [32, 55, 56, 64, 1472, 65507])
def test_probe_sends_frames_in_datagrams(size):
    sent, sessions = [], set()

    def echo(peer, data, to):
        sent.append(data)
        peer.sock.sendto(data, to)

    with datagram_peer(echo) as peer:
        for _ in range(2):
            sent.clear()
            assert netecho("probe", peer.uri, "-c3", "--flood", "-s", size).code == 0
            sessions.add(probed(sent[:3], size))
    assert len(sessions) == 2, "a session is random"


@pytest.mark.parametrize("size", [32, 64, 65536])
def test_probe_sends_frames_in_streams(size):
    sent = []

    def echo(peer, connection):
        while True:
            try:
                data = receive(connection, size)
            except AssertionError:
                return
            sent.append(data)
            connection.sendall(data)

    with stream_peer(echo) as peer:
        assert netecho("probe", peer.uri, "-c3", "--flood", "-s", size).code == 0
    probed(sent, size)


def test_send_speaks_plain_echo_only():
    with serve("udp://127.0.0.1:0", "--plain") as server:
        frame = request().bytes()
        result = netecho("send", server.endpoint, input=frame)
        assert (result.code, result.stdout) == (0, frame)
    with datagram_peer(lambda peer, data, to: peer.sock.sendto(data, to)) as peer:
        netecho("send", peer.uri, "exactly this")
        assert bytes(peer.received) == b"exactly this"


def test_a_reply_of_another_session_is_none():
    def forged(peer, data, to):
        frame = parse(data)
        other = dataclasses.replace(frame, session=frame.session ^ 1, kind=2)
        peer.sock.sendto(other.bytes(), to)

    with datagram_peer(forged) as peer:
        result = netecho("probe", peer.uri, "-c3", "-i50ms", "-W", "80ms", "--json")
    assert result.code == 1
    assert result.json["targets"][0]["received_total"] == 0


def test_stamps_of_a_foreign_server_are_used():
    """Received 5 ms before it was sent: residence is what the server says it is."""

    def stamps(peer, data, to):
        stamps.count += 1
        now = time.time_ns()
        reply = dataclasses.replace(parse(data), kind=2, stamp=(now, now + 5_000, stamps.count))
        peer.sock.sendto(reply.bytes(), to)

    stamps.count = 0
    with datagram_peer(stamps) as peer:
        result = netecho("probe", peer.uri, "-c3", "-i50ms", "--json")
    (summary,) = result.json["targets"]
    assert summary["stamped"] is True
    assert summary["server_residence_ns"]["min"] == summary["server_residence_ns"]["max"] == 5000
    assert (summary["lost_forward_total"], summary["lost_reverse_total"]) == (0, 0)


@pytest.mark.parametrize("received, sent", [
    (10**18, 10**18 + 3600 * 10**9),  # An hour, in a round trip of less.
    (10**18, 10**18 - 1),
    (0, 5_000),
])
def test_stamps_that_cannot_be_right_give_no_residence(received, sent):
    def stamps(peer, data, to):
        reply = dataclasses.replace(parse(data), kind=2, stamp=(received, sent, 1))
        peer.sock.sendto(reply.bytes(), to)

    with datagram_peer(stamps) as peer:
        (summary,) = netecho("probe", peer.uri, "-c1", "--json").json["targets"]
    assert summary["stamped"] is True
    assert summary["server_residence_ns"] is None


@pytest.mark.parametrize("lost", ["forward", "reverse"])
def test_losses_are_told_apart_by_direction(lost):
    """The third of six is lost on the way there, or on the way back."""

    def loses(peer, data, to):
        frame = parse(data)
        gone = frame.sequence == 2
        if not (gone and lost == "forward"):
            loses.count += 1
        if not gone:
            reply = dataclasses.replace(frame, kind=2, stamp=(1, 2, loses.count))
            peer.sock.sendto(reply.bytes(), to)

    loses.count = 0
    with datagram_peer(loses) as peer:
        result = netecho("probe", peer.uri, "--flood", "--window", "6", "-c6", "-W", "1s", "--json")
    (summary,) = result.json["targets"]
    assert summary["timeout_total"] == 1
    expected = (1, 0) if lost == "forward" else (0, 1)
    assert (summary["lost_forward_total"], summary["lost_reverse_total"]) == expected


def test_a_held_header_goes_back_after_one_second_however_many_are_held():
    """Half of them a quarter of a second late, as they once were, would not do."""
    with serve("tcp://127.0.0.1:0") as held, contextlib.ExitStack() as stack:
        sent = {}
        for i in range(20):
            client = stack.enter_context(connect(held.endpoint))
            client.sendall(Frame(session=7, sequence=i).bytes()[:40])
            sent[client] = time.monotonic()
            time.sleep(0.05)
        late = []
        for client, at in sent.items():
            receive(client, 40)
            late.append(time.monotonic() - at - 1)
        assert min(late) > -0.02
        assert sorted(late)[10] < 0.06, late
