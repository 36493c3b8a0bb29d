"""Runs netecho with a pseudo-terminal as some of its streams."""

import contextlib
import os
import pty
import select
import subprocess
import termios
import time

from netecho import NETECHO, environment, exit_status


class Terminal:
    """A netecho whose chosen streams are a pseudo-terminal."""

    def __init__(self, args, streams, env, columns):
        self.master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, columns))
        settings = termios.tcgetattr(slave)
        settings[1] &= ~termios.OPOST  # The program's own newlines, not the terminal's.
        settings[3] &= ~termios.ECHO
        termios.tcsetattr(slave, termios.TCSANOW, settings)
        chosen = {name: slave for name in streams}
        chosen.setdefault("stdin", subprocess.DEVNULL)
        for name in ("stdout", "stderr"):
            chosen.setdefault(name, subprocess.PIPE)
        self.process = subprocess.Popen(
            [NETECHO, *map(str, args)],
            env=env or environment(TERM="xterm-256color"),
            start_new_session=True,
            **chosen,
        )
        os.close(slave)
        self.seen = b""

    def read_until(self, words, seconds=20):
        deadline = time.monotonic() + seconds
        while words not in self.seen:
            assert time.monotonic() < deadline, f"no {words!r} in {self.seen!r}"
            if select.select([self.master], [], [], 0.05)[0]:
                try:
                    self.seen += os.read(self.master, 65536)
                except OSError:
                    break
        assert words in self.seen, self.seen
        return self.seen

    def read_to_end(self, seconds=20):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if select.select([self.master], [], [], 0.05)[0]:
                try:
                    piece = os.read(self.master, 65536)
                except OSError:  # EIO: the other side is closed.
                    break
                if not piece:
                    break
                self.seen += piece
        return self.seen

    def type(self, data):
        os.write(self.master, data)

    def wait(self):
        return exit_status(self.process.wait(20))


@contextlib.contextmanager
def terminal(*args, streams=("stdout",), env=None, columns=80):
    term = Terminal(args, streams, env, columns)
    try:
        yield term
    finally:
        if term.process.poll() is None:
            term.process.kill()
        term.process.wait()
        os.close(term.master)
        for stream in (term.process.stdout, term.process.stderr):
            if stream:
                stream.close()
