"""The host is not as one would wish: no memory, no IPv6, a firewall of its own, files that vanish."""

import resource

import pytest
from hosts import hosts, two_hosts
from netecho import SANITIZED, netecho, running, serve
from sockets import connect, echo

MIB = 1 << 20


# --- memory ---------------------------------------------------------------------------------------

JOBS = {
    "serve": ["serve", "tcp://127.0.0.1:0", "udp://127.0.0.1:0", "unix:{folder}/s", "--once"],
    "serve-threads": ["serve", "udp://127.0.0.1:0", "--threads=2", "--max-accepts=1"],
    "send": ["send", "{endpoint}", "hello"],
    "probe": ["probe", "{endpoint}", "-c2", "-i50ms", "--json"],
}


@pytest.mark.skipif(SANITIZED, reason="sanitizers need address space for themselves")
@pytest.mark.parametrize("job", JOBS)
def test_without_memory_it_says_so_or_works(folder, job):
    """From nothing to plenty: every attempt works, or ends with one line that tells why."""
    ends = set()
    with serve("tcp://127.0.0.1:0") as server:
        args = [a.format(folder=folder, endpoint=server.endpoint) for a in JOBS[job]]
        for mebibytes in [*range(5, 20), *range(20, 100, 4), 128, 192, 256, 512]:
            ends.add(ending(args, mebibytes * MIB))
    assert "worked" in ends, ends
    # What needs no more than the program itself cannot fail.
    assert "told" in ends or job == "send", ends


def ending(args, limit):
    """How it ended; a server works once it listens."""

    def limited():
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    with running(*args, preexec_fn=limited) as process:
        if args[0] == "serve" and process.stdout.readline().startswith(b"listening"):
            process.terminate()
            assert process.wait(20) == 0
            return "worked"
        out, err = process.communicate(timeout=20)
    if process.returncode == 0:
        return "worked"
    # Too little for the loader and the language's own library is not ours to tell.
    if netecho("--version", preexec_fn=limited).code != 0:
        return "not started"
    lines = err.decode().splitlines()
    assert process.returncode in (4, 8), (args, limit, process.returncode, out, err)
    # A thread that can't be had ends one flow, and is told; what is allocated then is told, too.
    assert 1 <= len(lines) <= 2, (limit, err)
    assert all(line.startswith("netecho: ") for line in lines), (limit, err)
    assert "(ENOMEM)" in lines[0] or "(EAGAIN)" in lines[0], (limit, err)
    return "told"


# --- the network of this host ---------------------------------------------------------------------


def test_without_ipv6_it_serves_what_there_is():
    with hosts(1) as [host]:
        host.shell("echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6")
        with host.serve("tcp://localhost:0", "udp://localhost:0") as server:
            assert [e.partition("://")[0] for e in server.endpoints] == ["tcp4", "udp4"]
            assert "::1" in server.stderr and "warning" in server.stderr
            done = host.netecho("send", f"tcp://localhost:{server.port}", "hello")
            assert (done.code, done.stdout) == (0, b"hello")
        refused = host.netecho("serve", "tcp://[::1]:0")
        assert (refused.code, len(refused.errors)) == (4, 1), refused


def test_replies_that_this_hosts_firewall_drops_are_counted_and_stop_nothing():
    with two_hosts() as (client, other):
        with other.serve(f"udp://{other.v4}:0", "--json") as server:
            port = server.port
            with other.dropping("output", f"udp sport {port} numgen inc mod 2 0"):
                done = client.netecho(
                    "probe", server.endpoint, "-c20", "-i2ms", "-W", "100ms", "--json"
                )
                dropped = other.dropped()
            [summary] = done.json["targets"]
            assert server.stop() == 0
            [end] = server.event("stopped")["endpoints"]
            # EPERM is what the firewall tells the sender. Of several replies sent at once it looks
            # twice at the one behind which the kernel stopped, so it may count more.
            refused = end["dropped_total"]["send_error"]
            assert 0 < refused <= dropped
            assert end["rx_messages_total"] == end["tx_messages_total"] + refused
            assert end["rx_messages_total"] == summary["sent_total"]
            assert (summary["received_total"], summary["timeout_total"]) == (
                end["tx_messages_total"], refused)


# --- files ----------------------------------------------------------------------------------------


def test_a_path_that_is_removed_while_it_serves_ends_nothing(folder):
    with serve(f"unix:{folder}/s") as server:
        with connect(server.endpoint) as client:
            (folder / "s").unlink()
            assert echo(client, b"still there") == b"still there"
        (folder / "s").write_text("somebody else's")
        assert server.stop() == 0
    assert (folder / "s").read_text() == "somebody else's"

