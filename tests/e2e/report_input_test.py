"""What `report` makes of input that is cut, hostile, of another version, or not its own."""

import json
import random

import pytest
from netecho import INSTRUMENTED, complains, netecho, serve
from html_pages import read, report

START = "2026-11-29T12:00:00"
URI = "udp4://192.0.2.7:7"
ROOM = 32 * 1024 * 1024


def reply(number, state="ok", at_ms=None, **more):
    """A line of jsonl; `at_ms`: when it was told."""
    at = number * 10 + 2 if at_ms is None else at_ms
    time = f"2026-11-29T12:{at // 60_000:02}:{at // 1000 % 60:02}.{at % 1000:03}Z"
    event = {"schema": "netecho/1", "type": "reply", "time": time, "command": "probe",
             "target": {"uri": URI}, "flow": 0, "sequence": number, "status": state,
             "rtt_ns": 2_000_000 if state == "ok" else None}
    return json.dumps(event | more) + "\n"


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A run as `json` with its samples, and as `jsonl`."""
    folder = tmp_path_factory.mktemp("saved")
    for form in ("json", "jsonl"):
        with serve("udp://127.0.0.1:0", "--impair", "loss=10%,delay=1ms,seed=7") as server:
            done = netecho("probe", server.endpoints[0], "-c100", "-i2ms", "-W200ms", "--format",
                           form, "--samples", folder / f"{form}.csv")
        assert done.code == 0, done
        (folder / form).write_bytes(done.stdout)
    return folder


def page_of(folder, text, *args, said=()):
    """The page of this input, which is taken with such warnings and no other."""
    (folder / "in").write_bytes(text if isinstance(text, bytes) else text.encode())
    done = report(folder / "in", *args, "-o", folder / "page.html")
    assert done.code == 0, done
    assert len(done.errors) == len(said), done
    for line, words in zip(done.errors, said):
        assert words in line, done
    return read(folder / "page.html")


def strokes(page, kind):
    """Where the strokes of a class begin in the first plot that has it, from left to right."""
    path = next(a["d"] for _, a, _ in page.all("path") if a.get("class") == kind)
    return sorted(float(each.split()[0]) for each in path.split("M")[1:])


@pytest.mark.parametrize("keep", [0.3, 0.7, 0.99])
def test_output_that_was_cut_is_shown_as_far_as_it_goes(saved, folder, keep):
    text = (saved / "jsonl").read_bytes()
    (folder / "cut").write_bytes(text[: int(len(text) * keep)])
    done = report(folder / "cut", "-o", folder / "cut.html")
    assert done.code == 0, done
    assert any("breaks off" in line for line in done.errors), done
    page = read(folder / "cut.html")
    assert "breaks off" in page.text
    assert len(page.all("svg")) == 3


@pytest.mark.parametrize("text", ["", "{}", "nonsense", "[[[[", '{"schema":"netecho/1"}',
                                  '{"schema":"other","type":"summary"}'])
def test_what_is_no_output_is_refused_and_leaves_the_page(folder, text):
    (folder / "in").write_text(text)
    (folder / "page.html").write_text("old")
    done = report(folder / "in", "-o", folder / "page.html")
    assert "no summary and no reply" in complains(done, 2)
    assert (folder / "page.html").read_text() == "old"


def test_a_long_result_makes_a_small_page(saved, folder):
    """It has less memory than the result is long: each line is forgotten once it is counted."""
    events = (saved / "jsonl").read_text().splitlines()
    replies = [json.loads(line) for line in events if '"type":"reply"' in line]
    with (folder / "long").open("w") as out:
        for i in range(60_000):
            reply = replies[i % len(replies)] | {"sequence": i}
            out.write(json.dumps(reply) + "\n")
    assert (folder / "long").stat().st_size > ROOM
    prefix = () if INSTRUMENTED else ("prlimit", f"--as={ROOM}")
    done = report(folder / "long", "-o", folder / "long.html", prefix=prefix)
    assert done.code == 0, done
    read(folder / "long.html")
    assert (folder / "long.html").stat().st_size < 500_000


def test_losses_are_where_they_happened(folder):
    """A fifth of the run in its middle; each loss is told after a time-out of a second."""
    lines = [(sequence, reply(sequence)) for sequence in range(1000)]
    for sequence in range(400, 600):
        lines[sequence] = (sequence + 100, reply(sequence, "timeout", at_ms=sequence * 10 + 1000))
    page = page_of(folder, "".join(line for _, line in sorted(lines)),
                   said=["Targets without a summary in the output: 1."])
    assert "800 of 1000 probes were answered, 200 lost (20%)." in page.text
    left, right = 72, 692
    shares = [(x - left) / (right - left) for x in strokes(page, "gone")]
    assert 0.38 < shares[0] < 0.41 and 0.58 < shares[-1] < 0.61
    assert max(b - a for a, b in zip(shares, shares[1:])) < 0.02, "one stretch without a gap"
    before, after = ((x - left) / (right - left) for x in strokes(page, "middle"))
    assert before < 0.02 and 0.58 < after < 0.62, "the line is broken where all was lost"


def test_both_of_two_runs_tell_their_outages(folder):
    summary = {"schema": "netecho/1", "type": "summary", "time": f"{START}Z",
               "started": f"{START}Z", "target": {"uri": URI}, "schedule": "periodic",
               "sent_total": 2, "received_total": 2}
    for name, probes in (("a", 41), ("b", 42)):
        outage = {"start": f"{START}.005Z", "duration_ns": 1_000_000, "probes": probes}
        (folder / name).write_text(reply(0) + reply(1) +
                                   json.dumps(summary | {"outages": [outage]}) + "\n")
    done = report(folder / "a", folder / "b", "-o", folder / "page.html")
    assert (done.code, done.stderr) == (0, b""), done
    text = (folder / "page.html").read_text()
    first, second = text.index("Outages: First run"), text.index("Outages: Second run")
    assert "<td>41</td>" in text[first:second] and "<td>42</td>" in text[second:]
    assert text.count('class="outage"') == 2


def test_another_schema_is_named(saved, folder):
    for name in ("json", "jsonl"):
        (folder / "in").write_text((saved / name).read_text().replace("netecho/1", "netecho/2"))
        done = report(folder / "in", "-o", folder / "page.html")
        assert "of another schema than netecho/1" in complains(done, 2)


def test_samples_of_another_run_are_left_out_and_told(saved, folder):
    text = (saved / "json").read_bytes()
    page = page_of(folder, text, "--samples", saved / "jsonl.csv",
                   said=["none of their targets is in the output (left out: 1)"])
    assert len(page.all("svg")) == 0
    assert len(page.data[0]["targets"]) == 1
    assert "The samples are of another run" in page.text


def test_what_is_no_sample_is_counted(saved, folder):
    """A result in the place of samples has no record at all."""
    lines = (saved / "jsonl").read_bytes().count(b"\n")
    page = page_of(folder, (saved / "json").read_bytes(), "--samples", saved / "jsonl",
                   said=[f"Lines of the samples that are no records were left out: {lines}."])
    assert len(page.all("svg")) == 0
    (folder / "bad.csv").write_text(
        "target,sequence,status,rtt_ns\n,0,ok,1\nx,-1,ok,1\nx,1e3,ok,1\n"
        "x,0,well,1\n\"x,0,ok,1\n" + "x" * 100_000 + "\n")
    page_of(folder, (saved / "json").read_bytes(), "--samples", folder / "bad.csv",
            said=["no records were left out: 6."])


@pytest.mark.parametrize("more", [
    {"rtt_ns": -5}, {"rtt_ns": 0}, {"rtt_ns": 10**18}, {"rtt_ns": 1e300}, {"rtt_ns": "x"},
    {"sequence": -1}, {"sequence": 1e300}, {"sequence": 2**64 - 1}, {"flow": 1e300}, {"flow": -1},
    {"time": "2199-12-31T23:59:59Z"}, {"time": "1970-01-01T00:00:00Z"}, {"time": 5},
    {"target": {}}, {"target": 5}, {"status": 5}, {"status": "well"}])
def test_values_that_make_no_sense_make_a_page(folder, more):
    page_of(folder, "".join(map(reply, range(50))) + reply(50, **more) + reply(51),
            said=["Targets without a summary in the output: "])


@pytest.mark.parametrize("more", [
    {"sent_total": 1e308}, {"sent_total": -1}, {"received_total": 0.5}, {"size_bytes": 1e300},
    {"duration_ns": -1}, {"rtt_ns": {"p50": 1e308, "max": -1}}, {"rtt_ns": 5}, {"rtt_ns": []},
    {"started": "1970-01-01T00:00:00Z", "outages": [
        {"start": "2199-12-31T23:59:59Z", "duration_ns": 2**53 - 1, "probes": -1},
        {"start": "1970-01-01T00:00:00Z", "duration_ns": -5, "probes": 1e300}, 5]}])
def test_figures_that_make_no_sense_make_a_page(saved, folder, more):
    *lines, summary = (saved / "jsonl").read_text().splitlines(keepends=True)
    event = json.loads(summary)
    (folder / "in").write_text("".join(lines) + json.dumps(event | more) + "\n")
    done = report(folder / "in", "-o", folder / "page.html")
    assert (done.code, done.stderr) == (0, b""), done
    assert (folder / "page.html").read_text().count("<svg ") == 3


BEGUN = b'{"schema":"netecho/1","type":"summary","x":'
NO_JSON = {"deep": BEGUN + b"[" * 100_000, "no number": BEGUN + b"NaN}",
           "infinite": BEGUN + b"1e999}", "no UTF-8": BEGUN + b'"\xff"}',
           "zeros": bytes(1_000_000), "noise": random.Random(7).randbytes(100_000)}


@pytest.mark.parametrize("kind", NO_JSON)
def test_what_is_no_json_is_refused(folder, kind):
    (folder / "in").write_bytes(NO_JSON[kind])
    done = report(folder / "in", "-o", folder / "page.html")
    assert "no summary and no reply" in complains(done, 2)
    assert not (folder / "page.html").exists()


def test_of_a_member_that_comes_twice_the_last_one_counts(folder):
    twice = ('{"schema":"netecho/1","type":"summary","time":"2026-11-29T12:00:00Z","sent_total":1,'
             '"target":{"uri":"udp4://h:7"},"sent_total":7,"received_total":7}\n')
    (folder / "in").write_text(twice)
    done = report(folder / "in", "-o", folder / "page.html")
    assert (done.code, done.stderr) == (0, b""), done
    assert "7 of 7 probes were answered" in (folder / "page.html").read_text()
