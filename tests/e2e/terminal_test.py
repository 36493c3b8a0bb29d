"""What a person at a terminal sees and types, through a pseudo-terminal."""

import re
import signal
import threading

import pytest
from netecho import environment, serve
from peers import hear, stream_peer
from terminals import terminal


@pytest.fixture(scope="module")
def server():
    with serve("tcp://127.0.0.1:0", "udp://127.0.0.1:0") as one:
        yield one


@pytest.mark.parametrize("which", [0, 1])
def test_the_echo_ends_with_a_newline_on_a_terminal(server, which):
    with terminal("send", server.endpoints[which], "hello") as term:
        assert term.read_to_end() == b"hello\n"
        assert term.wait() == 0


def test_utf8_is_shown_as_it_is(server):
    with terminal("send", server.endpoint, "안녕 👋") as term:
        assert term.read_to_end() == "안녕 👋\n".encode()


def test_what_is_not_printable_is_escaped(server):
    with terminal("send", server.endpoint, "-x", "1b5b33316d00ff7f68c285") as term:
        shown = term.read_to_end()
        assert shown == rb"\x1b[31m\x00\xff\x7fh\xc2\x85" + b"\n"


def test_raw_shows_the_bytes_themselves(server):
    with terminal("send", server.endpoint, "--raw", "-x", "1b5b33316d00ff") as term:
        assert term.read_to_end().rstrip(b"\n") == b"\x1b[31m\x00\xff"


def test_a_terminal_as_stdin_acts_as_lines(server):
    with terminal("send", server.endpoint, streams=("stdin", "stdout")) as term:
        term.type(b"first\n")
        term.read_until(b"first\n")
        term.type("둘째\n".encode())
        term.read_until("둘째\n".encode())
        term.type(b"\x04")  # Ctrl-D
        assert term.wait() == 0
        assert term.read_to_end() == "first\n둘째\n".encode()


def test_a_terminal_as_stdin_acts_as_lines_on_datagrams_too(server):
    with terminal("send", server.endpoints[1], streams=("stdin", "stdout")) as term:
        term.type(b"first\n")
        term.read_until(b"first\n")
        term.type(b"\n")
        term.type(b"third\n")
        term.read_until(b"third\n")
        term.type(b"\x04")
        assert term.wait() == 0
        assert term.read_to_end() == b"first\n\nthird\n"


COLOUR = re.compile(rb"\x1b\[\d+m")


@pytest.mark.parametrize(
    "options, changes, coloured",
    [
        ([], {}, True),
        (["--color", "never"], {}, False),
        ([], {"NO_COLOR": "1"}, False),
        ([], {"NO_COLOR": ""}, True),
        ([], {"TERM": "dumb"}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
    ],
)
def test_colour_follows_the_terminal_and_the_users_wish(server, options, changes, coloured):
    env = environment(**{"TERM": "xterm", **changes})
    with terminal("probe", server.endpoint, "-c2", "-i50ms", *options, env=env) as term:
        shown = term.read_to_end()
        assert term.wait() == 0
        assert bool(COLOUR.search(shown)) is coloured, shown


def test_ctrl_c_prints_the_summary_of_a_probe(server):
    with terminal("probe", server.endpoint, "-c0", "-i100ms", "--color", "never") as term:
        term.read_until(b"rtt")
        term.process.send_signal(signal.SIGINT)
        assert term.wait() == 0
        shown = term.read_to_end()
        assert b"received" in shown and b"interrupted" in shown, shown


def test_nothing_but_the_echo_is_on_stderr_of_a_short_exchange(server):
    with terminal("send", server.endpoint, "hello", streams=("stderr",)) as term:
        assert term.process.stdout.read() == b"hello"
        assert term.read_to_end() == b""
        assert term.wait() == 0


def test_a_transfer_of_over_a_second_shows_its_progress(folder):
    """On stderr when that is a terminal, and only then."""
    release = threading.Event()

    def slow(peer, connection):
        data = hear(peer, connection, 1000)
        for i in range(500):
            connection.sendall(data[i : i + 1])
            if release.wait(0.05):
                break
        connection.sendall(data[i + 1 :])

    (folder / "file").write_bytes(bytes(1000))
    with stream_peer(slow) as peer:
        args = ("send", peer.uri, "-f", folder / "file", "-W", "20s")
        with terminal(*args, streams=("stderr",)) as term:
            term.read_until(b"%")
            release.set()
            assert len(term.process.stdout.read()) == 1000
            assert term.wait() == 0
