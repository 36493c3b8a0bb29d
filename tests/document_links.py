#!/usr/bin/env python3
"""Every link of a page to a file of this repository, and to a heading of a page, leads somewhere, and
docs/README.md has all pages of its folder."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "packaging").rglob("*.md")])
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.M | re.S)
LINK = re.compile(r"\[[^\]]*\]\(\s*([^)\s]+)\s*\)")


def anchors(page):
    """As GitHub makes them of headings: the second of one name ends in -1."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    seen = {}
    for heading in re.findall(r"^#+ (.*)$", text, re.M):
        heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        seen[slug] = seen.get(slug, -1) + 1
        yield slug + (f"-{seen[slug]}" if seen[slug] else "")


def complaints_about(page):
    for link in LINK.findall(CODE.sub("", page.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        file = (page.parent / path).resolve() if path else page
        where = f"{page.relative_to(ROOT)}: {link}"
        if not file.is_relative_to(ROOT) or not file.exists():
            yield f"{where}: there is no such file"
        elif anchor and anchor not in anchors(file):
            yield f"{where}: there is no such heading"


def main():
    complaints = [each for page in PAGES for each in complaints_about(page)]
    index = ROOT / "docs/README.md"
    listed = set(LINK.findall(index.read_text()))
    for page in sorted((ROOT / "docs").glob("*.md")):
        if page != index and page.name not in listed:
            complaints.append(f"docs/README.md does not list {page.name}")
    print(*complaints, sep="\n", end="\n" if complaints else "")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
