"""OpenBSD's nc and Nmap's ncat: clients of serve, and servers for send and probe."""

import subprocess

import pytest
from netecho import environment, netecho, serve
from ports import own_port
from programs import bound, need, need_localhost, run, started, unix_bound
from sockets import parse, pattern

DATA = "hello 안녕 \x00\n".encode()
BULK = pattern(2_000_000)


def first_reply(*args, data):
    """For clients of datagrams, which never see an end: the reply, then the client is stopped."""
    need(str(args[0]))
    client = subprocess.Popen(
        [str(a) for a in args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
    )
    try:
        client.stdin.write(data)
        client.stdin.flush()
        return client.stdout.read1(65536)
    finally:
        client.kill()
        client.stdin.close()
        client.wait()
        client.stdout.close()


@pytest.fixture
def server(folder):
    with serve(
        "tcp://localhost:0",
        "udp://localhost:0",
        f"unix:{folder}/s",
        f"unixgram:{folder}/g",
    ) as one:
        yield one


@pytest.mark.parametrize("which", [0, 1])
def test_nc_over_tcp(server, which):
    _, _, (host, port) = parse(server.endpoints[which])
    assert run("nc", "-N", host, port, data=DATA) == DATA
    assert run("nc", "-N", host, port, data=BULK) == BULK


def test_nc_by_name(server):
    need_localhost()
    assert run("nc", "-N", "localhost", server.port, data=DATA) == DATA


@pytest.mark.parametrize("which", [2, 3])
def test_nc_over_udp(server, which):
    _, _, (host, port) = parse(server.endpoints[which])
    assert run("nc", "-u", "-w1", host, port, data=DATA) == DATA


def test_nc_over_a_unix_stream(server, folder):
    assert run("nc", "-N", "-U", folder / "s", data=BULK) == BULK


def test_nc_over_unix_datagrams(server, folder):
    assert first_reply("nc", "-U", "-u", "-s", folder / "me", folder / "g", data=DATA) == DATA


@pytest.mark.parametrize("which", [0, 1])
def test_ncat_over_tcp(server, which):
    _, _, (host, port) = parse(server.endpoints[which])
    assert run("ncat", host, port, data=DATA) == DATA
    assert run("ncat", host, port, data=BULK) == BULK


@pytest.mark.parametrize("which", [2, 3])
def test_ncat_over_udp(server, which):
    _, _, (host, port) = parse(server.endpoints[which])
    assert first_reply("ncat", "--udp", host, port, data=DATA) == DATA


def test_ncat_over_a_unix_stream(server, folder):
    assert run("ncat", "-U", folder / "s", data=BULK) == BULK


def test_ncat_over_unix_datagrams(server, folder):
    reply = first_reply("ncat", "-U", "--udp", "-s", folder / "me", folder / "g", data=DATA)
    assert reply == DATA


# --- as servers -----------------------------------------------------------------------------------


def test_ncat_with_cat_is_an_echo_server():
    port = own_port()
    ncat = ("ncat", "-l", "-k", "-e", "/bin/cat", "127.0.0.1", port)
    with started(*ncat, ready=bound("tcp", port)):
        result = netecho("send", f"127.0.0.1:{port}", "안녕")
        assert (result.code, result.text) == (0, "안녕"), result
        # No more than two pipes hold: ncat writes to cat without reading from it meanwhile, and
        # both wait for each other for good when both pipes are full.
        some = BULK[:60_000]
        result = netecho("send", f"127.0.0.1:{port}", input=some)
        assert (result.code, result.stdout) == (0, some)
        result = netecho("probe", f"127.0.0.1:{port}", "-c5", "-i20ms", "--json")
        summary = result.json["targets"][0]
        assert summary["received_total"] == summary["sent_total"] > 0
        assert summary["stamped"] is False


def test_ncat_with_cat_over_unix(folder):
    path = folder / "cat"
    with started("ncat", "-l", "-k", "-U", "-e", "/bin/cat", path, ready=unix_bound(path)):
        result = netecho("send", f"unix:{path}", input=DATA)
        assert (result.code, result.stdout) == (0, DATA), result


def test_ncat_with_cat_over_udp():
    port = own_port()
    ncat = ("ncat", "-l", "-u", "-e", "/bin/cat", "127.0.0.1", port)
    with started(*ncat, ready=bound("udp", port)):
        result = netecho("send", f"udp://127.0.0.1:{port}", "hello")
        assert (result.code, result.text) == (0, "hello"), result


def test_nc_that_only_listens_never_answers():
    port = own_port()
    with started("nc", "-l", "127.0.0.1", port, ready=bound("tcp", port)):
        result = netecho("send", f"127.0.0.1:{port}", "hello", "-W", "100ms")
        assert (result.code, result.stdout) == (5, b"")


def test_nc_with_a_fifo_is_an_echo_server():
    """nc with a fifo, the classic echo server of the shell."""
    port = own_port()
    script = 'rm -f "$1/f"; mkfifo "$1/f"; nc -l 127.0.0.1 "$2" <"$1/f" | cat >"$1/f"'
    import tempfile

    with tempfile.TemporaryDirectory(prefix="ne-") as fifo:
        with started("sh", "-c", script, "sh", fifo, port, ready=bound("tcp", port)):
            result = netecho("send", f"127.0.0.1:{port}", "round and round")
            assert (result.code, result.text) == (0, "round and round"), result
