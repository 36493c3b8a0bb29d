"""The load is honest: it counts what came back as it was sent, and refuses everything else."""

import contextlib
import json
import os
import socket
import subprocess
import threading

import pytest

DRIVER = os.environ["NETECHO_BENCH_DRIVER"]
SHORT = ("warmup_ms=1", "run_ms=20")


def drive(kind, endpoint, *options):
    return subprocess.run(
        [DRIVER, kind, endpoint, *options], capture_output=True, text=True, timeout=60, check=False
    )


@contextlib.contextmanager
def stream_server(answer):
    """`answer(data, number)`: what to send for the number-th receive of a connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve(peer):
            with peer, contextlib.suppress(OSError):
                number = 0
                while data := peer.recv(1 << 20):
                    peer.sendall(answer(data, number))
                    number += 1

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=[listener.accept()[0]], daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def datagram_server(answers):
    """`answers(data, number)`: the replies to the number-th datagram."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.05)
        done = threading.Event()

        def serve():
            number = 0
            while not done.is_set():
                with contextlib.suppress(TimeoutError, ConnectionError):
                    data, peer = server.recvfrom(65536)
                    for each in answers(data, number):
                        server.sendto(each, peer)
                    number += 1

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"udp://127.0.0.1:{server.getsockname()[1]}"
        done.set()
        thread.join()


def flipped(data):
    return data[:-1] + bytes([data[-1] ^ 1])


def test_counts_whole_messages_that_came_back():
    with stream_server(lambda data, _: data) as endpoint:
        done = drive("ping-pong", endpoint, "connections=2", "depth=4", *SHORT)
    counted = json.loads(done.stdout)
    assert 0 < counted["messages"] < counted["all"]
    assert counted["bytes"] == 64 * counted["messages"]
    assert counted["ns"] >= 20_000_000
    assert counted["stamped"] == 0


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (lambda data, n: flipped(data) if n == 5 else data, "other bytes came back"),
        (lambda data, n: data + b"x" if n == 5 else data, "more came back than was sent"),
        (lambda data, n: data[1:] + data[:1] if n == 5 else data, "other bytes came back"),
    ],
)
def test_refuses_a_stream_that_is_no_echo(answer, complaint):
    with stream_server(answer) as endpoint:
        done = drive("ping-pong", endpoint, "connections=1", *SHORT)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"driver: {complaint}\n")


def test_bulk_compares_every_byte():
    with stream_server(lambda data, _: data) as endpoint:
        counted = json.loads(drive("bulk", endpoint, "bytes=2000000", "warmup_bytes=1000").stdout)
    assert 0 < counted["bytes"] <= 2_000_000
    with stream_server(lambda data, n: flipped(data) if n == 3 else data) as endpoint:
        done = drive("bulk", endpoint, "bytes=20000000", "warmup_bytes=1000")
    assert (done.returncode, done.stderr) == (1, "driver: other bytes came back\n")


def test_a_datagram_that_is_lost_is_counted_as_lost():
    with datagram_server(lambda data, n: [] if n == 10 else [data]) as endpoint:
        counted = json.loads(
            drive("datagrams", endpoint, "window=4", "warmup_ms=0", "run_ms=600").stdout
        )
    assert counted["lost"] == 1
    assert counted["messages"] > 10


def test_a_datagram_that_comes_twice_counts_once():
    with datagram_server(lambda data, _: [data, data]) as endpoint:
        twice = json.loads(drive("datagrams", endpoint, "window=1", *SHORT).stdout)
    assert twice["lost"] == 0
    sent = set()

    def remember(data, _):
        sent.add(data[:8])
        return [data, data, data]

    with datagram_server(remember) as endpoint:
        counted = json.loads(drive("datagrams", endpoint, "window=8", *SHORT).stdout)
    assert counted["all"] <= len(sent)


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (lambda data: [flipped(data)], "other bytes came back"),
        (lambda data: [data[:-1]], "a message came back in another size"),
        (lambda data: [bytes(6) + b"\xff\xff" + data[8:]], "other bytes came back"),
    ],
)
def test_refuses_a_datagram_that_is_no_echo(answer, complaint):
    with datagram_server(lambda data, _: answer(data)) as endpoint:
        done = drive("datagrams", endpoint, *SHORT)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"driver: {complaint}\n")


def test_frames_that_come_back_as_they_were_are_not_stamped():
    with datagram_server(lambda data, _: [data]) as endpoint:
        counted = json.loads(drive("datagrams", endpoint, "frames=1", "window=4", *SHORT).stdout)
    assert counted["messages"] > 0
    assert counted["stamped"] == 0


def test_a_frame_with_a_wrong_checksum_is_refused():
    def half_stamped(data):
        return [data[:5] + b"\x02" + data[6:]]

    with datagram_server(lambda data, _: half_stamped(data)) as endpoint:
        done = drive("datagrams", endpoint, "frames=1", *SHORT)
    assert (done.returncode, done.stderr) == (1, "driver: other bytes came back\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("ping-pong", "tcp://192.0.2.1:7"),
        ("ping-pong", "tcp://127.0.0.1:1", "nonsense=1"),
        ("ping-pong", "tcp://127.0.0.1:1", "depth"),
        ("something", "tcp://127.0.0.1:1"),
        ("datagrams", "icmp://192.0.2.1"),
        ("datagrams", "icmp-raw://somewhere"),
        ("datagrams", "packet://lo/02:00:00:00:00:01"),
        ("datagrams", "ipx://nb0"),
        ("ping-pong", "packet://nb0/02:00:00:00:00:01"),
        ("round-trips", "udp://127.0.0.1:1"),
        ("ping-pong", "127.0.0.1:1"),
    ],
)
def test_what_it_cannot_do_it_says_in_a_line(arguments):
    done = drive(*arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("driver: ") and done.stderr.count("\n") == 1
