"""The page of the command line and `--help=all` tell the same options and exit codes."""

import re

import pytest
from netecho import PROJECT, netecho

PAGE = (PROJECT / "docs/cli.md").read_text()
COMMANDS = ["serve", "send", "probe", "wait", "watch"]
SHARED = "Options of every command"
# A name of an option, long or short, but no part of a longer word.
NAME = r"(?<![\w-])--?[A-Za-z0-9][\w-]*"
LONG = r"(?<![\w-])--[a-z][\w-]*"


def section(heading):
    """From this heading to the next one of its level."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    assert found, f"docs/cli.md has no section {heading!r}"
    return found[1]


def help_of(*command):
    return netecho(*command, "--help=all").text


def options_of(text):
    """The names that stand before the column of what they mean."""
    lines = re.findall(r"^  ((?:-\w, |    )?--?[\w-]+)", text, re.M)
    return {name for line in lines for name in re.findall(NAME, line)}


def told_options(text):
    """Those in code: `--name VALUE` and what stands in a block."""
    code = re.findall(r"```.*?```|`[^`]+`", text, re.S)
    return {name for piece in code for name in re.findall(NAME, piece)}


def codes_of(text):
    """The codes of that sentence of --help: 0 success; 1 no reply; …"""
    sentence = text[text.index("Exit codes: ") + len("Exit codes: ") :].partition(".\n\n")[0]
    return [each.split()[0] for each in sentence.replace("\n", " ").split("; ")]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_that_help_shows_is_told(command):
    shown = options_of(help_of(command))
    assert len(shown) > 20, "nothing was read from --help"
    assert shown - told_options(section(SHARED)) - told_options(section(command)) == set()


def test_every_option_of_families_is_told():
    shown = options_of(help_of("families"))
    assert {"--all", "--json"} <= shown
    assert shown - told_options(section(SHARED)) - told_options(section("families")) == set()


def test_every_option_of_report_is_told():
    shown = options_of(help_of("report"))
    assert {"--output", "--samples", "--lang"} <= shown
    assert shown - told_options(section(SHARED)) - told_options(section("report")) == set()


def test_every_option_that_is_told_exists():
    words = [*COMMANDS, "report", "families", "completion", "schema", "help"]
    texts = [help_of(), *(help_of(command) for command in words)]
    exist = {name for text in texts for name in re.findall(LONG, text)}
    told = set(re.findall(LONG, PAGE))
    assert len(told) > 50, "nothing was read from the page"
    assert told - exist == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_table_of_a_command_has_no_option_of_another(command):
    rows = re.findall(r"^\| (`-[^|]*(?:\\\|[^|]*)*) \|", section(command), re.M)
    assert rows
    assert {name for row in rows for name in re.findall(LONG, row)} <= options_of(help_of(command))


def test_exit_codes_are_those_that_help_shows():
    told = re.findall(r"^\| (\d+(?:\+n)?) \|", section("Exit codes"), re.M)
    assert told == codes_of(help_of())
    for command in COMMANDS:
        assert told == codes_of(help_of(command))
