"""Group F: two hosts of its own, a load that is as honest in frames as elsewhere, and its reasons."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import run  # noqa: E402
from harness import families, machine, network, programs  # noqa: E402
from harness.programs import NotAvailable, Server  # noqa: E402
from harness.rounds import Settings  # noqa: E402

DRIVER = Path(os.environ["NETECHO_BENCH_DRIVER"])
SHORT = ("window=8", "warmup_ms=0", "run_ms=20")

# Answers frames of one ethertype by what `answer` makes of them.
STATION = """
import socket, sys
ethertype = int(sys.argv[1], 16)
s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
s.bind(("nb0", ethertype))
print("nb0", flush=True)
while True:
    data, sender = s.recvfrom(65536)
    if sender[2] == socket.PACKET_OUTGOING:
        continue
    data = bytearray(data)
    {answer}
    s.sendto(data, ("nb0", ethertype, 0, 0, sender[4]))
"""


@pytest.fixture(scope="module")
def hosts():
    with contextlib.ExitStack() as stack:
        try:
            yield stack.enter_context(network.two_hosts())
        except NotAvailable as reason:
            pytest.skip(str(reason))


def drive(client, kind, endpoint, *options):
    return subprocess.run(
        [*client.prefix, DRIVER, kind, endpoint, *options],
        capture_output=True, text=True, timeout=60, check=False,
    )


def station(server, ethertype, answer):
    command = [*server.prefix, sys.executable, "-c", STATION.format(answer=answer), ethertype]
    return Server("packet", command, path="nb0")


@pytest.mark.parametrize("scheme", ["packet", "ipx"])
def test_the_least_station_answers_what_the_driver_asks(hosts, scheme):
    client, server = hosts
    command = [*server.prefix, DRIVER.parent / f"limit_{scheme}", "nb0"]
    with Server(scheme, command, path="nb0"):
        endpoint = f"{scheme}://nb0/{server.mac}"
        counted = json.loads(drive(client, "datagrams", endpoint, *SHORT).stdout)
        told = json.loads(drive(client, "round-trips", endpoint, "count=20").stdout)
    assert counted["messages"] > 0 and counted["lost"] == 0
    assert told["messages"] == 20 and told["p50"] > 0


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ("data[0] = 8; data[-1] ^= 1", "other bytes came back"),
        ("data[0] = 8; data += b'x'", "a message came back in another size"),
        ("data[0] = 8; data[12] ^= 1", "what it came back in is no answer to it"),
    ],
)
def test_refuses_a_frame_that_is_no_echo(hosts, answer, complaint):
    client, server = hosts
    with station(server, "9000", answer):
        done = drive(client, "datagrams", f"packet://nb0/{server.mac}", *SHORT)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"driver: {complaint}\n")


def test_an_ipx_request_that_comes_back_as_it_was_is_no_answer(hosts):
    client, server = hosts
    with station(server, "8137", "pass"):
        done = drive(client, "datagrams", f"ipx://nb0/{server.mac}", *SHORT, "limit_s=2")
    assert done.returncode != 0 and done.stdout == ""


@pytest.mark.parametrize(("access", "whom"), [("icmp", "everybody"), ("icmp-raw", "nobody")])
def test_the_kernel_answers_pings_by_either_socket(hosts, access, whom):
    client, server = hosts
    client.allow_ping_sockets_to(whom)
    endpoint = f"{access}://{server.address}"
    counted = json.loads(drive(client, "datagrams", endpoint, *SHORT).stdout)
    told = json.loads(drive(client, "round-trips", endpoint, "count=20", "spin=1").stdout)
    assert counted["messages"] > 0 and counted["lost"] == 0
    assert told["messages"] == 20 and told["p50"] > 0


def test_without_root_there_are_no_two_hosts_and_it_says_why(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NotAvailable, match="needs root, for network namespaces"):
        with network.two_hosts():
            pass


def test_a_group_that_cannot_be_had_is_skipped_and_fails_nothing(monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "argv", ["run.py", "--tiny", "F"])
    monkeypatch.setattr(machine, "describe", lambda _: {})
    with pytest.raises(SystemExit) as end:
        run.main()
    assert end.value.code == 0
    assert "F  skipped: needs root, for network namespaces\n" in capsys.readouterr().out


def test_a_scheme_is_known_by_the_table_of_families(monkeypatch):
    told = {"families": [{"schemes": ["tcp", "udp"]}, {"schemes": ["packet"]}]}
    monkeypatch.setattr(programs, "run", lambda command: json.dumps(told))
    settings = Settings(Path("build"), 1, True, Path("."))
    assert families.knows(settings, "packet")
    assert not families.knows(settings, "ipx")


def test_the_median_is_of_every_reply_that_is_told():
    times = ("0.009", "9.00", "0.007", "0.011", "0.013")  # None but the median is in its place.
    ping = "".join(f"64 bytes from 198.18.0.2: ttl=64 time={each} ms\n" for each in times)
    assert families.median_us(r"time=([\d.]+) ms", ping) == pytest.approx(11)
    with pytest.raises(NotAvailable):
        families.median_us(r"time=([\d.]+) ms", "100% packet loss")
