"""Hosts on one bridge, each with `serve` and `watch` of all of them, and one that has a Prometheus. Needs root."""

import contextlib
import json

from bridges import hosts_on_a_bridge
from netecho import eventually
from watches import Watch


def address(number):
    return f"10.213.0.{number + 1}"


@contextlib.contextmanager
def addressed_hosts(count):
    """Hosts that reach each other over IPv4."""
    with hosts_on_a_bridge(count) as every:
        for number, host in enumerate(every):
            host.v4 = address(number)
            host.ip("address", "add", f"{host.v4}/24", "dev", host.wire)
        yield every


@contextlib.contextmanager
def mesh(count, folder, **options):
    """(hosts, another one beside them): each of the hosts probes all, itself, too."""
    with addressed_hosts(count + 1) as (monitor, *every), contextlib.ExitStack() as stack:
        targets = folder / "targets.json"
        endpoints = [f"udp://{host.v4}:12345" for host in every]
        labels = {f"__{name}__": value for name, value in options.items()}
        targets.write_text(json.dumps([{"targets": endpoints, "labels": labels}]))
        for host in every:
            stack.enter_context(host.serve(f"udp://{host.v4}:12345", "--metrics", f"{host.v4}:9471"))
        for host in every:
            listen = ("--listen", f"{host.v4}:9470")
            stack.enter_context(Watch("--targets", targets, *listen, prefix=host.prefix))
        (folder / "hosts.json").write_text(json.dumps([{"targets": [host.v4 for host in every]}]))
        yield every, monitor


def scraped(server, count):
    eventually(lambda: [value for _, value in server.query("sum(up)")] == [count], "all are scraped")
