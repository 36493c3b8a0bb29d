"""A reader of a page, who types what it shows: on a machine of its own, which is a network namespace
with the pages' example addresses and names. Needs root."""

import contextlib
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time
from pathlib import Path

from netecho import NETECHO, PATIENCE, environment
from pages import matches, shape
from programs import network

# Addresses and names that pages use as if they were the reader's.
ADDRESSES = ["192.0.2.1", "192.0.2.7", "10.77.1.2"]
NAMES = "127.0.0.1 localhost\n::1 localhost\n192.0.2.1 gateway\n192.0.2.7 db server\n"
SERVES = re.compile(r"^(\w+=\S+ )*netecho (serve|watch)\b(?!.*; *echo )")
# What a server that is running shows of itself comes a moment after what it is about.
ASKS = re.compile(r"^curl ")


@contextlib.contextmanager
def machine(folder):
    """The prefix of a command on it."""
    names = folder / "hosts"
    names.write_text(NAMES)
    with network(files=True) as (prefix, _):
        lines = [f"ip address add {each} dev lo" for each in ADDRESSES]
        lines += [f"mount --bind {names} /etc/hosts", "mount -t tmpfs run /run"]
        # As if it were another host's: behind a link of Ethernet.
        lines += ["ip route change table local local 10.77.1.2 dev lo mtu 1500"]
        lines += ["echo '0 2147483647' >/proc/sys/net/ipv4/ping_group_range"]
        subprocess.run([*prefix, "sh", "-ec", "\n".join(lines)], check=True)
        names.unlink()
        yield prefix


class Terminal:
    """A command with its output on a terminal, all of which is kept."""

    def __init__(self, words, env, pass_fds=()):
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave, env=env,
            pass_fds=pass_fds, start_new_session=True,
        )
        os.close(slave)
        self._heard = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        with contextlib.suppress(OSError):  # EIO: nobody has the other side any more.
            while piece := os.read(self._master, 65536):
                self._heard += piece
        os.close(self._master)

    def lines(self):
        return self._heard.decode(errors="replace").replace("\r\n", "\n").splitlines()

    def finish(self):
        """Its exit code, once all that it printed was heard."""
        try:
            code = self.process.wait(PATIENCE)
            self._reader.join(PATIENCE)
        finally:
            self.stop(signal.SIGKILL)
        return code

    def stop(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


def ports_of(command):
    """No two of these can be served at the same time."""
    if "netecho watch " in command:
        found = re.search(r"--listen \S+:(\d+)", command)
        return {found[1] if found else "9470"}
    return set(re.findall(r":(\d+)\b", command)) - {"0"} or {"12345"}


class Server(Terminal):
    """A `netecho serve` or `watch` that is ready, or has ended; or another program in the background."""

    def __init__(self, words, env, step):
        self.step, self.ports = step, ports_of(step.command)
        self.ready = True
        serves = SERVES.match(step.command)
        if not serves:
            super().__init__(words, env)
            return
        ready, announce = os.pipe()
        env = env | {f"NETECHO_{serves[2].upper()}_READY_FD": str(announce)}
        super().__init__(words, env, (announce,))
        os.close(announce)
        with open(ready, "rb") as pipe:
            self.ready = bool(pipe.readline())


def shows(step, terminal):
    """Whether it printed what the page shows."""
    return matches(shape(step.shown), shape(terminal.lines()))


class Reader:
    """Types the steps of a page, one after the other, into shells in one folder."""

    def __init__(self, prefix, folder):
        self.folder, self.servers = folder, []
        self.words = [*prefix, "bash", "--norc", "-c", 'cd "$0" && eval "$1"', str(folder)]
        # Debian's own Python has what pages ask of it; another one may come first.
        folders = [Path(NETECHO).resolve().parent, "/usr/bin", os.environ["PATH"], "/usr/sbin"]
        self.env = environment(
            PATH=":".join(map(str, folders)), HOME=str(folder), TERM="dumb", LC_ALL="C.UTF-8",
        )

    def type(self, step):
        script = step.shown is None and step.command.count("\n") > 1
        if not script and (SERVES.match(step.command) or step.command.endswith("&")):
            self._serve(step)
        elif step.shown is None:
            self._run_script(step)
        else:
            self._run(step)

    def _serve(self, step):
        ports = ports_of(step.command)
        for other in [each for each in self.servers if each.ports & ports]:
            self._stop(other)
        command = step.command.rstrip("& ")
        self.servers.append(Server([*self.words, command], self.env, step))

    def _run(self, step):
        terminal = Terminal([*self.words, step.command], self.env)
        code = terminal.finish()
        until = time.monotonic() + PATIENCE
        while ASKS.match(step.command) and not shows(step, terminal) and time.monotonic() < until:
            time.sleep(0.1)
            terminal = Terminal([*self.words, step.command], self.env)
            code = terminal.finish()
        self._compare(step, terminal.lines())
        # What fails says why, and the page shows it.
        assert code == 0 or step.shown, f"line {step.line}: {step.command!r} ended with {code}"

    def _run_script(self, step):
        script = f"set -eo pipefail\n{step.command}"
        terminal = Terminal([*self.words, script], self.env)
        code = terminal.finish()
        assert code == 0, f"line {step.line}: the script ended with {code}: {terminal.lines()}"

    def _compare(self, step, printed, more=()):
        shown = [*shape(step.shown), *more]
        assert matches(shown, shape(printed)), (
            f"line {step.line}: {step.command}\nshown:   " + "\n         ".join(shown)
            + "\nprinted: " + "\n         ".join(shape(printed)) + f"\n{printed}"
        )

    def _stop(self, server):
        server.stop(signal.SIGINT)
        server.finish()
        self.servers.remove(server)
        if server.step.shown is not None:
            # Where it was ready, the page may leave out what it printed later, of what follows.
            self._compare(server.step, server.lines(), ["..."] if server.ready else [])

    def close(self):
        for server in list(self.servers):
            self._stop(server)

    def kill(self):
        for server in self.servers:
            server.stop(signal.SIGKILL)
