"""Many targets in one probe: those that live are measured as if the dead ones were not there.

Needs root for hosts of the test's own.
"""

import json
import resource

import pytest
from hosts import Host, asking, own_names, two_hosts
from netecho import netecho, serve
from schema import check


DEAD = ["tcp://{host}:7001", "tcp://{host}:7002", "udp://one.test:7003", "tcp://two.test:7004"]


@pytest.mark.parametrize("retry", [[], ["--retry"]], ids=["", "--retry"])
def test_dead_targets_and_names_that_never_resolve_cost_the_others_nothing(retry):
    with two_hosts() as (client, other):
        dead = [each.format(host=other.v4) for each in DEAD]
        rule = "meta l4proto { tcp, udp } th dport { 53, 7001-7002 }"
        with other.dropping("input", rule), asking(client, other.v4) as me:
            with other.serve(f"tcp://{other.v4}:0", f"udp://{other.v4}:0") as server:
                options = ["-c20", "-i20ms", "-w", "3s", *retry, "--json"]
                result = me.netecho("probe", *dead, *server.endpoints, *options)
                alone = me.netecho("probe", *server.endpoints, *options)
    *failed, tcp, udp = check(result.json)["targets"]
    assert result.code != 0 and alone.code == 0
    for each in (tcp, udp):
        assert each["scheduled_total"] == 20 and each["no_connection_total"] == 0, each
        assert each["received_total"] == each["sent_total"] > 0
        assert each["error"] is None and each["duration_ns"] < 3_000_000_000
    for each in failed:
        assert each["sent_total"] == 0 and each["error"] is not None, each


def test_a_name_looked_up_again_in_the_middle_of_a_run_costs_the_others_nothing():
    """Below 32 bytes a lost probe takes a new socket, and so its name again, which nobody knows any more."""
    with two_hosts() as (client, other), own_names() as (with_names, names):
        names(f"{other.v4} gone.test\n")
        named = Host([*client.prefix, *with_names], client.pid)
        with other.dropping("input", "meta l4proto udp th dport { 53, 7005 }"), asking(named, other.v4) as me:
            with other.serve(f"udp://{other.v4}:0") as server:
                options = ["-c80", "-i50ms", "-W1s", "--size=16", "--format=jsonl"]
                with me.running("probe", "udp://gone.test:7005", server.endpoint, *options) as process:
                    next(line for line in process.stdout if b'"timeout"' in line)
                    names("")
                    ends = [json.loads(line) for line in process.stdout if b'"summary"' in line]
    gone, healthy = map(check, ends)
    assert gone["received_total"] == 0
    assert 20 < healthy["sent_total"] == healthy["received_total"], healthy


def test_a_target_starts_as_soon_as_its_connection_stands():
    """Not when the slowest one's does."""
    with two_hosts() as (client, other):
        with other.dropping("input", "tcp dport 7001"), other.serve(f"udp://{other.v4}:0") as server:
            targets = [f"tcp://{other.v4}:7001", server.endpoint]
            options = ["--connect-timeout", "2s", "-c1", "--format", "jsonl"]
            result = client.netecho("probe", *targets, *options)
    ends = [e for e in result.events if e["type"] == "summary"]
    assert [e["received_total"] for e in ends] == [0, 1], result
    assert ends[0]["error"]["errno_name"] == "ETIMEDOUT"
    # Told when it was answered, which was long before the other one failed.
    assert result.events[0]["type"] == "reply"
    assert result.events[0]["status"] == "ok"
    assert result.events[1]["type"] == "error"


def test_five_hundred_targets_are_measured_to_schedule():
    with serve("udp://127.0.0.1:0") as server:
        result = netecho("probe", "-q", "-c3", "-i500ms", "--json", *[server.endpoint] * 500)
    targets = check(result.json)["targets"]
    assert len(targets) == 500
    for each in targets:
        assert (each["scheduled_total"], each["lost_total"]) == (3, 0), each
        assert each["sent_total"] + each["skipped_total"] == 3


def test_more_targets_than_the_soft_limit_has_descriptors_are_measured_all_the_same():
    def few_descriptors():
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (40, hard))

    with serve("udp://127.0.0.1:0") as server:
        targets = [server.endpoint] * 100
        result = netecho("probe", "-q", "-c1", "-W60s", "--json", *targets, preexec_fn=few_descriptors)
    assert result.code == 0, result
    assert [each["received_total"] for each in check(result.json)["targets"]] == [1] * 100
