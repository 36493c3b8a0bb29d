"""The dashboard that is shipped: whole, about metrics that exist, in queries that Prometheus takes.

Nobody runs Grafana here: the fields are those of its documented JSON model, checked by hand.
"""

import json
import re

import pytest
from netecho import PROJECT
from promql import refused, unknown_metrics

TEXT = (PROJECT / "packaging/grafana/netecho.json").read_text()
BOARD = json.loads(TEXT)
PANELS = BOARD["panels"]
DRAWN = [panel for panel in PANELS if panel["type"] != "row"]
VARIABLES = {each["name"]: each for each in BOARD["templating"]["list"]}
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
# What Grafana has by itself, of those that are used.
BUILT_IN = {"__all", "__field", "__rate_interval", "__url_time_range"}


def expressions():
    found = [target["expr"] for panel in DRAWN for target in panel["targets"]]
    return [*found, *(each["expr"] for each in BOARD["annotations"]["list"])]


def filled_in(expression):
    """As Grafana sends it, with something for each variable."""
    return re.sub(r"\$\w+", "x", expression.replace("$__rate_interval", "5m"))


def test_it_has_what_a_dashboard_has():
    assert BOARD["title"] == BOARD["uid"] == "netecho"
    assert BOARD["schemaVersion"] >= 36
    assert "id" not in BOARD  # It would take the place of another one.
    for key in ("tags", "time", "refresh", "panels", "templating", "annotations", "links", "timezone"):
        assert key in BOARD
    numbers = [panel["id"] for panel in PANELS]
    assert len(numbers) == len(set(numbers))
    for panel in DRAWN:
        assert {"type", "title", "datasource", "gridPos", "targets", "fieldConfig", "options"} <= set(panel)
        assert panel["title"] and panel["targets"]
        assert set(panel["fieldConfig"]) == {"defaults", "overrides"}
        references = [target["refId"] for target in panel["targets"]]
        assert len(references) == len(set(references))


def test_no_panel_lies_on_another():
    taken = set()
    for panel in PANELS:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24, panel["title"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells


def test_the_source_of_data_is_a_variable_everywhere():
    assert VARIABLES["datasource"]["type"] == "datasource"
    assert VARIABLES["datasource"]["query"] == "prometheus"
    of_queries = [target["datasource"] for panel in DRAWN for target in panel["targets"]]
    of_variables = [each["datasource"] for each in VARIABLES.values() if each["type"] == "query"]
    of_panels = [panel["datasource"] for panel in DRAWN]
    of_annotations = [each["datasource"] for each in BOARD["annotations"]["list"]]
    assert all(each == SOURCE for each in (*of_queries, *of_variables, *of_panels, *of_annotations))


def test_each_variable_that_is_used_exists():
    used = set(re.findall(r"\$\{?(\w+)", TEXT))
    assert {"job", "instance", "target"} <= used
    assert used - BUILT_IN <= set(VARIABLES)


def test_it_names_no_host():
    assert not re.search(r"https?://|\d+\.\d+\.\d+\.\d+|localhost", TEXT)


@pytest.mark.parametrize("metric", [
    "path:netecho_probe_loss:ratio_rate5m", "path:netecho_probe_rtt_seconds:p99_rate5m",
])
def test_a_matrix_has_hosts_as_rows_and_targets_as_columns(metric):
    (matrix,) = [panel for panel in DRAWN if panel["type"] == "table" and metric in panel["targets"][0]["expr"]]
    (query,) = matrix["targets"]
    assert query["expr"].startswith("max by (instance, target) (")
    assert query["instant"] is True and query["format"] == "table"
    (turned,) = matrix["transformations"]
    assert turned["id"] == "groupingToMatrix"
    assert turned["options"] == {
        "rowField": "instance", "columnField": "target", "valueField": "Value", "emptyValue": "null",
    }
    (link,) = matrix["fieldConfig"]["defaults"]["links"]
    assert link["url"].startswith(f"/d/{BOARD['uid']}?") and "var-target=${__field.name}" in link["url"]


def test_each_target_that_is_chosen_has_a_part_of_its_own():
    titles = [(panel["type"], panel["title"], panel.get("repeat")) for panel in PANELS]
    begin = titles.index(("row", "$target", "target"))
    end = next(i for i in range(begin + 1, len(titles)) if titles[i][0] == "row")
    assert VARIABLES["target"]["multi"] is True
    for panel in PANELS[begin + 1 : end]:
        for target in panel["targets"]:
            assert 'target="$target"' in target["expr"], panel["title"]


def test_prometheus_takes_each_query(folder):
    every = [filled_in(expression) for expression in expressions()]
    assert len(every) > 20
    assert refused(folder, every) == ""
    assert refused(folder, [*every, "rate(x[5m"]) != ""


def test_variables_are_asked_of_metrics_that_exist():
    asked = [each["query"]["query"] for each in VARIABLES.values() if each["type"] == "query"]
    selectors = [re.fullmatch(r"label_values\((.*), (\w+)\)", each)[1] for each in asked]
    assert len(selectors) == 3
    assert unknown_metrics(filled_in(each) for each in selectors) == set()


def test_each_metric_exists():
    assert unknown_metrics(filled_in(each) for each in expressions()) == set()
