"""Ratios and goals are computed as docs/performance.md says."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from harness.figures import Entry, Figure, Goal, show  # noqa: E402
from harness.rounds import Settings, figures_by_unit  # noqa: E402
from harness.serving import cost_of  # noqa: E402


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


def test_a_goal_may_allow_so_much_more_than_the_others_and_is_taken_round_by_round():
    # The medians, 3 and 1, would say 2.
    assert verdict(figure([1, 3, 9], [1, 2.5, 1], Goal("limit", above=0.5))) == (0.5, True)
    assert verdict(figure([1, 3, 9], [1, 2.5, 1], Goal("limit", above=0.25))) == (0.5, False)
    # Nothing can be divided by the other's.
    assert verdict(figure([0.0], [0.0], Goal("limit", above=0.1))) == (0.0, True)
    assert verdict(figure([], [1], Goal("limit", above=0.1))) == (None, None)


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


def test_the_table_has_a_difference_where_the_goal_is_about_one():
    lines = show(figure([5.5], [2], Goal("limit", above=3))).splitlines()
    assert lines[2].split() == ["limit", "2", "2", "2", "+3.5", "<=", "+3", "MISSED"]


def test_a_long_ratio_stands_apart_from_the_number_before_it():
    lines = show(figure([0.04], [14], Goal("limit", most=1))).splitlines()
    assert lines[2].split() == ["limit", "14", "14", "14", "0.00286x", "<=", "1", "ok"]


def test_json_has_the_summary_beside_the_samples():
    out = figure([1, 2, 6], [1, 2, 3], Goal("limit", 0.95)).as_json()
    [own, _] = out["entries"]
    assert (own["samples"], own["median"], own["min"], own["max"]) == ([1, 2, 6], 2, 1, 6)
    assert out["goals"] == [
        {"than": "limit", "least": 0.95, "most": None, "above": None, "slack": 0, "value": 1.0,
         "holds": True}
    ]


def test_each_unit_with_goals_is_a_figure_of_the_same_rounds(tmp_path):
    samples = iter([{"a": 1, "b": 10}, {"a": 4, "b": 20}, {"a": 2}])
    one, two = figures_by_unit(
        Settings(Path("build"), 1, True, tmp_path), "S1", "work",
        {name: lambda: next(samples) for name in ("netecho", "other", "third")},
        {"a": [Goal("other", most=1)], "b": [Goal(None, most=5)]},
    )
    # The third does not know the second unit.
    assert [(entry.name, entry.samples) for entry in one.entries] == [
        ("netecho", [1]), ("other", [4]), ("third", [2])
    ]
    assert [(entry.name, entry.samples) for entry in two.entries] == [("netecho", [10]), ("other", [20])]
    assert [holds for _, _, holds in one.verdicts()] == [True]
    assert [holds for _, _, holds in two.verdicts()] == [False]


def test_what_a_message_cost_is_compared_round_by_round_too():
    entries = [Entry("netecho", [9, 9], cpu_us=[4, 9]), Entry("limit", [9, 9], cpu_us=[5, 10]), Entry("node", [9, 9])]
    costs = cost_of(Figure("GROWTH", "work", "messages/s", entries), [Goal("limit", most=0.8)])
    assert [each.name for each in costs.entries] == ["netecho", "limit"]
    [(_, value, holds)] = costs.verdicts()
    assert (round(value, 6), holds) == (0.85, False)
