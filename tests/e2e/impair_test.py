"""serve --impair: a bad network on purpose. probe counts exactly what the server says it injected."""

import contextlib
import re
import select
import socket
import threading
import time

import pytest
from netecho import eventually, netecho, serve
from schema import check
from sockets import connect, echo, pattern

MESSAGES = ["udp", "unixgram", "unixpacket"]
BAD = "loss=5%,dup=3%,reorder=5%,corrupt=2%"
STATS = ["--json", "--stats-interval", "20ms"]


def endpoint(kind, folder):
    host = {"tcp": "tcp://127.0.0.1:0", "udp": "udp://127.0.0.1:0"}
    return host.get(kind, f"{kind}:{folder}/s")


def injected(server, which=0):
    """What the server did to one endpoint; its counters add up, whatever that was."""
    assert server.stop() == 0
    (stopped,) = server.events("stopped")
    stats = check(stopped)["endpoints"][which]
    impaired = stats["impaired_total"]
    dropped = stats["dropped_total"]
    if stats["rx_messages_total"] is not None:
        answered = stats["tx_messages_total"] - impaired["dup"]
        assert stats["rx_messages_total"] == answered + sum(dropped.values())
    assert dropped["impaired"] == impaired["loss"]
    return stats, impaired


@contextlib.contextmanager
def silent_target():
    """Keeps a probe of several targets going until its last probes time out, so that a copy behind
    the last reply is counted, too."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield "udp://127.0.0.1:%d" % sock.getsockname()[1]


def probe(uri, *options):
    with silent_target() as silent:
        result = netecho("probe", uri, silent, *options, "--json")
    return check(result.json)["targets"][0]


# --- exact counts ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", MESSAGES)
@pytest.mark.parametrize("more, count", [("", 1000), (",delay=3ms,jitter=4ms,rate=10MB", 500)])
def test_probe_counts_exactly_what_was_injected(folder, kind, more, count):
    with serve(endpoint(kind, folder), "--impair", f"{BAD}{more},seed=42", "--json") as server:
        s = probe(server.endpoint, f"-c{count}", "-i1ms", "-W", "1s")
        stats, impaired = injected(server)
    # A busy machine skips slots of the schedule: what was sent is what counts.
    assert s["sent_total"] == stats["rx_messages_total"] > 0
    assert s["timeout_total"] == impaired["loss"]
    assert s["duplicate_total"] == impaired["dup"]
    assert s["reordered_total"] == impaired["reorder"]
    assert s["mismatch_total"] == impaired["corrupt"]
    assert s["late_total"] == s["refused_total"] == s["unreachable_total"] == 0
    assert s["lost_forward_total"] == 0, "replies are impaired, not requests"
    assert s["stamped"] is True
    delayed = s["sent_total"] - impaired["loss"] if more else 0
    assert impaired["delayed"] == delayed
    if s["sent_total"] > 400:
        assert all(impaired[k] > 0 for k in ("loss", "dup", "reorder", "corrupt")), impaired


@pytest.mark.parametrize("size", [5, 31, 32, 33, 56, 57, 1472])
def test_a_corrupt_reply_of_any_size_is_one_mismatch(size):
    with serve("udp://127.0.0.1:0", "--impair", "corrupt=30%,seed=42", "--json") as server:
        s = probe(server.endpoint, "-c100", "-i2ms", "-W", "500ms", "-s", size)
        _, impaired = injected(server)
    assert s["mismatch_total"] == impaired["corrupt"] > 0
    assert s["timeout_total"] == s["duplicate_total"] == 0


@pytest.mark.parametrize("kind", MESSAGES)
def test_jitter_alone_reorders_nothing(folder, kind):
    spec = "delay=1ms,jitter=20ms,seed=42"
    with serve(endpoint(kind, folder), "--impair", spec, "--json") as server:
        s = probe(server.endpoint, "-c200", "-i1ms", "-W", "1s")
        _, impaired = injected(server)
    assert s["received_total"] == s["sent_total"] == impaired["delayed"]
    assert s["reordered_total"] == impaired["reorder"] == 0
    assert s["rtt_ns"]["min"] >= 1_000_000
    assert s["server_residence_ns"]["p50"] < s["rtt_ns"]["p50"], "the delay is the network's"


# --- reproducible ---------------------------------------------------------------------------------


def replies(server, count):
    """Sends numbered messages as fast as they are taken, and stops the server, which sends what is
    still under way; what came back, in order."""
    received = []
    complete = threading.Event()
    with connect(server.endpoint) as client:
        reader = threading.Thread(target=collect, args=(client, received, complete))
        reader.start()
        for i in range(count):
            client.send(i.to_bytes(4, "big") + pattern(60, seed=i))
        eventually(lambda: received_total(server) == count, "all are received")
        server.stop()
        complete.set()
        reader.join()
    return received


def received_total(server):
    stats = server.events("stats")
    return stats[-1]["endpoints"][0]["rx_messages_total"] if stats else 0


def collect(client, received, complete):
    """Until the end of the connection, or until all there will be is taken."""
    while True:
        last = complete.is_set()
        # The socket's own time-out is that of who sends, too.
        if select.select([client], [], [], 0.05)[0]:
            message = client.recv(65536)
            if not message:
                return
            received.append(message)
        elif last:
            return


# udp: few enough for the socket's buffer; unixpacket waits instead of dropping.
@pytest.mark.parametrize("kind, count", [("udp", 200), ("unixpacket", 3000)])
def test_the_same_seed_is_the_same_network(folder, kind, count):
    runs = []
    for seed in (7, 7, 8):
        with serve(endpoint(kind, folder), "--impair", f"{BAD},seed={seed}", *STATS) as server:
            came = replies(server, count)
            stats, impaired = injected(server)
        assert stats["rx_messages_total"] == count
        assert len(came) == count - impaired["loss"] + impaired["dup"]
        runs.append((came, impaired))
    assert runs[0] == runs[1]
    assert runs[0][0] != runs[2][0]


def test_without_a_seed_the_log_says_which_one_repeats_the_run():
    with serve("udp://127.0.0.1:0", "--impair", "loss=30%", *STATS) as server:
        came = replies(server, 100)
        (warning,) = server.stderr.splitlines()
        _, impaired = injected(server)
    spec = re.fullmatch(
        r"netecho: warning: replies are impaired on purpose: --impair (loss=30%,seed=\d+)", warning
    ).group(1)
    with serve("udp://127.0.0.1:0", "--impair", spec, *STATS) as server:
        assert replies(server, 100) == came
        assert injected(server)[1] == impaired
        assert server.stderr.splitlines() == [warning]


# --- streams --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["tcp", "unix"])
def test_a_stream_is_late(folder, kind):
    with serve(endpoint(kind, folder), "--impair", "delay=20ms,jitter=5ms,seed=42",
               "--json") as server:
        s = probe(server.endpoint, "-c50", "-i10ms", "-W", "2s")
        _, impaired = injected(server)
    assert s["received_total"] == s["sent_total"]
    assert 20_000_000 <= s["rtt_ns"]["min"]
    # What the delay adds is the network's, not the server's, however late the machine itself is.
    assert s["rtt_ns"]["p50"] - s["server_residence_ns"]["p50"] >= 10_000_000
    assert 0 < impaired["delayed"] <= s["sent_total"]


@pytest.mark.parametrize("kind", ["tcp", "unix"])
def test_a_rate_slows_a_transfer_down(folder, kind):
    (folder / "data").write_bytes(pattern(500_000))
    with serve(endpoint(kind, folder), "--impair", "rate=1MB") as server:
        started = time.monotonic()
        result = netecho("send", server.endpoint, "-f", folder / "data")
        assert (result.code, result.stdout) == (0, pattern(500_000))
        assert time.monotonic() - started >= 0.45


def test_a_corrupt_stream_is_noticed(folder):
    (folder / "data").write_bytes(pattern(100_000))
    with serve("tcp://127.0.0.1:0", "--impair", "corrupt=100%,seed=1", "--json") as server:
        result = netecho("send", server.endpoint, "-f", folder / "data")
        assert result.code == 6, result
        _, impaired = injected(server)
    assert impaired["corrupt"] > 0
    assert impaired["loss"] == impaired["dup"] == impaired["reorder"] == 0


# --- the command line -----------------------------------------------------------------------------


def test_what_streams_can_not_suffer_is_a_warning_beside_messages_and_an_error_alone(folder):
    spec = "loss=100%,reorder=1%,seed=1"
    with serve("udp://127.0.0.1:0", f"unix:{folder}/s", "--impair", spec, "--json") as server:
        assert server.stderr.splitlines() == [
            f"netecho: warning: --impair has no loss, reorder for unix:{folder}/s: "
            "a stream has no messages",
            f"netecho: warning: replies are impaired on purpose: --impair {spec}",
        ]
        with connect(server.endpoints[1]) as client:
            assert echo(client, b"whole") == b"whole"
        server.stop()
        stats = server.events("stopped")[0]["endpoints"]
    assert stats[0]["impaired_total"] is not None
    assert stats[1]["impaired_total"] is None, "nothing of it is for streams"
    result = netecho("serve", "tcp://127.0.0.1:0", f"unix:{folder}/s", "--impair", spec)
    assert result.code == 2
    assert result.errors == [
        "netecho: option --impair: loss, reorder: no endpoint here has messages: "
        f"tcp://127.0.0.1:0, unix:{folder}/s"
    ]


@pytest.mark.parametrize("spec, why", [
    ("loss=x", "loss: expected 0% to 100%, got 'x'"),
    ("lose=1%", "'lose' is not one of delay, jitter, loss, dup, reorder, corrupt, rate and seed"),
    ("seed=1", "a seed alone impairs nothing: add one of delay, jitter, loss, dup, reorder, "
               "corrupt, rate and seed"),
])
def test_a_wrong_spec_names_the_key_and_what_was_expected(spec, why):
    result = netecho("serve", "udp://127.0.0.1:0", "--impair", spec)
    assert (result.code, result.errors) == (2, [f"netecho: option --impair: {why}"])


def test_an_inherited_stream_is_known_once_it_is_there():
    listener = socket.create_server(("127.0.0.1", 0))
    with listener:
        fd = listener.fileno()
        result = netecho("serve", f"fd:{fd}", "--impair", "loss=1%", pass_fds=[fd])
    assert result.code == 2
    assert "loss: no endpoint here has messages: tcp4://127.0.0.1:" in result.errors[0]


def test_the_text_names_what_was_injected(folder):
    with serve(f"unixpacket:{folder}/s", "--impair", "dup=100%,delay=1ms,seed=1") as server:
        with connect(server.endpoint) as client:
            client.send(b"hello")
            assert [client.recv(100) for _ in range(2)] == [b"hello"] * 2
        server.stop()
        last = server.stdout.decode().splitlines()[-1]
    assert "1 received, 2 echoed" in last
    assert last.endswith(", 1 duplicated (impaired), 1 delayed (impaired)")


def test_a_dropped_datagram_is_traced(folder):
    with serve("udp://127.0.0.1:0", "--impair", "loss=100%", "--trace", "--json") as server:
        with connect(server.endpoint) as client:
            client.send(b"gone")
            event = server.event("datagram")
    assert (event["action"], event["reason"], event["rx_bytes"]) == ("dropped", "impaired", 4)
