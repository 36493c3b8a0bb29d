"""The manual pages: whole, without an error for mandoc(1), and readable by man(1)."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from netecho import NETECHO, PROJECT, netecho

PAGES = sorted((Path(NETECHO).resolve().parents[1] / "documents").glob("netecho*.[157]"))
COMMANDS = ["serve", "send", "probe", "wait", "watch", "report", "families", "completion", "schema", "help"]


def test_each_command_has_a_page_and_so_have_endpoints_and_frames():
    names = {page.name for page in PAGES}
    assert names == {path.name for path in (PROJECT / "packaging/man").iterdir()}
    assert {f"netecho-{command}.1" for command in COMMANDS} <= names
    assert {"netecho.1", "netecho-endpoint.7", "netecho-frame.5"} <= names
    shown = re.findall(r"^  ([a-z]+) ", netecho("--help").text.partition("Endpoints:")[0], re.M)
    assert shown == COMMANDS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_nothing_of_the_template_is_left(page):
    assert not re.search(r"^@|@VERSION@", page.read_text(), re.M)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_mandoc_has_nothing_to_say(page):
    if not shutil.which("mandoc"):
        pytest.skip("mandoc is not installed")
    result = subprocess.run(
        ["mandoc", "-Tlint", "-Wwarning", page], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout) == (0, "")


def plain(page):
    """The page as a reader sees it, without bold and underlined letters."""
    text = subprocess.run(["mandoc", "-Tutf8", page], capture_output=True, text=True, check=True).stdout
    return re.sub(".\b", "", text)


@pytest.mark.parametrize("command, fewest", [
    ("serve", 6), ("send", 6), ("probe", 6), ("wait", 6), ("watch", 6), ("report", 3), ("families", 6),
])
def test_a_page_tells_every_option_and_every_variable(command, fewest):
    if not shutil.which("mandoc"):
        pytest.skip("mandoc is not installed")
    page = plain(next(page for page in PAGES if page.name == f"netecho-{command}.1"))
    config = netecho(command, "--print-config").text
    options = [line.split()[0] for line in config.splitlines()]
    assert len(options) >= fewest
    for option in options:
        variable = f"NETECHO_{command}_{option.strip('-').replace('-', '_')}".upper()
        assert re.search(rf"^ +.*{option}\b", page, re.M), option
        assert re.search(rf"^ +{variable}$|^ +{variable} ", page, re.M), variable


def test_a_page_has_the_examples_of_help():
    for command in ("serve", "send", "probe", "wait", "watch", "report"):
        page = (PROJECT / f"packaging/man/netecho-{command}.1").read_text()
        told = re.findall(r"^\.Dl \$ (.*)$", page, re.M)
        examples = netecho(command, "--help").text.partition("\nExamples:\n")[2].splitlines()
        assert {re.split(r"  +", line.strip())[0] for line in examples} <= set(told)
