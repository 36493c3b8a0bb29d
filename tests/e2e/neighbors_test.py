"""packet://INTERFACE/ and Tab: the stations that the kernel knows there are offered. Needs root,
for hosts of the test's own."""

import pytest
from faults import Failing, traced_environment
from hosts import hosts, plug
from netecho import netecho

ONE, TWO, THREE = "02:00:c0:a8:00:01", "02:00:c0:a8:00:02", "0a:00:c0:a8:00:03"


@pytest.fixture(scope="module")
def host():
    """One that has two cables, and knows who is at the other end of the first."""
    with hosts(2) as (me, other):
        for number in range(2):
            plug(me, other, number)
        me.shell(
            f"ip neigh add 10.213.0.9 lladdr {TWO} dev wire0",
            f"ip neigh add fd00:213:0::9 lladdr {TWO} dev wire0 nud permanent",
            f"ip neigh add 10.213.0.10 lladdr {ONE} dev wire0 nud stale",
            f"ip neigh add fd00:213:0::a lladdr {THREE} dev wire0 nud noarp",
            # No station: it sends nothing, and this one has not been found.
            "ip neigh add 10.213.0.11 lladdr 33:33:00:00:00:01 dev wire0",
            "ip neigh add 10.213.0.12 dev wire0 nud incomplete",
        )
        yield me


def offered(host, prefix, role="client"):
    result = host.netecho("__complete", role, prefix)
    assert (result.code, result.stderr) == (0, b""), result
    return result.text.splitlines()


def known(host):
    """Those that the test has told, in order: IPv6 may have found others by itself."""
    words = offered(host, "packet://wire0/")
    assert words == sorted(words)
    return [each for each in words if each.removeprefix("packet://wire0/") in (ONE, TWO, THREE)]


def test_each_station_is_offered_once_in_order(host):
    assert known(host) == [f"packet://wire0/{mac}" for mac in (ONE, TWO, THREE)]
    words = offered(host, "packet://wire0/")
    assert "packet://wire0/33:33:00:00:00:01" not in words
    assert len(set(words)) == len(words)


@pytest.mark.parametrize(
    "typed, found",
    [
        ("packet://wire0/02:00:c0:a8:00:0", (ONE, TWO)),
        ("packet:wire0/02:00:c0:a8:00:0", (ONE, TWO)),
        (f"PACKET://wire0/{TWO}", (TWO,)),
        ("packet://wire0/0a:00:c0:a8:", (THREE,)),
        ("packet://wire0/02:00:c0:a8:00:01:", ()),
        ("packet://wire0/zz", ()),
        ("packet://wire1/02:00:c0:a8:00:0", ()),
        ("packet://lo/", ()),
        ("packet://wire9/", ()),
        ("packet:///", ()),
        ("packet://wire0-is-a-long-name/", ()),
    ],
)
def test_what_goes_on_as_it_was_typed_is_offered(host, typed, found):
    before = typed.rpartition("/")[0]
    assert offered(host, typed) == [f"{before}/{mac}" for mac in found]


def test_a_server_names_no_station(host):
    assert offered(host, "packet://wire0/", "serve") == []


def test_what_is_offered_can_be_used(host):
    for word in known(host):
        result = host.netecho("probe", word, "-c1", "-W1ms", "--json")
        assert (result.code, result.json["targets"][0]["target"]["uri"]) == (1, word), result


def test_a_large_table_is_offered_in_part_and_at_once():
    with hosts(2) as (me, other):
        plug(me, other)
        macs = [f"02:00:00:00:{number // 256:02x}:{number % 256:02x}" for number in range(600)]
        lines = [f"neigh add 10.213.{1 + n // 200}.{1 + n % 200} lladdr {mac} dev wire0"
                 for n, mac in enumerate(macs)]
        me.shell("ip -batch - <<'END'", *lines, "END")
        assert offered(me, "packet://wire0/") == [f"packet://wire0/{mac}" for mac in macs[:256]]
        # Nothing is lost of those that are typed further.
        assert offered(me, "packet://wire0/02:00:00:00:02:5") == [
            f"packet://wire0/{mac}" for mac in macs[0x250:]]


@pytest.mark.parametrize("call", ["socket", "sendto", "recvfrom", "ioctl"])
def test_where_the_kernel_refuses_nothing_is_offered_or_said(host, folder, call):
    failing = Failing(folder, call, "EPERM", "1+")
    result = netecho("__complete", "client", "packet://wire0/",
                     prefix=[*host.prefix, *failing.prefix], env=traced_environment())
    assert (result.code, result.stdout, result.stderr) == (0, b"", b"")
    assert failing.failures() > 0
