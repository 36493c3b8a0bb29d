"""What bad input gets: the exit code of the table, one line on stderr, nothing on stdout."""

import os
import signal
import socket

import pytest
from fixtures import needs_root
from netecho import as_nobody, binary_for_everyone, complains, netecho, running, serve
from peers import closed_port
from sockets import connect, echo

ENDPOINTS = [
    ("tpc://localhost:7", ["tpc"]),
    ("tcp://::1:7", ["tcp://[::1]:7"]),
    ("::1:7", ["[::1]:7"]),
    ("tcp:7", ["did you mean tcp://:7?"]),
    ("tcp://127.0.0.1:65536", ["65536"]),
    ("udp://127.0.0.1:-1", []),
    ("tcp://127.0.0.1:no-such-service", ["no-such-service"]),
    ("tcp://127.0.0.1", []),
    ("tcp://", []),
    ("tcp://127.0.0.1:7?ttl=3", ["?"]),
    ("tcp://[127.0.0.1]:7", []),
    ("tcp://[::1:7", []),
    ("tcp://[::1%lo]:7", []),
    ("tcp://[fe80::1%]:7", ["zone"]),
    ("unix:", []),
    ("unix:@", []),
    ("unixgram:///" + "p" * 107, []),
    ("unix:@" + "n" * 108, []),
    ("/" + "p" * 107, []),
    ("", []),
]


# --- usage: 2 -------------------------------------------------------------------------------------


@pytest.mark.parametrize("endpoint, says", ENDPOINTS, ids=[e[:30] or "empty" for e, _ in ENDPOINTS])
@pytest.mark.parametrize("command", ["serve", "send", "probe"])
def test_a_wrong_endpoint_is_a_usage_error_that_names_it(command, endpoint, says):
    line = complains(netecho(command, endpoint), 2)
    assert endpoint in line
    for words in says:
        assert words in line


def test_an_endpoint_of_the_other_role_is_a_usage_error():
    for endpoint in ("fd:0", "sd:", "tcp://127.0.0.1:0", "12345"):
        complains(netecho("send", endpoint, "x"), 2)
        complains(netecho("probe", endpoint), 2)


def test_the_port_as_an_argument_of_its_own_gets_a_hint():
    line = complains(netecho("send", "localhost", "7", "hi"), 2)
    assert "did you mean localhost:7?" in line


def test_nothing_is_opened_before_every_endpoint_has_parsed(folder):
    complains(netecho("serve", f"unix:{folder}/s", "tcp://::1:7"), 2)
    assert list(folder.iterdir()) == []
    with serve("tcp://127.0.0.1:0", "--json", "--trace") as server:
        complains(netecho("probe", server.endpoint, "tcp://::1:7"), 2)
        assert server.stop() == 0
        assert [e["type"] for e in server.events()] == ["listening", "stopped"]


OPTIONS = [
    ("send", ["127.0.0.1:7", "x", "--count", "-1"]),
    ("send", ["127.0.0.1:7", "x", "--count", "0"]),
    ("send", ["127.0.0.1:7", "x", "--count", "abc"]),
    ("send", ["127.0.0.1:7", "x", "--count", "99999999999999999999999"]),
    ("send", ["127.0.0.1:7", "x", "--interval", "banana"]),
    ("send", ["127.0.0.1:7", "x", "--interval", "-1s"]),
    ("send", ["127.0.0.1:7", "x", "-W", "1e99h"]),
    ("send", ["127.0.0.1:7", "x", "-W", ""]),
    ("send", ["127.0.0.1:7", "x", "--expect", "miracles"]),
    ("send", ["127.0.0.1:7", "x", "-x", "00"]),
    ("send", ["127.0.0.1:7", "-x", "0g"]),
    ("send", ["127.0.0.1:7", "-x", "000"]),
    ("send", ["127.0.0.1:7", "--base64", "*"]),
    ("send", ["127.0.0.1:7", "x", "--no-such-option"]),
    ("send", ["127.0.0.1:7", "x", "more"]),
    ("send", []),
    ("send", ["127.0.0.1:7", "x", "--format", "xml"]),
    ("send", ["127.0.0.1:7", "x", "-4", "-6"]),
    ("send", ["127.0.0.1:7", "x", "--tos", "256"]),
    ("send", ["unix:/tmp/none", "x", "--ttl", "3"]),
    ("probe", []),
    ("probe", ["127.0.0.1:7", "--count", "-1"]),
    ("probe", ["127.0.0.1:7", "--interval", "banana"]),
    ("probe", ["127.0.0.1:7", "--mode", "guess"]),
    ("probe", ["127.0.0.1:7", "-s", "64q"]),
    ("probe", ["udp://127.0.0.1:7", "-s", "65508"]),
    ("probe", ["--self", "127.0.0.1:7"]),
    ("serve", ["127.0.0.1:0", "--max-conns", "0"]),
    ("serve", ["127.0.0.1:0", "--max-accepts", "-1"]),
    ("serve", ["127.0.0.1:0", "--idle-timeout", "soon"]),
    ("serve", ["127.0.0.1:0", "--unix-mode", "888"]),
    ("serve", ["127.0.0.1:0", "--ready-fd", "99"]),
    ("serve", ["127.0.0.1:0", "--ready-fd", "x"]),
    ("serve", ["127.0.0.1:0", "--log-level", "loud"]),
    ("families", ["tcp"]),
    ("families", ["--all=yes"]),
    ("families", ["-4"]),
    ("completion", []),
    ("completion", ["tcsh"]),
    ("no-such-command", []),
]


@pytest.mark.parametrize("command, args", OPTIONS, ids=[" ".join([c, *a]) for c, a in OPTIONS])
def test_a_wrong_option_is_a_usage_error(command, args):
    complains(netecho(command, *args), 2)


def test_no_subcommand_is_a_usage_error():
    result = netecho()
    assert result.code == 2
    assert result.stdout == b""
    assert result.errors


def test_a_value_out_of_range_states_the_range():
    line = complains(netecho("send", "127.0.0.1:7", "x", "--tos", "256"), 2)
    assert "0" in line and "255" in line


def test_a_wrong_environment_is_a_usage_error():
    from netecho import environment

    complains(netecho("send", "127.0.0.1:7", "x", env=environment(NETECHO_LOG_LEVEL="loud")), 2)


@pytest.mark.parametrize("command", ["serve", "send", "probe", "wait"])
def test_help_wins_over_wrong_options(command):
    result = netecho(command, "--count", "abc", "--help")
    assert result.code == 0, result
    assert not result.errors
    assert f"netecho {command}" in result.text


def test_after_two_dashes_help_is_data():
    with serve("tcp://127.0.0.1:0") as server:
        result = netecho("send", server.endpoint, "--", "--help")
        assert (result.code, result.stdout) == (0, b"--help")


# --- names: 3 -------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["serve", "send", "probe"])
def test_an_unknown_host_is_a_resolution_error(command):
    line = complains(netecho(command, "tcp://no-such-host.invalid:7", input=b"x"), 3)
    assert "no-such-host.invalid" in line


def test_no_name_is_looked_up_with_n():
    complains(netecho("send", "-n", "no-such-host.invalid:7", "x"), 3)


# --- connect, bind, listen: 4 ---------------------------------------------------------------------


def test_a_refused_connection_says_so():
    with closed_port() as port:
        for command in (["send", f"127.0.0.1:{port}", "x"], ["probe", f"127.0.0.1:{port}"]):
            line = complains_of_probe_or_send(netecho(*command, "--format", "text"), 4)
            assert f"127.0.0.1:{port}" in line
            assert "(ECONNREFUSED)" in line


def complains_of_probe_or_send(result, code):
    """probe also prints its (empty) summary."""
    assert result.code == code, result
    assert len(result.errors) == 1, result
    assert result.errors[0].startswith("netecho: "), result
    return result.errors[0]


def test_a_unix_path_where_nobody_listens_says_so(folder):
    line = complains(netecho("send", f"unix:{folder}/none", "x"), 4)
    assert "(ENOENT)" in line
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(f"{folder}/stale")
    line = complains(netecho("send", f"unix:{folder}/stale", "x"), 4)
    assert "(ECONNREFUSED)" in line


def test_a_port_in_use_says_so():
    with serve("tcp://127.0.0.1:0", "udp://127.0.0.1:0") as server:
        for endpoint in server.endpoints:
            line = complains(netecho("serve", endpoint), 4)
            assert endpoint in line
            assert "(EADDRINUSE)" in line


def test_an_address_of_another_host_can_not_be_served():
    complains(netecho("serve", "tcp://192.0.2.1:0"), 4)


def test_a_regular_file_at_the_path_is_never_touched(folder):
    path = folder / "precious"
    path.write_text("do not lose me")
    for scheme in ("unix", "unixgram", "unixpacket"):
        for options in ([], ["--unix-replace"]):
            line = complains(netecho("serve", f"{scheme}:{path}", *options), 4)
            assert str(path) in line
    assert path.read_text() == "do not lose me"


@pytest.mark.parametrize("scheme", ["unix", "unixgram", "unixpacket"])
def test_a_live_socket_at_the_path_is_never_replaced(folder, scheme):
    with serve(f"{scheme}:{folder}/live") as server:
        inode = os.stat(folder / "live").st_ino
        for other in ("unix", "unixgram", "unixpacket"):
            for options in ([], ["--unix-replace"]):
                complains(netecho("serve", f"{other}:{folder}/live", *options), 4)
        assert os.stat(folder / "live").st_ino == inode
        with connect(server.endpoint) as client:
            assert echo(client, b"alive") == b"alive"


@pytest.mark.parametrize("scheme", ["unix", "unixgram", "unixpacket"])
def test_a_stale_socket_is_replaced_only_when_asked(folder, scheme):
    with running("serve", f"{scheme}:{folder}/s", "--json") as killed:
        assert b'"listening"' in killed.stdout.readline()
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    assert (folder / "s").is_socket()
    line = complains(netecho("serve", f"{scheme}:{folder}/s"), 4)
    assert "--unix-replace" in line
    assert (folder / "s").is_socket()
    with serve(f"{scheme}:{folder}/s", "--unix-replace") as server:
        with connect(server.endpoint) as client:
            assert echo(client, b"new") == b"new"
    assert not (folder / "s").exists()


def test_a_connection_that_never_completes_ends_with_the_connect_timeout(folder):
    with socket.socket(socket.AF_UNIX) as full:
        full.bind(f"{folder}/full")
        full.listen(0)
        waiting = []
        try:
            while True:
                sock = socket.socket(socket.AF_UNIX)
                waiting.append(sock)
                sock.setblocking(False)
                sock.connect(f"{folder}/full")
        except BlockingIOError:
            pass
        result = netecho("send", f"unix:{folder}/full", "x", "--connect-timeout", "50ms")
        complains(result, 4)
        for sock in waiting:
            sock.close()


@needs_root
# --- permission: 7 --------------------------------------------------------------------------------


def test_a_privileged_port_without_privilege_is_a_permission_error(folder):
    with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding="ascii") as file:
        if int(file.read()) <= 7:
            pytest.skip("this host lets everybody bind port 7")
    result = netecho("serve", "127.0.0.1:7", binary=binary_for_everyone(folder), **as_nobody())
    assert "(EACCES)" in complains(result, 7)


@needs_root
def test_a_socket_of_another_user_is_a_permission_error(folder):
    binary = binary_for_everyone(folder)
    with serve(f"unix:{folder}/s"):
        result = netecho("send", f"unix:{folder}/s", "x", binary=binary, **as_nobody())
        assert "(EACCES)" in complains(result, 7)


# --- local input and output: 8 --------------------------------------------------------------------


def test_a_missing_file_is_an_io_error(folder):
    with serve("tcp://127.0.0.1:0") as server:
        line = complains(netecho("send", server.endpoint, "-f", folder / "none"), 8)
        assert str(folder / "none") in line and "(ENOENT)" in line


def test_a_folder_as_the_file_is_an_io_error(folder):
    with serve("tcp://127.0.0.1:0") as server:
        assert "(EISDIR)" in complains(netecho("send", server.endpoint, "-f", folder), 8)


@needs_root
def test_an_unreadable_file_is_an_io_error(folder):
    secret = folder / "secret"
    secret.write_text("x")
    secret.chmod(0o600)
    binary = binary_for_everyone(folder)
    with serve("tcp://127.0.0.1:0") as server:
        result = netecho("send", server.endpoint, "-f", secret, binary=binary, **as_nobody())
        assert "(EACCES)" in complains(result, 8)


def test_a_port_file_that_can_not_be_written_is_an_io_error(folder):
    result = netecho("serve", "127.0.0.1:0", "--port-file", folder / "no/such/folder")
    assert (result.code, len(result.errors)) == (8, 1), result


# --- the same in JSON -----------------------------------------------------------------------------


def test_control_characters_of_an_argument_do_not_reach_the_terminal():
    line = netecho("send", "tcp://\x1b[31mred\x07:x", "x").stderr
    assert b"\x1b" not in line and b"\x07" not in line
    assert line.count(b"\n") == 1
    line = netecho("send", "tcp://two\nlines:7", "x").stderr
    assert line.count(b"\n") == 1
