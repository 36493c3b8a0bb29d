"""A real Prometheus scrapes `netecho watch`: what it answers is what `probe` says, and its alerts
come and go with a server."""

import contextlib
import json

import pytest
from netecho import eventually, netecho, serve
from prometheus import prometheus, shipped
from watches import Watch

BOUNDS = [step * 10**power / 10**6 for power in range(7) for step in (1, 2, 5)] + [10]
# So much later than it came each reply leaves: what a busy machine adds is little beside that.
DELAYS = {"unix": "30ms", "unixgram": "100ms", "unixpacket": "300ms"}
# Nobody waits for minutes.
HURRIED = {"5m": "20s", "10m": "10s", "3m": "3s", "2m": "2s"}

# A tick that a busy machine skips has no round trip: of a hundred, one would be all that a p99 tells.
KEPT = "max(increase(netecho_probe_skipped_total[20s]) / increase(netecho_probe_sent_total[20s])) < 0.005"

CONFIGURATION = """
global: {{scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}}
rule_files: [netecho.rules.yml]
scrape_configs:
  - job_name: netecho-watch
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


def targets_file(folder, endpoints, **labels):
    options = {"__interval__": "20ms", "__timeout__": "5s"}
    file = folder / "targets.json"
    file.write_text(json.dumps([{"targets": endpoints, "labels": labels | options}]))
    return file


@contextlib.contextmanager
def observed(folder, endpoints, rules=("5m",), **labels):
    """(watcher, Prometheus) that has scraped it."""
    shipped(folder, "netecho.rules.yml", {old: HURRIED[old] for old in rules})
    file = targets_file(folder, endpoints, **labels)
    with Watch("--targets", file) as watcher:
        (folder / "prometheus.yml").write_text(CONFIGURATION.format(port=watcher.port))
        with prometheus(folder) as server:
            eventually(lambda: values(server, 'up{job="netecho-watch"}') == [1], "it is scraped")
            yield watcher, server


def values(server, expression):
    return [value for _, value in server.query(expression)]


def by_target(server, expression):
    return {labels["target"]: value for labels, value in server.query(expression)}


def bucket(seconds):
    """The number of the bucket that has it."""
    return sum(bound < seconds for bound in BOUNDS)


def test_a_quantile_is_within_a_bucket_of_what_probe_says(folder):
    with contextlib.ExitStack() as stack:
        kinds = {}
        for kind, delay in DELAYS.items():
            server = stack.enter_context(serve(f"{kind}:{folder}/{kind}", "--impair", f"delay={delay}"))
            kinds[server.endpoint] = kind
        _, told = stack.enter_context(observed(folder, list(kinds), dc="a"))
        probed = netecho("probe", *kinds, "-c200", "-i20ms", "-W5s", "--json").json["targets"]
        p99 = {each["target"]["uri"]: each["rtt_ns"]["p99"] / 1e9 for each in probed}

        def enough():
            received = by_target(told, "netecho_probe_received_total")
            quantiles = by_target(told, "path:netecho_probe_rtt_seconds:p99_rate5m")
            if set(quantiles) != set(kinds) or min(received.values()) < 200 or not told.query(KEPT):
                return None
            return quantiles

        quantiles = eventually(enough, "two hundred replies of each, and hardly a tick skipped")
        for endpoint, kind in kinds.items():
            assert abs(bucket(quantiles[endpoint]) - bucket(p99[endpoint])) <= 1, (kind, quantiles, p99)
        series = told.query("netecho_probe_up")
        assert {(labels["target"], labels["dc"], value) for labels, value in series} \
            == {(endpoint, "a", 1) for endpoint in kinds}
        names = {name for labels, _ in series for name in labels}
        assert not {name for name in names if name.startswith("__")} - {"__name__"}


def test_an_alert_fires_when_a_server_stops_and_ends_when_it_is_back(folder):
    def server(name):
        return serve(f"unixgram:{folder}/{name}")

    with server("stays") as stays, contextlib.ExitStack() as stack:
        goes = stack.enter_context(server("goes"))
        gone, there = goes.endpoint, stays.endpoint
        _, told = stack.enter_context(observed(folder, [gone, there], rules=("5m", "2m")))
        up = 'netecho_probe_up{job="netecho-watch"}'
        eventually(lambda: by_target(told, up) == {gone: 1, there: 1}, "both are up")
        assert told.firing("NetechoUnreachable") == []
        goes.stop()
        (alert,) = eventually(lambda: told.firing("NetechoUnreachable"), "the alert fires")
        assert (alert["target"], alert["severity"]) == (gone, "critical")
        assert by_target(told, up) == {gone: 0, there: 1}
        with server("goes"):
            eventually(lambda: not told.firing("NetechoUnreachable"), "the alert ends")
            assert by_target(told, up) == {gone: 1, there: 1}


def test_an_alert_fires_while_a_targets_file_is_broken(folder):
    with serve(f"unixgram:{folder}/s") as server:
        with observed(folder, [server.endpoint], rules=("5m", "3m")) as (watcher, told):
            good = (folder / "targets.json").read_text()
            (folder / "new").write_text("[")
            (folder / "new").rename(folder / "targets.json")
            (alert,) = eventually(lambda: told.firing("NetechoNotWatching"), "the alert fires")
            assert alert["problem"] == "targets file refused"
            assert watcher.scrape()["netecho_probe_up"].value() == 1  # The old ones go on.
            (folder / "new").write_text(good)
            (folder / "new").rename(folder / "targets.json")
            eventually(lambda: not told.firing("NetechoNotWatching"), "the alert ends")


@pytest.mark.parametrize("name", ["netecho_watch_targets", "netecho_watch_last_reload_successful",
                                  "process_cpu_seconds_total", "process_resident_memory_bytes"])
def test_what_the_rules_and_the_dashboard_ask_of_a_watcher_it_has(folder, name):
    with serve(f"unixgram:{folder}/s") as server:
        with Watch("--targets", targets_file(folder, [server.endpoint])) as watcher:
            assert watcher.scrape()[name].value() >= 0
