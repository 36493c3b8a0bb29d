"""socat as a client of serve over every transport, and as an echo server for send and probe."""

import pytest
from netecho import netecho, serve
from ports import own_port
from programs import bound, run, started, unix_bound
from sockets import parse, pattern

DATA = "hello 안녕 \x00\n".encode()
BULK = pattern(2_000_000)


@pytest.fixture
def server(folder):
    with serve(
        "tcp://localhost:0",
        "udp://localhost:0",
        f"unix:{folder}/s",
        f"unix:@{folder.name}",
        f"unixpacket:{folder}/p",
        f"unixpacket:@{folder.name}p",
        f"unixgram:{folder}/g",
        f"unixgram:@{folder.name}g",
    ) as one:
        yield one


def socat(address, data=DATA, patience="5"):
    return run("socat", "-t", patience, "-b", "65536", "-", address, data=data)


def test_tcp4_and_tcp6(server):
    for which, name in ((0, "TCP4:127.0.0.1"), (1, "TCP6:[::1]")):
        port = parse(server.endpoints[which])[2][1]
        assert socat(f"{name}:{port}") == DATA
        assert socat(f"{name}:{port}", data=BULK) == BULK


def test_udp4_and_udp6(server):
    for which, name in ((2, "UDP4:127.0.0.1"), (3, "UDP6:[::1]")):
        port = parse(server.endpoints[which])[2][1]
        assert socat(f"{name}:{port}", patience="0.3") == DATA


def test_unix_streams_by_path_and_by_name(server, folder):
    assert socat(f"UNIX-CONNECT:{folder}/s", data=BULK) == BULK
    assert socat(f"ABSTRACT-CONNECT:{folder.name}", data=BULK) == BULK


def test_records_by_path_and_by_name(server, folder):
    assert socat(f"UNIX-CONNECT:{folder}/p,type=5", patience="0.3") == DATA
    assert socat(f"ABSTRACT-CONNECT:{folder.name}p,type=5", patience="0.3") == DATA


def test_unix_datagrams_by_path_and_by_name(server, folder):
    sender = f"bind={folder}/me"
    assert socat(f"UNIX-SENDTO:{folder}/g,{sender}", patience="0.3") == DATA
    name = f"bind={folder.name}me"
    assert socat(f"ABSTRACT-SENDTO:{folder.name}g,{name}", patience="0.3") == DATA


# --- as a server ----------------------------------------------------------------------------------


def exchanges(uri, size=100_000, merges=False):
    """send and probe against an echo server that knows no frames.

    A pipe has no boundaries: on a busy machine a socat that keeps one for a peer may return two
    messages as one (`merges`), which are then no replies.
    """
    result = netecho("send", uri, "안녕")
    assert (result.code, result.text) == (0, "안녕"), result
    data = pattern(size)
    result = netecho("send", uri, input=data)
    assert (result.code, result.stdout) == (0, data), result
    summary = netecho("probe", uri, "-c5", "-i20ms", "--json").json["targets"][0]
    assert summary["received_total"] == summary["sent_total"] or merges, summary
    assert summary["received_total"] > 0, summary
    assert summary["stamped"] is False


@pytest.mark.parametrize("family, host", [("4", "127.0.0.1"), ("6", "[::1]")])
def test_tcp_listen_pipe(family, host):
    port = own_port()
    listen = f"TCP{family}-LISTEN:{port},fork,reuseaddr,bind={host}"
    with started("socat", listen, "PIPE", ready=bound("tcp", port)):
        exchanges(f"tcp://{host}:{port}")


@pytest.mark.parametrize("kind", ["RECVFROM", "LISTEN"])
def test_udp_pipe(kind):
    port = own_port()
    listen = f"UDP4-{kind}:{port},fork,bind=127.0.0.1"
    with started("socat", listen, "PIPE", ready=bound("udp", port)):
        exchanges(f"udp://127.0.0.1:{port}", size=4000, merges=kind == "LISTEN")


def test_unix_listen_pipe(folder):
    with started("socat", f"UNIX-LISTEN:{folder}/s,fork", "PIPE", ready=unix_bound(folder / "s")):
        exchanges(f"unix:{folder}/s")


def test_abstract_listen_pipe(folder):
    name = folder.name
    with started("socat", f"ABSTRACT-LISTEN:{name},fork", "PIPE", ready=unix_bound("@" + name)):
        exchanges(f"unix:@{name}")


def test_unix_recvfrom_pipe(folder):
    path = folder / "g"
    with started("socat", f"UNIX-RECVFROM:{path},fork", "PIPE", ready=unix_bound(path)):
        exchanges(f"unixgram:{path}", size=4000)


def test_seqpacket_listen_pipe(folder):
    path = folder / "p"
    listen = f"UNIX-LISTEN:{path},type=5,fork"
    with started("socat", listen, "PIPE", ready=unix_bound(path)):
        exchanges(f"unixpacket:{path}", size=4000, merges=True)


def test_a_socat_that_swaps_bytes_is_found_out():
    port = own_port()
    listen = f"TCP4-LISTEN:{port},fork,reuseaddr,bind=127.0.0.1"
    with started("socat", listen, "EXEC:tr l L", ready=bound("tcp", port)):
        result = netecho("send", f"127.0.0.1:{port}", "hello", "-N")
        assert result.code == 6, result
        assert "2" in result.errors[0]
