"""send against servers that misbehave: what it finds, and the code it ends with."""

import socket
import subprocess
import time

import pytest
from netecho import netecho, running
from peers import closed_port, datagram_peer, hear, never_answers, resets, stream_peer
from sockets import pattern


def fails(result, code, *words):
    assert result.code == code, result
    assert len(result.errors) == 1, result
    assert result.errors[0].startswith("netecho: "), result
    for word in words:
        assert word in result.errors[0], result
    return result


# --- too late: 5 ----------------------------------------------------------------------------------


def test_a_server_that_never_answers_ends_with_5():
    with stream_peer(never_answers) as peer:
        started = time.monotonic()
        result = netecho("send", peer.uri, "hello", "-W", "100ms")
        assert 0.1 <= time.monotonic() - started < 4
        assert fails(result, 5).stdout == b""


def test_a_datagram_that_is_never_answered_ends_with_5():
    with datagram_peer(lambda *_: None) as peer:
        assert fails(netecho("send", peer.uri, "hello", "-W", "100ms"), 5).stdout == b""


@pytest.mark.parametrize("args", [[], ["--lines"]], ids=["whole", "lines"])
@pytest.mark.parametrize("scheme", ["tcp", "udp"])
def test_the_deadline_holds_for_input_that_does_not_come_too(scheme, args):
    peers = stream_peer(never_answers) if scheme == "tcp" else datagram_peer(lambda *_: None)
    with peers as peer:
        command = ["send", peer.uri, *args, "-w", "300ms"]
        with running(*command, stdin=subprocess.PIPE) as client:
            assert client.wait(10) == 5
            assert client.stderr.read().count(b"\n") == 1


def test_a_server_that_answers_half_and_then_nothing_ends_with_5():
    def half(peer, connection):
        connection.sendall(hear(peer, connection, 10)[:5])
        never_answers(peer, connection)

    with stream_peer(half) as peer:
        result = fails(netecho("send", peer.uri, "0123456789", "-W", "100ms"), 5)
        assert result.stdout == b"01234"


def test_a_server_that_never_reads_ends_with_5_though_much_is_left():
    with stream_peer(lambda peer, _: peer.over.wait(20)) as peer:
        fails(netecho("send", peer.uri, "-f", "/dev/zero", "-W", "300ms"), 5)
        peer.over.set()


def test_at_most_8_mib_wait_for_their_echo_in_memory(folder):
    """A full ring stops sending; a regular file needs none, as it can be read again."""
    size = 12 << 20
    with open(folder / "file", "wb") as file:
        file.truncate(size)
    with stream_peer(never_answers) as peer:
        fails(netecho("send", peer.uri, "-W", "500ms", input=bytes(size)), 5)
        assert 8 << 20 <= len(peer.received) < 9 << 20
        peer.received.clear()
        fails(netecho("send", peer.uri, "-f", folder / "file", "-W", "500ms"), 5)
        assert len(peer.received) == size


def test_slow_progress_is_no_time_out_but_the_deadline_is():
    def slowly(peer, connection):
        for byte in hear(peer, connection, 5):
            time.sleep(0.1)
            connection.sendall(bytes([byte]))
        never_answers(peer, connection)

    with stream_peer(slowly) as peer:
        assert netecho("send", peer.uri, "12345", "-W", "300ms").code == 0
        fails(netecho("send", peer.uri, "12345", "-W", "300ms", "-w", "250ms"), 5)


# --- different: 6 ---------------------------------------------------------------------------------


def test_other_bytes_are_named_by_their_offset():
    def wrong(peer, connection):
        data = bytearray(hear(peer, connection, 100_000))
        data[70_123] ^= 1
        connection.sendall(data)
        never_answers(peer, connection)

    with stream_peer(wrong) as peer:
        fails(netecho("send", peer.uri, input=pattern(100_000)), 6, "70123")


def test_a_datagram_with_other_bytes_is_named_by_its_offset():
    with datagram_peer(lambda peer, data, to: peer.sock.sendto(b"heLlo", to)) as peer:
        fails(netecho("send", peer.uri, "hello"), 6, "2")


@pytest.mark.parametrize("answer", [b"hell", b"", b"hello!"])
def test_a_datagram_of_another_length_is_a_mismatch(answer):
    with datagram_peer(lambda peer, _, to: peer.sock.sendto(answer, to)) as peer:
        fails(netecho("send", peer.uri, "hello"), 6)


def test_a_server_that_closes_mid_echo_is_too_short():
    def short(peer, connection):
        connection.sendall(hear(peer, connection, 10)[:5])

    with stream_peer(short) as peer:
        assert fails(netecho("send", peer.uri, "0123456789"), 6, "5").stdout == b"01234"


def test_a_server_that_closes_without_a_word_is_too_short():
    with stream_peer(lambda peer, connection: hear(peer, connection, 5)) as peer:
        fails(netecho("send", peer.uri, "hello"), 6)


def test_a_server_that_resets_mid_echo_is_too_short():
    def reset(peer, connection):
        connection.sendall(hear(peer, connection, 10)[:5])
        time.sleep(0.05)  # Lets the first half arrive: a reset may overtake it.
        resets(connection)

    with stream_peer(reset) as peer:
        fails(netecho("send", peer.uri, "0123456789"), 6)


@pytest.mark.parametrize("at", ["at once", "at the end"])
def test_a_server_that_sends_too_much_is_a_mismatch(at):
    def much(peer, connection):
        data = hear(peer, connection, 5)
        connection.sendall(data + b"!" if at == "at once" else data)
        if at == "at the end":
            assert connection.recv(1) == b""
            connection.sendall(b"!")

    with stream_peer(much) as peer:
        fails(netecho("send", peer.uri, "hello"), 6)


def test_a_server_that_keeps_its_end_open_is_no_error():
    """Complete is complete: the end is awaited for 200 ms only."""
    with stream_peer(lambda p, c: (c.sendall(hear(p, c, 5)), p.over.wait(20))) as peer:
        started = time.monotonic()
        result = netecho("send", peer.uri, "hello")
        assert (result.code, result.stdout, result.stderr) == (0, b"hello", b"")
        assert time.monotonic() - started < 15
        peer.over.set()


def test_in_json_the_mismatch_is_told_with_the_figures():
    with datagram_peer(lambda peer, _, to: peer.sock.sendto(b"heLlo", to)) as peer:
        result = netecho("send", peer.uri, "hello", "--json")
    assert result.code == 6
    document = result.json
    assert document["exit_code"] == 6
    assert document["errors"][0]["category"] == "mismatch"
    assert document["replies"][0]["status"] == "mismatch"
    assert document["targets"][0]["mismatch_total"] == 1


def test_in_json_a_time_out_is_told_with_the_figures():
    with datagram_peer(lambda *_: None) as peer:
        result = netecho("send", peer.uri, "hello", "-W", "50ms", "--json")
    assert result.code == 5
    document = result.json
    assert document["errors"][0]["category"] == "timeout"
    assert document["targets"][0]["timeout_total"] == 1
    assert document["targets"][0]["received_total"] == 0


def test_the_exit_code_of_repeats_is_that_of_the_failure():
    calls = []

    def third_is_wrong(peer, data, to):
        calls.append(data)
        peer.sock.sendto(b"wrong" if len(calls) == 3 else data, to)

    with datagram_peer(third_is_wrong) as peer:
        assert netecho("send", peer.uri, "right", "-c", "4").code == 6


# --- refused --------------------------------------------------------------------------------------


def test_a_refused_datagram_says_so():
    with closed_port(socket.SOCK_DGRAM) as port:
        result = netecho("send", f"udp://127.0.0.1:{port}", "hello")
        fails(result, 4, "(ECONNREFUSED)")


# --- what is expected -----------------------------------------------------------------------------


def test_a_server_that_answers_only_at_the_end_needs_half_close():
    def at_the_end(peer, connection):
        data = b""
        while piece := connection.recv(65536):
            data += piece
        connection.sendall(data)

    with stream_peer(at_the_end) as peer:
        fails(netecho("send", peer.uri, "hello", "-W", "200ms"), 5)
        result = netecho("send", peer.uri, "hello", "-N")
        assert (result.code, result.stdout) == (0, b"hello")


def test_any_reply_can_be_accepted():
    def greets(peer, connection):
        hear(peer, connection, 5)
        connection.sendall(b"220 something else\r\n")

    with stream_peer(greets) as peer:
        result = netecho("send", peer.uri, "hello", "--expect", "any")
        assert (result.code, result.stdout) == (0, b"220 something else\r\n")


def test_any_reply_of_a_server_that_does_not_close_ends_with_silence():
    def greets(peer, connection):
        hear(peer, connection, 5)
        connection.sendall(b"answer")
        peer.over.wait(20)

    with stream_peer(greets) as peer:
        result = netecho("send", peer.uri, "hello", "--expect", "any", "-W", "150ms")
        assert (result.code, result.stdout) == (0, b"answer")
        peer.over.set()


def test_any_datagram_can_be_accepted():
    with datagram_peer(lambda peer, data, to: peer.sock.sendto(data[::-1], to)) as peer:
        result = netecho("send", peer.uri, "hello", "--expect", "any", "-W", "150ms")
        assert (result.code, result.stdout) == (0, b"olleh")


def test_no_reply_can_be_expected():
    for open_peer in (lambda: stream_peer(never_answers), lambda: datagram_peer(lambda *_: None)):
        with open_peer() as peer:
            result = netecho("send", peer.uri, "fire and forget", "--expect", "none")
            assert (result.code, result.stdout, result.stderr) == (0, b"", b"")
            assert peer.arrived.wait(10)
            deadline = time.monotonic() + 10
            while bytes(peer.received) != b"fire and forget":
                assert time.monotonic() < deadline
                time.sleep(0.005)
