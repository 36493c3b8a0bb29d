"""Sockets that systemd-socket-activate opened and hands to serve."""

import contextlib
import os
import signal
import socket
import subprocess

import pytest
from netecho import NETECHO, eventually, exit_status
from ports import own_port
from programs import bound, started, unix_bound
from sockets import connect, echo, pattern, receive_all

ACTIVATE = "systemd-socket-activate"


@contextlib.contextmanager
def activated(*args, ready, folder):
    """systemd-socket-activate, which execs netecho when something arrives."""
    with open(folder / "stdout", "wb") as out:
        with started(ACTIVATE, *args, ready=ready, stdout=out, stderr=subprocess.DEVNULL) as p:
            yield p


def stops(process):
    """The pid is netecho's by now: SIGTERM drains and ends with 0."""
    process.send_signal(signal.SIGTERM)
    return exit_status(process.wait(20))


def listening(folder):
    return (folder / "stdout").read_text().splitlines()


def test_serve_takes_all_sockets_of_the_manager(folder):
    ports = [own_port(), own_port()]
    args = [f"--listen=127.0.0.1:{ports[0]}", f"--listen=[::1]:{ports[1]}", f"-l{folder}/s"]
    with activated(*args, NETECHO, "serve", "sd:", ready=unix_bound(folder / "s"),
                   folder=folder) as process:
        uris = [f"tcp4://127.0.0.1:{ports[0]}", f"tcp6://[::1]:{ports[1]}", f"unix://{folder}/s"]
        for uri in uris:
            with connect(uri) as client:
                assert echo(client, b"activated") == b"activated"
                client.shutdown(socket.SHUT_WR)
                assert receive_all(client) == b""
        eventually(lambda: len(listening(folder)) >= 3, "three listening lines")
        assert listening(folder)[:3] == [f"listening {uri} (inherited)" for uri in uris]
        assert stops(process) == 0
    assert (folder / "s").is_socket(), "the manager's path is never unlinked"


def test_serve_takes_the_socket_of_one_name(folder):
    args = ["-l", f"{folder}/a", "-l", f"{folder}/b", "--fdname=first:second"]
    with activated(*args, NETECHO, "serve", "sd:second", ready=unix_bound(folder / "b"),
                   folder=folder) as process:
        with connect(f"unix://{folder}/b") as client:
            assert echo(client, b"x") == b"x"
        eventually(lambda: listening(folder), "a listening line")
        assert listening(folder)[0] == f"listening unix://{folder}/b (inherited)"
        assert stops(process) == 0
        assert len([line for line in listening(folder) if line.startswith("listening")]) == 1


def test_a_name_that_was_not_passed_ends_with_4(folder):
    args = ["-l", f"{folder}/a", "--fdname=first"]
    with activated(*args, NETECHO, "serve", "sd:other", ready=unix_bound(folder / "a"),
                   folder=folder) as process:
        with contextlib.closing(connect(f"unix://{folder}/a")):
            assert process.wait(20) in (2, 4)


def test_a_datagram_socket_is_served(folder):
    port = own_port()
    args = ["-d", "-l", f"127.0.0.1:{port}", NETECHO, "serve", "sd:"]
    with activated(*args, ready=bound("udp", port), folder=folder) as process:
        with connect(f"udp4://127.0.0.1:{port}") as client:
            for data in (b"datagram", b"", pattern(65_507)):
                assert echo(client, data) == data
        assert stops(process) == 0


def test_records_are_served(folder):
    args = ["--seqpacket", "-l", f"{folder}/p", NETECHO, "serve", "sd:"]
    with activated(*args, ready=unix_bound(folder / "p"), folder=folder) as process:
        with connect(f"unixpacket://{folder}/p") as client:
            for data in (b"record", b"", b"another"):
                assert echo(client, data) == data
        assert stops(process) == 0


@pytest.mark.parametrize("how", ["accepted, as systemd passes it", "accepted, as inetd passes it"])
def test_one_accepted_connection_is_served_and_its_end_is_the_servers(folder, how):
    """Each connection gets a netecho of its own; stdout is the connection under inetd."""
    log = folder / "codes"
    endpoint, options = ("fd:0", ["--inetd"]) if "inetd" in how else ("sd:", [])
    # The shell between them forks, so that LISTEN_PID has to name the one it is for anew.
    script = (
        "(LISTEN_PID=$(exec sh -c 'echo $PPID') exec \"$0\" serve "
        f'{endpoint} >/dev/null); echo $? >>"$1"'
    )
    args = ["-a", *options, "-l", f"{folder}/s", "sh", "-c", script, NETECHO, log]
    with activated(*args, ready=unix_bound(folder / "s"), folder=folder):
        for number in range(3):
            data = pattern(300_000, seed=number)
            with connect(f"unix://{folder}/s") as client:
                client.sendall(data[:100_000])
                client.shutdown(socket.SHUT_WR)
                assert receive_all(client) == data[:100_000]
        eventually(lambda: log.exists() and len(log.read_text().split()) == 3, "three ends")
        assert log.read_text().split() == ["0", "0", "0"]


def test_sockets_for_another_process_are_not_taken(folder):
    """LISTEN_PID names the one they are for."""
    from netecho import environment, netecho

    env = environment(LISTEN_PID="1", LISTEN_FDS="1")
    result = netecho("serve", "sd:", env=env)
    assert result.code in (2, 4), result
    assert len(result.errors) == 1


def test_a_descriptor_of_the_parent_is_served(folder):
    from netecho import serve

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "s"))
        listener.listen()
        with serve(f"fd:{listener.fileno()}", "--json", pass_fds=(listener.fileno(),)) as server:
            assert server.endpoint == f"unix://{folder}/s"
            assert server.event("listening")["inherited"] is True
            with connect(server.endpoint) as client:
                assert echo(client, b"x") == b"x"
        # Never shut down: the parent goes on with it.
        with connect(f"unix://{folder}/s"):
            connection, _ = listener.accept()
            connection.close()
    assert os.path.exists(folder / "s")


def test_a_descriptor_that_is_no_socket_of_ours_is_refused():
    from netecho import netecho

    assert netecho("serve", "fd:0").code == 4
    assert netecho("serve", "fd:77").code == 4
    with socket.socket(socket.AF_INET) as unbound:
        fd = unbound.fileno()
        assert netecho("serve", f"fd:{fd}", pass_fds=(fd,)).code == 4
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW) as netlink:
        fd = netlink.fileno()
        assert netecho("serve", f"fd:{fd}", pass_fds=(fd,)).code == 4
