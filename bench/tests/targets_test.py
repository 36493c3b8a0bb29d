"""Group N: what is compared with what, and that a run is only measured while it goes on."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from harness import machine, programs, targets  # noqa: E402
from harness.figures import Entry  # noqa: E402
from harness.programs import NotAvailable, Running  # noqa: E402
from harness.rounds import Settings  # noqa: E402

COST, RTT, MEMORY = targets.COST, targets.RTT, targets.MEMORY


def measured(cost, rtt, memory):
    return [{COST: cost, RTT: rtt, MEMORY: memory}]


@pytest.fixture
def entries():
    return {
        "netecho, 1": Entry("netecho, 1", measured(100, 50, 1000)),
        "netecho, 100": Entry("netecho, 100", measured(20, 75, 4960)),
        "netecho, 1000": Entry("netecho, 1000", measured(27, 80, 41959)),
        "limit, 100": Entry("limit, 100", [{COST: 10, RTT: 60}]),
        "limit, 1000": Entry("limit, 1000", [{COST: 30, RTT: 60}]),
    }


def verdicts(figure):
    return [(goal.than, value, holds) for goal, value, holds in figure.verdicts()]


def test_many_are_compared_with_one_and_their_memory_is_what_each_adds(entries):
    cost, rtt, memory = targets.compare(entries, 100, None)
    assert verdicts(cost) == [("one target", 0.2, True)]
    assert cost.entry("limit").ratio == 2
    assert verdicts(rtt) == [("one target", 1.5, True)]
    assert verdicts(memory) == [(None, 40, True)]


def test_more_are_compared_with_those_that_are_waited_for_alike(entries):
    cost, rtt, memory = targets.compare(entries, 1000, 100)
    assert verdicts(cost) == [("one target", 0.27, True), ("100 targets", 1.35, False)]
    assert verdicts(rtt) == [("one target", 1.6, False)]
    assert verdicts(memory) == [(None, 41, False)]


def test_what_could_not_be_measured_has_its_reason_in_each_figure(entries):
    entries["netecho, 100"] = Entry("netecho, 100", not_available="too many open files")
    for figure in targets.compare(entries, 100, None):
        assert figure.entry("netecho").not_available == "too many open files"
        assert [holds for _, _, holds in verdicts(figure)] == [None]


def test_each_target_has_an_address_of_its_own():
    endpoints = targets.endpoints("7", 5000)
    assert len(set(endpoints)) == 5000
    assert (endpoints[0], endpoints[-1]) == ("udp://127.1.0.1:7", "udp://127.1.24.200:7")


def test_more_targets_than_open_files_are_not_available(monkeypatch):
    monkeypatch.setattr(programs.resource, "getrlimit", lambda _: (1024, 4096))
    programs.need_descriptors(900)
    for run in (targets.probe, targets.limit):
        with pytest.raises(NotAvailable, match="needs 1,000 open files and may have 1,024"):
            run(Settings(Path("build"), 1, True, Path("unused")), 1000)


def test_a_program_that_ends_too_early_is_not_waited_for_and_says_why():
    with Running(["sh", "-c", "echo no more files; exit 4"], cpus=machine.ALL_CPUS) as running:
        with pytest.raises(NotAvailable, match="no more files"):
            running.wait_for(lambda: False)
    with Running(["sh", "-c", "echo no more files; exit 4"], cpus=machine.ALL_CPUS) as running:
        with pytest.raises(NotAvailable, match="no more files"):
            running.finish()


def test_a_program_that_ends_well_gives_what_it_said():
    with Running(["echo", "figures"], cpus=machine.ALL_CPUS) as running:
        assert running.finish() == "figures\n"
