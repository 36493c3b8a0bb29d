"""The echo services that xinetd and inetutils-inetd have built in: RFC 862 as others wrote it."""

import subprocess
from pathlib import Path

import pytest
from netecho import NETECHO, PROJECT, Result, environment
from programs import bound, network, started
from sockets import free_port, pattern

INETD = PROJECT / "build/inetd"


@pytest.fixture(scope="module", autouse=True)
def programs():
    """Unpacked, not installed: they conflict with each other, and would start a daemon."""
    done = subprocess.run(
        [Path(__file__).with_name("fetch-inetd.sh"), INETD],
        capture_output=True, text=True, timeout=100, check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"xinetd and inetutils-inetd can't be fetched: {done.stderr.strip()[-200:]}")


def program(name):
    path = INETD / name / "usr/sbin" / name
    libraries = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout
    if "not found" in libraries:
        pytest.skip(f"{name} needs a library that is not installed: {libraries}")
    return path


def exchanges(uri, prefix, largest):
    def netecho(*args, **popen):
        done = subprocess.run(
            [*prefix, NETECHO, *args], capture_output=True, env=environment(), timeout=20,
            check=False, **popen,
        )
        return Result(args, done.returncode, done.stdout, done.stderr)

    for data in (b"hello", "안녕하세요".encode(), pattern(largest)):
        result = netecho("send", uri, input=data)
        assert (result.code, result.stdout) == (0, data), result
    # inetutils-inetd takes a second to begin with a connection.
    result = netecho("probe", uri, "-c5", "-i20ms", "-W", "5s", "--json")
    assert result.code == 0, result
    summary = result.json["targets"][0]
    assert summary["received_total"] == summary["sent_total"] > 0, result.text
    assert summary["stamped"] is False
    return netecho


XINETD = """
service echo
{{
  id = echo-stream
  type = INTERNAL UNLISTED
  socket_type = stream
  protocol = tcp
  port = {tcp}
  bind = 127.0.0.1
  user = root
  wait = no
  disable = no
}}
service echo
{{
  id = echo-dgram
  type = INTERNAL UNLISTED
  socket_type = dgram
  protocol = udp
  port = {udp}
  bind = 127.0.0.1
  user = root
  wait = yes
  disable = no
}}
"""


def test_xinetd_over_tcp_and_udp(folder):
    import socket

    tcp, udp = free_port(), free_port(kind=socket.SOCK_DGRAM)
    conf = folder / "xinetd.conf"
    conf.write_text(XINETD.format(tcp=tcp, udp=udp))
    ready = bound("tcp", tcp)
    also = bound("udp", udp)
    args = [program("xinetd"), "-dontfork", "-f", conf, "-pidfile", folder / "pid", "-filelog",
            folder / "log"]
    with started(*args, ready=lambda: ready() and also()):
        exchanges(f"tcp://127.0.0.1:{tcp}", [], 100_000)
        netecho = exchanges(f"udp://127.0.0.1:{udp}", [], 2048)
        # It cuts datagrams at 2048 bytes without a word; the length gives it away.
        result = netecho("send", f"udp://127.0.0.1:{udp}", input=pattern(2049))
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
            exchanges("tcp://127.0.0.1:7", prefix, 100_000)
            exchanges("udp://127.0.0.1:echo", prefix, 1000)
