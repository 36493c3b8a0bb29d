"""Ten hosts that all probe each other, and one Prometheus with what is shipped: the queries of
docs/fleet.md name the one path that loses. Needs root."""

import re

import pytest
from fixtures import needs_root
from meshes import mesh, scraped
from netecho import INSTRUMENTED, PROJECT, eventually
from prometheus import prometheus, shipped

pytestmark = pytest.mark.skipif(
    INSTRUMENTED, reason="a hundred paths are for the program that users have; watch_test is for all"
)
HOSTS = 10
PAGE = (PROJECT / "docs/fleet.md").read_text()


def query_of(heading):
    """The first query below this heading of the page."""
    section = re.search(rf"^### {re.escape(heading)}\n(.*?)(?=^#|\Z)", PAGE, re.M | re.S)[1]
    return re.search(r"```promql\n(.*?)```", section, re.S)[1]


def ends(answer):
    return {(labels.get("instance"), labels.get("target")) for labels, _ in answer}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fleet")
    shipped(folder, "prometheus.yml", {"15s": "1s"})
    shipped(folder, "netecho.rules.yml", {"5m": "20s"})
    with mesh(HOSTS, folder, interval="50ms") as (hosts, monitor):
        with prometheus(folder, host=monitor) as server:
            scraped(server, 2 * HOSTS)
            yield hosts, server


@needs_root
def test_the_matrix_has_each_path(fleet):
    _, server = fleet
    paths = "path:netecho_probe_loss:ratio_rate5m"
    assert len(eventually(lambda: len(found := server.query(paths)) == HOSTS**2 and found, "all paths")) == HOSTS**2
    up = "sum(netecho_probe_up)"
    assert eventually(lambda: [value for _, value in server.query(up)] == [HOSTS**2], "all are up")


@needs_root
def test_the_query_of_the_page_names_the_path_that_loses(fleet):
    hosts, server = fleet
    source, target = hosts[3], hosts[7]
    path = {(source.v4, f"udp://{target.v4}:12345")}
    # At the hook where packets come in: a sender would be told of one that is dropped before it left.
    with target.filtering("input", f"ip saddr {source.v4} numgen random mod 100 < 5 counter drop"):
        asked = query_of("Which path is bad?")
        eventually(lambda: ends(server.query(asked)) == path, "the query names the path")
        both = query_of("Which round trips suffer?")
        way_back = (target.v4, f"udp://{source.v4}:12345")
        eventually(lambda: ends(server.query(both)) == path | {way_back}, "both ends lose round trips")
    eventually(lambda: server.query(asked) == [], "the path is whole again")


@needs_root
def test_a_host_that_loses_everywhere_is_named_as_a_host(fleet):
    hosts, server = fleet
    bad = hosts[5]
    with bad.filtering("input", "udp dport 12345 numgen random mod 100 < 20 counter drop"):
        asked, paths = query_of("Which host is bad?"), query_of("Which path is bad?")
        named = {(None, f"udp://{bad.v4}:12345")}
        eventually(lambda: ends(server.query(asked)) == named and server.query(paths) == [],
                   "the target is named, and no path")
