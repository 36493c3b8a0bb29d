"""A strict reader of what Prometheus scrapes: its text format 0.0.4 and OpenMetrics 1.0.

Stricter than Prometheus is: every family has its HELP and TYPE once and before its samples, all its
samples stand together, no two of them are the same series, and histograms add up.
"""

import re

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|\Z)')
SAMPLE = re.compile(r'([^ {]+)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? (\S+)\Z', re.S)
VALUE = re.compile(r"(?:[+-]?\d+(?:\.\d+)?(?:e[+-]\d+)?|[+-]Inf|NaN)\Z")
SUFFIXES = {"counter": {"_total"}, "gauge": {""}, "histogram": {"_bucket", "_sum", "_count"}}


class Broken(AssertionError):
    """The text is no valid exposition."""


def expect(condition, why):
    if not condition:
        raise Broken(why)


class Family:
    def __init__(self, name):
        self.name = name
        self.type = self.help = self.unit = None
        self.samples = []  # (suffix, labels, value)

    def value(self, suffix="", **labels):
        """That of the only sample of this suffix which has these labels, and maybe others."""
        (found,) = [value for which, has, value in self.samples
                    if which == suffix and labels.items() <= has.items()]
        return found

    def buckets(self, **labels):
        """{bound: how many are at most that}"""
        return {float(has["le"]): value for which, has, value in self.samples
                if which == "_bucket" and labels.items() <= has.items()}

    def series(self):
        """The labels of each, without those that only tell the samples of one apart."""
        every = [tuple(sorted((k, v) for k, v in has.items() if k != "le")) for _, has, _ in self.samples]
        return list(dict.fromkeys(every))


def labels_of(text, line):
    out = {}
    at = 0
    while at < len(text):
        found = LABEL.match(text, at)
        expect(found, f"labels that are none: {line!r}")
        name, value, separator = found.groups()
        expect(name not in out, f"a label twice: {line!r}")
        out[name] = re.sub(r"\\(.)", lambda each: "\n" if each[1] == "n" else each[1], value)
        at = found.end()
        expect(separator or at == len(text), f"labels that run together: {line!r}")
        expect(not separator or at < len(text), f"a comma too many: {line!r}")
    return out


class Reader:
    def __init__(self, open_metrics):
        self.open_metrics = open_metrics
        self.families = {}
        self.current = None
        self.seen = set()

    def family_of(self, name):
        """The family that a header or a sample is about: the current one, or a new one."""
        if self.current is None or self.current.name != name:
            expect(name not in self.families, f"{name}: a family in two places")
            expect(NAME.match(name), f"{name!r}: no name of a metric")
            self.current = self.families[name] = Family(name)
        return self.current

    def header(self, line):
        parts = line.split(" ", 3)
        expect(len(parts) == 4 and parts[1] in ("HELP", "TYPE", "UNIT"), f"a comment: {line!r}")
        _, kind, name, text = parts
        if kind == "TYPE" and text == "counter":
            expect(name.endswith("_total") != self.open_metrics, f"a counter's name: {line!r}")
        family = self.family_of(name)
        expect(not family.samples, f"a header behind its samples: {line!r}")
        expect(getattr(family, kind.lower()) is None, f"a header twice: {line!r}")
        expect(text, f"an empty header: {line!r}")
        if kind == "HELP":
            expect(re.fullmatch(r'(?:[^\\]|\\[\\n"])*', text), f"a bad escape: {line!r}")
        if kind == "TYPE":
            expect(text in SUFFIXES, f"no type: {line!r}")
        if kind == "UNIT":
            expect(self.open_metrics and name.endswith("_" + text), f"no unit of it: {line!r}")
        setattr(family, kind.lower(), text)

    def sample(self, line):
        found = SAMPLE.match(line)
        expect(found, f"no sample: {line!r}")
        name, labels, value = found.groups()
        expect(NAME.match(name) and VALUE.match(value), f"no sample: {line!r}")
        family = self.current
        expect(family and family.type and family.help, f"a sample without its headers: {line!r}")
        base = family.name
        if family.type == "counter" and not self.open_metrics:
            base = base.removesuffix("_total")
        suffix = name.removeprefix(base)
        expect(name.startswith(base) and suffix in SUFFIXES[family.type], f"of another family: {line!r}")
        has = labels_of(labels or "", line)
        series = (name, tuple(sorted(has.items())))
        expect(series not in self.seen, f"a series twice: {line!r}")
        self.seen.add(series)
        expect(("le" in has) == (suffix == "_bucket"), f"le where it does not belong: {line!r}")
        family.samples.append((suffix if family.type == "histogram" else "", has, float(value)))

    def read(self, text):
        expect(text.endswith("\n") or not text, "the last line has no end")
        lines = text.split("\n")[:-1]
        if self.open_metrics:
            expect(lines and lines.pop() == "# EOF", "no end of OpenMetrics")
        for line in lines:
            expect(line, "an empty line")
            self.header(line) if line.startswith("#") else self.sample(line)
        for family in self.families.values():
            expect(family.samples, f"{family.name}: no samples")
            if family.type == "histogram":
                check_histogram(family)
        return self.families


def check_histogram(family):
    runs = []  # The labels of each sample without le, with its neighbors as one.
    for suffix, has, value in family.samples:
        rest = {k: v for k, v in has.items() if k != "le"}
        if not runs or runs[-1][0] != rest:
            runs.append((rest, []))
        runs[-1][1].append((suffix, has.get("le"), value))
    keys = [tuple(sorted(rest.items())) for rest, _ in runs]
    expect(len(keys) == len(set(keys)), f"{family.name}: a histogram in two places")
    for rest, samples in runs:
        where = f"{family.name} {rest}"
        bounds = [float(le) for suffix, le, _ in samples if suffix == "_bucket"]
        counts = [value for suffix, _, value in samples if suffix == "_bucket"]
        expect(bounds and samples[len(bounds) - 1][1] == "+Inf", f"{where}: no +Inf")
        expect(all(a < b for a, b in zip(bounds, bounds[1:])), f"{where}: bounds {bounds}")
        expect(all(a <= b for a, b in zip(counts, counts[1:])), f"{where}: counts {counts}")
        rest_of_it = {suffix: value for suffix, _, value in samples[len(bounds):]}
        expect(set(rest_of_it) == {"_sum", "_count"}, f"{where}: no sum or no count")
        expect(rest_of_it["_count"] == counts[-1], f"{where}: the count is not that of +Inf")
        expect(rest_of_it["_sum"] >= 0, f"{where}: a negative sum")


def read(data, open_metrics=False):
    """{name: Family} of an exposition; Broken if it is none. Counters are named as their samples are
    in the older format, as their families are in OpenMetrics."""
    return Reader(open_metrics).read(data.decode("utf-8"))
