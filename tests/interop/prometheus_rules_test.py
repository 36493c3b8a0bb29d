"""The configuration and the rules that are shipped, as promtool judges them."""

import re
import shutil

import pytest
from netecho import PROJECT, eventually
from prometheus import SHIPPED, prometheus, promtool, shipped
from promql import families_of_probe, rules, unknown_metrics, yaml_of

ALERTS = {"NetechoLoss", "NetechoUnreachable", "NetechoSlow", "NetechoNotWatching", "NetechoOverloaded"}


@pytest.fixture
def copy(folder):
    """The rules and their tests, but for one that evaluates a whole day: it would be most of the time."""
    shutil.copy(SHIPPED / "netecho.rules.yml", folder)
    text = (SHIPPED / "netecho.rules.test.yml").read_text()
    text, left_out = re.subn(r"^  - name: slower than yesterday\n.*?(?=^  - name: )", "", text, flags=re.M | re.S)
    assert left_out == 1
    (folder / "netecho.rules.test.yml").write_text(text)
    assert promtool("test", "rules", folder / "netecho.rules.test.yml")[0] == 0
    return folder


def test_nothing_is_wrong_with_the_configuration():
    code, said = promtool("check", "config", SHIPPED / "prometheus.yml")
    assert code == 0, said
    assert "WARNING" not in said and "FAILED" not in said, said


def test_the_hosts_are_scraped_at_the_ports_of_watch_and_serve(folder):
    for name in ("prometheus.yml", "netecho.rules.yml"):
        shipped(folder, name)
    (folder / "hosts.json").write_text('[{"targets": ["127.0.0.2", "[::1]"]}]')
    wanted = {
        ("netecho-watch", "127.0.0.2", "http://127.0.0.2:9470/metrics"),
        ("netecho-watch", "[::1]", "http://[::1]:9470/metrics"),
        ("netecho-serve", "127.0.0.2", "http://127.0.0.2:9471/metrics"),
        ("netecho-serve", "[::1]", "http://[::1]:9471/metrics"),
    }
    with prometheus(folder) as server:

        def found():  # Each job reads the file of hosts for itself.
            targets = server.targets()
            return len(targets) >= len(wanted) and targets

        assert eventually(found, "each job knows its targets") == wanted


def test_nothing_is_wrong_with_the_rules():
    code, said = promtool("check", "rules", SHIPPED / "netecho.rules.yml")
    assert code == 0, said
    assert "SUCCESS: 11 rules found" in said and "duplicate" not in said, said


def test_the_rules_do_what_their_tests_say():
    code, said = promtool("test", "rules", SHIPPED / "netecho.rules.test.yml")
    assert code == 0, said


@pytest.mark.parametrize("right, wrong", [
    ("> 0.01 < 1", "> 0.1 < 1"),
    ("> 0.01 < 1", "> 0.01"),
    ("netecho_probe_up == 0", "netecho_probe_up == 1"),
    ("+ rate(netecho_probe_send_errors_total[5m])", "+ 0"),
    ('{direction="forward"}', '{direction="reverse"}'),
    ('_bucket{le!="+Inf"}', "_bucket"),
    (") >= 0", ")"),
    ("> 0.5", "> 5"),
    ('up{job=~"netecho-.*"}', "up"),
    ("netecho_watch_last_reload_successful == 0", "netecho_watch_last_reload_successful == 2"),
    ("rate(netecho_probe_skipped_total[5m]) and min_over_time(netecho_probe_up[5m]) == 1",
     "rate(netecho_probe_skipped_total[5m])"),
    ("for: 2m", "for: 1m"),
    ("for: 3m", "for: 9m"),
    ("for: 5m", "for: 30m"),
    ("{{ . | first | value }}", "{{ . | first }}"),
], ids=str)
def test_a_mistake_in_them_would_be_seen(copy, right, wrong):
    text = (copy / "netecho.rules.yml").read_text()
    assert right in text
    (copy / "netecho.rules.yml").write_text(text.replace(right, wrong))
    code, said = promtool("test", "rules", copy / "netecho.rules.test.yml")
    assert code != 0, said


def test_each_alert_says_what_it_is_and_where_to_read_on():
    alerts = {rule["alert"]: rule for rule in rules() if "alert" in rule}
    assert set(alerts) == ALERTS
    page = (PROJECT / "docs/fleet.md").read_text()
    anchors = {heading.lower().replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", page, re.M)}
    for name, rule in alerts.items():
        assert set(rule["annotations"]) == {"summary", "description", "runbook"}
        assert set(rule["labels"]) == {"severity"}
        file, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert (PROJECT / file).is_file() and anchor in anchors, name


def test_each_alert_has_a_test_in_which_it_fires():
    every = yaml_of((SHIPPED / "netecho.rules.test.yml").read_text())["tests"]
    fire = {each["alertname"] for test in every for each in test.get("alert_rule_test", ()) if each["exp_alerts"]}
    assert fire == ALERTS


def test_each_metric_of_the_rules_exists():
    assert unknown_metrics(rule["expr"] for rule in rules()) == set()


def test_what_the_rules_ask_of_probes_a_probe_has():
    every = families_of_probe()
    asked = {name for rule in rules() for name in re.findall(r"(?<![:\w])netecho_probe_\w+", rule["expr"])}
    assert len(asked) > 5 and asked <= every
