"""netecho families: what this kernel gives, told as text and JSON, to root and to everybody."""

import errno
import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from fixtures import needs_root
from netecho import (
    INSTRUMENTED, NETECHO, PATIENCE, as_nobody, binary_for_everyone, complains, environment,
    netecho,
)
from programs import need, need_own_mounts
from schema import check
from terminals import terminal

LESSON = [(2, "PF_INET"), (10, "PF_INET6"), (1, "PF_LOCAL"), (17, "PF_PACKET"), (4, "PF_IPX")]
VSOCK = 40
TYPES = {"stream": socket.SOCK_STREAM, "datagram": socket.SOCK_DGRAM, "raw": socket.SOCK_RAW,
         "rdm": socket.SOCK_RDM, "seqpacket": socket.SOCK_SEQPACKET}
# Raw sockets of IP need a protocol.
PROTOCOLS = {(2, "raw"): socket.IPPROTO_RAW, (10, "raw"): socket.IPPROTO_RAW}


def families(*args, **popen):
    """{number: row} of what it says in JSON, in its order."""
    done = netecho("families", "--json", *args, **popen)
    assert (done.code, done.stderr) == (0, b""), done
    return {row["number"]: row for row in check(done.json)["families"]}


def refusal(number, kind):
    """What socket(2) says to this process: the name of an errno, or None."""
    try:
        socket.socket(number, TYPES[kind], PROTOCOLS.get((number, kind), 0)).close()
    except OSError as error:
        return errno.errorcode[error.errno]
    return None


@pytest.mark.parametrize("output", [["--json"], ["--format", "json"], ["--format", "jsonl"]])
@pytest.mark.parametrize("more", [[], ["--all"]])
def test_it_is_one_valid_event_in_each_format_for_programs(output, more):
    done = netecho("families", *output, *more)
    assert (done.code, done.stderr) == (0, b""), done
    event = check(done.json)
    assert list(event) == ["schema", "type", "time", "families"]
    assert event["type"] == "families"
    for row in event["families"]:
        assert list(row) == ["number", "pf", "af", "description", "socket_types", "schemes",
                             "privilege", "usable"]
        for each in row["socket_types"]:
            assert list(each) == ["type", "available", "errno_name"]


def test_the_lesson_comes_first_and_the_others_are_not_tried():
    rows = list(families().values())
    assert [(row["number"], row["pf"]) for row in rows[:5]] == LESSON
    assert {row["number"] for row in rows} >= set(range(3, 46)) - {17}
    for row in rows:
        assert row["af"] == row["pf"].replace("PF_", "AF_")
        tried = (row["number"], row["pf"]) in LESSON
        assert (row["usable"] is not None) == tried, row
        for each in row["socket_types"]:
            assert (each["available"] is not None) == tried, row
            assert each["errno_name"] is None or each["available"] is False, row


def test_it_says_what_socket_says():
    for number, row in list(families().items())[:5]:
        for each in row["socket_types"]:
            said = refusal(number, each["type"])
            assert (each["available"], each["errno_name"]) == (said is None, said), row
    assert families()[1]["usable"] is True
    assert {each["type"] for each in families()[1]["socket_types"]} == {
        "stream", "datagram", "seqpacket"}


def test_with_all_each_family_is_tried():
    for row in families("--all").values():
        assert row["usable"] is not None, row
        assert all(each["available"] is not None for each in row["socket_types"]), row
        if row["pf"] != "PF_IPX":  # The sockets of PF_PACKET count instead.
            assert row["usable"] == any(each["available"] for each in row["socket_types"]), row
    netlink = families("--all")[16]
    assert refusal(16, "raw") is not None or netlink["usable"]


def test_schemes_stand_beside_their_family():
    rows = families()
    assert {"tcp", "tcp4", "udp", "udp4"} <= set(rows[2]["schemes"])
    assert {"tcp", "tcp6", "udp", "udp6"} <= set(rows[10]["schemes"])
    assert not {"tcp6", "udp6"} & set(rows[2]["schemes"])
    assert rows[1]["schemes"] == ["unix", "unixgram", "unixpacket"]
    # What can be typed is what completion offers: nothing is forgotten or made up.
    shown = {scheme for row in rows.values() for scheme in row["schemes"]}
    offered = [word for role in ("client", "serve")
               for word in netecho("__complete", role, "").text.split()]
    typed = {word.partition(":")[0] for word in offered if word.endswith("://")}
    assert shown == typed


def test_an_ordinary_user_is_told_what_only_root_may_have(folder):
    if os.geteuid() != 0 and refusal(17, "raw") is None:
        pytest.skip("this user may have sockets of PF_PACKET")
    rows = families(binary=binary_for_everyone(folder), **as_nobody())
    for number, kind in ((2, "raw"), (17, "raw"), (17, "datagram")):
        (each,) = [one for one in rows[number]["socket_types"] if one["type"] == kind]
        assert (each["available"], each["errno_name"]) == (False, "EPERM"), rows[number]
    assert rows[2]["usable"] and rows[1]["usable"]
    assert rows[17]["usable"] is False
    assert rows[17]["privilege"] == rows[4]["privilege"] == "CAP_NET_RAW"
    assert rows[2]["privilege"] is None
    text = netecho("families", binary=binary_for_everyone(folder), **as_nobody()).text
    assert "raw: EPERM" in text
    assert re.search(r"^PF_PACKET +17 +no +.* EPERM ", text, re.M), text


def test_without_proc_it_says_the_same(folder):
    need_own_mounts()
    if INSTRUMENTED:
        pytest.skip("instrumented builds read /proc themselves")
    hidden = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh"]
    assert families(prefix=hidden) == families()
    assert netecho("families", prefix=hidden).text == netecho("families").text


def bare_root(folder):
    """Copies the binary and its libraries, and nothing else, to where they are looked for."""
    need("ldd")
    listed = subprocess.run(["ldd", NETECHO], check=False, capture_output=True, text=True,
                            timeout=PATIENCE)
    libraries = re.findall(r"(/\S+) \(0x", listed.stdout)
    for path in [*libraries, NETECHO]:
        copy = folder / ("netecho" if path == NETECHO else path.lstrip("/"))
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    return {"prefix": [need("chroot"), folder], "binary": "/netecho"}


@needs_root
@pytest.mark.parametrize("more", [[], ["--all"]])
def test_in_a_root_with_nothing_else_it_says_the_same(folder, more):
    if INSTRUMENTED:
        pytest.skip("instrumented builds read /proc themselves")
    inside = bare_root(folder)
    tried = netecho("--version", **inside)
    if tried.code in (125, 126, 127):
        pytest.skip(f"it can't be run in another root here: {tried.stderr!r}")
    assert not Path(folder, "proc").exists()
    assert families(*more, **inside) == families(*more)
    done = netecho("families", *more, **inside)
    assert (done.code, done.errors) == (0, [])
    assert done.text == netecho("families", *more).text


@pytest.mark.parametrize("more", [[], ["--all"]])
def test_the_table_fits_80_columns_and_is_aligned(more):
    done = netecho("families", *more)
    assert (done.code, done.stderr) == (0, b""), done
    headings, *lines = done.text.splitlines()
    columns = [headings.index(word) for word in ("usable", "what it is", "socket types", "schemes")]
    for line in [headings, *lines]:
        assert len(line) <= 80 and line == line.rstrip() and line, line
        # No cell runs into the next one.
        assert all(line[at - 2 : at].strip() == "" for at in columns), line
    named = [line.split()[:2] for line in lines if not line.startswith(" ")]
    assert named == [[row["pf"], str(row["number"])] for row in families(*more).values()]


def test_a_terminal_shows_what_a_pipe_gets():
    piped = netecho("families").text
    assert "\x1b" not in piped
    with terminal("families") as term:
        shown = term.read_to_end().decode()
        assert term.wait() == 0
    assert "\x1b[1mfamily" in shown
    assert shown.replace("\x1b[1m", "").replace("\x1b[0m", "") == piped
    with terminal("families", "--color", "never") as term:
        assert term.read_to_end().decode() == piped
        assert term.wait() == 0


def test_a_reader_that_has_left_is_no_error():
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        done = netecho("families", "--all", stdout=pipe)
    assert (done.code, done.stderr) == (0, b""), done


@pytest.mark.parametrize("more", [[], ["--all"]])
def test_it_opens_sockets_and_does_nothing_with_them(folder, more):
    need("strace")
    log = folder / "calls"
    # Leaks can't be looked for under ptrace.
    quiet = {**environment(), "ASAN_OPTIONS": "detect_leaks=0"}
    done = netecho("families", *more, env=quiet,
                   prefix=["strace", "-f", "-o", log, "-e", "trace=%network,close", "-e",
                           "raw=socket"])
    assert done.code == 0, done
    calls = re.findall(r"^\d+ +(\w+)\((\w*)[^\n]*?= (-?\w+)", log.read_text(), re.M)
    tried = [int(domain, 16) for name, domain, _ in calls if name == "socket"]
    assert {name for name, _, _ in calls} <= {"socket", "close"}, calls
    if more:
        assert set(tried) >= set(families())
    else:
        assert set(tried) == {number for number, _ in LESSON}
        assert VSOCK not in tried
    # Each one that was had is closed before the next one: its number is given again.
    had = {result for name, _, result in calls if name == "socket" and not result.startswith("-")}
    assert len(had) == 1, calls


def test_an_error_is_an_event_of_its_own_in_json():
    done = netecho("families", "tcp", "--json")
    assert done.code == 2 and len(done.errors) == 1, done
    assert check(done.json)["type"] == "error"
    assert complains(netecho("families", "tcp"), 2) == done.errors[0]
