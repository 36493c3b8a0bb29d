"""packet:// when things go wrong: links, interfaces, rights and stations that are not there, or no
longer. Needs root."""

import contextlib
import os
import re
import signal
import subprocess
from pathlib import Path

import ctp
import pytest
from hosts import plug, two_hosts
from netecho import PATIENCE, Server, complains, eventually, finish
from probes import IN_TURN, only, whole
from programs import need
from sandboxes import IN_FULL, not_instrumented, statuses
from schema import check
from stations import pair  # noqa: F401
from watched_probe import Watched, probed_through

EVERY_20_MS = ["-c0", "-i20ms", "-W200ms", "--format", "jsonl", "-w18s"]


def served(host):
    return f"packet://{host.wire}"


def target(host, other):
    return f"packet://{host.wire}/{ctp.mac_of(other)}"


def answers(here, there, count=5):
    result = here.netecho("probe", target(here, there), f"-c{count}", *IN_TURN, "--json")
    assert result.code == 0, result
    return whole(only(check(result.json)["targets"]), count)


# --- one server on an interface -------------------------------------------------------------------


def test_a_second_server_on_an_interface_is_told_who_serves_it(pair):
    here, there = pair
    with there.serve(served(there)) as server:
        line = complains(there.netecho("serve", served(there)), 4)
        assert f"process {server.pid} serves {there.wire} already" in line
        assert line.startswith(f"netecho: bind {served(there)}: ")
        assert line.endswith("(EADDRINUSE)")
        assert answers(here, there)
        # The other end of the cable is another interface, and has a station of its own.
        with here.serve(served(here)):
            assert answers(there, here)
    with there.serve(served(there)):
        assert answers(here, there)


def test_two_endpoints_of_one_interface_are_one_too_many(pair):
    _, there = pair
    line = complains(there.netecho("serve", served(there), served(there)), 4)
    assert f"another endpoint of this process serves {there.wire} already" in line


def test_after_sigkill_the_interface_can_be_served_at_once(pair):
    here, there = pair
    server = there.serve(served(there))
    try:
        server.process.kill()
        server.wait()
        with there.serve(served(there)):
            assert answers(here, there)
    finally:
        server.kill()


# --- links and interfaces that go and come back ---------------------------------------------------


def flapped(host):
    """The cable out and in again; a frame waits until the kernel has noticed."""
    host.shell(f"ip link set {host.wire} down", f"ip link set {host.wire} up")


@pytest.mark.parametrize("options", [[], ["--user", "nobody"], ["--sandbox", "off"]],
                         ids=" ".join)
def test_a_server_goes_on_after_its_link_was_down(pair, options):
    here, there = pair
    with there.serve(served(there), "--json", *options) as server:
        assert answers(here, there)
        for _ in range(3):
            flapped(there)
            eventually(lambda: hears(here, there), "the link is up")
            assert answers(here, there)
        assert server.events("error") == []
        assert len(server.events("listening")) == 1


def hears(here, there):
    return here.netecho("probe", target(here, there), "-c1", "-W200ms").code == 0


def test_a_probe_goes_on_when_its_interface_is_made_anew():
    with two_hosts() as (here, there):
        with there.serve(served(there), "--sandbox", "off"):
            address = ctp.mac_of(there)

            def mend():
                plug(here, there)
                there.ip("link", "set", there.wire, "address", address)

            args = [target(here, there), *EVERY_20_MS]
            with here.running("probe", *args) as process:
                result = probed_through(process, 20_000_000, mends=mend,
                                        breaks=lambda: here.ip("link", "del", here.wire))
    s = check(result.events[-1])
    assert (result.code, result.errors, s["error"]) == (0, [], None), result
    assert {each["errno_name"] for each in s["send_errors"]} <= {"ENXIO", "ENETDOWN", "ENODEV"}


@not_instrumented
def test_under_the_sandbox_a_deleted_interface_ends_it_with_4():
    with two_hosts() as (here, there):
        server = there.serve(served(there), "--json")
        try:
            there.ip("link", "del", there.wire)
            error = server.event("error")
            assert (error["endpoint"], error["errno_name"]) == (served(there), "ENODEV")
            assert "restart netecho, or start it with --sandbox off" in error["message"]
            assert server.wait() == 4
        finally:
            server.kill()


def test_who_gave_up_the_right_to_frames_goes_on_when_its_interface_is_made_anew():
    """To open another socket would take CAP_NET_RAW; to bind the one there is takes nothing."""
    with two_hosts() as (here, there):
        options = ["--json", "--user", "nobody", "--sandbox", "off", "--udp-max-rate=0"]
        with there.serve(served(there), *options) as server:
            for times in (1, 2, 3):
                eventually(lambda: len(server.events("listening")) == times, "it is bound")
                eventually(lambda: hears(here, there), "the link is up")
                assert answers(here, there)
                # It is in the group that all are asked by, too.
                found = here.netecho("probe", served(here), "-c1", "--json").json
                assert [each["address"] for each in only(check(found)["targets"])["stations"]] == [
                    ctp.mac_of(there)]
                # Whoever comes second is told so after each move.
                line = complains(there.netecho("serve", served(there)), 4)
                assert f"process {server.pid} serves {there.wire} already" in line
                if times < 3:
                    there.ip("link", "del", there.wire)
                    plug(here, there)
            assert server.events("error") == []
            assert server.stop() == 0
            counts = only(check(server.event("stopped"))["endpoints"])
            assert counts["tx_messages_total"] >= 3 * (5 + 1 + 1), "the counters go on"


# --- stations that are not there ------------------------------------------------------------------


def test_a_server_that_dies_is_silence_until_it_is_there_again(pair):
    """Nobody on a link tells that a station is gone: probes are lost, and the run goes on."""
    here, there = pair
    first = there.serve(served(there))
    with contextlib.ExitStack() as stack:
        stack.callback(first.kill)
        process = stack.enter_context(here.running("probe", target(here, there), *EVERY_20_MS))
        replies = Watched(process)
        replies.wait_for("ok", 3)
        first.process.kill()
        first.wait()
        replies.wait_for("timeout", 10)
        stack.enter_context(there.serve(served(there)))
        replies.wait_for("ok", 3)
        process.send_signal(signal.SIGINT)
        result = finish(process)
    s = check(result.events[-1])
    assert (result.code, result.errors, s["error"], s["outages"]) == (0, [], None, []), result
    assert s["timeout_total"] >= 10 and s["loss_runs"]["longest"] >= 10
    assert (s["refused_total"], s["unreachable_total"], s["send_error_total"]) == (0, 0, 0)


def test_send_to_a_station_that_is_gone_ends_with_5(pair):
    here, there = pair
    line = complains(here.netecho("send", target(here, there), "x", "-W200ms"), 5)
    assert "0 of 1 bytes came back" in line


# --- rights ---------------------------------------------------------------------------------------


@not_instrumented
def test_it_serves_in_the_whole_sandbox_and_needs_nothing_that_is_refused(pair, folder):
    """Not when the link goes down and up, either, nor when the interface gets another address."""
    need("strace")
    here, there = pair
    log = folder / "calls"
    traced = [*there.prefix, "strace", "-f", "-o", log, "-e", "signal=none"]
    server = Server([served(there), *IN_FULL, "--user", "nobody", "--trace", "--json", "-v"],
                    prefix=traced, lines=1)
    before = ctp.mac_of(there)
    try:
        assert answers(here, there)
        flapped(there)
        with there.changed(f"ip link set {there.wire} address 02:00:00:00:00:55",
                           f"ip link set {there.wire} address {before}"):
            eventually(lambda: hears(here, there), "the new address answers")
        # strace would end instead of netecho.
        (pid,) = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        os.kill(int(pid), signal.SIGTERM)
        assert server.wait() == 0, server.stderr
        assert "sandbox: no_new_privs, " in server.stderr
        calls = log.read_text()
        refused = [line for line in calls.splitlines() if "= -1 EPERM" in line]
    finally:
        server.kill()
    made = re.findall(r"\bsocket\((AF_PACKET[^)]*)\)", calls)
    assert len(made) == 1, "one socket of frames, and none after the right to it is gone"
    sealed = calls.index("seccomp(SECCOMP_SET_MODE_FILTER")
    assert calls.index("AF_PACKET") < calls.index("setresuid(") < sealed
    assert [line for line in refused if not is_attempt(line)] == []


def is_attempt(line):
    """What --user tries, to be sure that there is no way back."""
    return re.search(r"\b(setresuid|setresgid|setgroups)\(", line)


@not_instrumented
def test_frames_take_no_system_call_that_other_endpoints_do_not(pair):
    _, there = pair

    def calls(endpoint):
        with there.serve(endpoint, "-v") as server:
            return re.search(r"seccomp \((\d+) calls\)", server.stderr).group(1)

    assert calls(served(there)) == calls("tcp://127.0.0.1:0")


def test_its_only_unix_socket_listens_so_that_nothing_can_be_sent_through_it(pair):
    _, there = pair
    listens = "00010000"  # __SO_ACCEPTCON of the kernel.
    with there.serve(served(there)) as server:
        links = {os.readlink(fd) for fd in Path(f"/proc/{server.pid}/fd").iterdir()}
        table = Path(f"/proc/{server.pid}/net/unix").read_text().splitlines()[1:]
        own = [(row[3], row[7]) for row in map(str.split, table) if f"socket:[{row[6]}]" in links]
    assert [flags for flags, _ in own] == [listens]
    assert own[0][1].startswith("@netecho-packet-")


def test_served_as_another_user_no_capability_is_left(pair):
    here, there = pair
    with there.serve(served(there), "--user", "nobody") as server:
        assert answers(here, there)
        for status in statuses(server.pid):
            assert {status[name] for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")} == {"0" * 16}


# --- interfaces that are no Ethernet --------------------------------------------------------------


@pytest.fixture
def tunnel(pair):
    """An interface without addresses of stations."""
    _, there = pair
    made = subprocess.run([*there.prefix, "ip", "tuntap", "add", "dev", "tun9", "mode", "tun"],
                          check=False, capture_output=True, timeout=PATIENCE)
    if made.returncode != 0:
        pytest.skip(f"no tun interface here: {made.stderr!r}")
    yield there
    there.ip("link", "del", "tun9")


@pytest.mark.parametrize("command", ["serve", "probe", "send"])
def test_an_interface_without_addresses_of_stations_is_no_ethernet(tunnel, command):
    endpoint = "packet://tun9" + ("" if command == "serve" else "/02:00:00:00:00:01")
    more = ["x"] if command == "send" else []
    line = complains(tunnel.netecho(command, endpoint, *more), 4)
    assert "tun9 is no Ethernet: its frames have no MAC addresses of 6 bytes" in line


@pytest.mark.parametrize("command", ["probe", "send"])
def test_nor_does_the_loopback_have_stations_to_be_asked(pair, command):
    more = ["x"] if command == "send" else []
    line = complains(pair[0].netecho(command, "packet://lo/00:00:00:00:00:00", *more), 4)
    assert "lo is no Ethernet: on the loopback interface all stations have one address" in line
