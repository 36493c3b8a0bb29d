"""Interactive bash, zsh and fish in a terminal, with netecho's completion and a netecho that writes
down how it was called."""

import os
import pty
import re
import select
import shlex
import shutil
import time

import pytest
from netecho import NETECHO, environment

PATIENCE = int(os.environ.get("SHELL_PATIENCE", "120"))

# In the place of netecho: completes as it does, and tells how it was called otherwise.
RECORDER = """#!/bin/sh
case $1 in
  __complete | completion) exec {netecho} "$@" ;;
esac
printf '%s\\0' $# "$@" >>{folder}/told
"""
# What a name would run that is not quoted.
CANARY = """#!/bin/sh
echo "$0 $*" >>{folder}/ran
"""

START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-d", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
# Every prompt has a number of its own, so that none is taken for the next one. Ctrl-T tells what is
# typed so far.
PREPARE = {
    "bash": r"""
bind 'set enable-bracketed-paste off'
source <(netecho completion bash)
tell_line() { printf '%s\0' "$READLINE_LINE" >>"$TOLD"; }
bind -x '"\C-t": tell_line'
PS1='rea''dy\#>'
""",
    "zsh": r"""
unset zle_bracketed_paste
autoload -Uz compinit; compinit -u -D
source <(netecho completion zsh)
tell_line() { builtin printf '%s\0' "$BUFFER" >>"$TOLD"; }
zle -N tell_line; bindkey '^T' tell_line
PS1='rea''dy%!>'
""",
    "fish": r"""
netecho completion fish | source
function tell_line; printf '%s\0' (commandline | string collect) >>$TOLD; end
bind \ct tell_line
set -g lines 1
function count_line --on-event fish_preexec; set -g lines 1$lines; end
function fish_prompt; echo -n rea''dy$lines\>; end
""",
}


class Shell:
    """A shell that keeps its own files in the folder `hidden`. `options` are typed into it once its
    completion is there; `prefix` is that of a command on another host."""

    def __init__(self, name, hidden, options="", prefix=(), **env):
        if not shutil.which(name):
            pytest.skip(f"{name} is not installed")
        self.name, self.hidden, self.options = name, hidden, options
        self.words = [*prefix, *START[name]]
        self.folder = hidden
        (self.hidden / "bin").mkdir(parents=True)
        os.mkfifo(self.hidden / "told")
        self._program("netecho", RECORDER)
        self._program("owned", CANARY)
        self.env = environment(
            PATH=f"{self.hidden}/bin:{os.environ['PATH']}", HOME=str(self.hidden), TERM="dumb",
            LC_ALL="C.UTF-8", XDG_CONFIG_HOME=str(self.hidden), XDG_DATA_HOME=str(self.hidden),
            TOLD=str(self.hidden / "told"), HISTFILE=None, **env,
        )

    def _program(self, name, text):
        file = self.hidden / "bin" / name
        netecho = shlex.quote(os.path.abspath(NETECHO))
        file.write_text(text.format(netecho=netecho, folder=shlex.quote(str(self.hidden))))
        file.chmod(0o755)

    def __enter__(self):
        self.told = os.open(self.hidden / "told", os.O_RDWR | os.O_NONBLOCK)
        self.heard = b""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(self.hidden)
            os.execvpe(self.words[0], self.words, self.env)
        self.shown, self.prompts, self.waits = "", set(), False
        for line in [*PREPARE[self.name].strip().splitlines(), self.options]:
            self._type(line + "\n")
        self._next_prompt()
        return self

    def __exit__(self, *_):
        self.waits = False
        os.close(self.terminal)
        os.close(self.told)
        os.waitpid(self.pid, 0)

    def _type(self, text):
        os.write(self.terminal, text.encode())

    def _wait(self, found):
        """What `found()` returns once it is neither None nor false."""
        deadline = time.monotonic() + PATIENCE
        while not (result := found()):
            left = deadline - time.monotonic()
            ready = select.select([self.terminal, self.told], [], [], max(left, 0))[0]
            assert ready, f"nothing more came: {self.shown[-2000:]!r}, {self.heard!r}"
            if self.terminal in ready:
                self.shown += os.read(self.terminal, 65536).decode(errors="replace")
            if self.told in ready:
                self.heard += os.read(self.told, 65536)
        return result

    def _next_prompt(self):
        def another():
            new = set(re.findall(r"ready(\d+)>", self.shown)) - self.prompts
            self.prompts |= new
            return new

        self._wait(another)
        self.shown = self.shown[-2000:]
        self.waits = True

    def _hear(self, count):
        """The next `count` words that were told."""
        self._wait(lambda: self.heard.count(b"\0") >= count)
        *words, self.heard = self.heard.split(b"\0", count)
        return words

    def run(self, line):
        """How netecho was called when `line` was typed, with its tabs, and Enter pressed."""
        self.waits = False
        self._type(line + "\n")
        called = self._hear(int(self._hear(1)[0]))
        self._next_prompt()
        return called

    def press(self, keys):
        """The line as it is after `keys`, which must not end it."""
        self.waits = False
        self._type(keys + "\x14")
        return os.fsdecode(self._hear(1)[0])

    def do(self, line):
        """A command that is not netecho."""
        self.waits = False
        self._type(line + "\n")
        self._next_prompt()

    def enter(self, folder):
        self.do(f"cd {shlex.quote(str(folder))}")
        self.folder = folder

    def assert_nothing_was_run(self):
        assert not (self.hidden / "ran").exists(), (self.hidden / "ran").read_text()
