"""The echo services that xinetd and inetutils-inetd have built in: RFC 862 as others wrote it."""

import subprocess

import pytest
from inetd import fetch, program, xinetd
from netecho import netecho
from programs import bound, network, started
from sockets import pattern

pytestmark = pytest.mark.usefixtures("programs")


@pytest.fixture(scope="module")
def programs():
    fetch()


def exchanges(uri, prefix=(), largest=100_000):
    for data in (b"hello", "안녕하세요".encode(), pattern(largest)):
        result = send(uri, data, prefix)
        assert (result.code, result.stdout) == (0, data), result
    # inetutils-inetd takes a second to begin with a connection.
    result = netecho("probe", uri, "-c5", "-i20ms", "-W", "5s", "--json", prefix=prefix)
    assert result.code == 0, result
    (summary,) = result.json["targets"]
    if uri.startswith("tcp"):
        assert summary["received_total"] == summary["sent_total"], result.text
    assert summary["received_total"] > 0
    assert summary["stamped"] is False


def send(uri, data, prefix=()):
    """Once; over UDP up to five times.

    Having answered a datagram, xinetd empties its socket: one that comes in that moment is thrown
    away (strace shows a recvfrom() of 256 bytes behind the sendto()). On a busy machine the next
    exchange begins before that.
    """
    for _ in range(1 if uri.startswith("tcp") else 5):
        result = netecho("send", uri, "-W", "2s", input=data, prefix=prefix)
        if result.code != 5:
            break
    return result


def test_xinetd_over_tcp_and_udp(folder):
    with xinetd(folder) as (tcp, udp):
        exchanges(tcp)
        exchanges(udp, largest=2048)
        # It cuts datagrams at 2048 bytes without a word; the length gives it away.
        result = send(udp, pattern(2049))
        assert result.code == 6, result
        assert "2048" in result.errors[0]


def test_inetutils_inetd_over_tcp_and_udp(folder):
    """Its built-in services have the official ports only: a network of its own has port 7 free."""
    conf = folder / "inetd.conf"
    conf.write_text(
        "127.0.0.1:echo stream tcp nowait root internal\n"
        "127.0.0.1:echo dgram udp wait root internal\n"
    )
    with network() as (prefix, pid):
        ready, also = bound("tcp", 7, pid), bound("udp", 7, pid)
        inetd = [*prefix, program("inetutils-inetd"), "--debug", "--pidfile", conf]
        with started(*inetd, ready=lambda: ready() and also(), stderr=subprocess.DEVNULL):
            exchanges("tcp://127.0.0.1:7", prefix)
            exchanges("udp://127.0.0.1:echo", prefix, largest=1000)
