"""probe --plot: the time line and the distribution of a run, drawn in the terminal."""

import unicodedata

import pytest
from netecho import PATIENCE, environment, netecho, serve
from schema import check
from terminals import terminal

IMPAIRED = "loss=10%,delay=2ms,jitter=1ms,seed=7"
RUN = ("-q", "-c200", "-i2ms", "-W200ms", "--plot")


def plot_of(text):
    """The lines behind the summary, whose last line begins with `instrument:`."""
    lines = text.splitlines()
    return lines[1 + max(i for i, line in enumerate(lines) if line.startswith("  instrument:")):]


def columns(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def impaired():
    return serve("udp://127.0.0.1:0", "--impair", IMPAIRED)


@pytest.mark.parametrize("locale, block", [
    ({"LC_ALL": "C.UTF-8"}, True), ({"LC_ALL": "C"}, False), ({"LANG": "en_US.utf8"}, True),
    ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, False), ({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, True),
    ({}, False)])
def test_plots_speak_the_characters_of_the_locale(locale, block):
    variables = dict.fromkeys(("LC_ALL", "LC_CTYPE", "LANG", "COLUMNS")) | locale
    with impaired() as server:
        done = netecho("probe", server.endpoints[0], *RUN, env=environment(**variables))
    assert done.code == 0, done
    plot = plot_of(done.text)
    text = "\n".join(plot)
    assert ("█" in text) == block and ("#" in text) != block
    assert block or text.isascii()
    assert plot[0] == "   rtt p50"
    assert any(line.startswith("      lost  ") and "x" in line for line in plot)
    assert any(line.split() == ["from", "samples"] for line in plot)
    assert max(map(columns, plot)) <= 80


@pytest.mark.parametrize("wide", [50, 132])
def test_without_a_terminal_they_are_as_wide_as_columns_says(wide):
    variables = {"LC_ALL": "C.UTF-8", "COLUMNS": str(wide)}
    with impaired() as server:
        done = netecho("probe", server.endpoints[0], *RUN, env=environment(**variables))
    widest = max(map(columns, plot_of(done.text)))
    assert wide - 2 <= widest <= wide


def test_in_a_terminal_they_are_as_wide_as_it_is():
    variables = environment(TERM="xterm-256color", LC_ALL="C.UTF-8", COLUMNS="132", NO_COLOR="1")
    with impaired() as server:
        with terminal("probe", server.endpoints[0], *RUN, env=variables, columns=60) as shown:
            seen = shown.read_to_end(PATIENCE)
            assert shown.wait() == 0, seen
    assert b"\x1b[3" not in seen, "no color"
    assert 58 <= max(map(columns, plot_of(seen.decode().replace("\r", "")))) <= 60


def test_each_of_several_targets_has_its_plot():
    with serve("udp://127.0.0.1:0", "tcp://127.0.0.1:0") as server:
        done = netecho("probe", *server.endpoints, *RUN)
    assert done.code == 0, done
    assert done.text.count("   rtt p50\n") == 2
    assert done.text.count("samples\n") == 2


def test_programs_get_no_plot():
    with serve("udp://127.0.0.1:0") as server:
        done = netecho("probe", server.endpoints[0], "-c3", "-i1ms", "--plot", "--json")
    check(done.json)
