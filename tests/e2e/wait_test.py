"""netecho wait: what counts as an answer, what is waited for, and what is said of who is missing."""

import signal
import socket
import threading
import time

import pytest
from fixtures import needs_root
from frames import MAGIC
from hosts import own_names
from netecho import as_nobody, binary_for_everyone, complains, finish, netecho, running, serve
from peers import datagram_peer, never_answers, stream_peer
from ports import own_port
from schema import check
from sockets import has_mptcp

URIS = ["tcp://127.0.0.1:0", "tcp://[::1]:0", "udp://127.0.0.1:0", "unix:{}/s", "unixgram:{}/g",
        "unixpacket:{}/p"]
SOON = ["-w", "700ms"]
AT_LAST = ["-w", "100s", "-i", "20ms", "-v"]


def answered(result):
    assert (result.code, result.stdout, result.stderr) == (0, b"", b""), result


def missing(*args, **popen):
    """The lines about those that are missing, in text and in JSON, where they are events."""
    result = netecho("wait", *args, "--json", **popen)
    assert result.code == 1, result
    events = [check(event) for event in result.events]
    assert {(each["type"], each["exit_code"]) for each in events} == {("error", 1)}
    lines = [each["message"] for each in events]
    assert result.errors == [f"netecho: {line}" for line in lines]
    return lines


def heard_later(process):
    """It has failed once, and said so."""
    line = process.stderr.readline()
    assert b"; again every 20 ms" in line, line
    return line


# --- who answers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [[], ["--echo"], ["--any"], ["-w", "0"]], ids=" ".join)
def test_servers_of_every_transport_answer_and_nothing_is_said(folder, options):
    with serve(*(uri.format(folder) for uri in URIS)) as server:
        answered(netecho("wait", *server.endpoints, *options))


@pytest.mark.skipif(not has_mptcp(), reason="this kernel has no MPTCP, or it is off")
def test_multipath_tcp_answers():
    with serve("mptcp://127.0.0.1:0") as server:
        answered(netecho("wait", server.endpoint, "--echo"))


def test_verbose_says_who_answered():
    with serve("tcp://127.0.0.1:0", "udp://127.0.0.1:0") as server:
        result = netecho("wait", *server.endpoints, "-v")
    assert (result.code, result.stdout) == (0, b""), result
    assert sorted(line.split(" answered after ")[0] for line in result.errors) == sorted(
        f"netecho: {uri}:" for uri in server.endpoints)


def test_a_connection_is_an_answer_whatever_becomes_of_it():
    with stream_peer(lambda *_: None) as peer:
        answered(netecho("wait", peer.uri))
    with stream_peer(never_answers) as peer:
        answered(netecho("wait", peer.uri))


@pytest.mark.parametrize("handler, why", [
    (lambda *_: None, "is too short"),
    (lambda _, connection: connection.sendall(connection.recv(64).swapcase()), "differs"),
    (never_answers, "no answer within 700 ms"),
], ids=["closes", "answers", "silent"])
def test_an_echo_that_was_asked_for_has_to_be_right(handler, why):
    with stream_peer(handler) as peer:
        (line,) = missing(peer.uri, "--echo", *SOON)
    assert why in line


def test_a_datagram_is_one_frame_of_64_bytes_and_any_reply_answers_it():
    heard = []

    def other(peer, data, address):
        heard.append(data)
        peer.sock.sendto(b"no echo", address)

    with datagram_peer(other) as peer:
        answered(netecho("wait", peer.uri))
        (line,) = missing(peer.uri, "--echo", *SOON)
    assert "differs" in line
    assert {len(data) for data in heard} == {64} and {data[:4] for data in heard} == {MAGIC}


def test_a_datagram_that_is_lost_is_sent_again():
    heard = []

    def at_last(peer, data, address):
        heard.append(address)
        if len(heard) > 1:
            peer.sock.sendto(data, address)

    with datagram_peer(at_last) as peer:
        answered(netecho("wait", peer.uri, "--echo", "-w", "100s"))
    assert len(set(heard)) == len(heard) == 2, "each attempt has a socket of its own"


# --- what is waited for ---------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["unix", "unixgram", "unixpacket"])
def test_a_path_that_appears_later_is_found(folder, scheme):
    uri = f"{scheme}:{folder}/later"
    with running("wait", uri, *AT_LAST) as waiting:
        assert b"(ENOENT)" in heard_later(waiting)
        with serve(uri):
            assert finish(waiting).code == 0


def test_a_port_that_listens_later_is_found():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        with running("wait", f"127.0.0.1:{sock.getsockname()[1]}", *AT_LAST) as waiting:
            assert b"(ECONNREFUSED)" in heard_later(waiting)
            sock.listen()
            assert finish(waiting).code == 0


def test_a_datagram_port_that_is_bound_later_is_found():
    uri = f"udp://127.0.0.1:{own_port()}"
    with running("wait", uri, *AT_LAST) as waiting:
        heard_later(waiting)
        with serve(uri):
            assert finish(waiting).code == 0


@needs_root
def test_a_name_that_is_known_later_is_found():
    with own_names() as (with_names, names), serve("tcp4://127.0.0.1:0") as server:
        names("127.0.0.1 other.test\n")
        uri = f"tcp4://later.test:{server.port}"
        with running("wait", uri, *AT_LAST, prefix=with_names) as waiting:
            assert b"resolve " in heard_later(waiting)
            names("127.0.0.1 later.test\n")
            assert finish(waiting).code == 0


def test_a_socket_file_whose_mode_is_set_later_is_found(folder):
    binary = binary_for_everyone(folder)
    path = folder / "s"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        path.chmod(0)
        with running("wait", f"unix:{path}", *AT_LAST, binary=binary, **as_nobody()) as waiting:
            assert b"(EACCES)" in heard_later(waiting)
            path.chmod(0o777)
            assert finish(waiting).code == 0


def test_a_full_backlog_is_no_answer_until_there_is_room(folder):
    path = str(folder / "s")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as first:
        listener.bind(path)
        listener.listen(0)
        first.connect(path)
        (line,) = missing(f"unix:{path}", *SOON)
        assert line == f"wait unix:{path}: no answer within 700 ms"
        with running("wait", f"unix:{path}", "-w", "100s") as waiting:
            listener.accept()[0].close()
            answered(finish(waiting))


# --- not in time ----------------------------------------------------------------------------------


def test_each_that_is_missing_has_its_line_with_the_last_error(folder):
    # Each has time for an attempt, however busy this machine is.
    port = own_port()
    with serve("tcp://127.0.0.1:0") as server:
        uris = [f"127.0.0.1:{port}", server.endpoint, f"unix:{folder}/none", "a.invalid:7",
                f"udp://127.0.0.1:{port}"]
        refused, absent, unknown, unreachable = missing(*uris, "-w", "3s")
    assert refused == f"connect 127.0.0.1:{port}: Connection refused (ECONNREFUSED)"
    assert absent == f"connect unix:{folder}/none: No such file or directory (ENOENT)"
    assert unknown == "resolve a.invalid:7: unknown host 'a.invalid'"
    assert unreachable.startswith(f"send udp://127.0.0.1:{port}: ")


@pytest.mark.parametrize("options", [[], ["-i", "1h"]], ids=" ".join)
def test_the_deadline_is_one_for_all_and_none_waits_for_another(folder, options):
    started = time.monotonic()
    with stream_peer(never_answers) as silent, datagram_peer(lambda *_: None) as dumb:
        dead = [*(f"unix:{folder}/{i}" for i in range(98)), silent.uri, dumb.uri]
        assert len(missing(*dead, "--echo", *SOON, *options)) == len(dead)
    assert time.monotonic() - started < 60


def test_an_endpoint_that_is_named_twice_is_waited_for_once(folder):
    path = f"{folder}/none"
    assert len(missing(path, f"unix:{path}", f"unix://{path}", *SOON)) == 1


def test_any_is_content_with_one(folder):
    with serve("tcp://127.0.0.1:0") as server, datagram_peer(lambda *_: None) as dumb:
        answered(netecho("wait", "--any", f"unix:{folder}/none", dumb.uri, server.endpoint))
    assert len(missing("--any", f"unix:{folder}/none", f"unix:{folder}/nor", *SOON)) == 2


def test_without_an_error_in_time_it_says_how_long_it_waited():
    with datagram_peer(lambda *_: None) as dumb:
        assert missing(dumb.uri, *SOON) == [f"wait {dumb.uri}: no answer within 700 ms"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_as_it_ends_send(folder, number):
    uris = [f"unix:{folder}/none", "udp://127.0.0.1:1", "tcp://127.0.0.1:1"]
    with running("wait", *uris, "-w", "0", "-v", "-i", "1h") as waiting:
        for _ in uris:
            assert b"again every" in waiting.stderr.readline()
        waiting.send_signal(number)
        result = finish(waiting)
    assert (result.code, result.stdout, result.stderr) == (128 + number, b"", b"")


def test_it_gives_up_at_once_in_the_middle_of_an_attempt():
    began = threading.Event()

    def silent(peer, connection):
        began.set()
        never_answers(peer, connection)

    with stream_peer(silent) as peer, running("wait", peer.uri, "--echo", "-w", "0") as waiting:
        assert began.wait(60)
        started = time.monotonic()
        waiting.send_signal(signal.SIGINT)
        assert finish(waiting).code == 130
        assert time.monotonic() - started < 4, "the reply is awaited for 5 s"


# --- what no waiting can mend ---------------------------------------------------------------------


@needs_root
def test_a_missing_capability_ends_it_at_once(folder):
    binary = binary_for_everyone(folder)
    command = ["wait", f"unix:{folder}/none", "tcp://127.0.0.1:1", "--fwmark", "1", "-w", "0"]
    result = netecho(*command, binary=binary, **as_nobody())
    assert (result.code, result.stdout) == (7, b""), result
    assert "setsockopt --fwmark tcp://127.0.0.1:1" in result.errors[-1]
    (event,) = netecho(*command, "--json", binary=binary, **as_nobody()).events
    check(event)
    assert (event["category"], event["exit_code"]) == ("permission", 7)
    assert "netecho: " + event["message"] == result.errors[-1]


@pytest.mark.parametrize("args", [
    [], ["--", "true"], ["fd:3"], ["sd:"], ["sd:name", "--", "true"], ["::1:7"], ["localhost"],
    ["127.0.0.1:1", "true"], ["127.0.0.1:1", "-w", "soon"], ["127.0.0.1:1", "-i", "0"],
    ["127.0.0.1:1", "--any=yes"], ["127.0.0.1:1", "--count", "3"], ["-4", "[::1]:7"],
], ids=" ".join)
def test_what_is_typed_wrong_is_a_usage_error_and_nothing_is_waited_for(args):
    complains(netecho("wait", *args), 2)
