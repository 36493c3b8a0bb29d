#!/usr/bin/python3
"""Draws what a message costs, and a silent connection, by how many connections there are.

Usage: bench/plot.py [RESULTS] [SVG]; needs gnuplot, and a run of the groups GROWTH and S7.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent

SCRIPT = """
set terminal svg size 900,360 font "sans,12" background "white"
set output "{svg}"
set multiplot layout 1,2
set logscale x
set xrange [0.8:20000]
set yrange [0:*]
set grid y
set xlabel "connections"
set key top right
set title "Processor time of the server a message (µs)"
plot {growth}
set title "Memory of a silent connection (B)"
plot {memory}
"""


def points(figures, group, value):
    """Program -> [(connections, value)], of the figures of that group."""
    out = {}
    for figure in figures:
        found = re.search(r"([\d,]+) (?:idle )?connections", figure["work"])
        if figure["group"] != group or not found:
            continue
        for entry in figure["entries"]:
            if entry["samples"] and entry[value] is not None:
                connections = int(found[1].replace(",", ""))
                out.setdefault(entry["name"], []).append((connections, entry[value]))
    return out


def curves(lines):
    """What gnuplot plots, with its data inline: a style and a title for each line."""
    plots = ", ".join(f"'-' with linespoints linewidth 2 title '{name}'" for name in lines)
    data = "".join("".join(f"{x} {y}\n" for x, y in line) + "e\n" for line in lines.values())
    return f"{plots}\n{data}"


def main():
    results = Path(sys.argv[1] if len(sys.argv) > 1 else BENCH / "results/latest.json")
    svg = Path(sys.argv[2] if len(sys.argv) > 2 else BENCH.parent / "docs/growth.svg")
    figures = json.loads(results.read_text())["figures"]
    growth = points(figures, "GROWTH", "cpu_us_per_message")
    memory = {k: v for k, v in points(figures, "S7", "median").items() if k == "netecho"}
    if not growth or not memory:
        sys.exit(f"{results} has no figures of GROWTH and S7: ./dev bench GROWTH S7")
    script = SCRIPT.format(svg=svg, growth=curves(growth), memory=curves(memory))
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


if __name__ == "__main__":
    main()
