"""A key that client and server share, over every transport; both sides also played by a second
implementation of the format (docs/wire-format.md)."""

import contextlib
import dataclasses
import os
import random
import socket
import subprocess

import pytest
from frames import Frame, authenticated, parse, proven, signed
from netecho import PATIENCE, environment, eventually, netecho, serve
from peers import datagram_peer, stream_peer
from sockets import connect, pattern, receive, receive_all

KEY = b"a key of thirty-two bytes, no less"
OTHER = b"another key, of as many bytes or so"
KINDS = ["udp", "unixgram", "unixpacket", "tcp", "unix"]
MESSAGES = KINDS[:3]
STREAMS = KINDS[3:]

_serial = iter(range(1, 1_000_000))


def key_file(folder, name, data, mode=0o600):
    path = folder / name
    path.write_bytes(data)
    path.chmod(mode)
    return path


@pytest.fixture
def key(folder):
    return key_file(folder, "key", KEY)


@pytest.fixture
def other(folder):
    return key_file(folder, "other", OTHER)


def listen_on(kind):
    if kind in ("tcp", "udp"):
        return f"{kind}://127.0.0.1:0"
    return f"{kind}:@netecho-auth-{os.getpid()}-{next(_serial)}"


def keyed(kind, *options):
    return serve(listen_on(kind), "--json", "-v", "--trace", *options)


def probed(*args, **popen):
    """The result, and its one summary."""
    result = netecho("probe", *args, "--json", **popen)
    (summary,) = result.json["targets"]
    return result, summary


def request(**fields):
    fields.setdefault("session", os.getpid() << 32 | next(_serial))
    return Frame(**fields)


def stopped(server):
    """The figures of its one endpoint."""
    assert server.stop() == 0, server.stderr
    (endpoint,) = server.event("stopped")["endpoints"]
    return endpoint


def closed_without_a_byte(client):
    try:
        return receive_all(client) == b""
    except ConnectionResetError:
        return True  # It had not read all that was sent.


# --- probe and serve ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("requires", [(), ("--require-key",)])
def test_with_the_same_key_probes_are_answered_stamped_and_authenticated(kind, requires, key):
    with keyed(kind, "--key-file", key, *requires) as server:
        result, summary = probed(server.endpoint, "-c5", "--flood", "--key-file", key)
        assert result.code == 0
        assert (summary["sent_total"], summary["received_total"]) == (5, 5)
        assert (summary["authenticated"], summary["stamped"]) == (True, True)
        assert summary["size_bytes"] == 72
        assert (summary["lost_forward_total"], summary["lost_reverse_total"]) == (0, 0)
        assert summary["server_residence_ns"]["min"] is not None
        end = stopped(server)
        assert end["frames_stamped_total"] == 5
        assert not any(end["dropped_total"].values())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [48, 71, 72, 9000])
def test_any_size_that_has_room_for_a_tag_is_authenticated(kind, size, key):
    with keyed(kind, "--key-file", key, "--require-key") as server:
        result, summary = probed(server.endpoint, "-c3", "--flood", "-s", size, "--key-file", key)
    assert (result.code, summary["received_total"]) == (0, 3)
    assert (summary["authenticated"], summary["stamped"]) == (True, size >= 72)


@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("size", [65_536, 65_537, 65_583, 65_584, 131_073, 300_000])
def test_large_probes_of_a_stream_are_authenticated_frames_to_the_last_byte(kind, size, key):
    with keyed(kind, "--key-file", key, "--require-key") as server:
        result, summary = probed(
            server.endpoint, "-c3", "--flood", "--window=2", "-s", size, "--key-file", key
        )
        assert (result.code, summary["received_total"], summary["stamped"]) == (0, 3, True)
        end = stopped(server)
        assert (end["frames_stamped_total"], end["framing_lost_total"]) == (3, 0)


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_wrong_key_is_never_answered(kind, key, other):
    with keyed(kind, "--key-file", key) as server:
        result, summary = probed(
            server.endpoint, "-c3", "--flood", "-W", "100ms", "--key-file", other
        )
        assert (result.code, summary["received_total"], summary["timeout_total"]) == (1, 0, 3)
        assert summary["authenticated"] is None
        assert server.event("datagram", action="dropped")["reason"] == "auth"
        end = stopped(server)
        assert (end["dropped_total"]["auth"], end["tx_messages_total"]) == (3, 0)


@pytest.mark.parametrize("kind", STREAMS)
def test_a_wrong_key_closes_the_connection(kind, key, other):
    with keyed(kind, "--key-file", key) as server:
        result, summary = probed(server.endpoint, "-c3", "--flood", "--key-file", other)
        assert result.code == 1
        assert summary["received_total"] == 0
        assert "has it the same key?" in summary["error"]["message"]
        assert server.event("close")["reason"] == "auth"
        end = stopped(server)
        assert (end["dropped_total"]["auth"], end["tx_bytes_total"]) == (1, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_without_the_key_proves_nothing(kind, key):
    """Its echo is the request itself: what anybody on the way could send. No answer, but told."""
    with keyed(kind) as server:
        result, summary = probed(
            server.endpoint, "-c3", "--flood", "-W", "100ms", "--key-file", key
        )
        assert result.code == 1
        assert (summary["received_total"], summary["authenticated"]) == (0, None)
        assert (summary["mismatch_total"], summary["timeout_total"]) == (3, 0)
        assert stopped(server)["tx_bytes_total"] == 3 * 72  # Unchanged, and no reason to refuse it.


@pytest.mark.parametrize("kind", KINDS)
def test_without_require_key_who_has_none_is_served_as_ever(kind, key):
    with keyed(kind, "--key-file", key) as server:
        result, summary = probed(server.endpoint, "-c3", "--flood")
        assert (result.code, summary["received_total"]) == (0, 3)
        assert (summary["authenticated"], summary["stamped"]) == (False, True)
        assert netecho("send", server.endpoint, "hello").stdout == b"hello"


@pytest.mark.parametrize("kind", KINDS)
def test_with_require_key_who_has_none_gets_nothing(kind, key):
    with keyed(kind, "--key-file", key, "--require-key") as server:
        result, summary = probed(server.endpoint, "-c2", "--flood", "-W", "100ms")
        assert (result.code, summary["received_total"], summary["rx_bytes_total"]) == (1, 0, 0)
        assert stopped(server)["tx_bytes_total"] == 0


def test_probe_self_measures_what_a_key_costs(key):
    result = netecho("probe", "--self", "-c", "5", "--key-file", key, "--json")
    assert result.code == 0
    measured = [t for t in result.json["targets"] if t["sent_total"]]
    assert len(measured) >= 5
    assert {(t["authenticated"], t["size_bytes"]) for t in measured} == {(True, 72)}


def test_text_output_says_so(key):
    with keyed("udp", "--key-file", key) as server:
        assert "stamping server, authenticated" in netecho(
            "probe", server.endpoint, "-c1", "--key-file", key
        ).text


@pytest.mark.parametrize("kind", STREAMS)
def test_a_bad_network_on_purpose_knows_keys_too(kind, key, other):
    with keyed(kind, "--key-file", key, "--require-key", "--impair", "delay=1ms") as server:
        result, summary = probed(server.endpoint, "-c3", "--flood", "-s", "9000", "--key-file", key)
        assert (result.code, summary["received_total"]) == (0, 3)
        result, summary = probed(server.endpoint, "-c3", "--flood", "--key-file", other)
        assert (result.code, summary["rx_bytes_total"]) == (1, 0)
        assert server.event("close", reason="auth")


# --- a client of the test -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("requires", [(), ("--require-key",)])
def test_a_second_implementation_is_answered_and_verifies_it(kind, requires, key):
    with keyed(kind, "--key-file", key, *requires) as server:
        with connect(server.endpoint) as client:
            for sequence, size in enumerate((0, 1, 500, 60_000)):
                sent = request(session=77, sequence=sequence, payload=pattern(size))
                data = authenticated(sent, KEY)
                client.sendall(data)
                back = receive(client, len(data)) if kind in STREAMS else client.recv(1 << 17)
                got = proven(back, KEY)
                assert got == dataclasses.replace(sent, kind=2, stamp=got.stamp)
                assert got.stamp[2] == sequence + 1
            bare = request(flags=0, payload=b"no stamp block")
            data = authenticated(bare, KEY)
            client.sendall(data)
            assert proven(client.recv(1000), KEY) == dataclasses.replace(bare, kind=2)


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


# --- a server of the test -------------------------------------------------------------------------


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


# --- the key's file -------------------------------------------------------------------------------


def refused_file(path, **popen):
    """Both commands say the same: returns the one line."""
    results = [
        netecho("serve", "udp://127.0.0.1:0", "--key-file", path, **popen),
        netecho("probe", "udp://127.0.0.1:9", "--key-file", path, **popen),
    ]
    for result in results:
        assert (result.code, len(result.errors), result.stdout) == (8, 1, b""), result
    assert results[0].errors == results[1].errors
    return results[0].errors[0]


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o600, 0o640, 0o700])
def test_a_key_file_of_its_owner_alone_is_taken(mode, folder):
    path = key_file(folder, "key", KEY, mode)
    with serve("udp://127.0.0.1:0", "--key-file", path):
        pass


@pytest.mark.parametrize("mode", [0o644, 0o620, 0o660, 0o604, 0o601, 0o602])
def test_a_key_file_that_others_can_use_is_refused(mode, folder):
    path = key_file(folder, "key", KEY, mode)
    line = refused_file(path)
    assert line.startswith(f"netecho: key file {path}: its mode is 0{mode:o}: "), line


@pytest.mark.parametrize("data, told", [
    (b"", "0"), (b"\n", "0"), (b"fifteen bytes..", "15"), (b"fifteen bytes..\n", "15"),
    (b"x" * 1025, "more"), (b"x" * 1025 + b"\n", "more"), (b"x" * 100_000, "more"),
])  # fmt: skip
def test_a_key_of_a_wrong_length_is_refused(data, told, folder):
    path = key_file(folder, "key", data)
    assert refused_file(path) == (
        f"netecho: key file {path}: a key has 16 to 1024 bytes, this one has {told}"
    )


@pytest.mark.parametrize("data", [b"sixteen bytes ok", b"x" * 1024, b"sixteen\0\n\xff bytes"])
def test_one_final_newline_is_not_part_of_the_key(data, folder):
    without = key_file(folder, "without", data)
    with_one = key_file(folder, "with", data + b"\n")
    with serve("udp://127.0.0.1:0", "--key-file", with_one, "--require-key") as server:
        assert netecho("probe", server.endpoint, "-c1", "--key-file", without).code == 0


def test_what_cannot_be_read_is_refused(folder):
    assert "ENOENT" in refused_file(folder / "missing")
    assert "EISDIR" in refused_file(folder)


def test_the_environment_names_the_key_file_unless_it_is_empty(folder, key, other):
    with keyed("udp", "--key-file", key, "--require-key") as server:

        def run(*options, value):
            env = environment(NETECHO_KEY_FILE=value)
            return probed(server.endpoint, "-c1", "-W", "100ms", *options, env=env)[0].code

        assert run(value=str(key)) == 0
        assert run("--key-file", key, value=str(other)) == 0
        assert run(value=str(other)) == 1
        assert run(value="") == 1
    env = environment(NETECHO_KEY_FILE=str(key))
    with serve("udp://127.0.0.1:0", "--require-key", env=env) as server:
        assert netecho("probe", server.endpoint, "-c1", "--key-file", key).code == 0
    # Neither looks at a frame.
    with serve("tcp://127.0.0.1:0", "--plain", env=env) as server:
        assert netecho("probe", server.endpoint, "-c1", "--mode", "connect", env=env).code == 0


@pytest.mark.parametrize(
    "command",
    [
        ["serve", "--require-key"],
        ["serve", "--plain", "--key-file", "KEY"],
        ["probe", "udp://127.0.0.1:9", "--key-file", "KEY", "-s", "47"],
        ["probe", "udp://127.0.0.1:9", "--key-file", "KEY", "--sweep", "100,40"],
        ["probe", "unixgram:@none", "--key-file", "KEY", "-s", "65537"],
        ["probe", "tcp://127.0.0.1:9", "--key-file", "KEY", "--mode", "connect"],
    ],
    ids=lambda command: " ".join(command[:1] + command[2:]),
)
def test_what_a_key_cannot_do_is_a_usage_error(command, key):
    result = netecho(*[key if word == "KEY" else word for word in command])
    assert (result.code, len(result.errors)) == (2, 1), result


def test_a_usage_error_comes_before_the_key_is_read(folder):
    result = netecho("serve", "udp://127.0.0.1:banana", "--key-file", folder / "missing")
    assert result.code == 2
