"""Takes turns: in every round each program does the work once, and another one begins."""

import sys
from dataclasses import dataclass
from pathlib import Path

from .figures import Entry, Figure
from .programs import NotAvailable


@dataclass
class Settings:
    build: Path
    rounds: int
    tiny: bool
    folder: Path  # For sockets and files; gone afterwards.

    @property
    def netecho(self):
        return self.build / "cmd/netecho"

    @property
    def driver(self):
        return self.build / "bench/bench_driver"

    def limit(self, name):
        return self.build / "bench" / f"limit_{name}"

    def pick(self, full, tiny):
        """A size, a number or a time: the real one, or what only shows that it works."""
        return tiny if self.tiny else full


def take_turns(settings, candidates, *, rounds=None):
    """`candidates`: a name to a function that does the work once and returns a sample, or raises
    NotAvailable; who does that once is out. Returns an Entry for each."""
    entries = {name: Entry(name) for name in candidates}
    rounds = rounds or settings.rounds
    for number in range(rounds):
        order = list(candidates)
        order = order[number % len(order) :] + order[: number % len(order)]
        for name in order:
            entry = entries[name]
            if entry.not_available:
                continue
            try:
                entry.samples.append(candidates[name]())
            except NotAvailable as reason:
                entry.samples.clear()
                entry.not_available = str(reason)
            progress(f"round {number + 1} of {rounds}: {name}")
    progress("")
    return list(entries.values())


def figures_by_unit(settings, group, work, samples, goals):
    """A figure for each unit that has goals, all of the same rounds. `samples`: a name to a function
    that returns {unit: figure}; who lacks a unit is not in its figure."""
    entries = take_turns(settings, samples)
    for unit, wanted in goals.items():
        of_unit = [
            Entry(each.name, [sample[unit] for sample in each.samples], each.not_available)
            for each in entries
            if all(unit in sample for sample in each.samples)
        ]
        yield Figure(group, work, unit, of_unit, wanted).compare()


def progress(text):
    """A line that is overwritten, for whoever watches."""
    if sys.stderr.isatty():
        print(f"\r{text:<40}\r", end="", file=sys.stderr, flush=True)
