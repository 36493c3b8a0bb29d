"""Tab and Enter in real shells, where sockets and files have names that others have chosen: a name
comes back as it is, or isn't offered; nothing in it is run."""

import contextlib
import os
import pty
import secrets
import select
import shlex
import shutil
import socket
import subprocess
import time

import pytest
from netecho import NETECHO, environment, netecho

SHELLS = ["bash", "zsh", "fish"]
PROMPT = "ready>"

# In the place of netecho: completes as it does, and writes down how it was called otherwise.
RECORDER = """#!/bin/sh
case $1 in
  __complete | completion) exec {netecho} "$@" ;;
esac
printf '%s\\0' "$@" >called.new
mv called.new called
"""

START = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "source <(netecho completion bash)"),
    "zsh": (
        ["zsh", "-f", "-d", "-i"],
        "autoload -Uz compinit; compinit -u -D; source <(netecho completion zsh)",
    ),
    "fish": (["fish", "--no-config", "-i"], "netecho completion fish | source"),
}
SET_PROMPT = {
    "bash": "bind 'set enable-bracketed-paste off'; PS1='rea''dy>'",
    "zsh": "unset zle_bracketed_paste; PS1='rea''dy>'",
    "fish": "function fish_prompt; echo -n rea''dy\\>; end",
}


class Shell:
    """An interactive shell in a terminal, in a folder of its own."""

    def __init__(self, name, folder):
        if not shutil.which(name):
            pytest.skip(f"{name} is not installed")
        self.name, self.folder = name, folder
        (folder / "bin").mkdir()
        recorder = folder / "bin/netecho"
        recorder.write_text(RECORDER.format(netecho=shlex.quote(os.path.abspath(NETECHO))))
        recorder.chmod(0o755)
        self.env = environment(
            PATH=f"{folder}/bin:{os.environ['PATH']}", HOME=str(folder), TERM="dumb",
            LC_ALL="C.UTF-8", XDG_CONFIG_HOME=str(folder), XDG_DATA_HOME=str(folder),
        )

    def __enter__(self):
        words, source = START[self.name]
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(self.folder)
            os.execvpe(words[0], words, self.env)
        os.write(self.terminal, f"{SET_PROMPT[self.name]}\n".encode())
        self.until_prompt()
        os.write(self.terminal, f"{source}\n".encode())
        self.until_prompt()
        return self

    def __exit__(self, *_):
        os.close(self.terminal)
        os.waitpid(self.pid, 0)

    def until_prompt(self):
        shown, deadline = "", time.monotonic() + 60
        while PROMPT not in shown:
            left = deadline - time.monotonic()
            assert left > 0 and select.select([self.terminal], [], [], left)[0], repr(shown)
            shown += os.read(self.terminal, 65536).decode(errors="replace")
        return shown

    def run(self, line):
        """How netecho was called when `line` was typed, with its tabs, and Enter pressed."""
        called = self.folder / "called"
        called.unlink(missing_ok=True)
        os.write(self.terminal, line.encode() + b"\n")
        shown, deadline = "", time.monotonic() + 60
        while not called.exists():
            assert time.monotonic() < deadline, repr(shown)
            if select.select([self.terminal], [], [], 0.05)[0]:
                shown += os.read(self.terminal, 65536).decode(errors="replace")
        return [os.fsencode(word) for word in os.fsdecode(called.read_bytes()).split("\0")[:-1]]


@pytest.fixture(params=SHELLS)
def shell(request, tmp_path):
    with Shell(request.param, tmp_path) as started:
        yield started


@contextlib.contextmanager
def abstract_sockets(names):
    with contextlib.ExitStack() as stack:
        for name in names:
            bound = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
            bound.bind(b"\0" + name)
        yield


def batches(characters, size):
    return [characters[i : i + size] for i in range(0, len(characters), size)]


PRINTABLE = bytes(range(0x20, 0x7F))
COMMAND = b"$(touch${IFS}owned)`touch owned`;touch owned&&!#~{a,b}*?[a]<>|&\\'\""
TEXTS = [*batches(PRINTABLE, 5), *batches(PRINTABLE[::-1], 19), COMMAND, "ünïcödé 😀".encode()]
NO_TEXTS = [bytes([each]) for each in (*range(1, 0x20), *range(0x7F, 0x100))]


def test_a_sockets_name_comes_back_as_itself_whatever_is_printable(shell):
    tag = f"q{secrets.token_hex(4)}".encode()
    names = [b"%s%02d.%s" % (tag, i, text) for i, text in enumerate(TEXTS)]
    with abstract_sockets(names):
        for batch in batches(names, 8):
            typed = [f"unixgram:@{name[: len(tag) + 3].decode()}\t" for name in batch]
            called = shell.run("netecho send " + " ".join(typed))
            assert called == [b"send", *(b"unixgram:@" + name for name in batch)]
    assert not (shell.folder / "owned").exists()


def test_a_sockets_name_that_is_no_text_is_not_offered(shell):
    tag = f"q{secrets.token_hex(4)}".encode()
    forged = b"\n0000000000000000: 00000002 00000000 00000000 0002 01 12345 @" + tag + b"\x1b]0;x\x07"
    names = [tag + b".%02x%s.x" % (text[0], text) for text in NO_TEXTS] + [tag + forged]
    with abstract_sockets(names):
        called = shell.run(f"netecho send unixgram:@{tag.decode()}\t")
    assert called == [b"send", b"unixgram:@" + tag]


def test_one_users_odd_name_does_not_take_completion_from_others():
    tag = secrets.token_hex(4).encode()
    good = [tag + b"-a", tag + b"-z"]
    odd = [b"x\n1 2 3 4 zz 6 7 @" + tag + b"-b", tag + b"-c\nlater", tag + b"-d\x1b[2J"]
    with abstract_sockets([good[0], *odd, good[1]]):
        done = netecho("__complete", "client", f"unixgram:@{tag.decode()}")
    assert done.stdout.split(b"\n") == [b"unixgram:@" + name for name in good] + [b""]


def test_a_files_name_comes_back_as_itself_or_is_not_offered(shell):
    texts = [text.replace(b"/", b"") for text in TEXTS] + batches(b"".join(NO_TEXTS[:32]), 4)
    texts += NO_TEXTS[32:40]
    names = [b"q%02d.%s" % (i, text) for i, text in enumerate(texts)]
    for name in names:
        (shell.folder / os.fsdecode(name)).touch()
    # zsh knows that --file is given once.
    for batch in batches(names, 1 if shell.name == "zsh" else 8):
        called = shell.run("netecho send " + " ".join(f"-f {name[:4].decode()}\t" for name in batch))
        assert called[1::2] == [b"-f"] * len(batch)
        for name, got in zip(batch, called[2::2]):
            assert got == name or (got == name[:4] and not is_text(name)), name
    assert not (shell.folder / "owned").exists()


def is_text(name):
    with contextlib.suppress(UnicodeDecodeError):
        return name.decode().isprintable()
    return False


def test_a_sockets_file_comes_back_as_itself(shell):
    (shell.folder / "s").mkdir()
    names = [b"q%02d.%s" % (i, text.replace(b"/", b"")) for i, text in enumerate(TEXTS[-3:])]
    with contextlib.ExitStack() as stack:
        for name in names:
            bound = stack.enter_context(socket.socket(socket.AF_UNIX))
            folder = os.open(shell.folder / "s", os.O_RDONLY)
            stack.callback(os.close, folder)
            bound.bind(b"/proc/self/fd/%d/%s" % (folder, name))
        called = shell.run("netecho send " + " ".join(f"unix:s/{n[:4].decode()}\t" for n in names))
    assert called == [b"send", *(b"unix:s/" + name for name in names)]
    assert not (shell.folder / "owned").exists()


@pytest.mark.parametrize("quote", ["'", '"'])
def test_bash_completes_inside_an_open_quote(quote, tmp_path):
    tag = f"q{secrets.token_hex(4)}"
    name = tag + '-a $(touch owned)`touch owned`"\\'
    with Shell("bash", tmp_path) as shell, abstract_sockets([name.encode()]):
        called = shell.run(f"netecho send {quote}unixgram:@{tag}\t")
    assert called == [b"send", b"unixgram:@" + name.encode()]
    assert not (tmp_path / "owned").exists()


def test_bash_goes_on_behind_what_was_quoted_by_hand(tmp_path):
    (tmp_path / "a folder").mkdir()
    (tmp_path / "a folder/fi$le").touch()
    (tmp_path / "home file").touch()
    with Shell("bash", tmp_path) as shell:
        for typed in ("a\\ folder/fi\t", "a' f'older/fi\t", '"a folder"/f\t', "a\\ fo\tf\t"):
            assert shell.run(f"netecho send -f {typed}") == [b"send", b"-f", b"a folder/fi$le"]
        called = shell.run("netecho send -f ~/home\\ \t")
        assert called == [b"send", b"-f", os.fsencode(tmp_path / "home file")]
        # What isn't known before the line is run isn't completed, nor run.
        assert shell.run("netecho send -f $HOME/home\t") == [
            b"send", b"-f", os.fsencode(tmp_path / "home"),
        ]


def test_threads_offers_no_placeholder(tmp_path):
    for name in SHELLS:
        script = subprocess.run(
            [NETECHO, "completion", name], capture_output=True, text=True, check=True, timeout=30
        ).stdout
        line = [line for line in script.splitlines() if "threads" in line and "auto" in line]
        assert line and all("N auto" not in each for each in line)
