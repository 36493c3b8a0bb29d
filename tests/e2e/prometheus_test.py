"""probe --format prometheus: what it measured, for a collector of text files or a push gateway."""

import csv
import os
import socket
import subprocess

import pytest
from exposition import Broken, read
from netecho import netecho, serve
from peers import closed_port
from programs import need

FEW = ("-c10", "-i20ms")
COUNTERS = ("sent", "received", "send_errors", "skipped", "duplicate", "reordered", "late")
BOUNDS = [step * 10**power / 10**6 for power in range(7) for step in (1, 2, 5)] + [10]


def metrics(*args, code=0, **popen):
    result = netecho("probe", *args, "--format", "prometheus", **popen)
    assert result.code == code, result
    return read(result.stdout)


@pytest.fixture(scope="module")
def server():
    with serve("tcp://127.0.0.1:0", "udp://[::1]:0", f"unix:@netecho-metrics-{os.getpid()}") as running:
        yield running


def test_every_family_is_there_for_every_target(server):
    found = metrics(*server.endpoints, *FEW)
    assert found["netecho_build_info"].value() == 1
    (build,) = found["netecho_build_info"].series()
    assert [name for name, _ in build] == ["commit", "version"] and all(value for _, value in build)
    for uri, transport, family in zip(server.endpoints, ("tcp", "udp", "unix"), ("ipv4", "ipv6", "unix")):
        labels = {"target": uri, "transport": transport, "family": family}
        count = {name: found[f"netecho_probe_{name}_total"].value(**labels) for name in COUNTERS}
        assert count["sent"] == count["received"] > 0
        assert count["sent"] + count["skipped"] == 10
        assert count["send_errors"] == count["duplicate"] == count["reordered"] == count["late"] == 0
        for reason in ("timeout", "mismatch", "refused", "unreachable"):
            assert found["netecho_probe_lost_total"].value(reason=reason, **labels) == 0
        for direction in ("forward", "reverse"):
            assert found["netecho_probe_lost_direction_total"].value(direction=direction, **labels) == 0
        for name in ("rtt", "response"):
            buckets = found[f"netecho_probe_{name}_seconds"].buckets(**labels)
            assert list(buckets) == [*BOUNDS, float("inf")]
            assert buckets[10] == count["received"]
            assert buckets[float("inf")] == 10
        residence = found["netecho_probe_server_residence_seconds"].buckets(**labels)
        assert residence[float("inf")] == count["received"]
        assert found["netecho_probe_up"].value(**labels) == 1
        assert found["netecho_probe_jitter_seconds"].value(**labels) >= 0
    assert found["netecho_probe_path_mtu_bytes"].value(transport="tcp") > 1000
    lateness = found["netecho_probe_send_lateness_seconds"]
    assert lateness.series() == [()]  # One of all targets.
    sent = sum(value for _, _, value in found["netecho_probe_sent_total"].samples)
    assert 0 < lateness.value("_count") <= sent
    assert not [name for name in found if name.startswith("process_")]


def test_buckets_hold_what_the_records_of_the_probes_say(server, folder):
    found = metrics(server.endpoint, "-c300", "-i1ms", "--samples", folder / "run.csv")
    with open(folder / "run.csv", newline="") as file:
        every = [int(row["rtt_ns"]) for row in csv.DictReader(file) if row["status"] == "ok"]
    rtt = found["netecho_probe_rtt_seconds"]
    assert rtt.value("_sum") == pytest.approx(sum(every) / 1e9, abs=1e-12)
    for bound, count in rtt.buckets().items():
        if bound == float("inf"):
            continue
        # Less than 0.1 % above a bound may count as the bound.
        assert sum(ns <= bound * 1e9 for ns in every) <= count <= sum(ns <= bound * 1.001e9 for ns in every)


def test_without_a_reply_all_probes_are_in_the_last_bucket():
    with closed_port(socket.SOCK_DGRAM) as port:
        found = metrics(f"udp://127.0.0.1:{port}", "-c3", "-i20ms", "-W200ms", code=1)
    assert found["netecho_probe_received_total"].value() == 0
    assert found["netecho_probe_lost_total"].value(reason="refused") > 0
    assert found["netecho_probe_up"].value() == 0
    rtt = found["netecho_probe_rtt_seconds"]
    assert rtt.buckets()[10] == rtt.value("_sum") == 0
    assert rtt.value("_count") == 3
    assert "netecho_probe_server_residence_seconds" not in found


def test_a_target_that_was_never_reached_has_its_series():
    with closed_port() as port:
        result = netecho("probe", f"tcp://127.0.0.1:{port}", *FEW, "--format", "prometheus")
    assert result.code == 4 and len(result.errors) == 1, result
    found = read(result.stdout)
    assert found["netecho_probe_sent_total"].value(transport="tcp") == 0
    assert found["netecho_probe_up"].value(transport="tcp") == 0


def test_a_target_that_is_measured_twice_has_two_series(server):
    found = metrics(server.endpoint, server.endpoint, *FEW)
    sent = found["netecho_probe_sent_total"]
    assert [dict(each)["flow"] for each in sent.series()] == ["0", "1"]
    found = metrics(server.endpoint, "--sweep", "64,1000", *FEW)
    assert [dict(each)["size_bytes"] for each in found["netecho_probe_sent_total"].series()] == ["64", "1000"]
    found = metrics(server.endpoint, "--parallel", "3", *FEW)
    assert len(found["netecho_probe_sent_total"].series()) == 1


def test_connecting_and_floods_have_what_they_measure(server):
    found = metrics(server.endpoint, "--mode", "connect", *FEW)
    assert found["netecho_probe_connect_time_seconds"].value("_count") == 10
    assert "netecho_probe_rtt_seconds" not in found
    found = metrics(server.endpoint, "--flood", "-c100")
    assert found["netecho_probe_rtt_seconds"].value("_count") == 100
    assert "netecho_probe_response_seconds" not in found


def test_a_name_of_any_bytes_is_a_label(folder):
    path = os.fsencode(folder) + b'/a"b\\c\n\xff'
    uri = os.fsdecode(b"unix://" + path)
    with serve(uri):
        found = metrics(uri, *FEW)
    (series,) = found["netecho_probe_up"].series()
    assert dict(series)["target"] == f'unix://{folder}/a"b\\c\\x0a\\xff'


def test_self_has_a_series_of_each_transport():
    found = metrics("--self", "-c3")
    assert {"tcp", "udp", "unix"} <= {dict(each)["transport"] for each in found["netecho_probe_up"].series()}


# --- --output ------------------------------------------------------------------------------------


def test_the_file_is_replaced_whole(server, folder):
    file = folder / "netecho.prom"
    file.write_text("what was there")
    with file.open() as reader:
        result = netecho("probe", server.endpoint, *FEW, "--format", "prometheus", "--output", file, umask=0o027)
        assert reader.read() == "what was there"
    assert (result.code, result.stdout, result.stderr) == (0, b"", b"")
    assert read(file.read_bytes())["netecho_probe_up"].value() == 1
    assert file.stat().st_mode & 0o777 == 0o640
    assert os.listdir(folder) == ["netecho.prom"]


def test_a_threshold_that_failed_fails_the_run_and_leaves_the_figures(server, folder):
    file = folder / "netecho.prom"
    result = netecho("probe", server.endpoint, *FEW, "--fail-if", "max>1ns", "--format", "prometheus",
                     "--output", file)
    assert result.code == 1 and len(result.errors) == 1, result
    assert read(file.read_bytes())["netecho_probe_up"].value() == 1


@pytest.mark.parametrize("place, reason", [
    ("none/netecho.prom", "No such file or directory (ENOENT)"), (".", "Is a directory (EISDIR)"),
])
def test_a_place_where_no_file_can_be_is_told_before_anything_is_sent(folder, place, reason):
    file = f"{folder}/{place}"
    with serve("udp://127.0.0.1:0", "--json") as server:
        result = netecho("probe", server.endpoint, *FEW, "--format", "prometheus", "--output", file)
        server.stop()
        assert server.event("stopped")["endpoints"][0]["rx_messages_total"] == 0
    assert result.code == 8
    assert result.errors == [f"netecho: open {file}: {reason}"]


def test_a_file_that_cannot_be_written_is_an_error_behind_the_run(server, folder):
    (folder / "full").symlink_to("/dev/full")
    result = netecho("probe", server.endpoint, *FEW, "--format", "prometheus", "--output", folder / "full")
    assert result.code == 8
    assert len(result.errors) == 1 and "ENOSPC" in result.errors[0], result
    assert (folder / "full").is_symlink()


@pytest.mark.parametrize("args", [(), ("--format", "json"), ("--json",), ("--format", "prometheus", "--json")])
def test_the_file_is_that_of_this_format(folder, args):
    result = netecho("probe", "udp://127.0.0.1:9", "--output", folder / "x", *args)
    assert result.code == 2
    assert result.errors == ["netecho: option --output: is the file of --format prometheus"]
    assert os.listdir(folder) == []


@pytest.mark.parametrize("command", [("send", "127.0.0.1:9", "x"), ("serve",), ("families",)])
def test_what_measures_nothing_has_no_metrics(command):
    result = netecho(*command, "--format", "prometheus")
    assert result.code == 2
    assert result.errors == ["netecho: option --format: expected text|json|jsonl, got 'prometheus'"]


def test_a_wrong_option_is_told_on_stderr_alone():
    result = netecho("probe", "--format", "prometheus", "-c", "abc", "127.0.0.1:9")
    assert (result.code, result.stdout, len(result.errors)) == (2, b"", 1), result


# --- other readers -------------------------------------------------------------------------------


def test_promtool_has_nothing_to_say(server):
    tool = need("promtool")
    result = netecho("probe", *server.endpoints, server.endpoint, *FEW, "--format", "prometheus")
    done = subprocess.run([tool, "check", "metrics"], input=result.stdout, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


HEAD = b"# HELP a_total A.\n# TYPE a_total counter\n"
HISTOGRAM = b"# HELP h H.\n# TYPE h histogram\n"


@pytest.mark.parametrize("text", [
    b"a_total 1\n",
    HEAD,
    HEAD + b"a_total 1",
    HEAD + b"a_total 1\na_total 1\n",
    HEAD + b"b_total 1\n",
    HEAD + b'a_total{x="1",x="2"} 1\n',
    HEAD + b'a_total{x="\\t"} 1\n',
    HEAD + b'a_total{x="1"y="2"} 1\n',
    HEAD + b"a_total 0x1\n",
    HEAD + b"a_total 1\n# HELP a_total A.\n",
    HEAD + b"a_total 1\n\n",
    HEAD + b"a_total 1\n# HELP b B.\n# TYPE b gauge\nb 1\n# TYPE a_total counter\n",
    b"# HELP a A.\n# TYPE a counter\na_total 1\n",
    HISTOGRAM + b'h_bucket{le="1"} 1\nh_sum 1\nh_count 1\n',
    HISTOGRAM + b'h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n',
    HISTOGRAM + b'h_bucket{le="2"} 1\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n',
    HISTOGRAM + b'h_bucket{le="+Inf"} 1\nh_sum 1\nh_count 2\n',
    HISTOGRAM + b'h_bucket{le="+Inf"} 1\nh_sum 1\n',
])
def test_the_reader_of_these_tests_is_strict(text):
    with pytest.raises(Broken):
        read(text)
    assert read(HEAD + b'a_total{x="a,\\"}\\n"} 1\n')["a_total"].value(x='a,"}\n') == 1
