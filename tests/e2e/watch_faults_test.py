"""netecho watch: readers that misbehave, targets that never answer, rights that are missing, a folder
that is another one."""

import os
import resource
import socket
import subprocess

import pytest
from fixtures import needs_root
from hosts import hosts, two_hosts
from http_client import Answer, ask, dial, read_all
from netecho import INSTRUMENTED, complains, eventually, netecho, serve
from programs import need
from sandboxes import landlock_abi
from watches import TargetsFile, Watch, group, more_than

FAST = ("--interval", "50ms", "--timeout", "5s")
REQUEST = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def server():
    with serve("udp://127.0.0.1:0", "tcp://127.0.0.1:0") as running:
        yield running


def descriptors(watch):
    return len(os.listdir(f"/proc/{watch.pid}/fd"))


# --- who reads ------------------------------------------------------------------------------------


def test_a_thousand_idle_connections_keep_out_neither_probes_nor_scrapes(server):
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    idle = []
    with Watch(server.endpoint, *FAST) as watch:
        before = descriptors(watch)
        try:
            for _ in range(min(1000, limit - 100)):
                sock = socket.socket()
                idle.append(sock)
                sock.setblocking(False)
                sock.connect_ex(("127.0.0.1", watch.port))  # The queue of the kernel may be full, too.
            sent = watch.until("netecho_probe_received_total", more_than(5))
            assert descriptors(watch) <= before + 64 + 8
            watch.until("netecho_probe_received_total", more_than(sent + 5))
            assert watch.value("netecho_probe_lost_total", reason="timeout") == 0
        finally:
            for sock in idle:
                sock.close()


def test_scrapes_that_are_cut_leave_nothing_behind(server):
    many = [f"udp://127.0.0.1:{port}" for port in range(1, 200)]
    with Watch(server.endpoint, *many, *FAST) as watch:
        watch.until("netecho_probe_received_total", more_than(0), target=server.endpoint)
        before = descriptors(watch)
        for _ in range(100):
            with dial(("127.0.0.1", watch.port)) as sock:
                sock.sendall(REQUEST)
                assert sock.recv(1) == b"H"
        eventually(lambda: descriptors(watch) <= before, "the end of 100 connections")
        assert len(watch.scrape()["netecho_probe_up"].samples) == 200


def test_a_scraper_that_stops_reading_delays_neither_probes_nor_others(server):
    many = [f"udp://127.0.0.1:{port}" for port in range(1, 500)]
    with Watch(server.endpoint, *many, *FAST) as watch:
        with dial(("127.0.0.1", watch.port)) as sock:
            sock.sendall(REQUEST)
            assert sock.recv(1) == b"H"
            before = watch.until("netecho_probe_received_total", more_than(0), target=server.endpoint)
            watch.until("netecho_probe_received_total", more_than(before + 10), target=server.endpoint)


def test_what_watch_answers_is_what_http_has_to_be(server):
    with Watch(server.endpoint, *FAST) as watch:
        for path, status in [("/metrics", 200), ("/", 200), ("/probe?target=udp://h:7", 403), ("/x", 404)]:
            assert ask(("127.0.0.1", watch.port), path).status == status
        assert ask(("127.0.0.1", watch.port), host="evil.example").status == 421
        with dial(("127.0.0.1", watch.port)) as sock:
            sock.sendall(b"NONSENSE\r\n\r\n")
            assert Answer(read_all(sock)).status == 400


# --- labels ---------------------------------------------------------------------------------------


def test_labels_of_every_kind_of_bytes_are_valid_and_differ(tmp_path):
    """Paths with a quote, a line end, an end of a label, and bytes that are no UTF-8, beside those that
    look like them when they are escaped."""
    promtool = need("promtool")
    names = ['q"', "line\nend", "line\\nend", "line\\x0aend", "a\udcff", "a\udcfe", "a\\xff", "a\\", 'a",b="',
             "한글", "\u2028", "\x1b[31m"]
    paths = [f"unixgram:{tmp_path}/{name}" for name in names]
    values = ['a"b', "c\nd", "e\\nf", "g\\", 'h",le="', "한글", "\u2028"]
    groups = [group(f"unixgram:{tmp_path}/x", note=value) for value in values]
    with Watch(*paths, "--targets", TargetsFile(tmp_path, *groups).path, *FAST) as watch:
        _, _, body = watch.ask("/metrics")
        done = subprocess.run([promtool, "check", "metrics"], input=body, capture_output=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        up = watch.scrape()["netecho_probe_up"].samples
        assert len(up) == len(names) + len(values)
        assert [labels["note"] for _, labels, _ in up if "note" in labels] == values
        targets = [labels["target"].rpartition("/")[2] for _, labels, _ in up if "note" not in labels]
        assert len(set(targets)) == len(names)
        page = watch.ask("/")[2]
        assert page.decode() and b"\x1b" not in page


@pytest.mark.parametrize("text, why", [
    (b'[{"targets":["udp://h:7"],"labels":{"a":"1",\n"a":"2"}}]', "line 2: label 'a' comes twice"),
    (b'[{"targets":["udp://h:7",\n"udp://h:7"]}]', "line 2: 'udp://h:7' is there already"),
    (b'[{"targets":["udp://h:7"],\n"labels":{"a":"\xff"}}]', "line 2: "),
    (b'[{"targets":["udp://h:7"],"labels":{"a":\n"\\ud800"}}]', "line 2: "),
    (b'[{"targets":["udp://h:7"],"labels":{\n"a b":"c"}}]', "line 2: 'a b' is no name of a label"),
])
def test_a_label_that_prometheus_would_refuse_is_refused(text, why, tmp_path):
    path = tmp_path / "targets.json"
    path.write_bytes(text)
    path.chmod(0o644)
    assert why in complains(netecho("watch", "--targets", path, "--listen", "off"), 2)


# --- targets and the list -------------------------------------------------------------------------


@needs_root
def test_targets_that_never_answer_cost_the_others_nothing(folder):
    with two_hosts() as (client, other), other.dropping("input", "th dport 7001-7999"):
        silent = [f"{kind}://{other.v4}:{port}" for kind in ("tcp", "udp") for port in range(7001, 7101)]
        with other.serve(f"tcp://{other.v4}:0", f"udp://{other.v4}:0") as answering:
            tcp, udp = answering.endpoints
            file = TargetsFile(folder, group(*silent, __timeout__="300ms"), group(tcp))
            with Watch("--targets", file.path, *FAST, host=client) as watch:
                before = watch.until("netecho_probe_received_total", more_than(0), target=tcp)
                watch.until("netecho_probe_lost_total", more_than(0), target=silent[-1], reason="timeout")
                watch.until("netecho_probe_skipped_total", more_than(0), target=silent[0])
                file.put(group(*silent, __timeout__="300ms"), group(tcp, udp))
                watch.until("netecho_probe_received_total", more_than(10), target=udp)
                watch.until("netecho_probe_received_total", more_than(before + 10), target=tcp)
                found = watch.scrape()
                for target in silent:
                    assert found["netecho_probe_up"].value(target=target) == 0
                for target in (tcp, udp):
                    assert found["netecho_probe_up"].value(target=target) == 1
                    assert found["netecho_probe_lost_total"].value(target=target, reason="timeout") == 0


@needs_root
def test_without_root_a_ping_that_comes_later_is_a_send_that_fails(folder):
    folder.chmod(0o755)
    with hosts(1) as (host,), host.serve("udp://127.0.0.1:0") as near:
        file = TargetsFile(folder, group(near.endpoint))
        with Watch("--targets", file.path, "--user", "nobody", *FAST, host=host) as watch:
            file.put(group(near.endpoint, "icmp://127.0.0.1"))
            watch.until("netecho_probe_send_errors_total", more_than(3), target="icmp://127.0.0.1")
            assert watch.value("netecho_probe_up", target="icmp://127.0.0.1") == 0
            assert watch.value("netecho_probe_skipped_total", target="icmp://127.0.0.1") == 0
            before = watch.value("netecho_probe_received_total", target=near.endpoint)
            watch.until("netecho_probe_received_total", more_than(before), target=near.endpoint)


@needs_root
def test_without_root_a_ping_of_the_first_list_keeps_its_right(folder):
    folder.chmod(0o755)
    with hosts(1) as (host,):
        file = TargetsFile(folder, group("icmp://127.0.0.1"))
        with Watch("--targets", file.path, "--user", "nobody", *FAST, host=host) as watch:
            watch.until("netecho_probe_received_total", more_than(3), target="icmp://127.0.0.1")
            assert watch.value("netecho_probe_send_errors_total") == 0


@pytest.mark.parametrize("sandbox", ["auto", "off"])
def test_a_folder_that_is_replaced_is_another_one(sandbox, server, tmp_path):
    """Out of its sandbox it reads the list in the new folder; Landlock leaves it the old one alone."""
    inside = tmp_path / "inside"
    inside.mkdir()
    file = TargetsFile(inside, group(server.endpoint))
    with Watch("--targets", file.path, "--sandbox", sandbox, *FAST) as watch:
        watch.until("netecho_probe_received_total", more_than(0), target=server.endpoint)
        inside.rename(tmp_path / "old")
        watch.until("netecho_watch_last_reload_successful", lambda ok: ok == 0)
        inside.mkdir()
        file.put(group(*server.endpoints))
        if sandbox == "off" or INSTRUMENTED or not landlock_abi():
            watch.until("netecho_watch_targets", lambda count: count == 2)
            file.put()
            watch.until("netecho_watch_targets", lambda count: count == 0)
            return
        eventually(lambda: "Permission denied" in watch.stderr, "the log says why")
        before = watch.value("netecho_probe_received_total", target=server.endpoint)
        watch.until("netecho_probe_received_total", more_than(before), target=server.endpoint)
        assert watch.value("netecho_watch_targets") == 1
