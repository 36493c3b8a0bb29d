"""The files that probe writes: --samples and --hdr."""

import csv
import json

import hdr_log
from netecho import netecho, serve
from ports import own_port

COLUMNS = [
    "target", "flow", "sequence", "status", "intended_ns", "sent_ns", "received_ns", "rtt_ns",
    "response_ns", "server_residence_ns", "size_bytes", "errno_name", "time",
]


def summary_of(result):
    assert result.code == 0, result
    return result.json["targets"][0]


def test_the_decoder_reads_what_others_wrote():
    """HdrHistogram for Java and C, (1, 2048, 3) with 2048; for Vala, (1, 300, 3) with three values."""
    assert hdr_log.counts_of("HISTFAAAACB4nJNpmSzMwMDAzAABMJoRQnEw2H+AsP7LMwEARZgDpQ==")[0] == {2049: 1}
    assert hdr_log.counts_of("HISTFAAAACV4nJNpmSzMwMDAwQABzFCaEUrp2H+AsI4zMh1lZEpkAgBdIQSk")[0] == {
        100: 1, 200: 1, 250: 1,
    }


def test_a_distribution_is_logged_for_hdrhistogram(folder):
    with serve("udp://127.0.0.1:0") as server:
        s = summary_of(netecho("probe", server.endpoints[0], "-c200", "-i1ms", "--hdr",
                               folder / "run.hlog", "--json"))
    _, rows = hdr_log.read_log((folder / "run.hlog").read_text())
    [(tag, begin, length, longest, counts)] = rows
    assert tag is None  # There is one target.
    assert begin == 0
    assert abs(length - s["duration_ns"] / 1e9) < 0.001
    assert sum(counts.values()) == s["received_total"] > 0
    rtt = s["rtt_ns"]
    assert abs(longest - rtt["max"] / 1e6) < 0.001
    for name, p in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
        if rtt[name] is not None:
            assert min(hdr_log.percentile(counts, p), rtt["max"]) == rtt[name]


def test_intervals_of_the_log_add_up(folder):
    with serve("tcp://127.0.0.1:0") as server:
        s = summary_of(netecho("probe", server.endpoints[0], "-c300", "-i1ms", "--hdr",
                               folder / "run.hlog", "--report-interval", "100ms", "--json"))
    _, rows = hdr_log.read_log((folder / "run.hlog").read_text())
    assert len(rows) >= 3
    assert sum(sum(counts.values()) for *_, counts in rows) == s["received_total"]
    for before, after in zip(rows, rows[1:]):
        assert abs(before[1] + before[2] - after[1]) < 0.002
    assert max(row[3] for row in rows) * 1e6 - s["rtt_ns"]["max"] < 1000


def test_each_target_and_size_has_its_rows(folder):
    with serve("udp://127.0.0.1:0", f"unix:{folder}/a, b") as server:
        result = netecho("probe", *server.endpoints, "-c3", "-i50ms", "--sweep", "64,128", "--hdr",
                         folder / "run.hlog", "--json")
    assert result.code == 0, result
    _, rows = hdr_log.read_log((folder / "run.hlog").read_text())
    # The format has no way to write a comma or a space in a tag.
    assert [row[0] for row in rows] == 2 * [server.endpoints[0], f"unix://{folder}/a__b"]


def test_lines_name_their_target_where_there_are_several_or_as_asked(folder):
    with serve("udp://127.0.0.1:0", "tcp://127.0.0.1:0") as server:
        for choice, one, several in (("auto", False, True), ("always", True, True), ("never", False, False)):
            for uris, tagged in ((server.endpoints[:1], one), (server.endpoints, several)):
                netecho("probe", *uris, "-c1", "--hdr", folder / "run.hlog", "--hdr-tag", choice)
                _, rows = hdr_log.read_log((folder / "run.hlog").read_text())
                assert [row[0] for row in rows] == [uri if tagged else None for uri in uris], choice
        assert netecho("probe", server.endpoint, "-c1", "--hdr-tag", "never").code == 2


def test_samples_as_csv(folder):
    with serve(f"unix:{folder}/a,b") as server:
        s = summary_of(netecho("probe", server.endpoints[0], "-c20", "-i1ms", "--samples",
                               folder / "run.csv", "--json"))
    with (folder / "run.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == COLUMNS
    assert {row["target"] for row in rows} == {s["target"]["uri"]}
    # In the order in which they became final: a skipped slot is, before a slow reply comes.
    assert sorted(int(row["sequence"]) for row in rows) == list(range(20))
    assert sum(row["status"] == "ok" for row in rows) == s["received_total"]
    for row in rows:
        assert int(row["intended_ns"]) == int(row["sequence"]) * 1_000_000
        if row["status"] == "ok":
            assert int(row["received_ns"]) - int(row["sent_ns"]) == int(row["rtt_ns"])
            assert int(row["received_ns"]) - int(row["intended_ns"]) == int(row["response_ns"])
            assert 0 < int(row["server_residence_ns"]) < int(row["rtt_ns"])
            assert row["size_bytes"] == "64"
        else:
            assert row["status"] == "skipped" and row["rtt_ns"] == ""


def test_samples_as_jsonl_of_what_was_never_answered(folder):
    closed = f"udp://127.0.0.1:{own_port()}"
    result = netecho("probe", closed, "-c3", "-i50ms", "-W100ms", "--samples", folder / "run.jsonl")
    assert result.code == 1
    rows = [json.loads(line) for line in (folder / "run.jsonl").read_text().splitlines()]
    assert len(rows) == 3
    for row in rows:
        assert list(row) == COLUMNS
        assert row["status"] in ("refused", "skipped")
        assert row["rtt_ns"] is None and row["received_ns"] is None
        assert row["errno_name"] == ("ECONNREFUSED" if row["status"] == "refused" else None)
    assert rows[0]["sent_ns"] >= rows[0]["intended_ns"] == 0


def test_a_flood_has_no_intended_times(folder):
    with serve("udp://127.0.0.1:0") as server:
        netecho("probe", server.endpoints[0], "-c50", "--flood", "--samples", folder / "run.jsonl")
    rows = [json.loads(line) for line in (folder / "run.jsonl").read_text().splitlines()]
    assert len(rows) == 50
    assert all(row["intended_ns"] is None and row["response_ns"] is None for row in rows)
    assert all(row["rtt_ns"] > 0 for row in rows)


def test_files_that_cannot_be_written(folder):
    with serve("udp://127.0.0.1:0") as server:
        uri = server.endpoints[0]
        ending = netecho("probe", uri, "-c1", "--samples", folder / "run.txt")
        assert ending.code == 2
        assert "expected FILE.csv or FILE.jsonl" in ending.stderr.decode()
        for option, name in (("--samples", "x.csv"), ("--hdr", "x.hlog")):
            result = netecho("probe", uri, "-c1", option, folder / "missing" / name)
            assert result.code == 8
            assert "ENOENT" in result.stderr.decode()
        full = netecho("probe", uri, "-c1", "--hdr", "/dev/full")
        assert full.code == 8
        assert "ENOSPC" in full.stderr.decode()
