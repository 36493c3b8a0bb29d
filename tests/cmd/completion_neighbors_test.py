"""Tab behind packet://INTERFACE/ in real shells, on a host with neighbors. A MAC address is made of
what bash takes for ends of words. Needs root, for hosts of the test's own."""

import pytest
from hosts import hosts, plug
from shells import START, Shell

MACS = ["02:00:c0:a8:00:01", "02:00:c0:a8:00:02", "0a:00:c0:a8:00:03"]


@pytest.fixture(scope="module")
def host():
    with hosts(2) as (me, other):
        plug(me, other)
        lines = [f"ip neigh add 10.213.0.{9 + n} lladdr {mac} dev wire0"
                 for n, mac in enumerate(MACS)]
        me.shell(*lines)
        yield me


@pytest.mark.parametrize("name", START)
def test_a_station_is_completed_wherever_tab_is_pressed(name, host, tmp_path):
    with Shell(name, tmp_path / "shell", prefix=host.prefix) as shell:
        for typed, station in (("0a\t", MACS[2]), ("0a:\t", MACS[2]), ("0a:00:c0:a\t", MACS[2]),
                               ("02:\t2\t", MACS[1]), ("02:00:c0:a8:00:01\t", MACS[0])):
            called = shell.run(f"netecho probe packet://wire0/{typed}")
            assert called == [b"probe", f"packet://wire0/{station}".encode()]
        called = shell.run("netecho serve packet://wire0/0a\t")
        assert called == [b"serve", b"packet://wire0/0a"]
