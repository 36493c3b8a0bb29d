"""What the project's pages show: their commands, and what they say these print.

In a block of ```console, or one without a name, `$ ` begins a command (`# ` one of root) and what
follows is its output; `...` stands for lines left out. A block of ```sh is a script whose output is
not shown.
"""

import re
import shlex
from dataclasses import dataclass, field

from netecho import PROJECT

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
HEADING = re.compile(r"^(#+) (.*)$", re.M)


@dataclass
class Step:
    """A command, or a script; `shown` is None where the page doesn't show what it prints."""

    command: str
    shown: list = field(default_factory=list)
    line: int = 0


@dataclass
class Block:
    language: str
    text: str
    line: int
    section: str

    def prompt(self):
        """What begins a command: `# ` only where the first line is one of netecho."""
        if re.search(r"^\$ ", self.text, re.M):
            return "$ "
        return "# " if self.text.startswith("# netecho ") else None

    def steps(self):
        if self.language == "sh":
            return [Step(self.text, None, self.line)]
        prompt = self.prompt()
        if self.language not in ("", "console") or prompt is None:
            return []
        steps = []
        for number, line in enumerate(self.text.splitlines(), self.line + 1):
            if steps and is_open(steps[-1].command):
                steps[-1].command += "\n" + line
            elif line.startswith(prompt):
                steps.append(Step(line[len(prompt):], [], number))
            else:
                assert steps, f"line {number}: output before any command"
                steps[-1].shown.append(line)
        return steps


def is_open(command):
    """Whether a shell would ask for another line."""
    if here := re.search(r"<<-?'?(\w+)'?", command):
        return not re.search(rf"^{here[1]}$", command, re.M)
    if command.rstrip(" ").endswith(("\\", "|")):
        return True
    try:
        shlex.split(command)
    except ValueError:
        return True
    return False


class Page:
    def __init__(self, name):
        self.name = name
        self.text = (PROJECT / name).read_text()
        without_code = FENCE.sub(lambda m: "\n" * m[0].count("\n"), self.text)
        self._headings = [(m.start(), m[2]) for m in HEADING.finditer(without_code)]
        self.headings = [text for _, text in self._headings]
        self.prose = without_code

    def blocks(self):
        lines = [self.prose.count("\n", 0, start) for start, _ in self._headings]
        for found in FENCE.finditer(self.text):
            line = self.text.count("\n", 0, found.start()) + 1
            above = [h for at, h in zip(lines, self.headings) if at < line]
            yield Block(found[1], found[2], line, above[-1] if above else "")


UNITS = r"(?:ns|µs|ms|s|min|h|B|KiB|MiB|GiB|kB|MB|GB)"
COUNTED = "sent|received|echoed|late|duplicate\\w*|reordered|corrupted|dropped|mismatched"
COUNTED += "|timed out|forward|reverse|not sent|per second|of|answered|came back"
# What differs from run to run and from machine to machine; the rest of a line is exact.
DIFFERS = [
    (r"\x1b\[[0-9;]*m", ""),
    (r"\d{4}-\d\d-\d\d(T| )\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", "TIME"),
    (r"\w{3} \w{3} \d\d \d\d:\d\d:\d\d UTC \d{4}", "TIME"),
    (r"(?<= )\d+(?= +\d[\d.]*%)", "N"),
    (r"(?<![\w.])\d[\d.,]*%", lambda m: m[0] if m[0] in ("0%", "100%") else "N%"),
    (rf"(?<![\w.:-])\d[\d.,]* ?{UNITS}\b", "N"),
    (r"^seq=\d+", "seq=K"),
    (r"(?<= )-(?=[, )]|$)", "N"),
    # What depends on how many probes a busy machine could send on time.
    (r" \(lost and skipped probes count as infinite\)", ""),
    (r" \(p\d+ needs [^)]*; there are \d+\)", ""),
    (r"\((\w+) (?:is N|needs [^)]*)\)", r"(\1)"),
    (r", \d+ (skipped|outstanding)", ""),
    (rf"(?<![\d.])\d[\d.]*(?= (?:{COUNTED})\b)", "N"),
    (r"(?<![\d.:\w])\d+\.\d+(e-?\d+)?(?![\d.])", "N"),
    (r"(?<![\d.:\w-])(?:\d{4,}|(?<!^)\d{3})(?![\d.\w])", "N"),
    (r":(3[2-9]\d{3}|[4-6]\d{4})\b", ":PORT"),
    (r"Landlock ABI \d+", "Landlock ABI N"),
    (r"seccomp \(\d+ calls\)", "seccomp (N calls)"),
    (r"^(netecho|commit:|compiler:|features:|libraries:) +\d?.*(?<=[\w)])$",
     lambda m: m[0] if m[1] == "netecho" and not re.match(r"netecho \d", m[0]) else m[1]),
    # Figures of metrics, but not that something is 0.
    (r"^(netecho_\w+_(?:total|sum|count|bucket)(?:\{.*\})?) (?!0$)\S+$", r"\1 N"),
    (r"[ \t]+", " "),
]
# How many bars and stretches there are, and the remark about its speed, are the machine's business.
LEFT_OUT = re.compile(
    r"^ N (\d+|N) \S+%( \S+)?$|^( [N0])? [▁▂▃▄▅▆▇█x ]+$|^ ⋮$"
    r"|^ note: this machine's own floor|^seq=K skipped|^nping_event_handler"
)


def shape(lines):
    """Lines with their figures taken out, but not small whole ones, such as exit codes."""
    out = []
    for line in lines:
        for pattern, instead in DIFFERS:
            line = re.sub(pattern, instead, line)
        line = line.rstrip()
        # How many probes a busy machine could send on time is not the page's business, either.
        again = line.startswith("seq=K") and out and out[-1] == line
        if not again and not LEFT_OUT.match(line):
            out.append(line)
    while out and not out[-1]:
        out.pop()
    return out


def matches(shown, printed):
    """Whether these lines are those that the page shows, where `...` stands for any."""
    if not shown:
        return not printed
    if shown[0] == "...":
        return any(matches(shown[1:], printed[at:]) for at in range(len(printed) + 1))
    return bool(printed) and shown[0] == printed[0] and matches(shown[1:], printed[1:])
