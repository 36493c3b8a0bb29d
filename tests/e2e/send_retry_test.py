"""send --retry: what is not there yet, or does not answer yet, is tried again, and counted."""

import json
import signal
import subprocess
import time

import pytest
from netecho import finish, netecho, running, serve
from peers import datagram_peer, never_answers, stream_peer
from ports import own_port

REFUSING = ["127.0.0.1:{port}", "udp://127.0.0.1:{port}"]


def waiting(*args):
    return running("send", *args, "--retry", "30", "--json")


def failed_first(process):
    """The summary of one that got its echo at last; what had failed before is no error."""
    result = finish(process)
    assert (result.code, result.stderr) == (0, b""), result
    document = json.loads(result.stdout)
    assert document["errors"] == [] and document["targets"][0]["error"] is None
    return document["targets"][0], [each["status"] for each in document["replies"]]


@pytest.mark.parametrize("scheme", ["unix", "unixgram", "unixpacket"])
def test_retry_waits_for_a_service_that_starts_later(folder, scheme):
    uri = f"{scheme}:{folder}/later"
    with running("send", uri, "patience", "--retry", "30", "-v") as client:
        # The first attempt has failed: nothing is there.
        assert b"again in 100 ms" in client.stderr.readline()
        with serve(uri):
            result = finish(client)
    assert (result.code, result.stdout) == (0, b"patience"), result


def test_a_datagram_that_is_refused_is_sent_again_until_somebody_is_there():
    uri = f"udp://127.0.0.1:{own_port()}"
    with running("send", uri, "patience", "--retry", "30", "-v") as client:
        assert b"port unreachable" in client.stderr.readline()
        with serve(uri):
            result = finish(client)
    assert (result.code, result.stdout) == (0, b"patience"), result


@pytest.mark.parametrize("silent", [1, 2])
def test_a_datagram_without_a_reply_is_sent_again_and_each_counts(silent):
    heard = []

    def at_last(peer, data, address):
        heard.append(address)
        if len(heard) > silent:
            peer.sock.sendto(data, address)

    with datagram_peer(at_last) as peer, waiting(peer.uri, "hello", "-W", "300ms") as client:
        target, statuses = failed_first(client)
    assert statuses == ["timeout"] * silent + ["ok"]
    assert (target["sent_total"], target["timeout_total"]) == (silent + 1, silent)
    assert len(set(heard)) == silent + 1, "a late reply to one is no reply to the next"


def test_a_stream_that_ends_without_a_byte_is_made_again():
    def at_last(peer, connection):
        if peer.connections > 2:
            while data := connection.recv(4096):
                connection.sendall(data)

    with stream_peer(at_last) as peer, waiting(peer.uri, "hello") as client:
        target, statuses = failed_first(client)
    assert statuses == ["mismatch", "mismatch", "ok"]
    assert (target["received_total"], target["lost_total"]) == (1, 2)


@pytest.mark.parametrize("uri", ["tcp", "udp"])
def test_what_came_back_wrong_is_not_tried_again(uri):
    def wrong(peer, connection):
        connection.sendall(connection.recv(4096).upper())

    def wrong_datagram(peer, data, address):
        peer.sock.sendto(b"", address)

    served = stream_peer(wrong) if uri == "tcp" else datagram_peer(wrong_datagram)
    with served as peer:
        result = netecho("send", peer.uri, "hello", "--retry", "1000")
    assert (result.code, len(result.errors)) == (6, 1), result


@pytest.mark.parametrize("uri", REFUSING)
def test_retry_gives_up_after_its_count(uri):
    started = time.monotonic()
    result = netecho("send", uri.format(port=own_port()), "x", "--retry", "2")
    assert (result.code, len(result.errors)) == (4, 1), result
    assert "(ECONNREFUSED)" in result.errors[0]
    assert time.monotonic() - started >= 0.3, "100 ms and 200 ms between attempts"


@pytest.mark.parametrize("scheme", ["tcp", "udp"])
def test_a_silence_that_lasts_ends_with_5_after_the_retries(scheme):
    served = stream_peer(never_answers) if scheme == "tcp" else datagram_peer(lambda *_: None)
    with served as peer:
        result = netecho("send", peer.uri, "x", "--retry", "2", "-W", "50ms", "--json")
    assert (result.code, len(result.errors)) == (5, 1), result
    assert result.json["targets"][0]["timeout_total"] == 3


@pytest.mark.parametrize("uri", REFUSING)
def test_the_deadline_ends_the_retries_with_the_last_reason(uri):
    started = time.monotonic()
    result = netecho("send", uri.format(port=own_port()), "x", "--retry", "1000", "-w", "300ms")
    assert result.code == 4 and "(ECONNREFUSED)" in result.errors[-1], result
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("uri", REFUSING)
def test_an_interrupt_ends_the_retries(uri):
    with waiting(uri.format(port=own_port()), "x", "-v") as client:
        assert b"again in" in client.stderr.readline()
        client.send_signal(signal.SIGINT)
        assert finish(client).code == 130


def test_lines_go_on_over_a_new_connection_when_the_server_comes_back(folder):
    uri = f"unix:{folder}/it"
    args = ["send", uri, "--lines", "--retry", "30"]
    with running(*args, stdin=subprocess.PIPE) as client:
        for line in (b"one\n", b"two\n"):
            with serve(uri):
                client.stdin.write(line)
                client.stdin.flush()
                assert client.stdout.readline() == line
        client.stdin.close()
        assert client.wait(20) == 0, "the end of its input is its end, whoever is there"


def test_a_usage_error_is_not_retried():
    started = time.monotonic()
    assert netecho("send", "tcp://::1:7", "x", "--retry", "1000").code == 2
    assert time.monotonic() - started < 20
