"""What tests of packet:// and ipx:// share: endpoints, probes and counters of a host."""

import ipx
from probes import only
from schema import check

SOCKETS = {"echo": "0002", "ping": "9086"}


def uri(host, mac, net=0, sock="0002"):
    return f"ipx://{host.wire}/{net:08x}.{ipx.node_of(mac)}:{sock}"


def probe(host, *args, code=0):
    result = host.netecho("probe", *args, "--json")
    assert result.code == code, result
    return only(check(result.json)["targets"])


def stopped(server):
    """The counters of its only endpoint, and why it dropped what."""
    assert server.stop() == 0, server.stderr
    counts = only(check(server.event("stopped"))["endpoints"])
    return counts, {k: v for k, v in counts["dropped_total"].items() if v}
