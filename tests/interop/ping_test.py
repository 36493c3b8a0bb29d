"""icmp:// beside the system's ping and fping, and as tshark reads it. Needs root: two hosts."""

import re
from subprocess import PIPE

import pytest
from captures import captured
from hosts import two_hosts
from pings import FAMILIES, GROUPS, PATIENCE, allow, uri, whole
from probes import IN_TURN, only, probe
from programs import need, run, started

COUNT = 50
# Echo request, echo reply.
TYPES = {"v4": ["8", "0"], "v6": ["128", "129"]}


@pytest.fixture(scope="module", params=GROUPS)
def pair(request):
    """(client, the other host): the client has that kind of socket."""
    with two_hosts() as (client, other):
        allow(client, request.param)
        yield client, other


def address_of(host, family):
    return host.v4 if family == "v4" else host.v6


def tshark(file, wanted, *fields):
    """Rows of these fields, of the frames that are wanted. It checks checksums, too."""
    columns = [arg for field in fields for arg in ("-e", field)]
    out = run("tshark", "-2", "-n", "-r", file, "-o", "ip.check_checksum:TRUE", "-Y", wanted,
              "-T", "fields", *columns)
    return [line.split("\t") for line in out.decode().splitlines()]


@FAMILIES
def test_tshark_has_nothing_to_say_against_any_frame(pair, family, folder):
    need("tshark")
    client, other = pair
    sizes = [0, 1, 8, 31, 32, 64, 1472, 3000]
    with captured(client, folder / "frames"):
        targets = probe(uri(other, family), *IN_TURN, "-c5", *PATIENCE, "--sweep",
                        ",".join(map(str, sizes)), prefix=client.prefix)
    for target in targets:
        whole(target, 5)
    assert tshark(folder / "frames", "_ws.expert || _ws.malformed", "frame.number",
                  "_ws.expert.message") == []
    icmp, number = ("icmp", "icmp.seq") if family == "v4" else (
        "icmpv6", "icmpv6.echo.sequence_number")
    kinds = TYPES[family]
    wanted = " || ".join(f"{icmp}.type == {kind}" for kind in kinds)
    rows = tshark(folder / "frames", wanted, f"{icmp}.type", f"{icmp}.code", number, "data.len",
                  f"{icmp}.checksum.status")
    # Each request, and behind it its reply: the same bytes, and a checksum that is right (1). What
    # tshark takes for a time stamp of eight bytes, it does not count.
    for row in rows:
        row[3] = int(row[3] or 0)
    expected = [[kind, "0", str(sequence), size, "1"]
                for size in sizes for sequence in range(5) for kind in kinds]
    stamped = [[*row[:3], max(row[3] - 8, 0), row[4]] for row in expected]
    assert all(row in both for row, *both in zip(rows, expected, stamped, strict=True)), rows


@FAMILIES
def test_ping_beside_it_gets_the_same_answers(pair, family):
    ping = need("ping")
    client, other = pair
    args = ["-n", "-c", COUNT, "-i", "0.01", "-W", "5", address_of(other, family)]
    with started(*client.prefix, ping, *args, stdout=PIPE) as process:
        s = only(probe(uri(other, family), *IN_TURN, f"-c{COUNT}", *PATIENCE,
                       prefix=client.prefix))
        said = process.communicate(timeout=60)[0].decode()
    whole(s, COUNT)
    assert process.returncode == 0, said
    # Each of the two has its own answers, and no other.
    assert re.search(r"(\d+) packets transmitted, (\d+) ", said).groups() == (str(COUNT),) * 2
    assert "DUP!" not in said
    limits = {int(each) for each in re.findall(r"ttl=(\d+)", said)}
    assert s["path"]["reply_hop_limit"] == {
        "min": min(limits), "max": max(limits), "changes_total": 0}
    times_ms = [float(each) for each in re.findall(r"time=([\d.]+) ms", said)]
    assert len(times_ms) == COUNT
    # The best of many tell the same wire, give or take what a busy machine costs.
    assert abs(s["rtt_ns"]["min"] / 1e6 - min(times_ms)) < 5


@FAMILIES
def test_fping_beside_it_gets_the_same_answers(pair, family):
    fping = need("fping")
    client, other = pair
    args = ["-c", COUNT, "-p", "10", "-t", "5000", address_of(other, family)]
    with started(*client.prefix, fping, *args, stdout=PIPE) as process:
        s = only(probe(uri(other, family), *IN_TURN, f"-c{COUNT}", *PATIENCE,
                       prefix=client.prefix))
        _, said = process.communicate(timeout=60)
    whole(s, COUNT)
    assert process.returncode == 0, said
    assert f"xmt/rcv/%loss = {COUNT}/{COUNT}/0%".encode() in said
