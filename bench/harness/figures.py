"""What was measured, what it should be, and how both are shown."""

import statistics
from dataclasses import asdict, dataclass, field


@dataclass
class Goal:
    """netecho's figure against another's, or against a number if `than` is None. `least` and `most`
    are bounds of the ratio, or of the number."""

    than: str | None
    least: float | None = None
    most: float | None = None
    above: float | None = None  # Instead: so much more than the other's at most, in the same unit.
    slack: float = 0  # Holds, too, when both medians are this close, in the figure's unit.

    def text(self):
        if self.above is not None:
            return f"<= {self.above:+g}"
        return f">= {self.least:g}" if self.least is not None else f"<= {self.most:g}"

    def holds(self, value):
        if self.above is not None:
            return value <= self.above
        return value >= self.least if self.least is not None else value <= self.most


@dataclass
class Entry:
    """One program's samples, one a round; without any, the reason."""

    name: str
    samples: list = field(default_factory=list)
    not_available: str | None = None
    calls_per_message: float | None = None
    cpu_us: list = field(default_factory=list)  # A message's, one a round.
    cpu_us_per_message: float | None = None
    ratio: float | None = None  # netecho's figure divided by this one's, the median over the rounds.
    note: str | None = None

    @property
    def median(self):
        return statistics.median(self.samples)


@dataclass
class Figure:
    """One line of work, done by netecho and the others in turns."""

    group: str
    work: str
    unit: str
    entries: list
    goals: list = field(default_factory=list)

    def entry(self, name):
        return next((each for each in self.entries if each.name == name), None)

    def compare(self, subject="netecho"):
        """Ratios are taken round by round: what disturbs a round disturbs all that run in it."""
        own = self.entry(subject)
        for each in self.entries:
            if each is own or not each.samples or not own.samples or not all(each.samples):
                continue
            each.ratio = statistics.median(
                mine / other for mine, other in zip(own.samples, each.samples)
            )
        return self

    def difference(self, other, subject="netecho"):
        """How much more than the other's the figure is: taken round by round, as ratios are."""
        pairs = list(zip(self.entry(subject).samples, other.samples))
        return statistics.median(mine - its for mine, its in pairs) if pairs else None

    def verdicts(self, subject="netecho"):
        """(goal, value, whether it holds); None for both where it could not be measured."""
        for goal in self.goals:
            other = self.entry(goal.than or subject)
            if other is None or not other.samples:
                value = None
            elif goal.above is not None:
                value = self.difference(other, subject)
            else:
                value = other.ratio if goal.than else other.median
            holds = None if value is None else goal.holds(value)
            if holds is False and goal.slack:
                holds = abs(self.entry(subject).median - other.median) <= goal.slack
            yield goal, value, holds

    def as_json(self):
        out = asdict(self)
        for entry, source in zip(out["entries"], self.entries):
            if source.samples:
                entry |= {
                    "median": source.median, "min": min(source.samples), "max": max(source.samples)
                }
        out["goals"] = [
            asdict(goal) | {"value": value, "holds": holds} for goal, value, holds in self.verdicts()
        ]
        return out


def short(value):
    """Three digits and a prefix."""
    if value is None:
        return ""
    for limit, divisor, prefix in ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e3, 1e3, "k")):
        if abs(value) >= limit:
            return f"{value / divisor:.3g} {prefix}"
    return f"{value:.3g}"


def _column(value, width, form="{:.2f}"):
    """What is too long for its column moves the next ones, and still stands apart from the last."""
    return ("" if value is None else " " + form.format(value)).rjust(width)


def show(figure):
    lines = [f"{figure.group}  {figure.work} ({figure.unit})"]
    verdicts = {goal.than or "netecho": (goal, *rest) for goal, *rest in figure.verdicts()}
    for each in figure.entries:
        if not each.samples:
            lines.append(f"  {each.name:<16} n/a: {each.not_available}")
            continue
        line = f"  {each.name:<16}"
        line += "".join(short(v).rjust(9) for v in (each.median, min(each.samples), max(each.samples)))
        goal, value, holds = verdicts.get(each.name, (None, None, None))
        differs = goal is not None and goal.above is not None
        line += _column(value, 8, "{:+.3g}") if differs else _column(each.ratio, 8, "{:.3g}x")
        if goal is not None:
            line += f"  {goal.text():<9} {'ok' if holds else 'MISSED':<7}"
        else:
            line += " " * 19
        line += _column(each.calls_per_message, 8) + _column(each.cpu_us_per_message, 8)
        lines.append((line + (f"  {each.note}" if each.note else "")).rstrip())
    return "\n".join(lines)


HEADINGS = (
    f"{'':18}{'median':>9}{'min':>9}{'max':>9}{'ratio':>8}  {'goal':<17}{'calls':>10}{'cpu us':>8}"
)
