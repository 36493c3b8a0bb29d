"""Every server there is to compare: netecho, the limit, and what Debian has."""

import socket
from pathlib import Path

from .programs import NotAvailable, Server, need

FOLDER = Path(__file__).resolve().parents[1] / "peers"
PYTHON = "/usr/bin/python3"  # Debian's own.


def netecho(settings, endpoint, *options, cpus=None):
    scheme, _, rest = endpoint.partition("://")
    path = rest if scheme.startswith("unix") else None
    _gone(path)
    command = [settings.netecho, "serve", *options, endpoint]
    return Server(scheme, command, path=path, cpus=cpus)


def limit(settings, name, scheme, path=None, cpus=None, *, forks=False):
    _gone(path)
    command = [settings.limit(name), *([path] if path else [])]
    return Server(scheme, command, path=path, cpus=cpus, forks=forks)


def _gone(path):
    """A socket file outlives a server that was killed."""
    if path:
        Path(path).unlink(missing_ok=True)


def socat_tcp():
    listener = "TCP4-LISTEN:0,bind=127.0.0.1,fork,backlog=4096,nodelay"
    return Server("tcp", [need("socat"), "-d", "-d", listener, "PIPE"], forks=True)


def socat_unix(path):
    _gone(path)
    listener = f"UNIX-LISTEN:{path},fork,backlog=4096"
    command = [need("socat"), "-d", "-d", listener, "PIPE"]
    return Server("unix", command, path=path, forks=True)


def ncat_tcp():
    command = [need("ncat"), "-l", "-k", "-m", "4096", "-e", "/bin/cat", "127.0.0.1", "0"]
    return Server("tcp", command, announces=False, forks=True)


def asyncio(kind, path=None):
    _gone(path)
    command = [need(PYTHON), FOLDER / "echo.py", kind, *([path] if path else [])]
    return Server(kind, command, path=path)


def node(kind, path=None):
    _gone(path)
    command = [need("node"), FOLDER / "echo.js", kind, *([path] if path else [])]
    return Server(kind, command, path=path)


def irtt():
    return Server("udp", [need("irtt"), "server", "-i", "0", "-b", "127.0.0.1:0"])


def sockperf_udp(*options):
    """It cannot be given port 0, nor says which one it has: one that was free a moment ago."""
    need("sockperf")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["sockperf", "server", "-i", "127.0.0.1", "-p", port, *options]
    server = Server("udp", command, announces=False)
    if server.endpoint != f"udp://127.0.0.1:{port}":
        server.close()
        raise NotAvailable("its port was taken")
    return server


def socat_udp():
    listener = "UDP4-LISTEN:0,bind=127.0.0.1,fork"
    return Server("udp", [need("socat"), "-d", "-d", listener, "PIPE"], forks=True)


def missing(reason):
    """For what there is no program to start."""

    def start():
        raise NotAvailable(reason)

    return start
