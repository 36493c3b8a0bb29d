"""Ratios and goals are computed as docs/performance.md says."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from harness.figures import Entry, Figure, Goal, show  # noqa: E402


def figure(own, other, *goals):
    return Figure("S1", "work", "unit", [Entry("netecho", own), Entry("limit", other)], list(goals)).compare()


def verdict(of):
    [(_, value, holds)] = of.verdicts()
    return value, holds


def test_a_ratio_is_the_median_of_the_ratios_of_each_round():
    # The medians, 30 and 20, would say 1.5.
    assert figure([10, 30, 90], [10, 20, 90], Goal("limit", 0.95)).entry("limit").ratio == 1.0


def test_a_goal_holds_at_its_bound_and_not_below():
    assert verdict(figure([95], [100], Goal("limit", 0.95))) == (0.95, True)
    assert verdict(figure([94], [100], Goal("limit", 0.95))) == (0.94, False)
    assert verdict(figure([103], [100], Goal("limit", most=1.03))) == (1.03, True)
    assert verdict(figure([104], [100], Goal("limit", most=1.03))) == (1.04, False)


def test_slack_forgives_a_small_difference_and_no_more():
    assert verdict(figure([2.125], [2.0], Goal("limit", most=1.03, slack=0.15)))[1] is True
    assert verdict(figure([2.25], [2.0], Goal("limit", most=1.03, slack=0.15)))[1] is False


def test_a_goal_without_another_is_about_netechos_own_median():
    assert verdict(figure([1, 2, 3], [9, 9, 9], Goal(None, most=2))) == (2, True)
    assert verdict(figure([1, 3, 3], [9, 9, 9], Goal(None, most=2))) == (3, False)


def test_what_is_not_available_has_a_reason_and_no_verdict():
    entries = [Entry("netecho", [1]), Entry("socat", not_available="socat is not installed")]
    of = Figure("S1", "work", "unit", entries, [Goal("socat", 2.3)]).compare()
    assert verdict(of) == (None, None)
    assert "socat            n/a: socat is not installed" in show(of)


def test_the_table_says_what_was_missed():
    lines = show(figure([9e5], [1e6], Goal("limit", 0.95))).splitlines()
    assert lines[1].split() == ["netecho", "900", "k", "900", "k", "900", "k"]
    assert lines[2].split() == ["limit", "1", "M", "1", "M", "1", "M", "0.9x", ">=", "0.95", "MISSED"]


def test_json_has_the_summary_beside_the_samples():
    out = figure([1, 2, 6], [1, 2, 3], Goal("limit", 0.95)).as_json()
    [own, _] = out["entries"]
    assert (own["samples"], own["median"], own["min"], own["max"]) == ([1, 2, 6], 2, 1, 6)
    assert out["goals"] == [
        {"than": "limit", "least": 0.95, "most": None, "slack": 0, "value": 1.0, "holds": True}
    ]
