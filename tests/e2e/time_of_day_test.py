"""The time of day in text (--time, -D), in summaries and in samples."""

import csv
import datetime
import re
import signal

import pytest
from netecho import environment, finish, netecho, running, serve
from terminals import terminal

LOOKS = {
    "local": rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+05:30 ",
    "utc": rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ",
    "epoch": rb"\[\d{10,}\.\d{6}\] ",
}
ZONE = environment(TZ="XXX-5:30")


def nanoseconds(text):
    """How many there are from the epoch to an RFC 3339 time."""
    whole, fraction = text.rstrip("Z").split(".")
    seconds = datetime.datetime.fromisoformat(whole + "+00:00").timestamp()
    return int(seconds) * 1_000_000_000 + int(fraction)


@pytest.mark.parametrize("choice", LOOKS)
def test_every_line_of_probe_has_the_time_it_was_asked_for(choice):
    with serve("udp://127.0.0.1:0", "tcp://127.0.0.1:0") as server:
        result = netecho("probe", *server.endpoints, "-c2", "-i100ms", "--time", choice, "--histogram",
                         "--report-interval", "50ms", env=ZONE)
    assert result.code == 0, result
    lines = [line for line in result.stdout.splitlines() if line]
    assert all(re.match(LOOKS[choice], line) for line in lines), result
    for words in (b"seq=0", b"since the last report", b"instrument:", b"rtt min"):
        assert any(words in line for line in lines), result
    began = rb", began " + LOOKS[choice].rstrip(b" ")
    assert re.search(began + rb"$", result.stdout, re.MULTILINE), result


def test_dash_d_is_the_time_since_the_epoch():
    with serve("udp://127.0.0.1:0") as server:
        result = netecho("probe", server.endpoints[0], "-c1", "-D")
        assert re.match(LOOKS["epoch"] + rb"seq=0 ", result.stdout), result
        contradiction = netecho("probe", server.endpoints[0], "-c1", "-D", "--time", "utc")
    assert contradiction.code == 2
    assert "not together with --time utc" in contradiction.stderr.decode()


def test_by_itself_only_what_comes_unawaited_has_it():
    with serve("udp://127.0.0.1:0") as server:
        plain = netecho("probe", server.endpoints[0], "-c2", "-i100ms", "--report-interval", "1h", env=ZONE)
        none = netecho("probe", server.endpoints[0], "-c1", "--report-interval", "1h", "--time", "none", env=ZONE)
    lines = plain.stdout.splitlines()
    first = next(i for i, line in enumerate(lines) if b"since the last report" in line)
    assert re.match(LOOKS["local"], lines[first]), plain
    assert lines[0].startswith(b"seq=0 "), plain
    assert b"began" not in plain.stdout
    assert b"since the last report" in none.stdout and not re.search(LOOKS["local"], none.stdout)


@pytest.mark.parametrize("choice", LOOKS)
def test_every_line_of_serve_has_it_and_so_does_its_log(choice):
    args = ("serve", "udp://0.0.0.0:0", "--time", choice, "-v")
    with running(*args, env=ZONE) as process:
        first = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        result = finish(process, args)
    lines = [first, *result.stdout.splitlines()]
    assert any(b"stopped (signal)" in line for line in lines)
    assert all(re.match(LOOKS[choice], line) for line in lines), lines
    assert re.match(LOOKS[choice] + rb"netecho: warning: ", result.stderr), result


def test_what_send_prints_is_the_reply_alone_and_errors_have_no_time():
    with serve("tcp://127.0.0.1:0") as server:
        result = netecho("send", server.endpoints[0], "hi", "-v", "-D")
    assert result.stdout == b"hi"
    assert re.match(LOOKS["epoch"] + rb"netecho: tcp4://\S+: connected in ", result.stderr), result
    failed = netecho("send", "--time", "utc", "tcp://127.0.0.1:1", "hi")
    assert failed.stderr.startswith(b"netecho: connect tcp://127.0.0.1:1: "), failed


def test_a_sample_was_sent_when_its_run_began_and_so_much_later(folder):
    with serve("udp://127.0.0.1:0") as server:
        s = netecho("probe", server.endpoints[0], "-c5", "-i20ms", "--samples", folder / "run.csv",
                    "--json").json["targets"][0]
    with (folder / "run.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 5
    for row in rows:
        since = int(row["sent_ns"] or row["intended_ns"])
        assert nanoseconds(row["time"]) == nanoseconds(s["started"]) + since, (row, s["started"])


def test_summaries_of_send_and_of_a_target_that_was_not_reached_began_too():
    for args in (("send", "tcp://127.0.0.1:1", "x"), ("probe", "tcp://127.0.0.1:1", "-c1")):
        result = netecho(*args, "--json").json
        began = nanoseconds(result["targets"][0]["started"])
        assert 0 <= nanoseconds(result["time"]) - began < 60_000_000_000


@pytest.mark.parametrize("name", ["", None, "dumb"])
def test_a_terminal_without_a_name_gets_no_escapes(name):
    with serve("udp://127.0.0.1:0") as server:
        with terminal("probe", server.endpoints[0], "-c400", "-i1ms", env=environment(TERM=name)) as term:
            seen = term.read_to_end()
            assert term.wait() == 0
    assert b"sent" in seen and b"\x1b" not in seen


def test_dash_capital_v_is_the_version():
    assert netecho("-V").stdout == netecho("--version").stdout
