"""netecho watch: a list of targets that changes, and the figures of each."""

import json
import os
import signal
import subprocess
import time

import pytest
from exposition import read
from netecho import complains, eventually, netecho, serve
from programs import need
from watches import TargetsFile, Watch, group, more_than

FAST = ("--interval", "50ms", "--timeout", "500ms")


@pytest.fixture(scope="module")
def server():
    with serve("udp://127.0.0.1:0", "tcp://127.0.0.1:0") as running:
        yield running


# --- figures --------------------------------------------------------------------------------------


def test_every_target_has_its_figures(server):
    udp, tcp = server.endpoints
    with Watch(udp, tcp, *FAST) as watch:
        for target in (udp, tcp):
            watch.until("netecho_probe_received_total", more_than(10), target=target)
        found = watch.scrape()
        for target, transport in ((udp, "udp"), (tcp, "tcp")):
            labels = {"target": target, "transport": transport, "family": "ipv4"}
            sent = found["netecho_probe_sent_total"].value(**labels)
            assert found["netecho_probe_up"].value(**labels) == 1
            assert found["netecho_probe_rtt_seconds"].value("_count", **labels) >= sent - 1
            assert found["netecho_probe_server_residence_seconds"].value("_count", **labels) > 0
            assert found["netecho_probe_lost_direction_total"].value(direction="forward", **labels) == 0
        assert found["netecho_watch_targets"].value() == 2
        assert found["netecho_watch_last_reload_successful"].value() == 1
        assert abs(found["netecho_watch_last_reload_timestamp_seconds"].value() - time.time()) < 100
        assert found["netecho_build_info"].value() == 1
        assert found["process_resident_memory_bytes"].value() > 0
        assert found["netecho_probe_send_lateness_seconds"].value("_count") > 20


def test_promtool_has_nothing_to_say(server):
    promtool = need("promtool")
    with Watch(*server.endpoints, "udp://127.0.0.1:1", *FAST) as watch:
        watch.until("netecho_probe_received_total", more_than(3), target=server.endpoints[0])
        _, _, body = watch.ask("/metrics")
        done = subprocess.run([promtool, "check", "metrics"], input=body, capture_output=True,
                              check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b""), done


def test_openmetrics_is_for_who_asks(server):
    with Watch(server.endpoint, *FAST) as watch:
        status, headers, body = watch.ask("/metrics", Accept="application/openmetrics-text")
        assert status == 200
        assert headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
        read(body, open_metrics=True)


def test_buckets_are_those_that_were_asked_for(server):
    with Watch(server.endpoint, *FAST, "--buckets", "1ms,1s") as watch:
        watch.until("netecho_probe_received_total", more_than(0))
        buckets = watch.scrape()["netecho_probe_rtt_seconds"].buckets(target=server.endpoint)
        assert list(buckets) == [0.001, 1.0, float("inf")]


def test_a_server_that_dies_is_down_until_it_is_back():
    with serve("udp://127.0.0.1:0", "tcp://127.0.0.1:0") as server:
        udp, tcp = server.endpoints
        with Watch(udp, tcp, "--interval", "50ms", "--timeout", "200ms") as watch:
            for target in (udp, tcp):
                watch.until("netecho_probe_up", lambda up: up == 1, target=target)
            server.stop()
            for target in (udp, tcp):
                watch.until("netecho_probe_up", lambda up: up == 0, target=target)
            before = {t: watch.value("netecho_probe_received_total", target=t) for t in (udp, tcp)}
            with serve(udp, tcp):
                for target in (udp, tcp):
                    watch.until("netecho_probe_up", lambda up: up == 1, target=target)
                    watch.until("netecho_probe_received_total", more_than(before[target]), target=target)


def test_labels_are_escaped_where_they_stand(server, tmp_path):
    value = 'a"b\\c\nd<e>&한글'
    file = TargetsFile(tmp_path, group(server.endpoint, note=value))
    with Watch("--targets", file.path, *FAST) as watch:
        watch.until("netecho_probe_received_total", more_than(0), note=value)
        page = watch.ask("/")[2].decode()
        assert "<e>" not in page and "&lt;e&gt;" in page


# --- the list -------------------------------------------------------------------------------------


def test_a_list_that_is_replaced_adds_keeps_and_removes(server, tmp_path):
    udp, tcp = server.endpoints
    file = TargetsFile(tmp_path, group(udp, dc="a"), group(tcp, dc="a"))
    with Watch("--targets", file.path, *FAST) as watch:
        kept = watch.until("netecho_probe_received_total", more_than(5), target=udp)
        file.put(group(udp, dc="a"), group(udp, dc="b"))
        watch.until("netecho_probe_received_total", more_than(0), target=udp, dc="b")
        assert watch.value("netecho_probe_received_total", target=udp, dc="a") >= kept
        assert watch.value("netecho_probe_received_total", target=tcp) is None
        assert watch.value("netecho_watch_targets") == 2
        file.put()
        watch.until("netecho_watch_targets", lambda count: count == 0)
        eventually(lambda: "netecho_probe_sent_total" not in watch.scrape(), "no series is left")


def test_options_that_change_reset_nothing(server, tmp_path):
    udp = server.endpoint
    file = TargetsFile(tmp_path, group(udp, __interval__="20ms"))
    with Watch("--targets", file.path) as watch:
        before = watch.until("netecho_probe_received_total", more_than(10))
        file.put(group(udp, __interval__="25ms", __size__="200"))
        watch.until("netecho_probe_received_total", more_than(before + 10))
        assert watch.value("netecho_watch_targets") == 1


def test_a_hangup_reads_the_list_again(server, tmp_path):
    file = TargetsFile(tmp_path, group(server.endpoint))
    with Watch("--targets", file.path, *FAST) as watch:
        before = watch.value("netecho_watch_last_reload_timestamp_seconds")
        watch.signal(signal.SIGHUP)
        watch.until("netecho_watch_last_reload_timestamp_seconds", more_than(before))


def test_a_broken_list_is_refused_whole(server, tmp_path):
    file = TargetsFile(tmp_path, group(server.endpoint))
    with Watch("--targets", file.path, *FAST) as watch:
        watch.until("netecho_probe_received_total", more_than(0))
        file.put_text('[{"targets":["udp://127.0.0.1:9",\n"nosuch://x"]}]')
        watch.until("netecho_watch_last_reload_successful", lambda ok: ok == 0)
        assert "line 2" in watch.stderr
        assert watch.value("netecho_watch_targets") == 1
        before = watch.value("netecho_probe_received_total")
        watch.until("netecho_probe_received_total", more_than(before))
        file.put(group(*server.endpoints))
        watch.until("netecho_watch_last_reload_successful", lambda ok: ok == 1)
        watch.until("netecho_watch_targets", lambda count: count == 2)


@pytest.mark.parametrize("instead", ["nothing", "a folder"])
def test_a_list_that_is_gone_stays_in_force(instead, server, tmp_path):
    file = TargetsFile(tmp_path, group(server.endpoint))
    with Watch("--targets", file.path, *FAST) as watch:
        file.path.unlink()
        if instead == "a folder":
            file.path.mkdir()
        watch.until("netecho_watch_last_reload_successful", lambda ok: ok == 0)
        assert watch.value("netecho_watch_targets") == 1
        if instead == "a folder":
            file.path.rmdir()
        file.put(group(*server.endpoints))
        watch.until("netecho_watch_targets", lambda count: count == 2)


def test_a_config_map_that_is_switched_is_read(server, tmp_path):
    for name, targets in (("one", server.endpoints[:1]), ("two", server.endpoints)):
        (tmp_path / name).mkdir()
        TargetsFile(tmp_path / name, group(*targets))
    (tmp_path / "..data").symlink_to("one")
    (tmp_path / "targets.json").symlink_to("..data/targets.json")
    with Watch("--targets", tmp_path / "targets.json", *FAST) as watch:
        watch.until("netecho_watch_targets", lambda count: count == 1)
        (tmp_path / "..data_tmp").symlink_to("two")
        (tmp_path / "..data_tmp").rename(tmp_path / "..data")
        watch.until("netecho_watch_targets", lambda count: count == 2)


def test_stdin_is_read_once(server):
    with subprocess.Popen(["printf", "%s", json.dumps([group(server.endpoint, a="b")])],
                          stdout=subprocess.PIPE) as source:
        with Watch("--targets", "-", *FAST, stdin=source.stdout) as watch:
            watch.until("netecho_probe_received_total", more_than(0), a="b")


def test_all_addresses_of_a_name_have_a_series():
    with serve("udp://localhost:0") as server:
        if len(server.endpoints) < 2:
            pytest.skip("localhost has one address here")
        target = f"udp://localhost:{server.port}"
        with Watch(target, *FAST, "--resolve", "all") as watch:
            for address in ("127.0.0.1", "::1"):
                watch.until("netecho_probe_received_total", more_than(0), target=target, address=address)


def test_a_name_that_is_unknown_is_counted_and_tried():
    with Watch("udp://nosuch.invalid:7", *FAST) as watch:
        watch.until("netecho_watch_resolve_failures_total", more_than(0), host="nosuch.invalid")
        assert watch.value("netecho_probe_up") == 0


# --- the start and the end ------------------------------------------------------------------------


def test_a_list_of_thousands_names_the_line_that_is_wrong(tmp_path):
    lines = [f'"udp://127.0.0.1:{1 + i % 60000}?x"' if i == 711 else f'"udp://10.{i >> 8}.{i & 255}.1:7"'
             for i in range(10000)]
    path = tmp_path / "targets.json"
    path.write_text('[{"targets":[' + ",\n".join(lines) + "]}]")
    path.chmod(0o644)
    assert "line 712: " in complains(netecho("watch", "--targets", path, "--listen", "off"), 2)


@pytest.mark.parametrize("arguments, code", [
    ((), 2),
    (("--targets", "/nonexistent/list"), 8),
    (("--targets", "/"), 8),
    (("--targets", "/dev/null"), 8),
    (("fd:0",), 2),
    (("udp://127.0.0.1:7", "udp://127.0.0.1:7"), 2),
    (("udp://127.0.0.1:7", "--interval", "1ms"), 2),
    (("udp://127.0.0.1:7", "--interval", "100ms", "--max-rate", "5"), 2),
    (("udp://127.0.0.1:7", "--buckets", "2ms,1ms"), 2),
    (("udp://127.0.0.1:7", "--listen", "nowhere"), 2),
])
def test_what_cannot_be_watched_is_refused(arguments, code):
    complains(netecho("watch", *arguments, "--listen", "off") if "--listen" not in arguments
              else netecho("watch", *arguments), code)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root minds who may write the list")
def test_root_reads_no_list_that_others_may_write(tmp_path):
    path = tmp_path / "targets.json"
    path.write_text("[]")
    path.chmod(0o666)
    complains(netecho("watch", "--targets", path, "--listen", "off"), 8)


def test_a_port_that_is_taken_is_said(server):
    port = server.endpoints[1].rpartition(":")[2]
    complains(netecho("watch", server.endpoint, "--listen", f"127.0.0.1:{port}"), 4)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once(number, server):
    with Watch(server.endpoint, "tcp://192.0.2.1:7", "udp://nosuch.invalid:7", *FAST) as watch:
        watch.until("netecho_probe_received_total", more_than(0), target=server.endpoint)
        watch.signal(number)
        assert watch.process.wait(10) == 0


# --- pages ----------------------------------------------------------------------------------------


def test_the_page_shows_the_targets(server):
    with Watch(server.endpoint, *FAST) as watch:
        watch.until("netecho_probe_received_total", more_than(0))
        status, headers, body = watch.ask("/")
        assert status == 200
        assert headers["Content-Type"] == "text/html; charset=utf-8"
        assert int(headers["Refresh"]) > 0
        assert server.endpoint in body.decode()
        assert b"<script" not in body
        assert watch.ask("/-/healthy")[0] == 200
        assert watch.ask("/-/ready")[0] == 200
        assert watch.ask("/nothing")[0] == 404
        assert watch.ask("/metrics?x=1")[0] == 400


def test_one_target_is_probed_when_it_is_asked_for(server):
    with Watch(server.endpoint, *FAST) as watch:
        assert watch.ask(f"/probe?target={server.endpoint}")[0] == 403
    with Watch(server.endpoint, *FAST, "--allow-target", "127.0.0.0/8", "--probe-count", "2") as watch:
        status, _, body = watch.ask(f"/probe?target={server.endpoint}")
        assert status == 200, body
        assert read(body)["netecho_probe_sent_total"].value() == 2


def test_what_is_asked_for_counts_against_the_rate(server):
    with Watch(server.endpoint, "--interval", "1s", "--max-rate", "3", "--allow-target", "127.0.0.1",
               "--probe-count", "100") as watch:
        watch.until("netecho_probe_received_total", more_than(0))
        assert watch.ask(f"/probe?target={server.endpoint}")[0] == 503
