"""What probe makes of replies that are forged, replayed or tampered with."""

import contextlib
import dataclasses

from frames import authenticated, parse, proven
from keys import KEY, OTHER, probed
from peers import datagram_peer, stream_peer
from sockets import receive


def answer(data, key=KEY, **changes):
    """What a server with this key makes of a request."""
    frame = proven(data, KEY)
    reply = dataclasses.replace(frame, kind=2, stamp=(1, 2, 0), **changes)
    return authenticated(reply, key)


def test_a_second_implementation_is_believed(key):
    with datagram_peer(lambda peer, data, to: peer.sock.sendto(answer(data), to)) as peer:
        result, summary = probed(peer.uri, "-c5", "--flood", "--key-file", key)
    assert (result.code, summary["received_total"], summary["authenticated"]) == (0, 5, True)
    sent = [peer.received[i * 72 : i * 72 + 72] for i in range(5)]
    assert [proven(bytes(data), KEY).sequence for data in sent] == list(range(5))


def worthless(data):
    """What anybody on the way can send back, knowing all but the key."""
    frame = proven(data, KEY)
    reply = dataclasses.replace(frame, kind=2, stamp=(1, 2, 1))
    yield data  # The request itself.
    yield reply.bytes()  # Downgraded: no tag.
    yield dataclasses.replace(reply, payload=bytes(16)).bytes()
    yield authenticated(reply, OTHER)
    tagged = parse(authenticated(reply, KEY))
    yield dataclasses.replace(tagged, stamp=(3, 4, 1)).bytes()  # The tag of other bytes.
    yield dataclasses.replace(tagged, flags=1).bytes()  # Flag off, tag on.
    yield authenticated(dataclasses.replace(reply, session=reply.session ^ 1), KEY)
    yield authenticated(dataclasses.replace(reply, sequence=reply.sequence + 1000), KEY)
    yield b""
    yield b"x" * 72


def test_forged_replies_neither_answer_nor_end_a_probe(key):
    def attacked(peer, data, to):
        for forged in worthless(data):
            peer.sock.sendto(forged, to)
        peer.sock.sendto(answer(data), to)

    with datagram_peer(attacked) as peer:
        result, summary = probed(peer.uri, "-c5", "--flood", "--key-file", key)
    assert (result.code, summary["received_total"]) == (0, 5)
    for figure in ("lost", "late", "duplicate", "mismatch"):
        assert summary[figure + "_total"] == 0, figure


def test_a_probe_that_had_only_forged_replies_is_a_mismatch_once_it_times_out(key):
    def attacked(peer, data, to):
        if proven(data, KEY).sequence != 1:
            for forged in worthless(data):
                peer.sock.sendto(forged, to)

    with datagram_peer(attacked) as peer:
        result, summary = probed(peer.uri, "-c3", "--flood", "-W", "150ms", "--key-file", key)
    assert (result.code, summary["received_total"]) == (1, 0)
    assert (summary["mismatch_total"], summary["timeout_total"]) == (2, 1)


def test_a_replayed_reply_is_a_duplicate_and_no_answer_to_another_probe(key):
    def replays(peer, data, to):
        replays.first = replays.first or answer(data)
        peer.sock.sendto(replays.first, to)

    replays.first = None
    with datagram_peer(replays) as peer:
        result, summary = probed(peer.uri, "-c3", "--flood", "-W", "100ms", "--key-file", key)
    assert (result.code, summary["received_total"]) == (0, 1)
    assert (summary["duplicate_total"], summary["timeout_total"]) == (2, 2)


def test_a_stream_that_is_tampered_with_gives_no_answer(key):
    def attacked(peer, connection):
        with contextlib.suppress(AssertionError):
            while data := receive(connection, 72):
                second = proven(data, KEY).sequence == 1
                connection.sendall(answer(data, OTHER if second else KEY))

    with stream_peer(attacked) as peer:
        result, summary = probed(peer.uri, "-c3", "--flood", "-W", "150ms", "--key-file", key)
    assert (result.code, summary["received_total"], summary["mismatch_total"]) == (0, 2, 1)
