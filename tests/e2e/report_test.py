"""netecho report and probe --html: pages that stand alone, made of what was measured."""

import json

import pytest
from netecho import complains, environment, netecho, serve
from html_pages import read, report
from probes import IN_TURN
from schema import check

IMPAIRED = "loss=10%,delay=2ms,jitter=1ms,seed=7"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The same bad network probed twice, saved in every way."""
    folder = tmp_path_factory.mktemp("runs")
    for name, form, samples in (("a", "json", "csv"), ("b", "jsonl", "jsonl")):
        with serve("udp://127.0.0.1:0", "--impair", IMPAIRED) as server:
            done = netecho("probe", server.endpoints[0], "-c300", "-i2ms", "-W200ms",
                           "--fail-if", "p50>1s,loss>1%", "--format", form, "--samples",
                           folder / f"{name}.samples.{samples}", "--html", folder / f"{name}.html")
        assert done.code == 1, done  # So much is lost.
        (folder / name).write_bytes(done.stdout)
    return folder


def test_a_page_of_a_run_has_every_section(runs):
    page = read(runs / "a.html")
    for part in ("Round trips to udp4://127.0.0.1:", "Verdict", "Round trips over time",
                 "Percentiles", "Distribution", "The instrument's own share", "All figures",
                 "The data"):
        assert any(part in heading for heading in page.headings), (part, page.headings)
    assert "1 of 2 thresholds failed." in page.text
    version = netecho("--version").text.split()[1]
    assert f"Measured by netecho {version}" in page.text
    assert len(page.all("svg")) == 3
    assert page.source.count("As a table") == 3
    [result] = page.data
    saved = json.loads((runs / "a").read_text())
    for summary in (*result["targets"], *saved["targets"]):
        del summary["time"]
    assert result["targets"] == saved["targets"]
    lost = saved["targets"][0]["lost_total"]
    assert f"{lost} lost" in page.text


@pytest.mark.parametrize("samples", [[], ["--samples", "a.samples.csv"]])
def test_a_saved_document_makes_the_same_page(runs, folder, samples):
    words = [runs / word if "." in word else word for word in samples]
    done = report(runs / "a", *words, "-o", folder / "a.html")
    assert (done.code, done.stderr) == (0, b""), done
    page = read(folder / "a.html")
    [result] = page.data
    assert result == json.loads((runs / "a").read_text())
    assert len(page.all("svg")) == (3 if samples else 0)
    assert ("Single probes are not in this output" in page.text) != bool(samples)
    if samples:
        drawn = [element for element in read(runs / "a.html").all("path")]
        assert [a["class"] for _, a, _ in page.all("path")] == [a["class"] for _, a, _ in drawn]


@pytest.mark.parametrize("samples", [[], ["--samples", "b.samples.jsonl"]])
def test_saved_lines_have_plots_by_themselves(runs, folder, samples):
    words = [runs / word if "." in word else word for word in samples]
    done = report(runs / "b", *words, "-o", folder / "b.html")
    assert (done.code, done.stderr) == (0, b""), done
    page = read(folder / "b.html")
    assert len(page.all("svg")) == 3
    events = [json.loads(line) for line in (runs / "b").read_text().splitlines()]
    assert page.data[0]["targets"] == [each for each in events if each["type"] == "summary"]
    assert any(a.get("class") == "gone" for _, a, _ in page.all("path")), "losses are marked"


def test_two_runs_are_compared(runs, folder):
    done = report(runs / "a", runs / "b", "--samples", runs / "a.samples.csv", "-o",
                  folder / "ab.html")
    assert (done.code, done.stderr) == (0, b""), done
    page = read(folder / "ab.html")
    assert "Two runs compared" in page.headings[0]
    assert any("Differences" in heading for heading in page.headings)
    assert len(page.data) == 2
    assert "rtt.p50" in page.text and "Second run" in page.text
    # The second one has no samples, but is jsonl.
    assert len(page.all("svg")) == 4


def test_standard_input_is_a_result(runs, folder):
    done = report("-", "-o", folder / "b.html", input=(runs / "b").read_bytes())
    assert (done.code, done.stderr) == (0, b""), done
    assert len(read(folder / "b.html").all("svg")) == 3


def test_pages_are_korean_where_the_locale_is(runs, folder):
    korean = environment(LC_ALL="ko_KR.UTF-8")
    assert report(runs / "a", "-o", folder / "ko.html", env=korean).code == 0
    assert "판정" in read(folder / "ko.html", "ko").text
    assert report(runs / "a", "-o", folder / "en.html", "--lang", "en", env=korean).code == 0
    read(folder / "en.html")
    assert report(runs / "a", "-o", folder / "ko2.html", "--lang", "ko").code == 0
    read(folder / "ko2.html", "ko")


def test_several_targets_sizes_and_flows_are_compared(folder):
    with serve("udp://127.0.0.1:0", f"unix:{folder}/s") as server:
        done = netecho("probe", *server.endpoints, "-c20", "-i1ms", "--sweep", "64,512",
                       "--parallel", "2", "--html", folder / "p.html", "--json")
    assert done.code == 0, done
    page = read(folder / "p.html")
    assert any("Targets compared" in heading for heading in page.headings)
    assert any("Flows compared" in heading for heading in page.headings)
    # Two targets by two sizes: three plots each, and the bars of targets and of flows.
    assert len(page.all("svg")) == 4 * 3 + 2
    assert sum(each["flow"] is None for each in page.data[0]["targets"]) == 4


def test_a_target_that_is_not_reached_is_told(folder):
    done = netecho("probe", f"unix:{folder}/none", "-c1", "--html", folder / "p.html")
    assert done.code == 4, done
    page = read(folder / "p.html")
    assert "ENOENT" in page.text
    assert page.data[0]["exit_code"] == 4


def test_self_makes_a_page_of_every_transport(folder):
    done = netecho("probe", "--self", "-c10", "-i1ms", "--html", folder / "p.html", "--json")
    assert done.code == 0, done
    page = read(folder / "p.html")
    assert len(page.data[0]["targets"]) == len(done.json["targets"])


def test_a_page_is_replaced_whole(runs, folder):
    """Whoever reads the old one has all of it."""
    page, old = folder / "page.html", folder / "old"
    for make in (lambda: report(runs / "a", "-o", page),
                 lambda: netecho("probe", f"unix:{folder}/none", "-c1", "--html", page)):
        old.write_text("old")
        page.unlink(missing_ok=True)
        page.hardlink_to(old)
        assert make().code in (0, 4)
        assert old.read_text() == "old"
        read(page)
        assert sorted(each.name for each in folder.iterdir()) == ["old", "page.html"]


def test_a_page_that_cannot_be_written_ends_with_8_after_the_run(folder):
    with serve("udp://127.0.0.1:0") as server:
        done = netecho("probe", server.endpoints[0], "-c3", *IN_TURN, "--html", "/dev/full")
    assert done.code == 8, done
    assert [line for line in done.errors if "ENOSPC" in line] == done.errors
    assert "3 received" in done.text


def test_its_options_have_variables(runs, folder):
    """They are shown without any file, and hold as if they were typed."""
    variables = {"NETECHO_REPORT_OUTPUT": str(folder / "p.html"), "NETECHO_REPORT_LANG": "ko",
                 "NETECHO_REPORT_SAMPLES": str(runs / "a.samples.csv")}
    shown = report("--print-config", env=environment(**variables))
    assert shown.code == 0, shown
    assert [line.split()[0] for line in shown.text.splitlines()] == ["--output", "--samples", "--lang"]
    assert all(f"environment {name}" in shown.text for name in variables)
    assert report(runs / "a", env=environment(**variables)).code == 0
    assert len(read(folder / "p.html", "ko").all("svg")) == 3


def test_files_that_cannot_be_read_or_written_end_with_8(runs, folder):
    assert "ENOENT" in complains(report(folder / "none", "-o", folder / "p.html"), 8)
    assert "EISDIR" in complains(report(folder, "-o", folder / "p.html"), 8)
    assert "ENOENT" in complains(report(runs / "a", "--samples", folder / "none", "-o",
                                        folder / "p.html"), 8)
    assert "ENOENT" in complains(report(runs / "a", "-o", folder / "none/p.html"), 8)
    assert "ENOENT" in complains(netecho("probe", "udp://127.0.0.1:9", "-c1", "--html",
                                         folder / "none/p.html"), 8)


@pytest.mark.parametrize("words, why", [
    ([], "a RESULT is missing"),
    (["a"], "option --output: is missing"),
    (["a", "b", "c", "-o", "p"], "argument c: one too many"),
    (["a", "--samples", "x", "--samples", "y", "-o", "p"], "more of them than results"),
    (["-", "-", "-o", "p"], "stdin can be read once only"),
    (["a", "-o", "a"], "would overwrite what is read"),
    (["a", "-o", "p", "--lang", "fr"], "expected en|ko"),
])
def test_wrong_command_lines_are_refused(words, why):
    assert why in complains(report(*words), 2)


def test_names_of_strangers_stay_text(runs, folder):
    """A result that somebody made to be opened by somebody else."""
    result = json.loads((runs / "a").read_text())
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u202e\u0000\x1b"
    [target] = result["targets"]
    target["target"]["uri"] = target["peer"]["uri"] = evil
    target["thresholds"] = [{"expression": evil, "value": None, "held": False, "why": evil}]
    target["send_errors"] = [{"errno_name": evil, "count": 1}]
    result["command"] = "probe"
    (folder / "evil").write_text(json.dumps(result))
    done = report(folder / "evil", "-o", folder / "evil.html")
    assert done.code == 0, done
    page = read(folder / "evil.html")
    assert "onerror=alert(2)" in page.text
    assert page.data[0]["targets"][0]["target"]["uri"] == evil
    assert len(page.all("script")) == 1
