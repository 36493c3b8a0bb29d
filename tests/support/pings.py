"""Hosts that ping each other, as tests of icmp:// need them."""

import ipaddress

import pytest

# Who may have a ping socket: everybody, or (the kernel's default) nobody, root included.
GROUPS = {"ping": "0 2147483647", "raw": "1 0"}
FAMILIES = pytest.mark.parametrize("family", ["v4", "v6"])
PATIENCE = ["-W", "5s"]


def allow(host, socket):
    host.shell(f'echo "{GROUPS[socket]}" >/proc/sys/net/ipv4/ping_group_range')


def uri(host, family):
    return f"icmp://{host.v4}" if family == "v4" else f"icmp://[{ipaddress.ip_address(host.v6)}]"


def canonical(host, family):
    return uri(host, family).replace("icmp:", f"icmp{family[1]}:")


def whole(summary, count):
    """Each was answered, once, by the probe's own reply."""
    assert summary["sent_total"] == summary["received_total"] == count, summary
    for extra in ("mismatch", "duplicate", "late", "reordered", "skipped", "send_error"):
        assert summary[f"{extra}_total"] == 0, summary
