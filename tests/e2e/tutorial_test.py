"""The hosts, servers and commands of docs/tutorial.md, where every row of the table of families has
its echo, do what the page says. Needs root, for hosts of the test's own."""

import contextlib
import re
import subprocess
from pathlib import Path

import pytest
from hosts import hosts
from netecho import NETECHO, PROJECT, environment

PAGE = (PROJECT / "docs/tutorial.md").read_text()
SECTION = re.search(r"^### The echo of each row\n(.*?)^### ", PAGE, re.M | re.S)[1]
BLOCKS = [block.splitlines() for block in re.findall(r"^```(?:console)?\n(.*?)^```", SECTION, re.M | re.S)]
COMMANDS = {lines[0][2:]: lines[1:] for lines in BLOCKS if lines[0].startswith("$ ")}
BY_ROOT = [line for lines in BLOCKS if not lines[0].startswith("$ ") for line in lines]


def make(names, line):
    """Does on the test's hosts what the line does on those with these names."""
    command, *words = line.split()
    assert command == "ip"
    if words[0] == "-n":
        names[words[1]].ip(*words[2:])
    elif words[0] == "link":
        next(iter(names.values())).ip(*(names[w].pid if w in names else w for w in words))


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """(the host of the commands, their folder), where all servers run."""
    folder = tmp_path_factory.mktemp("tutorial")
    names = [line.split()[-1] for line in BY_ROOT if line.startswith("ip netns add ")]
    with hosts(len(names)) as made, contextlib.ExitStack() as stack:
        by_name = dict(zip(names, made))
        for line in BY_ROOT:
            if serving := re.fullmatch(r"ip netns exec (\w+) netecho serve (.*)", line):
                host = by_name[serving[1]]
                stack.enter_context(host.serve(*serving[2].split(), cwd=folder))
            else:
                make(by_name, line)
        yield made[0], folder


def figures_left_out(text):
    return re.sub(r"\d[\d.]* (ns|µs|ms|s)\b", "N", text).splitlines()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_prints_what_the_page_says(here, command):
    host, folder = here
    program = str(Path(NETECHO).resolve().parent)
    done = subprocess.run(
        [*host.prefix, "sh", "-c", f"PATH={program}:$PATH; {command}"], cwd=folder, text=True,
        stdin=subprocess.DEVNULL, capture_output=True, env=environment(), timeout=60, check=True,
    )
    # The end of the payload's line is for a terminal only.
    shown = done.stdout.rstrip("\n") + "\n" + done.stderr
    assert figures_left_out(shown) == figures_left_out("\n".join(COMMANDS[command]))


def test_every_row_has_its_command():
    schemes = {re.search(r"(\w+?)[46]?:[./]", command)[1] for command in COMMANDS}
    assert {"tcp", "unix", "packet", "ipx", "icmp", "mptcp"} <= schemes
