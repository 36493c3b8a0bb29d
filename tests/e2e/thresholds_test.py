"""probe --fail-if: what a threshold may say, and what comes of it."""

import pytest
from netecho import netecho, serve
from probes import only, probe, usage_error
from schema import check


@pytest.fixture(scope="module")
def server():
    with serve("udp://127.0.0.1:0") as one:
        yield one


def test_a_threshold_that_comes_true_fails_the_run_and_is_named(server):
    args = [server.endpoint, "-c5", "--flood", "--fail-if", "p50>1ns,loss>0%", "--fail-if", "max>1h"]
    result = netecho("probe", *args, "--json")
    assert result.code == 1
    (line,) = result.errors
    assert "p50>1ns" in line
    document = check(result.json)
    s = only(document["targets"])
    assert document["exit_code"] == s["exit_code"] == 1
    assert [(t["expression"], t["held"]) for t in s["thresholds"]] == [
        ("p50>1ns", False), ("loss>0%", True), ("max>1h", True),
    ]
    assert s["thresholds"][0]["value"] == s["rtt_ns"]["p50"]
    assert s["thresholds"][1]["value"] == 0
    text = netecho("probe", *args)
    assert text.code == 1 and "p50>1ns" in text.errors[0]


def test_thresholds_that_hold_leave_the_run_a_success(server):
    args = [server.endpoint, "-c5", "--flood", "--fail-if", "loss>0%,duplicate_total>0,max>=1h"]
    result = netecho("probe", *args, "--json")
    assert (result.code, result.errors) == (0, [])
    assert [t["held"] for t in only(check(result.json)["targets"])["thresholds"]] == [True] * 3


def test_any_failing_target_fails_the_run(server):
    with serve("udp://127.0.0.1:0", "--plain") as plain:
        targets = probe(server.endpoint, plain.endpoint, "-c3", "--flood",
                        "--fail-if", "lost_forward_total>0", code=1)
    assert [t["exit_code"] for t in targets] == [0, 1]
    (failed,) = targets[1]["thresholds"]
    assert failed["held"] is False and failed["value"] is None and failed["why"]


@pytest.mark.parametrize(
    "expression, column",
    [("p50>>3ms", "5"), ("p50>3", "5"), ("p50>1ms,,", "9"), ("p50", "4"), ("banana>3", "1"),
     ("p50>1ms,loss>0.1q", "14"), ("", "1"), ("p50=1ms", "4")],
)
def test_a_bad_expression_is_a_usage_error_with_its_position(server, expression, column):
    line = usage_error(server.endpoint, "--fail-if", expression)
    assert f"column {column}" in line, line


def test_a_threshold_that_the_count_cannot_reach_is_told_before_anything_is_sent(server):
    assert "100 samples" in usage_error(server.endpoint, "-c99", "--fail-if", "p99>1ms")
