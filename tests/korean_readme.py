#!/usr/bin/env python3
"""README.ko.md says what README.md says: the same blocks of commands and output, headings, paragraphs,
rows, code and links, in the same order. Only the words differ, and comments of commands."""

import re
import sys
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Each page leads to the other.
TRANSLATIONS = {"README.ko.md", "README.md"}
FENCE = re.compile(r"^```.*?^```$", re.M | re.S)
COMMENT = re.compile(r" +# .*$", re.M)


def kind_of(paragraph):
    """What it is, with how many parts."""
    lines = paragraph.splitlines()
    if found := re.match(r"#+ ", paragraph):
        return f"heading {found[0].strip()}"
    if paragraph.startswith("|"):
        return f"table of {len(lines)} rows, {lines[0].count('|') - 1} columns"
    if paragraph.startswith("- "):
        return f"list of {len(re.findall('^- ', paragraph, re.M))}"
    return "text"


def outline(page):
    """(name, value) of each thing that both pages have in common."""
    text = (ROOT / page).read_text()
    blocks = [COMMENT.sub("", block) for block in FENCE.findall(text)]
    for paragraph in re.split(r"\n\n+", FENCE.sub("```", text).strip()):
        yield "block", blocks.pop(0) if paragraph == "```" else kind_of(paragraph)
        links = re.findall(r"\]\(([^)]+)\)", paragraph)
        yield "links", [link for link in links if link not in TRANSLATIONS]
        # A sentence may name its parts in another order.
        yield "code", sorted(re.findall(r"`([^`\n]+)`", paragraph))


def main():
    complaints = [
        f"README.md has {english}, README.ko.md {korean}"
        for english, korean in zip_longest(outline("README.md"), outline("README.ko.md"))
        if english != korean
    ][:3]
    for page, other in (("README.md", "README.ko.md"), ("README.ko.md", "README.md")):
        if f"]({other})" not in (ROOT / page).read_text():
            complaints.append(f"{page} has no link to {other}")
    words = len((ROOT / "README.md").read_text().split())
    if words > 800:
        complaints.append(f"README.md has {words} words, more than 800")
    print(*complaints, sep="\n", end="\n" if complaints else "")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
