"""What docs/fleet.md shows is what Prometheus takes, and its figures come of the formulas beside them."""

import json
import math
import re

import pytest
from netecho import PROJECT, netecho, serve
from prometheus import promtool
from promql import RECORDED, recorded, refused, unknown_metrics, yaml_of

PAGE = (PROJECT / "docs/fleet.md").read_text()
PATH_SERIES = 91
WIRE_BYTES = 106
SCRAPE_BYTES = 10_300


def blocks(language):
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", PAGE, re.M | re.S)


def test_prometheus_takes_each_query(folder):
    queries = blocks("promql")
    assert len(queries) >= 5
    assert refused(folder, [query.strip() for query in queries]) == ""
    assert unknown_metrics(queries) == set()


def test_each_rule_that_is_recorded_is_asked_for():
    board = (PROJECT / "packaging/grafana/netecho.json").read_text()
    rules = (PROJECT / "packaging/prometheus/netecho.rules.yml").read_text()
    asked = set(RECORDED.findall("\n".join(blocks("promql")) + board))
    asked |= set(RECORDED.findall(re.sub(r"record: .*", "", rules)))
    assert recorded() - asked == {"target:netecho_probe_up:ratio"}  # For who federates.


@pytest.mark.parametrize("number", range(len(blocks("yaml"))))
def test_prometheus_takes_each_piece_of_its_configuration(folder, number):
    text = blocks("yaml")[number]
    keys = set(yaml_of(text))
    if keys == {"route", "receivers", "inhibit_rules"}:
        names = set(re.findall(r"Netecho\w+", text))
        assert all(f"### {name}\n" in PAGE for name in names)
        return
    if keys == {"metric_relabel_configs"}:
        text = "scrape_configs:\n- job_name: x\n" + re.sub("^", "  ", text, flags=re.M)
    # Debian builds Prometheus without Kubernetes.
    text = re.sub(r"kubernetes_sd_configs: .*", "static_configs: [{targets: [x]}]", text)
    (folder / "sites.json").write_text("[]")
    (folder / "prometheus.yml").write_text(text)
    code, said = promtool("check", "config", "--syntax-only", folder / "prometheus.yml")
    assert code == 0, said


def test_the_json_of_the_page_is_json():
    for text in blocks("json"):
        for group in json.loads(text):
            assert set(group) == {"targets", "labels"}


def test_a_path_has_as_many_series_and_bytes_as_the_page_says():
    assert f"has {PATH_SERIES} series" in PAGE and "10.3 kB" in PAGE
    with serve("udp://127.0.0.1:0") as server:
        said = netecho("probe", server.endpoint, "-c100", "-i5ms", "--format", "prometheus").text
    samples = [line for line in said.splitlines() if 'transport="udp"' in line]
    assert len(samples) == PATH_SERIES
    histograms = [line for line in samples if re.search(r"_(bucket|sum|count)\{", line)]
    assert len(histograms) == 75
    # Counts of two digits and of three differ by some bytes.
    assert sum(len(line) + 1 for line in samples) == pytest.approx(SCRAPE_BYTES, rel=0.02)


def number(text):
    """As the table has it: 1.03 MB, 6,070,000, 17 kbit/s."""
    value, _, unit = text.replace(",", "").partition(" ")
    return float(value) * {"": 1, "k": 1e3, "M": 1e6}[unit[:1] if unit[1:] else ""]


def close(told, exact):
    """Told with three digits, or two of the wire."""
    return math.isclose(number(told), exact, rel_tol=0.02)


ROWS = [[cell.strip() for cell in line.strip("|").split("|")]
        for line in re.findall(r"^\| [\d,]+ \|.*\|$", PAGE, re.M)]


def test_the_table_is_of_10_100_1000_and_10000_hosts():
    assert {number(row[0]) for row in ROWS} == {10, 100, 1000, 10_000}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]}")
def test_the_table_has_what_the_formulas_give(row):
    hosts, probes, paths, rate, series, samples, scrape, wire = row
    each = number(re.search(r"[\d,]+", probes)[0])
    every = number(hosts) * each
    assert number(paths) == number(rate) == every
    assert number(series) == every * PATH_SERIES
    assert close(samples, every * PATH_SERIES / 15)
    assert close(scrape, each * SCRAPE_BYTES)
    assert close(wire, 2 * each * WIRE_BYTES * 8)
