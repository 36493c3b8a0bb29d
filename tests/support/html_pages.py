"""Reads the pages that `report` and `probe --html` write, and checks what holds of each."""

import json
from html.parser import HTMLParser

from netecho import netecho
from schema import check

VOID = {"meta", "link", "br", "hr", "img", "input"}
POLICY = ("default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
          "form-action 'none'")
# What a browser would fetch, run or send.
REACHING = {"src", "srcset", "href", "xlink:href", "action", "formaction", "data", "poster", "ping"}


class PageOf(HTMLParser):
    """A page, with its elements in order: (name, attributes, text)."""

    def __init__(self, path):
        super().__init__()
        self.elements, self.open = [], []
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)
        self.close()
        assert self.open == [], "not closed"

    def handle_starttag(self, tag, attrs):
        self.elements.append([tag, dict(attrs), ""])
        if tag not in VOID:
            self.open.append(self.elements[-1])

    def handle_startendtag(self, tag, attrs):
        self.elements.append([tag, dict(attrs), ""])

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        for element in self.open:
            element[2] += data

    def all(self, tag):
        return [element for element in self.elements if element[0] == tag]

    @property
    def text(self):
        return self.all("main")[0][2]

    @property
    def headings(self):
        return [text for tag, _, text in self.elements if tag in ("h1", "h2", "h3")]

    @property
    def data(self):
        return [json.loads(text) for _, _, text in self.all("script")]


def read(path, language="en"):
    """A page that keeps every promise that does not depend on what is in it."""
    page = PageOf(path)
    assert page.source.startswith("<!DOCTYPE html>")
    assert page.all("html")[0][1] == {"lang": language}
    assert [a["content"] for _, a, _ in page.all("meta")
            if a.get("http-equiv") == "Content-Security-Policy"] == [POLICY]
    for tag, attributes, _ in page.elements:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in REACHING:
                assert value.startswith(("data:", "#")), (tag, name, value)
        assert tag not in ("iframe", "object", "embed", "base", "form", "img")
    assert all(a["type"] == "application/json" for _, a, _ in page.all("script"))
    assert "@import" not in page.source and "url(" not in page.source
    ids = [a["id"] for _, a, _ in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    for _, attributes, _ in page.all("svg"):
        assert attributes["role"] == "img"
        assert set(attributes["aria-labelledby"].split()) <= set(ids)
    assert len(page.all("desc")) == len(page.all("svg")) == len(page.all("title")) - 1
    assert all(text.strip() for _, _, text in page.all("desc"))
    for result in page.data:
        check(result)
    return page


def report(*args, **more):
    return netecho("report", *args, **more)
