"""Queries as text: which metrics they ask for, and whether Prometheus understands them."""

import re

import pytest
from netecho import PROJECT, netecho
from prometheus import SHIPPED, promtool

# A string, behind which a name is no metric.
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
RAW = re.compile(r"(?<![:\w])(?:netecho|process)_\w+")
RECORDED = re.compile(r"(?<![:\w])(?:path|instance|target):\w+:\w+")
SUFFIX = re.compile(r"_(?:total|bucket|sum|count)$")


def yaml_of(text):
    return pytest.importorskip("yaml", reason="python3-yaml is not installed").safe_load(text)


def rules():
    groups = yaml_of((SHIPPED / "netecho.rules.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def recorded():
    """The names that the shipped rules record."""
    return {rule["record"] for rule in rules() if "record" in rule}


def families():
    """The names of all families of metrics that the sources have, without the suffixes of samples."""
    sources = [file for room in ("core", "cmd") for file in (PROJECT / room).rglob("*.cpp")]
    literal = re.compile(r'"((?:netecho|process)_[a-z_]+)"')
    return {SUFFIX.sub("", name) for file in sources for name in literal.findall(file.read_text())}


def families_of_probe():
    """The names of the samples that a probe of this host has."""
    said = netecho("probe", "--self", "-c3", "-i20ms", "--format", "prometheus").text
    return set(re.findall(r"^(netecho_\w+)", said, re.M))


def unknown_metrics(queries):
    """The names in the queries that nobody exposes or records."""
    said = [STRING.sub("", query) for query in queries]
    raw = {name for query in said for name in RAW.findall(query)}
    made = {name for query in said for name in RECORDED.findall(query)}
    assert raw or made, "no name was found in the queries"
    exist = families()
    return {name for name in raw if SUFFIX.sub("", name) not in exist} | made - recorded()


def refused(folder, queries):
    """What promtool says against them; nothing if all are queries."""
    lines = ["groups:", "- name: queries", "  rules:"]
    for number, query in enumerate(queries):
        lines += [f"  - record: query_{number}", "    expr: |-"]
        lines += ["      " + line for line in query.splitlines()]
    (folder / "queries.yml").write_text("\n".join(lines) + "\n")
    code, said = promtool("check", "rules", folder / "queries.yml")
    return "" if code == 0 and f"{len(queries)} rules found" in said else said
