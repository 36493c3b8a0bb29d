"""Group W: the others really probe, what they tell is read right, and none of it is guessed."""

import shutil
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from harness import watching  # noqa: E402
from harness.programs import NotAvailable  # noqa: E402
from harness.rounds import Settings  # noqa: E402

HOSTS = ["127.1.0.1", "127.1.0.2", "127.1.0.3"]


@pytest.fixture
def settings(tmp_path):
    return Settings(Path("build"), 1, True, tmp_path)


def installed(program):
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")


def test_a_total_is_of_all_samples_of_the_name_and_of_no_other():
    text = '# TYPE a_total counter\na_total{x="1"} 2\na_total{x="b a_total 9"} 0.5\na_total_b 7\na 9\n'
    assert watching.total(text, "a_total") == 2.5
    assert watching.total(text, "a") == 9
    assert watching.total(text, "c") == 0


def test_smokeping_prober_gets_replies_from_each_target(settings):
    installed("prometheus-smokeping-prober")
    counter = "smokeping_response_duration_seconds_count"
    with watching.smokeping(settings, HOSTS) as server:
        watching.await_replies(server, counter)
        deadline = time.monotonic() + 60
        while not all(watching.total(watching.get(server, "/metrics"), f'{counter}{{host="{host}".*?}}')
                      for host in HOSTS):
            assert time.monotonic() < deadline


def test_blackbox_is_asked_as_often_as_the_others_probe(settings, monkeypatch):
    installed("prometheus-blackbox-exporter")
    asked = []
    get = watching.get
    monkeypatch.setattr(watching, "get", lambda server, path: asked.append(path) or get(server, path))
    with watching.blackbox(settings) as server:
        watching.ask_until(server, time.monotonic() + 1, HOSTS)
    # The first at once, then three a second.
    assert 1 <= len(asked) <= 4
    assert asked[0] == "/probe?module=icmp&target=127.1.0.1"


def test_without_a_reply_there_is_no_figure(settings):
    installed("prometheus-blackbox-exporter")
    with watching.blackbox(settings) as server:
        # An address of the class that nobody routes.
        with pytest.raises(NotAvailable, match="got no reply from 240.0.0.1"):
            watching.ask_until(server, time.monotonic() + 0.1, ["240.0.0.1"])


def test_without_a_right_to_ping_the_group_says_why(settings, monkeypatch):
    def refused(*_):
        raise PermissionError

    monkeypatch.setattr(watching.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(watching.socket, "socket", refused)
    with pytest.raises(NotAvailable, match="needs root, or a ping socket"):
        next(watching.w(settings))
