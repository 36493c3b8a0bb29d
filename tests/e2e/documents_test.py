"""Every command that the pages show does what they say; tests/support/pages.py reads them, and
tests/support/readers.py types what they show. Needs root, for a network of the test's own."""

import json
import re
import shlex
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from netecho import INSTRUMENTED, PROJECT, netecho
from pages import Page, Step
from programs import run
from readers import Reader, machine
from sandboxes import landlock_abi

NAMES = ["README.md", "README.ko.md", "SECURITY.md", "CONTRIBUTING.md"]
NAMES += sorted(f"docs/{path.name}" for path in (PROJECT / "docs").glob("*.md"))
PAGES = {name: Page(name) for name in NAMES}

# What a page takes for granted: a server that is there, a file.
THERE = {
    "docs/cli.md": [
        "netecho serve -q tcp://192.0.2.7:5432 unix:/run/app.sock",
        "printf '#!/bin/sh\\n' >start; chmod +x start; mkdir -p ~/.config/fish/completions",
        "echo '[]' >targets.json",
    ],
    "docs/deployment.md": ["netecho serve -q 127.0.0.1:12345"],
    "docs/fleet.md": ["echo '[]' >targets.json"],
    "docs/watch.md": ["netecho serve -q udp://localhost:12345 localhost:12345"],
    "docs/report.md": ["netecho serve -q udp://localhost:12345"],
    "docs/json.md": ["netecho serve -q tcp://localhost:12345 udp://localhost:12345"],
    "docs/metrics.md": ["netecho serve -q udp://localhost:12345"],
    "docs/performance.md": ["netecho serve -q udp://localhost:12345"],
    "SECURITY.md": ["head -c 32 /dev/urandom >key; chmod 600 key"],
}

# Sections whose commands are run by another test.
ELSEWHERE = {("docs/tutorial.md", "The echo of each row"): "tests/e2e/tutorial_test.py"}


def verbs_of_dev():
    return set(re.findall(r"^\./dev (\w+)", run(PROJECT / "dev", "help").decode(), re.M))


def presets():
    told = json.loads((PROJECT / "CMakePresets.json").read_text())
    return {preset["name"] for preset in told["buildPresets"]}


# Commands that are not run: why not. Of what they name it is asked whether it exists, at least.
NOT_RUN = {
    r"(?:sudo )?\./dev (\w+)": ("builds for minutes", verbs_of_dev),
    r"cmake .*preset (\w+)": ("builds for minutes", presets),
    r"sudo cmake --install": ("needs a build; tests/install does it", None),
    r"sudo apt install|tar -xzf netecho-|\./netecho-": ("needs what ./dev package makes", None),
    r"buildah|podman": ("needs an image and a builder of them", None),
    r"netecho probe .* curl ": ("needs a Pushgateway", None),
    r"ip mptcp": ("names interfaces; tests/e2e/mptcp_test.py makes them", None),
    r"kubectl ": ("needs a cluster; tests/interop/kubernetes_test.py", None),
    r"bench/": ("measures for minutes", None),
    r"(sudo )?system(ctl|d-analyze)": ("needs units; tests/interop/systemd_unit_test.py", None),
    r"netecho completion zsh >": ("names a folder as zsh does; tests/e2e/*completion*", None),
    r"netecho serve --sandbox require$": ("shows a kernel that has no Landlock", None),
}
# Programs that few machines have: a command that needs one is left out where there is none.
OTHERS = ["curl", "jq", "nc", "nping", "socat"]
OTHERS += ["/usr/share/java/hdrhistogram.jar"]


def there(name):
    return shutil.which(name) or Path(name).is_absolute() and Path(name).exists()


def reason_not_to_run(command):
    """Why this command is not run here, or None."""
    for pattern, (reason, _) in NOT_RUN.items():
        if re.match(pattern, command):
            return reason
    missing = [name for name in OTHERS
               if re.search(rf"(?<!\w){name}\b", command) and not there(name)]
    return f"{missing[0]} is not installed" if missing else None


# What these show is seen without privileges, which the reader has.
UNPRIVILEGED = {"netecho families |": "setpriv --bounding-set=-all --inh-caps=-all netecho families |"}


def shows_sandbox(step):
    """Whether it shows all of a sandbox, of which this build or kernel has not all."""
    whole = not INSTRUMENTED and landlock_abi()
    return not whole and any("sandbox: " in line for line in step.shown)


def without_what_is_not_run(step):
    """The step, with those lines of a script alone that are run; None if nothing is left of it."""
    if step.shown is not None:
        if shows_sandbox(step) or reason_not_to_run(step.command):
            return None
        for typed, run_as in UNPRIVILEGED.items():
            step.command = step.command.replace(typed, run_as)
        return step
    kept = [line for line in step.command.splitlines() if not reason_not_to_run(line)]
    if not any(line and not line.startswith("#") for line in kept):
        return None
    return Step("\n".join(kept) + "\n", None, step.line)


def steps_of(page):
    for block in page.blocks():
        if (page.name, block.section) not in ELSEWHERE:
            yield from block.steps()


def commands_of(page):
    """All that the page shows, each line of a script as one."""
    for step in steps_of(page):
        yield from [step.command] if step.shown is not None else step.command.splitlines()


def read_through(name):
    """Types what the page shows, from its top to its end."""
    with tempfile.TemporaryDirectory(prefix="ne-") as path, machine(Path(path)) as prefix:
        folder = Path(path)
        reader = Reader(prefix, folder)
        try:
            for command in THERE.get(name, []):
                reader.type(Step(command, None))
            for step in steps_of(PAGES[name]):
                if kept := without_what_is_not_run(step):
                    reader.type(kept)
            reader.close()
        finally:
            reader.kill()


@pytest.fixture(scope="module")
def readings(request):
    """The pages that are asked for, several at a time: most of it is waiting."""
    asked = [item.callspec.params["name"] for item in request.session.items
             if getattr(item, "originalname", "") == "test_commands_do_what_the_page_shows"]
    with ThreadPoolExecutor(max_workers=3) as readers:
        yield {name: readers.submit(read_through, name) for name in asked}


@pytest.mark.parametrize("name", [name for name in NAMES if list(steps_of(PAGES[name]))])
def test_commands_do_what_the_page_shows(name, readings):
    readings[name].result()


@pytest.mark.parametrize("pattern", NOT_RUN)
def test_what_is_not_run_is_shown_and_names_what_exists(pattern):
    _, exist = NOT_RUN[pattern]
    shown = [found for page in PAGES.values() for command in commands_of(page)
             if (found := re.match(pattern, command))]
    assert shown, f"no page shows such a command any more: {pattern}"
    if exist:
        assert {found[1] for found in shown} <= exist()


@pytest.mark.parametrize("page, section", ELSEWHERE)
def test_what_another_test_runs_is_there(page, section):
    assert section in PAGES[page].headings
    test = (PROJECT / ELSEWHERE[page, section]).read_text()
    assert section in test and page in test


@pytest.mark.parametrize("name", NAMES)
def test_a_block_with_commands_says_so(name):
    """A command in a block that is neither a script nor has a prompt would be run by nobody."""
    programs = r"(netecho (serve|send|probe|wait|watch|report|families)|\./dev|cmake|sudo|ip|curl) "
    for block in PAGES[name].blocks():
        run = block.steps() or (name, block.section) in ELSEWHERE
        if run or block.text.startswith("netecho serve [OPTIONS]"):
            continue
        assert not re.search(rf"^{programs}", block.text, re.M), f"{name}:{block.line}"


OPTION = r"(?<![\w-])--?[A-Za-z0-9][\w-]*"
INLINE = re.compile(r"`(?:netecho )?(serve|send|probe|wait|watch|report|families) ([^`]*)`")


@pytest.mark.parametrize("command", ["serve", "send", "probe", "wait", "watch", "report", "families"])
def test_options_in_a_sentence_exist(command):
    known = set(re.findall(OPTION, netecho(command, "--help=all").text))
    told = {
        option: page.name
        for page in PAGES.values()
        for found in INLINE.finditer(page.prose) if found[1] == command
        for option in re.findall(OPTION, found[2].partition(" -- ")[0])
    }
    assert {option: told[option] for option in told.keys() - known} == {}


def lines_of_other_files():
    """(page, command) of each line of a unit or a crontab that runs netecho."""
    for page in PAGES.values():
        for block in page.blocks():
            if block.language in ("ini", "crontab", "yaml", ""):
                found = re.findall(r"^(?:Exec\w+=|[*\d/ ]{9,}\w+ )\S*(netecho .*)$", block.text, re.M)
                yield from ((page.name, command) for command in found)


@pytest.mark.parametrize("name, command", lines_of_other_files())
def test_a_command_in_a_unit_or_crontab_has_options_that_exist(name, command):
    words = shlex.split(command.replace("%%", "%"))[1:]
    own = words[: words.index("--")] if "--" in words else words
    done = netecho(*own, "--print-config")
    assert done.code == 0, f"{name}: {done}"
