"""What netecho does where its standard streams are closed or take nothing, and how errors look in JSON."""

import os
import socket

import pytest
from netecho import complains, finish, netecho, running, serve

FULL = [
    ["send", "{}", "hello"],
    ["send", "{}", "hello", "--json"],
    ["probe", "{}", "-c1"],
    ["probe", "{}", "-c1", "--json"],
    ["probe", "{}", "-c1", "--format", "jsonl"],
    ["serve", "127.0.0.1:0"],
    ["serve", "127.0.0.1:0", "--json"],
    ["families"],
    ["families", "--json"],
    ["schema"],
    ["completion", "bash"],
    ["--version"],
    ["--help"],
    ["send", "--help"],
]


def close_stdout():
    os.close(1)


@pytest.mark.parametrize("command", FULL, ids=" ".join)
@pytest.mark.parametrize("how", ["full", "closed"])
def test_a_stdout_that_takes_nothing_is_an_io_error(command, how):
    with serve("tcp://127.0.0.1:0") as server:
        args = [word.format(server.endpoint) for word in command]
        if how == "full":
            with open("/dev/full", "wb") as full:
                result = netecho(*args, stdout=full)
        else:
            result = netecho(*args, stdout=None, preexec_fn=close_stdout)
        line = complains(result, 8)
        assert "(ENOSPC)" in line or "(EBADF)" in line


def test_with_stdout_closed_nothing_but_the_payload_reaches_the_peer():
    """A socket must never get descriptor 1, where the reply is printed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        port = listener.getsockname()[1]
        with running("send", f"127.0.0.1:{port}", "x", stdout=None, preexec_fn=close_stdout) as p:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(10)
                received = connection.recv(100)
                assert received in (b"x", b"")
                if received:
                    connection.sendall(b"x")
                    connection.shutdown(socket.SHUT_WR)
                assert connection.recv(100) == b""
            assert finish(p).code == 8


@pytest.mark.parametrize("closed", [0, 2])
def test_a_closed_stdin_or_stderr_is_no_error(closed):
    with serve("tcp://127.0.0.1:0") as server:

        def close():
            os.close(closed)

        stream = {0: "stdin", 2: "stderr"}[closed]
        result = netecho("send", server.endpoint, "hello", preexec_fn=close, **{stream: None})
        assert (result.code, result.stdout) == (0, b"hello")


@pytest.mark.parametrize(
    "args, code, category",
    [
        (["send", "tcp://::1:7", "x"], 2, "usage"),
        (["send", "127.0.0.1:7", "x", "--count", "-1"], 2, "usage"),
        (["send", "no-such-host.invalid:7", "x"], 3, "resolve"),
        (["send", "unix:/no/such/path", "x"], 4, "connect"),
        (["probe", "unix:/no/such/path"], 4, "connect"),
        (["probe", "no-such-host.invalid:7"], 3, "resolve"),
        (["probe", "tcp://::1:7"], 2, "usage"),
    ],
)
def test_in_json_the_error_is_in_the_output_too(args, code, category):
    result = netecho(*args, "--json")
    assert result.code == code, result
    assert len(result.errors) == 1, result
    document = result.json
    assert (document["type"], document["exit_code"]) == ("result", code)
    errors = document["errors"] + [t["error"] for t in document["targets"] if t["error"]]
    assert category in [e["category"] for e in errors]
    assert all(e["exit_code"] == code for e in errors)


def test_in_jsonl_the_error_is_an_event():
    result = netecho("serve", "tcp://::1:7", "--json")
    assert result.code == 2
    assert len(result.errors) == 1
    (event,) = result.events
    assert (event["type"], event["category"]) == ("error", "usage")
    assert event["endpoint"] == "tcp://::1:7"
    assert event["exit_code"] == 2
    assert "netecho: " + event["message"] == result.errors[0]
