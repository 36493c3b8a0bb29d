"""Work of one call: start to end (X1), and a large file through an echo server (X2)."""

from . import machine, peers, programs
from .figures import Entry, Figure, Goal
from .programs import need
from .rounds import take_turns


def x1(settings):
    """Start to end of a program that has next to nothing to do."""
    word = settings.folder / "word"
    word.write_text("hello\n")
    count = settings.pick(200, 3)

    def spawn(*command):
        ns, _ = programs.spawn(settings, count, command, stdin=word)
        return ns / 1000

    nothing = {
        "netecho": lambda: spawn(settings.netecho, "--version"),
        "nc": lambda: spawn(need("nc.openbsd"), "-h"),
        "socat": lambda: spawn(need("socat"), "-V"),
        "ncat": lambda: spawn(need("ncat"), "--version"),
    }
    yield Figure(
        "X1", "netecho --version, nc -h", "us, median of 200", take_turns(settings, nothing),
        [Goal("nc", most=1.1)],
    ).compare()

    def client(command):
        with peers.limit(settings, "tcp", "tcp") as server:
            host, _, port = server.endpoint.removeprefix("tcp://").rpartition(":")
            return spawn(*command(host, port))

    clients = {
        "netecho": lambda: client(
            lambda host, port: (settings.netecho, "send", "-N", f"tcp://{host}:{port}", "hello")
        ),
        # It half-closes only once the echo is there: one wait more.
        "netecho, no -N": lambda: client(
            lambda host, port: (settings.netecho, "send", f"tcp://{host}:{port}", "hello")
        ),
        "nc": lambda: client(lambda host, port: (need("nc.openbsd"), "-N", host, port)),
        "socat": lambda: client(lambda host, port: (need("socat"), "-", f"TCP4:{host}:{port}")),
        "ncat": lambda: client(lambda host, port: (need("ncat"), host, port)),
    }
    yield Figure(
        "X1", "5 bytes to an echo server and back, to the end", "us, median of 200",
        take_turns(settings, clients), [Goal("nc", most=1.1)],
    ).compare()


def x2(settings):
    """A file through an echo server; netecho compares every byte, and the least none."""
    file = settings.folder / "file"
    size = settings.pick(4 << 30, 4 << 20)
    with open(file, "wb") as sparse:
        sparse.truncate(size)  # Its blocks are made up as they are read, the same for everybody.
    peak = []

    def rate(*command, stdin="/dev/null"):
        ns, kib = programs.spawn(settings, 1, command, stdin=stdin, cpus=machine.LOAD_CPUS)
        return size * 1e9 / ns, kib / 1024

    def netecho():
        with peers.limit(settings, "bulk", "tcp") as server:
            bytes_per_s, mib = rate(settings.netecho, "send", server.endpoint, "-f", file, "-q")
        peak.append(mib)
        return bytes_per_s

    def limit():
        with peers.limit(settings, "bulk", "tcp") as server:
            return rate(settings.limit("send_file"), server.endpoint.rpartition(":")[2], file)[0]

    def nc():
        with peers.limit(settings, "bulk", "tcp") as server:
            port = server.endpoint.rpartition(":")[2]
            return rate(need("nc.openbsd"), "-N", "127.0.0.1", port, stdin=file)[0]

    clients = {"netecho": netecho, "limit": limit, "nc": nc}
    figure = Figure(
        "X2", f"send -f, {size >> 20} MiB through an echo server", "bytes/s",
        take_turns(settings, clients), [Goal("limit", 0.85)],
    ).compare()
    file.unlink()
    yield figure
    if peak:
        yield Figure(
            "X2", "the same: memory", "MiB at most", [Entry("netecho", peak)], [Goal(None, most=16)]
        )

