"""Options of serve: limits, time-outs, announcements, socket files, frames."""

import json
import os
import select
import socket
import stat
import time

import pytest
from fixtures import needs_root
from netecho import netecho, serve
from sockets import connect, echo, pattern, receive, receive_all


def is_silent(sock, seconds=0.2):
    return not select.select([sock], [], [], seconds)[0]


# --- how long it serves ---------------------------------------------------------------------------


@pytest.mark.parametrize("option", [["--once"], ["--max-accepts", "1"]])
@pytest.mark.parametrize("which", ["tcp", "unix", "udp", "unixgram", "unixpacket"])
def test_once_serves_one_connection_or_datagram_and_ends_with_0(folder, option, which):
    endpoint = {"tcp": "tcp://127.0.0.1:0", "udp": "udp://127.0.0.1:0"}.get(
        which, f"{which}:{folder}/s"
    )
    with serve(endpoint, *option, "--json") as server:
        with connect(server.endpoint) as client:
            assert echo(client, b"only") == b"only"
        assert server.wait() == 0
        stopped = server.events("stopped")
        assert [e["reason"] for e in stopped] == ["max_accepts"]
        assert stopped[0]["endpoints"][0]["rx_bytes_total"] == 4
    assert not (folder / "s").exists()


def test_once_gives_its_one_client_everything_back():
    data = pattern(3_000_000)
    with serve("tcp://127.0.0.1:0", "--once") as server, connect(server.endpoint) as client:
        sent = 0
        client.setblocking(False)
        received = bytearray()
        while len(received) < len(data):
            _, writable, _ = select.select([client], [client] if sent < len(data) else [], [], 10)
            if writable:
                sent += client.send(data[sent : sent + 65536])
            else:
                received += client.recv(65536)
        assert bytes(received) == data
        client.setblocking(True)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
        assert server.wait() == 0


def test_max_accepts_counts_over_all_endpoints(folder):
    with serve("udp://127.0.0.1:0", f"unix:{folder}/s", "--max-accepts", 3) as server:
        for uri in (server.endpoints[0], server.endpoints[1], server.endpoints[0]):
            assert server.process.poll() is None
            with connect(uri) as client:
                assert echo(client, b"x") == b"x"
        assert server.wait() == 0


# --- limits ---------------------------------------------------------------------------------------


def test_a_connection_beyond_max_conns_waits_in_the_backlog():
    with serve("tcp://127.0.0.1:0", "--max-conns", 2) as server:
        first, second, third = (connect(server.endpoint) for _ in range(3))
        with first, second, third:
            assert echo(first, b"1") == b"1"
            assert echo(second, b"2") == b"2"
            third.sendall(b"3")
            assert is_silent(third)
            first.close()
            assert receive(third, 1) == b"3"
            assert echo(second, b"2") == b"2"


def test_max_conns_counts_over_all_endpoints(folder):
    with serve("tcp://127.0.0.1:0", f"unix:{folder}/s", "--max-conns", 1) as server:
        with connect(server.endpoints[0]) as first, connect(server.endpoints[1]) as second:
            assert echo(first, b"1") == b"1"
            second.sendall(b"2")
            assert is_silent(second)
            first.close()
            assert receive(second, 1) == b"2"


def test_out_of_descriptors_the_old_connections_live_and_new_ones_wait(folder):
    import resource

    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))

    with serve(f"unix:{folder}/s", preexec_fn=few) as server:
        clients = [connect(server.endpoint) for _ in range(30)]
        assert echo(clients[0], b"old") == b"old"
        clients[29].sendall(b"new")
        assert is_silent(clients[29])
        used = cpu_seconds(server.pid)
        assert is_silent(clients[29], 0.3)
        assert cpu_seconds(server.pid) - used < 0.15, "it spins instead of waiting"
        for client in clients[:29]:
            client.close()
        assert receive(clients[29], 3) == b"new"
        clients[29].close()


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf8") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_silent_connection_is_closed_after_the_idle_timeout(folder):
    with serve("tcp://127.0.0.1:0", f"unixpacket:{folder}/p", "--idle-timeout", "150ms",
               "--trace", "--json") as server:
        for uri in server.endpoints:
            with connect(uri) as client:
                started = time.monotonic()
                assert echo(client, b"x") == b"x"
                assert client.recv(1) == b""
                assert time.monotonic() - started >= 0.14
            server.event("close", reason="idle", endpoint=server.listening(uri))


def test_a_connection_that_goes_on_talking_is_not_idle():
    with serve("tcp://127.0.0.1:0", "--idle-timeout", "400ms") as server:
        with connect(server.endpoint) as client:
            until = time.monotonic() + 0.9
            while time.monotonic() < until:
                assert echo(client, b"x") == b"x"
                select.select([client], [], [], 0.05)
            assert echo(client, b"x") == b"x"


# --- announcements --------------------------------------------------------------------------------


def test_the_port_file_and_ready_fd_say_the_same_in_the_order_given(folder):
    ports = folder / "ports"
    with serve("udp://localhost:0", f"unix:{folder}/s", "tcp://127.0.0.1:0",
               "--port-file", ports) as server:
        assert ports.read_text() == "".join(f"{uri}\n" for uri in server.endpoints)
        assert [uri.partition(":")[0] for uri in server.endpoints] == [
            "udp4", "udp6", "unix", "tcp4",
        ]
        # Whole or not at all: nothing else is left beside it.
        assert sorted(p.name for p in folder.iterdir()) == ["ports", "s"]


def test_readiness_is_told_to_a_service_manager(folder):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(folder / "notify"))
        manager.settimeout(10)
        from netecho import environment

        env = environment(NOTIFY_SOCKET=str(folder / "notify"))
        with serve("tcp://127.0.0.1:0", env=env) as server:
            assert b"READY=1" in manager.recv(4096).splitlines()
            server.stop()
            assert b"STOPPING=1" in manager.recv(4096).splitlines()


def test_a_wildcard_bind_is_logged_as_a_warning():
    with serve("tcp://0.0.0.0:0") as server:
        lines = server.stderr.splitlines()
        assert len(lines) == 1 and "warning" in lines[0].lower() and "0.0.0.0" in lines[0]
    with serve("tcp://127.0.0.1:0") as server:
        assert server.stderr == ""
    with serve("tcp://0.0.0.0:0", "-q") as server:
        assert server.stderr == ""
    with serve("tcp://0.0.0.0:0", "--log-format", "json") as server:
        assert json.loads(server.stderr)


def test_an_empty_host_is_the_wildcard_of_each_family():
    with serve("udp://:0") as server:
        assert [uri.rpartition(":")[0] for uri in server.endpoints] == [
            "udp4://0.0.0.0",
            "udp6://[::]",
        ]
        assert len({uri.rpartition(":")[2] for uri in server.endpoints}) == 1


@needs_root
def test_the_default_endpoints_are_tcp_and_udp_on_localhost_12345():
    with serve(prefix=ALONE) as server:
        assert server.endpoints == [
            "tcp4://127.0.0.1:12345",
            "tcp6://[::1]:12345",
            "udp4://127.0.0.1:12345",
            "udp6://[::1]:12345",
        ]


# A network of its own, in which port 12345 is free.
ALONE = ("unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")


@needs_root
def test_the_default_port_in_use_is_named():
    script = (
        "ip link set lo up; "
        "/usr/bin/python3 -c '"
        "import socket, subprocess, sys; "
        's = socket.create_server(("127.0.0.1", 12345)); '
        "sys.exit(subprocess.call(sys.argv[1:]))' \"$@\""
    )
    from netecho import NETECHO, Result, environment
    import subprocess

    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", script, "sh", NETECHO, "serve"],
        capture_output=True, env=environment(), timeout=20, check=False,
    )
    result = Result(["serve"], done.returncode, done.stdout, done.stderr)
    assert result.code == 4, result
    assert result.stdout == b""
    assert len(result.errors) == 1
    assert "12345" in result.errors[0] and "(EADDRINUSE)" in result.errors[0]


# --- socket files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["unix", "unixgram", "unixpacket"])
def test_a_socket_file_is_private_unless_told_otherwise(folder, scheme):
    with serve(f"{scheme}:{folder}/s"):
        assert stat.S_IMODE(os.stat(folder / "s").st_mode) == 0o600
    with serve(f"{scheme}:{folder}/s", "--unix-mode", "0666", umask=0o077):
        assert stat.S_IMODE(os.stat(folder / "s").st_mode) == 0o666


def test_a_socket_file_is_removed_at_the_end_only_if_it_is_still_ours(folder):
    with serve(f"unix:{folder}/a", f"unix:{folder}/b", f"unixgram:{folder}/c"):
        os.unlink(folder / "b")
        (folder / "b").write_text("somebody else's")
    assert [p.name for p in folder.iterdir()] == ["b"]
    assert (folder / "b").read_text() == "somebody else's"


def test_a_failed_start_removes_the_socket_files_it_made(folder):
    with serve("tcp://127.0.0.1:0") as other:
        result = netecho("serve", f"unix:{folder}/s", other.endpoint)
        assert result.code == 4
        assert list(folder.iterdir()) == []


def test_a_symbolic_link_at_the_path_is_left_alone(folder):
    os.symlink(folder / "target", folder / "link")
    for options in ([], ["--unix-replace"]):
        assert netecho("serve", f"unix:{folder}/link", *options).code == 4
    assert os.path.islink(folder / "link") and not (folder / "target").exists()


# --- what it tells --------------------------------------------------------------------------------


def test_plain_never_touches_a_frame_and_otherwise_it_is_stamped():
    for options, stamped in ((["--plain"], False), ([], True)):
        with serve("tcp://127.0.0.1:0", "udp://127.0.0.1:0", *options, "--json") as server:
            sent = []
            for uri in server.endpoints:
                target = netecho("probe", uri, "-c2", "-i50ms", "--json").json["targets"][0]
                assert target["stamped"] is stamped
                assert (target["server_residence_ns"] is not None) is stamped
                sent.append(target["sent_total"])
            server.stop()
            stats = server.events("stopped")[0]["endpoints"]
            assert [s["frames_stamped_total"] for s in stats] == (sent if stamped else [0, 0])


def test_a_header_that_stays_incomplete_is_passed_on_as_it_came():
    frame_start = bytes.fromhex("894e45430101000100000040") + bytes(20)
    with serve("tcp://127.0.0.1:0") as server:
        with connect(server.endpoint) as client:
            # Framed, but the stamp block never comes: held at most 1 s.
            client.sendall(frame_start)
            assert receive(client, len(frame_start)) == frame_start
        with connect(server.endpoint) as client:
            client.sendall(frame_start)
            client.shutdown(socket.SHUT_WR)
            assert receive_all(client) == frame_start
        with connect(server.endpoint) as client:
            # Fewer than 32 bytes: plain for good, nothing is held.
            assert echo(client, frame_start[:31]) == frame_start[:31]
            assert echo(client, frame_start) == frame_start
