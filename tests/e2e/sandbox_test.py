"""What serve gives up once its sockets are open, and that it serves as well without.

That calls outside of its needs are refused is shown by tests/core/host/sandbox_test.cpp.
"""

import json
import os
import re
import socket
from pathlib import Path

import pytest
from fixtures import needs_root
from netecho import environment, eventually, finish, netecho, running, serve
from programs import need, network, run
from sandboxes import IN_FULL, landlock_abi, not_instrumented, statuses
from sockets import connect, echo, pattern

pytestmark = not_instrumented

LANDLOCK = pytest.mark.skipif(not landlock_abi(), reason="this kernel has no Landlock")
EVERY_KIND = ["tcp", "udp", "unix", "unixgram", "unixpacket"]


def endpoint_of(kind, folder):
    return f"{kind}://127.0.0.1:0" if kind in ("tcp", "udp") else f"{kind}:{folder}/{kind}"


def sandboxed(pid):
    return {(s["NoNewPrivs"], s["Seccomp"]) for s in statuses(pid)}


def largest(kind):
    return {"tcp": 20 << 20, "unix": 20 << 20, "udp": 65_507}.get(kind, 1_000_000)


# --- what is in force -----------------------------------------------------------------------------


def test_every_thread_is_in_it_once_it_is_ready():
    with serve("tcp://127.0.0.1:0", "--trace") as server:
        assert sandboxed(server.pid) == {("1", "2")}
        with connect(server.endpoint) as client:
            assert echo(client, b"x") == b"x"
        # The thread that writes events starts with the first of them.
        eventually(lambda: len(statuses(server.pid)) == 2, "a second thread")
        assert sandboxed(server.pid) == {("1", "2")}


def test_the_log_says_what_is_in_force():
    with serve("tcp://127.0.0.1:0", "-v") as server:
        landlock = f"Landlock ABI {landlock_abi()}, " if landlock_abi() else ""
        assert re.search(
            rf"^netecho: info: sandbox: no_new_privs, {landlock}seccomp \(\d+ calls\)$",
            server.stderr, re.MULTILINE,
        ), server.stderr
    with serve("tcp://127.0.0.1:0") as server:
        assert server.stderr == ""


def test_without_socket_files_nothing_can_be_removed(folder):
    """The calls that remove are on the list only where there is something to remove."""

    def calls(*endpoints):
        with serve(*endpoints, "-v") as server:
            return int(re.search(r"seccomp \((\d+) calls", server.stderr).group(1))

    assert calls("tcp://127.0.0.1:0") == calls("unix:@" + folder.name)
    assert calls(f"unix:{folder}/s") > calls("tcp://127.0.0.1:0")


def test_a_server_without_unix_endpoints_keeps_no_unix_socket():
    """One could send to any socket of the host, the log's too, whatever is left of the calls."""
    with serve("tcp://127.0.0.1:0", "udp://127.0.0.1:0") as server:
        table = Path("/proc/net/unix").read_bytes()  # The names in it are any user's bytes.
        inodes = set(re.findall(rb"^[0-9a-fA-F]+:(?: \S+){5} +([0-9]+)", table, re.MULTILINE))
        links = [os.readlink(fd) for fd in Path(f"/proc/{server.pid}/fd").iterdir()]
        sockets = {link[8:-1].encode() for link in links if link.startswith("socket:[")}
        assert sockets and not sockets & inodes


def test_off_means_off():
    outside = statuses(os.getpid())[0]
    with serve("tcp://127.0.0.1:0", "--sandbox", "off", "-v") as server:
        assert sandboxed(server.pid) == {(outside["NoNewPrivs"], outside["Seccomp"])}
        assert "info: sandbox: off\n" in server.stderr


# --- everything that serve does, inside -----------------------------------------------------------


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_every_transport_echoes_what_is_small_and_what_is_large(kind, folder):
    with serve(endpoint_of(kind, folder), *IN_FULL, "--json", "--trace", "--show-payload",
               "--stats-interval", "20ms") as server:
        with connect(server.endpoint) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
            for data in (b"x", pattern(1200), pattern(largest(kind))):
                if client.type == socket.SOCK_STREAM and len(data) > 1 << 20:
                    result = netecho("send", server.endpoint, "-f", "-", input=data)
                    assert result.stdout == data, result.errors
                else:
                    assert echo(client, data) == data
        server.event("stats")
    # Leaving the block has stopped it by SIGTERM, with 0.
    assert list(folder.iterdir()) == []


def test_all_of_them_at_once_impaired_and_under_names_without_files(folder):
    names = [f"{kind}:@{folder.name}-{kind}" for kind in EVERY_KIND[2:]]
    endpoints = [endpoint_of(kind, folder) for kind in EVERY_KIND] + names
    with serve(*endpoints, *IN_FULL, "--impair", "delay=1ms,jitter=1ms") as server:
        for uri in server.endpoints:
            with connect(uri) as client:
                assert echo(client, pattern(5000)) == pattern(5000), uri


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_probes_are_stamped_and_authenticated(kind, folder):
    key = folder / "key"
    key.write_bytes(b"a key of thirty-two bytes, no less")
    key.chmod(0o600)
    with serve(endpoint_of(kind, folder), *IN_FULL, "--key-file", key, "--require-key") as server:
        result = netecho("probe", server.endpoint, "-c20", "--flood", "--key-file", key, "--json")
        assert result.code == 0, result
        (target,) = result.json["targets"]
        assert (target["received_total"], target["stamped"], target["authenticated"]) == (
            20, True, True)


def test_a_named_client_of_records_is_answered_though_no_abstract_peer_is_in_reach(folder):
    """Only datagrams are sent to names; a connection stands whatever its end is called."""
    with serve(f"unixpacket:{folder}/p", f"unix:{folder}/s", *IN_FULL) as server:
        for uri, kind in zip(server.endpoints, (socket.SOCK_SEQPACKET, socket.SOCK_STREAM)):
            with socket.socket(socket.AF_UNIX, kind) as client:
                client.bind(f"\0{folder.name}-{int(kind)}")
                client.settimeout(10)
                client.connect(uri.partition("://")[2])
                assert echo(client, b"named") == b"named"


def test_datagrams_from_paths_and_from_abstract_names_are_answered(folder):
    with serve(f"unixgram:{folder}/s", *IN_FULL) as server:
        for name in (f"{folder}/client", f"\0{folder.name}-client"):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
                client.bind(name)
                client.settimeout(10)
                client.connect(f"{folder}/s")
                assert echo(client, b"named") == b"named"
        assert server.stderr == ""


def test_a_socket_file_that_is_another_one_by_now_stays(folder):
    with serve(f"unix:{folder}/s", *IN_FULL):
        (folder / "s").unlink()
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(folder / "s"))
    assert (folder / "s").is_socket()


def test_a_relative_path_is_removed(folder):
    with serve("unix:./s", *IN_FULL, cwd=folder) as server:
        assert (folder / "s").is_socket()
        assert server.endpoint == "unix://./s"
    assert list(folder.iterdir()) == []


@needs_root
def test_the_interface_of_a_link_local_peer_still_has_its_name():
    with network() as (prefix, _):
        netecho_there = [*prefix, "sh", "-c",
                         'ip -6 addr add fe80::7/64 dev lo nodad && exec "$@"', "sh"]

        def usable():
            # The kernel adds its route from a work queue, a moment later.
            return b"fe80::7" in run(*prefix, "ip", "-6", "route", "show", "table", "local")

        with serve("tcp://[::]:0", *IN_FULL, "--trace", "--json", prefix=netecho_there) as server:
            eventually(usable, "a link-local address")
            result = netecho("send", f"tcp://[fe80::7%lo]:{server.port}", "x", prefix=prefix)
            assert result.code == 0, result
            assert server.event("open")["peer"]["address"] == "fe80::7%lo"


# From and to one address of this host, over UDP: the reply's TTL.
TTL_OF_A_REPLY = """
import socket, sys
address, port = sys.argv[1], int(sys.argv[2])
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
    client.setsockopt(socket.IPPROTO_IP, 12, 1)  # IP_RECVTTL, which Python 3.11 does not name
    client.bind((address, 0))
    client.settimeout(5)
    client.sendto(b"x", (address, port))
    print(int.from_bytes(client.recvmsg(16, 64)[1][0][2], sys.byteorder))
"""


@needs_root
def test_addresses_that_this_host_gets_later_are_known_to_be_its_own():
    with network() as (prefix, _):
        with serve("udp://0.0.0.0:0", *IN_FULL, prefix=prefix) as server:
            run(*prefix, "ip", "addr", "add", "10.99.0.7/32", "dev", "lo")

            def marked():
                ttl = run(*prefix, "/usr/bin/python3", "-c", TTL_OF_A_REPLY, "10.99.0.7",
                          server.port)
                return int(ttl) == 253

            eventually(marked, "the mark of a reply to this host")


ZONE = Path("/usr/share/zoneinfo/Asia/Seoul")


@pytest.mark.skipif(not ZONE.exists(), reason="no time zones on this machine")
def test_the_log_keeps_the_local_time(folder):
    zone = folder / "zone"
    zone.write_bytes(ZONE.read_bytes())
    with serve("tcp://127.0.0.1:0", "-v", "--log-format", "json",
               env=environment(TZ=f":{zone}")) as server:
        lines = [json.loads(line) for line in server.stderr.splitlines()]
        (line,) = [line for line in lines if line["message"].startswith("sandbox: ")]
        assert line["time"].endswith("+09:00")


def test_the_port_file_appears_whole_though_no_file_can_be_made(folder):
    with serve("tcp://127.0.0.1:0", *IN_FULL, "--port-file", folder / "port") as server:
        assert (folder / "port").read_text() == server.endpoint + "\n"


def test_the_server_inside_a_probe_has_none(folder):
    need("strace")
    log = folder / "strace"
    prefix = ["strace", "-f", "-o", log, "-e", "trace=seccomp,landlock_restrict_self,prctl"]
    result = netecho("probe", "--self", "-c1", prefix=prefix)
    assert result.code == 0, result
    assert "seccomp(" not in log.read_text() and "landlock" not in log.read_text()


# Its call, how that fails, and what is told.
WITHOUT = {
    "no_new_privs": ("prctl", "EINVAL", "prctl PR_SET_NO_NEW_PRIVS: Invalid argument (EINVAL)"),
    "Landlock": ("landlock_create_ruleset", "ENOSYS",
                 "landlock_create_ruleset: Function not implemented (ENOSYS)"),
    "seccomp": ("seccomp", "EINVAL", "seccomp_attr_set TSYNC: Operation not supported (EOPNOTSUPP)"),
}


def without(layer, folder):
    """A kernel that has not this one."""
    need("strace")
    call, error, _ = WITHOUT[layer]
    return ["strace", "-f", "-o", folder / "strace", "-e", f"trace={call}",
            "-e", f"inject={call}:error={error}"]


@LANDLOCK
# --- what cannot be had ---------------------------------------------------------------------------


@pytest.mark.parametrize("layer", WITHOUT)
def test_what_is_required_and_cannot_be_had_ends_it_with_7_before_anybody_is_told(layer, folder):
    result = netecho("serve", "tcp://127.0.0.1:0", f"unix:{folder}/s", "--sandbox", "require",
                     "--port-file", folder / "port", prefix=without(layer, folder))
    assert result.code == 7, result
    assert result.stdout == b""
    (line,) = result.errors
    why = WITHOUT[layer][2]
    assert line == f"netecho: option --sandbox require: there is no {layer} here: {why}"
    assert [path.name for path in folder.iterdir()] == ["strace"]


def serves_once(folder, prefix):
    """Its log. strace holds the pipe of --ready-fd open, so a file says where it serves."""
    port = folder / "port"
    with running("serve", "tcp://127.0.0.1:0", "--once", "-v", "--port-file", port,
                 prefix=prefix) as process:
        uri = eventually(lambda: port.exists() and port.read_text().strip(), "a port file")
        with connect(uri) as client:
            assert echo(client, b"x") == b"x"
        result = finish(process)
    assert result.code == 0, result
    return result.stderr.decode()


@pytest.mark.parametrize("layer", ["Landlock", "seccomp"])
def test_what_cannot_be_had_is_logged_and_the_rest_is_in_force(layer, folder):
    log = serves_once(folder, without(layer, folder))
    (in_force,) = re.findall("^netecho: info: sandbox: (no_new_privs.*)$", log, re.MULTILINE)
    assert layer not in in_force
    level = "info" if layer == "Landlock" else "warning"
    why = WITHOUT[layer][2]
    assert f"netecho: {level}: sandbox: no {layer} here: {why}" in log.splitlines()


@LANDLOCK
def test_a_kernel_with_an_old_landlock_is_asked_for_no_more_than_it_has(folder):
    """ABI 1 knows no networks and no scopes: asking for them would fail (E2BIG)."""
    need("strace")
    trace = folder / "strace"
    log = serves_once(folder, [
        "strace", "-f", "-o", trace, "-X", "raw", "-e", "trace=landlock_create_ruleset",
        "-e", "inject=landlock_create_ruleset:retval=1:when=1",
    ])
    assert "Landlock ABI 1," in log
    asked = trace.read_text().splitlines()[1]
    assert "handled_access_fs=0x1fff" in asked, asked
    assert not re.search("handled_access_net=0x[1-9]|scoped=0x[1-9]", asked), asked


def test_a_value_that_there_is_not_is_a_usage_error():
    result = netecho("serve", "--sandbox", "strict")
    assert result.code == 2
    assert "auto|require|off" in result.errors[0]
