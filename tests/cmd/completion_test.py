"""Completion in real shells: what pressing Tab after a half-typed line offers."""

import functools
import os
import pty
import re
import select
import shlex
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from netecho import NETECHO, PATIENCE, PROJECT, environment, netecho

SCRIPTS = {"bash": "netecho.bash", "zsh": "_netecho", "fish": "netecho.fish"}
SHELLS = list(SCRIPTS)


@pytest.fixture(scope="module", autouse=True)
def in_path(tmp_path_factory):
    """The binary under its own name, and the scripts beside it."""
    home = tmp_path_factory.mktemp("completion")
    (home / "bin").mkdir()
    os.symlink(os.path.abspath(NETECHO), home / "bin/netecho")
    for shell, name in SCRIPTS.items():
        (home / name).write_bytes(netecho("completion", shell).stdout)
    yield home
    if started_zsh.cache_info().currsize:
        pid, terminal = started_zsh(home)
        os.close(terminal)
        os.waitpid(pid, 0)


def shell(home, name, *args, **changes):
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    env = environment(PATH=f"{home}/bin:{os.environ['PATH']}", HOME=str(home), **changes)
    done = subprocess.run(
        [name, *args], env=env, cwd=home, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# Splits the line as Readline does: at spaces, and before and after each word break.
BASH = r"""
source ./netecho.bash
COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=() COMP_CWORD=0
replaced=$2
shift 2
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
before=$COMP_WORDBREAKS
_netecho netecho "$replaced"
printf '%s\n' "${COMPREPLY[@]}"
[[ $COMP_WORDBREAKS == "$before" ]]
"""


def bash(home, line):
    words = re.findall(r"[:=]+|[^\s:=]+", line) + ([""] if line.endswith(" ") else [])
    # What Readline replaces is the last word, after the last break: glue on what is before it.
    last = re.split(r"[\s]", line)[-1]
    kept = last[: max(last.rfind(":"), last.rfind("=")) + 1]
    out = shell(home, "bash", "--norc", "-c", BASH, "bash", line, last[len(kept) :], *words)
    return {kept + word for word in out.splitlines()}


def fish(home, line):
    command = f"source ./netecho.fish; complete -C {shlex.quote(line)}"
    out = shell(home, "fish", "--no-config", "-c", command, XDG_CONFIG_HOME=str(home))
    return {candidate.partition("\t")[0] for candidate in out.splitlines()}


# An interactive zsh in a terminal: its completion system works nowhere else. Every compadd is
# repeated into a list, which is printed between two marks instead of being shown.
ZSH = r"""
PS1='ready> '
autoload -Uz compinit
compinit -u -D
source ./_netecho
zstyle ':completion:*' completer _complete
typeset -ga offered
compadd() {
  local -a all
  builtin compadd -O all "$@"
  offered+=("${all[@]}")
  builtin compadd "$@"
}
offer() {
  offered=()
  zle complete-word-silently
  print -rC1 -- '' '<<<' "${offered[@]}" '>>>'
  zle kill-buffer
}
zle -C complete-word-silently list-choices _main_complete
zle -N offer
bindkey '^T' offer
LISTMAX=-1
stty -echo -onlcr rows 50 cols 500
"""


@functools.cache
def started_zsh(home):
    """One for all tests, for to start one takes long: its process and its terminal."""
    env = environment(PATH=f"{home}/bin:{os.environ['PATH']}", HOME=str(home), TERM="dumb")
    (home / ".zshrc").write_text(ZSH)
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(home)
        os.execvpe("zsh", ["zsh", "-d", "-i"], {**env, "ZDOTDIR": str(home)})
    read_until(terminal, "ready> ")
    return pid, terminal


def zsh(home, line):
    if not shutil.which("zsh"):
        pytest.skip("zsh is not installed")
    _, terminal = started_zsh(home)
    os.write(terminal, line.encode() + b"\x14")
    shown = read_until(terminal, ">>>")
    os.write(terminal, b"\n")  # Else the next list would be this one still.
    read_until(terminal, "ready> ")
    listed = shown[shown.index("<<<") + 3 : shown.index(">>>")]
    return set(listed.replace("\r", "").split("\n")) - {""}


def read_until(terminal, mark):
    shown, deadline = "", time.monotonic() + PATIENCE
    while mark not in shown:
        left = deadline - time.monotonic()
        assert left > 0 and select.select([terminal], [], [], left)[0], f"no {mark!r}: {shown!r}"
        shown += os.read(terminal, 65536).decode(errors="replace")
    return shown


OFFER = {"bash": bash, "fish": fish, "zsh": zsh}
COMMANDS = {"serve", "send", "probe", "wait", "report", "families", "completion", "schema"}


@pytest.mark.parametrize("name", SHELLS)
def test_subcommands_are_offered(in_path, name):
    offered = OFFER[name](in_path, "netecho ")
    assert COMMANDS <= offered
    assert "__complete" not in offered
    assert {"serve", "send", "schema"} == OFFER[name](in_path, "netecho s") & (COMMANDS | {"s"})


@pytest.mark.parametrize("name", SHELLS)
@pytest.mark.parametrize(
    "line, some, none",
    [
        ("netecho send --", {"--file", "--lines", "--expect", "--json"}, {"--once", "--mode"}),
        ("netecho serve --un", {"--unix-mode", "--unix-replace"}, {"--file"}),
        ("netecho probe --", {"--count", "--mode", "--self"}, {"--once", "--lines"}),
        ("netecho wait --", {"--any", "--deadline", "--echo", "--interval"}, {"--count", "--all"}),
        ("netecho report --", {"--output", "--samples", "--lang"}, {"--count", "--bind"}),
        ("netecho families --", {"--all", "--json", "--format", "--color"}, {"--count", "--bind"}),
    ],
)
def test_the_options_of_the_subcommand_are_offered(in_path, name, line, some, none):
    offered = {word.rstrip("=") for word in OFFER[name](in_path, line)}
    assert some <= offered, offered
    assert not none & offered


@pytest.mark.parametrize("name", SHELLS)
@pytest.mark.parametrize(
    "line, values",
    [
        ("netecho send --df ", {"do", "dont", "want", "probe"}),
        ("netecho send --df=", {"do", "dont", "want", "probe"}),
        ("netecho probe --mode c", {"connect"}),
        ("netecho send --expect ", {"echo", "any", "none"}),
        ("netecho serve --color ", {"auto", "always", "never"}),
        ("netecho probe --dscp AF1", {"AF11", "AF12", "AF13"}),
        ("netecho completion ", {"bash", "zsh", "fish"}),
        ("netecho send -I l", {"lo"}),
    ],
)
def test_values_are_offered(in_path, name, line, values):
    offered = {re.sub("^--df=", "", word) for word in OFFER[name](in_path, line)}
    assert values <= offered
    assert all(not word.startswith("-") for word in offered), offered


@pytest.mark.parametrize("name", SHELLS)
def test_endpoint_schemes_are_offered(in_path, name):
    sending = OFFER[name](in_path, "netecho send ")
    assert {"tcp://", "udp6://", "unix://", "unixgram://", "unixpacket://"} <= sending
    assert not {"sd:", "fd:"} & sending
    assert "sd:" in OFFER[name](in_path, "netecho serve ")
    assert OFFER[name](in_path, "netecho send ud") == {"udp://", "udp4://", "udp6://"}


@pytest.mark.parametrize("name", SHELLS)
def test_hosts_are_offered_after_a_scheme_with_its_colon(in_path, name):
    assert "tcp://localhost:" in OFFER[name](in_path, "netecho probe tcp://lo")


@pytest.mark.parametrize("name", SHELLS)
def test_socket_files_are_offered(in_path, name):
    with socket.socket(socket.AF_UNIX) as bound:
        path = in_path / "live.sock"
        path.unlink(missing_ok=True)
        bound.bind(os.path.relpath(path))
        (in_path / "live.txt").touch()
        offered = OFFER[name](in_path, f"netecho send unix://{in_path}/li")
        assert f"unix://{path}" in offered
        assert f"unix://{in_path}/live.txt" not in offered


@pytest.mark.parametrize("name", SHELLS)
def test_the_checked_in_script_is_the_one_that_netecho_prints(name):
    script = Path(PROJECT, "completions", SCRIPTS[name]).read_bytes()
    assert script == netecho("completion", name).stdout, "run ./dev completions"


def sockets_opened(folder, prefix):
    """By completing `prefix`: the family of each. None may connect."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    log = folder / "calls"
    subprocess.run(
        ["strace", "-f", "-e", "trace=socket,connect", "-o", log, NETECHO, "__complete", "send",
         prefix], check=True, capture_output=True, timeout=PATIENCE,
        # Leaks can't be looked for under ptrace.
        env={**environment(), "ASAN_OPTIONS": "detect_leaks=0"},
    )
    assert "connect(" not in log.read_text()
    return re.findall(r"socket\((\w+)", log.read_text())


def test_completing_opens_no_socket(folder):
    for prefix in ("tcp://lo", "tcp://localhost:ec", "unix:/", "@", "", "packet://l"):
        assert sockets_opened(folder, prefix) == []


def test_stations_are_asked_of_the_kernel_alone(folder):
    assert set(sockets_opened(folder, "packet://lo/")) == {"AF_NETLINK"}
