"""netecho watch: names whose addresses change while it runs. Needs root, for names of the test's own."""

import contextlib

import pytest
from fixtures import needs_root
from hosts import own_names
from netecho import eventually, serve
from watches import Watch, more_than

pytestmark = needs_root
OPTIONS = ("--interval", "50ms", "--timeout", "5s", "--resolve-interval", "100ms")
OLD, NEW = "127.0.0.2", "127.0.0.3"


@contextlib.contextmanager
def moving(kind):
    """(target, server, prefix, move): `move(addresses)` says what the target's name stands for."""
    with own_names() as (prefix, names):

        def move(*addresses):
            names("".join(f"{each} moving.test\n" for each in addresses))

        move(OLD, NEW)
        with serve(f"{kind}://moving.test:0", "--trace", prefix=prefix) as server:
            move(OLD)
            yield f"{kind}://moving.test:{server.port}", server, prefix, move


def arrived(server, kind, address):
    """How often the server was reached at this address: datagrams, or connections."""
    lines = server.stdout.decode().splitlines()
    begins = "datagram" if kind == "udp" else "open"
    return sum(line.startswith(begins) and f" {kind}4://{address}:" in line for line in lines)


@pytest.mark.parametrize("kind", ["udp", "tcp"])
def test_a_name_that_moves_is_followed_by_the_same_series(kind):
    with moving(kind) as (target, server, prefix, move):
        with Watch(target, *OPTIONS, prefix=prefix) as watch:
            before = watch.until("netecho_probe_received_total", more_than(5), target=target)
            assert arrived(server, kind, OLD) > 0 and arrived(server, kind, NEW) == 0
            move(NEW)
            eventually(lambda: arrived(server, kind, NEW) > 0, "probes at the new address")
            watch.until("netecho_probe_received_total", more_than(before + 5), target=target)
            at_old = arrived(server, kind, OLD)
            watch.until("netecho_probe_received_total", more_than(before + 15), target=target)
            assert arrived(server, kind, OLD) == at_old
            found = watch.scrape()
            assert found["netecho_probe_up"].value(target=target) == 1
            assert found["netecho_probe_lost_total"].value(target=target, reason="timeout") == 0
            assert "address" not in found["netecho_probe_up"].samples[0][1]


def test_a_name_that_is_known_no_more_keeps_its_address():
    with moving("udp") as (target, server, prefix, move):
        with Watch(target, *OPTIONS, prefix=prefix) as watch:
            watch.until("netecho_probe_received_total", more_than(0), target=target)
            move()
            watch.until("netecho_watch_resolve_failures_total", more_than(0), host="moving.test")
            before = watch.value("netecho_probe_received_total", target=target)
            watch.until("netecho_probe_received_total", more_than(before + 5), target=target)
            move(NEW)
            eventually(lambda: arrived(server, "udp", NEW) > 0, "probes at the new address")


@pytest.mark.parametrize("kind", ["udp", "tcp"])
def test_of_all_addresses_series_come_and_go_with_the_name(kind):
    with moving(kind) as (target, _, prefix, move):
        with Watch(target, *OPTIONS, "--resolve", "all", prefix=prefix) as watch:

            def received(address):
                return watch.value("netecho_probe_received_total", target=target, address=address)

            def comes(address, count):
                return watch.until("netecho_probe_received_total", more_than(count), target=target,
                                   address=address)

            before = comes(OLD, 5)
            assert received(NEW) is None
            move(OLD, NEW)
            comes(NEW, 5)
            assert received(OLD) >= before  # One that stays goes on.
            before = received(NEW)
            move(NEW)
            eventually(lambda: received(OLD) is None, "the series of the old address goes")
            comes(NEW, before + 5)
            assert watch.value("netecho_watch_targets") == 1
