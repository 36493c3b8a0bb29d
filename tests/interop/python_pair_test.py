"""The classic pair, as a learner writes it in Python."""

import subprocess
import sys
import textwrap

import pytest
from netecho import NETECHO, environment, finish, running, serve
from netecho import netecho as run_netecho
from ports import own_port
from programs import need_localhost, network

SERVER = """
    import socket, sys

    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(('localhost', int(sys.argv[1])))
    server.listen()
    connection, address = server.accept()
    data = connection.recv(65535)
    print(data.decode())
    connection.send(data)
    connection.close()
    server.close()
"""

CLIENT = """
    import socket, sys

    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    client.connect(('localhost', int(sys.argv[1])))
    client.send(sys.argv[2].encode())
    print(client.recv(65535).decode())
    client.close()
"""

WORDS = ["hello", "안녕하세요"]


def learner(source, *args, prefix=()):
    need_localhost()
    return subprocess.Popen(
        [*prefix, sys.executable, "-c", textwrap.dedent(source), *map(str, args)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(PYTHONIOENCODING="utf8"),
    )


def printed(process):
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, b""), err
    return out.decode()


@pytest.mark.parametrize("words", WORDS)
def test_send_prints_what_the_python_server_sends_back(words):
    port = own_port()
    server = learner(SERVER, port)
    result = run_netecho("send", f"localhost:{port}", words, "--retry", "30")
    assert (result.code, result.stdout) == (0, words.encode()), result
    assert printed(server) == words + "\n"


@pytest.mark.parametrize("words", WORDS)
def test_the_python_client_is_served_once(words):
    with serve("localhost:0", "--once") as server:
        client = learner(CLIENT, server.port, words)
        assert printed(client) == words + "\n"
        assert server.wait() == 0


def test_the_python_client_is_served_by_every_address_in_turn():
    with serve("127.0.0.1:0") as server:
        for number in range(5):
            assert printed(learner(CLIENT, server.port, number)) == f"{number}\n"


@pytest.mark.parametrize("words", WORDS)
def test_the_pair_of_the_book_on_port_12345(words):
    """The very commands, in a network where nobody else has that port."""
    with network() as (prefix, _):
        server = learner(SERVER, 12345, prefix=prefix)
        done = subprocess.run(
            [*prefix, NETECHO, "send", "--retry", "30", "localhost:12345", words],
            capture_output=True, env=environment(), timeout=20, check=False,
        )
        assert (done.returncode, done.stdout) == (0, words.encode()), done
        assert printed(server) == words + "\n"

        with serve("--once", "localhost:12345", prefix=prefix) as echo:
            assert echo.endpoints == ["tcp4://127.0.0.1:12345", "tcp6://[::1]:12345"]
            assert printed(learner(CLIENT, 12345, words, prefix=prefix)) == words + "\n"
            assert echo.wait() == 0

        with serve(prefix=prefix) as echo:
            assert printed(learner(CLIENT, 12345, words, prefix=prefix)) == words + "\n"


def test_the_python_server_is_probed_until_it_leaves():
    """It serves one recv() and closes: the probe tells what became of it."""
    port = own_port()
    server = learner(SERVER, port)
    with running("send", f"localhost:{port}", "first", "--retry", "30") as client:
        assert finish(client).stdout == b"first"
    printed(server)
    assert run_netecho("probe", f"localhost:{port}", "-c2", "-i50ms").code == 4
