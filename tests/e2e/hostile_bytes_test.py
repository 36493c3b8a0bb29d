"""Bytes that others have chosen, wherever they can come from: nothing that netecho shows acts on a
terminal, begins a line of its own, or is no text. SECURITY.md lists the ways."""

import contextlib
import csv
import json
import os
import re
import socket
import subprocess

import pytest
from fixtures import needs_root
from hosts import own_names
from netecho import PROJECT, SANITIZED, environment, eventually, finish, netecho, running, serve
from peers import datagram_peer
from programs import network
from terminals import terminal

# An escape sequence, C1 as bytes and as text, an override, a separator of lines, a line that the
# journal would take for an emergency, and what is no UTF-8: a stray, an overlong, a surrogate.
HOSTILE = (
    b"\x1b]0;x\x07\x7f\x9b1m\xc2\x9b1m\xe2\x80\xae\xe2\x81\xa6\xe2\x80\xa8\r\n<0>"
    b"\xff\xc0\xaf\xed\xa0\x80\\x1b"
)
ACTS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
NOWHERE = b"unix:./" + HOSTILE + b"/no"


def assert_harmless(shown):
    text = shown.decode()  # UTF-8, or an exception.
    assert not ACTS.search(text), ACTS.search(text)
    assert not re.search("^<", text, re.M), text


def run(*args, **popen):
    """A netecho that must not show anything that acts; with its lines."""
    done = netecho_bytes(*args, **popen)
    assert_harmless(done.stdout)
    assert_harmless(done.stderr)
    return done


def netecho_bytes(*args, **popen):
    with running(*map(os.fsdecode, args), **popen) as process:
        return finish(process, args)


def options():
    """(subcommand, option) of all that take a value, as completion knows them."""
    for line in (PROJECT / "completions/netecho.fish").read_text().splitlines():
        found = re.search(r"seen_subcommand_from (\w+)'.* -l (\S+).* -[xr] ", line)
        if found and found[1] in ("serve", "send", "probe"):
            yield found[1], "--" + found[2]


def test_options_were_found():
    assert {("serve", "--user"), ("send", "--file"), ("probe", "--samples")} <= set(options())


@pytest.mark.parametrize("command", ["serve", "send", "probe"])
@pytest.mark.parametrize("json_too", [["--json"]] if SANITIZED else [[], ["--json"]])
def test_no_word_of_the_command_line_acts_where_it_is_shown(folder, command, json_too):
    for sub, option in options():
        if sub == command:
            # What takes the value fails at the endpoint.
            done = run(command, *json_too, option, HOSTILE, NOWHERE, cwd=folder)
            assert done.code != 0 and len(done.errors) >= 1, done
    for words in ([HOSTILE], [b"--" + HOSTILE], [b"-" + HOSTILE], [b"tcp://" + HOSTILE + b":7"],
                  [b"tcp://localhost:" + HOSTILE], [b"tcp://[fe80::1%" + HOSTILE + b"]:7"],
                  [HOSTILE + b"://x"], [b"fd:" + HOSTILE], [b"sd:" + HOSTILE],
                  [b"tcp://localhost:1", b"x", HOSTILE]):
        done = run(command, *json_too, *words, cwd=folder)
        assert done.code != 0 and len(done.errors) == 1, done
    assert len(run(HOSTILE, *json_too).errors) == 1


@pytest.mark.parametrize("name", [
    "NETECHO_KEY_FILE", "NETECHO_LOG_LEVEL", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES",
    "NOTIFY_SOCKET", "WATCHDOG_USEC", "TERM", "NO_COLOR", "LANG", "HOME",
])  # fmt: skip
def test_no_variable_of_the_environment_acts_where_it_is_shown(folder, name):
    values = {"LISTEN_FDS": b"1", "LISTEN_PID": b"1", name: HOSTILE}
    if name in ("LISTEN_FDS", "LISTEN_FDNAMES"):
        # exec keeps the process, whose number this variable is to hold.
        shell = ["sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh"]
        assert run("serve", "sd:x", env=named(values), prefix=shell).code == 2
    if name == "LISTEN_PID":
        assert run("serve", "sd:x", env=named(values)).code == 2
    for command in ("serve", "send", "probe"):
        assert run(command, NOWHERE, "-v", env=named(values), cwd=folder).code != 0


def named(values):
    return {**{os.fsencode(k): os.fsencode(v) for k, v in environment().items()},
            **{os.fsencode(k): v for k, v in values.items()}}


def test_the_content_of_a_key_file_is_not_shown(folder):
    key = folder / "key"
    key.write_bytes(HOSTILE)
    key.chmod(0o600)
    done = run("send", "tcp://localhost:1", "--key-file", key, "x")
    assert done.code != 0
    done = run("probe", "udp://127.0.0.1:1", "--key-file", key)
    assert done.code != 0 and HOSTILE[:4] not in done.stderr


@contextlib.contextmanager
def bound(path, kind=socket.SOCK_DGRAM):
    with socket.socket(socket.AF_UNIX, kind) as sock:
        sock.bind(path)
        sock.settimeout(20)
        yield sock


PEER = HOSTILE[:50]  # With what is before it, no longer than a socket's name may be.


@pytest.mark.parametrize("form", [
    ["--format", "text"], ["--format", "jsonl"], ["--format", "text", "--log-level", "debug"],
    ["--format", "jsonl", "--log-level", "debug", "--log-format", "json"],
])  # fmt: skip
@pytest.mark.parametrize("kind", ["unixgram", "unix"])
def test_neither_a_peers_name_nor_its_bytes_act_where_serve_shows_them(folder, form, kind):
    """Its own name is hostile, too: an abstract one, and one of a file."""
    names = [b"%s://@" % kind.encode() + PEER + os.fsencode(folder.name)[-8:],
             b"%s://%s/" % (kind.encode(), os.fsencode(folder)) + PEER]
    given = [os.fsdecode(name) for name in names]
    socket_kind = socket.SOCK_DGRAM if kind == "unixgram" else socket.SOCK_STREAM
    with serve(*given, "--trace", "--show-payload", "--stats-interval", "10ms", *form) as server:
        addresses = [b"\0" + names[0].split(b"@", 1)[1], names[1].split(b"://", 1)[1]]
        for i, name in enumerate(addresses):
            own = b"%s/c%d" % (os.fsencode(folder), i) + PEER
            for local in (own, b"\0%d" % i + PEER + os.fsencode(folder.name)[-8:]):
                with bound(local, socket_kind) as client:
                    client.connect(name)
                    client.send(HOSTILE)
                    assert client.recv(1000) == HOSTILE
        marks = (b"datagram", b"close")[kind == "unix"]
        eventually(lambda: server.stdout.count(marks) >= 4, "four peers")
        eventually(lambda: b"stats" in server.stdout, "figures")
        server.stop()
        assert_harmless(server.stdout)
        assert_harmless(server.stderr.encode(errors="surrogateescape"))
        if "jsonl" in form:
            assert {event["type"] for event in server.events()} >= {"listening", "stats", "stopped"}


def test_what_a_service_manager_hears_is_one_line(folder):
    with bound(str(folder / "n").encode()) as manager:
        name = os.fsdecode(b"unix://@" + HOSTILE + os.fsencode(folder.name)[-8:])
        with serve(name, env=environment(NOTIFY_SOCKET=str(folder / "n"))):
            ready = manager.recv(4096)
    assert_harmless(ready)
    assert [line.partition(b"=")[0] for line in ready.splitlines()] == [b"READY", b"STATUS"]


def test_endpoints_are_announced_a_line_each(folder):
    names = [os.fsdecode(b"unix://%s/a\n%d" % (os.fsencode(folder), i)) for i in range(2)]
    with serve(*names, "--port-file", folder / "ports") as server:
        assert server.endpoints == [name.replace("\n", "\\x0a") for name in names]
        assert (folder / "ports").read_text().splitlines() == server.endpoints


def pairs(folder, count):
    """Servers with hostile names: their endpoints."""
    tail = os.fsencode(folder.name)[-8:]
    return [os.fsdecode(b"unixgram://@%d" % i + PEER + tail) for i in range(count)]


@pytest.mark.parametrize("args", [
    ["-v"], ["-vv", "--histogram", "--parallel", "2"], ["--json"], ["--format", "jsonl"],
    ["--fail-if", "loss<1%", "--fail-if", "p50>=0us"], ["--flood"], ["--sweep", "64,100"],
    ["--report-interval", "5ms"], ["--mode", "connect"],
])  # fmt: skip
@pytest.mark.parametrize("count", [1, 2])
def test_no_targets_name_acts_where_probe_shows_it(folder, args, count):
    targets = pairs(folder, count)
    with serve(*targets):
        pace = [] if "--flood" in args else ["-i", "100ms"]
        for color in ("never", "always"):
            every = ["-c", "2", "-W", "20s", *pace, "--color", color]
            done = netecho_bytes("probe", *targets, *every, *args)
            assert done.code == (1 if "--fail-if" in args else 2 if "--mode" in args else 0), done
            for shown in (done.stdout, done.stderr):
                assert_harmless(re.sub(rb"\x1b\[\d*m", b"", shown) if color == "always" else shown)


def test_no_targets_name_acts_where_send_shows_it(folder):
    (target,) = pairs(folder, 1)
    with serve(target):
        for args in (["-v"], ["--json"], ["-v", "--time", "utc"]):
            run("send", *args, target, "x")
        run("send", "-v", "--expect", "none", "-W", "20ms", target, "x")
    for args in (["-v"], ["-vv", "--retry", "1"], ["--json"]):
        assert run("send", *args, target, "x").code != 0


def test_no_targets_name_acts_in_a_status_line(folder):
    targets = pairs(folder, 2)
    with serve(*targets):
        for some in (targets[:1], targets):
            with terminal("probe", *some, "-i", "1ms", "--duration", "300ms", columns=200) as term:
                shown = term.read_to_end()
                assert term.wait() == 0
            # Its own: back to the line's start, and what erases the rest of it.
            assert_harmless(re.sub(rb"\r|\x1b\[\d*[mK]", b"", shown))


def test_targets_in_files_are_data_as_each_format_has_it(folder):
    targets = pairs(folder, 2)
    with serve(*targets):
        for name in ("s.csv", "s.jsonl"):
            netecho("probe", *targets, "-c2", "-i", "1ms", "--samples", name, "--hdr", "h.hlog",
                    cwd=folder)
    with open(folder / "s.csv", newline="", errors="surrogateescape") as file:
        assert {row["target"] for row in csv.DictReader(file)} == set(targets)
    lines = (folder / "s.jsonl").read_bytes()
    assert_harmless(lines)
    assert len({json.loads(line)["target"] for line in lines.splitlines()}) == 2
    log = (folder / "h.hlog").read_bytes()
    assert_harmless(log)
    assert len([line for line in log.splitlines() if line.startswith(b"Tag=")]) == 2


def test_no_reply_acts_where_it_is_shown(folder):
    with datagram_peer(lambda peer, _, sender: peer.sock.sendto(HOSTILE, sender)) as peer:
        for args in (["-c1", "-v"], ["-c1", "--show-payload"], ["-c1", "--json", "--show-payload"],
                     ["-c1", "--format", "jsonl", "--show-payload"]):
            done = run("probe", peer.uri, "-W", "100ms", *args)
            if "--json" not in args and "jsonl" not in args:
                assert b"what came is no echo" in done.stdout and rb"\x1b]0;x" in done.stdout
        run("send", peer.uri, "--json", "x")
        with terminal("send", peer.uri, "--expect", "any", "x") as term:
            shown = term.read_to_end()
        # A line break of the reply is one on the terminal; nothing else of it is.
        assert not ACTS.search(shown.decode())


@needs_root
def test_of_names_that_a_server_knows_only_addresses_are_shown():
    with own_names() as (prefix, names), serve("tcp://127.0.0.1:0", "-v", "--json") as server:
        names("127.0.0.1 canonical.test typed.test\n")
        for args in (["-vv"], ["--json"]):
            done = run("send", *args, f"tcp://typed.test:{server.port}", "x", prefix=prefix)
            assert done.code == 0 and b"canonical" not in done.stdout + done.stderr
        server.event("close")
        assert b".test" not in server.stdout


@needs_root
def test_no_interfaces_name_acts_where_it_is_shown():
    name = b"a\x1b[2J\x9b\xe2\x80\xae"
    with network() as (prefix, _):
        script = 'ip link add name "$0" index 77 type veth peer name other && ' \
                 'ip link set "$0" up && ip link set other up && ip link set lo up && ' \
                 'ip -6 addr add fe80::7/64 dev "$0" nodad'
        done = subprocess.run([*prefix, "sh", "-c", script, name], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        for form in ("text", "jsonl"):
            with serve("tcp://[::]:0", "--trace", "--format", form, prefix=prefix) as server:
                target = f"tcp://[fe80::7%77]:{server.port}"

                def answered():
                    # The kernel adds its route from a work queue, a moment later.
                    return run("send", "-v", target, "x", prefix=prefix).code == 0

                eventually(answered, "a link-local address")
                run("send", target, "x", "--json", prefix=prefix)
                run("probe", target, "-c1", "-v", prefix=prefix)
                server.stop()
                assert b"fe80::7%a" in server.stdout
                assert_harmless(server.stdout)
        scoped = os.fsdecode(b"tcp://[fe80::7%" + name + b"]:1")
        for more in ([], ["--json"]):
            assert run("send", scoped, "x", *more, prefix=prefix).code == 2
            run("send", "-I", name, "tcp://[fe80::8]:1", "x", "-w", "50ms", *more, prefix=prefix)
