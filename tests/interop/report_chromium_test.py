"""Chromium shows the page of a report: it has nothing to complain of, asks nobody for anything, is
dark where its reader wants that, and prints."""

import re

import pytest
from chromium import chromium
from netecho import netecho, serve
from html_pages import report

A4 = (595, 842)
IMPAIRED = "loss=5%,delay=2ms,jitter=1ms,seed=7"
COMPLAINTS = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")
SCRIPT = "<script>document.title='run'</script>"
IMAGE = "<img src='https://example.invalid/'>"
EVIL = f"unix:/x</script>{SCRIPT}{IMAGE}\u202e"


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A run, two of them compared, one in Korean, one without replies, one with a hostile name."""
    folder = tmp_path_factory.mktemp("pages")
    for name in ("a", "b"):
        with serve("udp://127.0.0.1:0", "--impair", IMPAIRED) as server:
            done = netecho("probe", server.endpoints[0], "-c100", "-i2ms", "-W200ms", "--format",
                           "jsonl")
        assert done.code == 0, done
        (folder / name).write_bytes(done.stdout)
    text = (folder / "a").read_text()
    uri = re.search(r'"uri":"([^"]*)"', text)[1]
    (folder / "evil").write_text(text.replace(uri, EVIL.replace('"', '\\"')))
    (folder / "lost").write_text(text.replace('"status":"ok"', '"status":"timeout"'))
    for page, words in {"run": ["a"], "two": ["a", "b"], "korean": ["a", "--lang", "ko"],
                        "lost": ["lost"], "evil": ["evil"]}.items():
        words = [folder / word if (folder / word).is_file() else word for word in words]
        done = report(*words, "-o", folder / f"{page}.html")
        assert done.code == 0, done
    return folder


@pytest.mark.parametrize("page", ["run", "two", "korean", "lost", "evil"])
@pytest.mark.parametrize("width, scheme", [(1280, "light"), (1280, "dark"), (390, "light")])
def test_it_has_nothing_to_complain_of_and_asks_nobody(browser, pages, page, width, scheme):
    path = pages / f"{page}.html"
    browser.open(path, width, scheme)
    assert browser.reported(*COMPLAINTS) == []
    asked = [each["request"]["url"] for each in browser.reported("Network.requestWillBeSent")]
    assert asked == [f"file://{path}"]
    assert browser.value("document.title") == re.search("<title>(.*)</title>", path.read_text())[
        1].replace("&lt;", "<").replace("&gt;", ">").replace("&#39;", "'")
    # What is too wide scrolls by itself: the page does not.
    assert browser.value("document.documentElement.scrollWidth") == width


def test_the_policy_of_the_page_forbids_what_it_does_not_have(browser, pages):
    """A check of the one above: what would reach out or run is stopped, and told."""
    text = (pages / "run.html").read_text()
    (pages / "reaching.html").write_text(text.replace("</main>", f"{IMAGE}{SCRIPT}</main>"))
    browser.open(pages / "reaching.html")
    told = " ".join(each["entry"]["text"] for each in browser.reported("Log.entryAdded"))
    assert "example.invalid" in told and "inline script" in told
    assert browser.value("document.title") != "run"


def test_light_and_dark_are_not_the_same(browser, pages):
    looks = {}
    for scheme in ("light", "dark"):
        browser.open(pages / "run.html", scheme=scheme)
        paper = browser.value("getComputedStyle(document.body).backgroundColor")
        text = browser.value("getComputedStyle(document.querySelector('svg text')).fill")
        looks[scheme] = [sum(map(int, re.findall(r"\d+", color))) for color in (paper, text)]
        looks[scheme].append(browser.picture())
    (light_paper, light_text, light), (dark_paper, dark_text, dark) = looks["light"], looks["dark"]
    assert light_text < 384 < light_paper and dark_paper < 384 < dark_text
    assert light != dark


def test_labels_of_plots_are_read_on_a_phone(browser, pages):
    browser.open(pages / "run.html", 390)
    least = browser.value(
        "Math.min(...[...document.querySelectorAll('svg text')]"
        ".map(each => each.getBoundingClientRect().height))")
    assert least >= 9, least


@pytest.mark.parametrize("page", ["run", "two"])
def test_labels_do_not_lie_on_each_other(browser, pages, page):
    browser.open(pages / f"{page}.html")
    together = browser.value("""
        [...document.querySelectorAll('svg')].flatMap(svg => {
          const texts = [...svg.querySelectorAll('text')];
          const boxes = texts.map(each => each.getBBox());
          return texts.flatMap((text, i) => boxes.slice(0, i).flatMap((other, j) =>
            boxes[i].x < other.x + other.width && other.x < boxes[i].x + boxes[i].width &&
            boxes[i].y + 3 < other.y + other.height && other.y + 3 < boxes[i].y + boxes[i].height
              ? [texts[j].textContent + ' | ' + text.textContent] : []));
        })""")
    assert together == []
    outside = browser.value("""
        [...document.querySelectorAll('svg text')].filter(text => {
          const box = text.getBBox(), svg = text.ownerSVGElement.viewBox.baseVal;
          return box.x < 0 || box.y < 0 || box.x + box.width > svg.width ||
                 box.y + box.height > svg.height;
        }).map(text => text.textContent)""")
    assert outside == []


@pytest.mark.parametrize("page, pages_of_paper", [("run", range(1, 4)), ("two", range(2, 7))])
def test_it_prints_on_a4(browser, pages, page, pages_of_paper):
    browser.open(pages / f"{page}.html", scheme="dark")
    paper = browser.paper()
    assert paper.startswith(b"%PDF-")
    sizes = [tuple(round(float(each)) for each in match.split())
             for match in re.findall(rb"/MediaBox \[0 0 ([\d.]+ [\d.]+)\]", paper)]
    assert set(sizes) == {A4}
    assert len(sizes) in pages_of_paper


def test_what_has_to_be_opened_is_not_on_paper(browser, pages):
    browser.open(pages / "run.html")
    browser.ask("Emulation.setEmulatedMedia", media="print")
    try:
        shown = browser.value(
            "[...document.querySelectorAll('h2')]"
            ".filter(each => each.offsetHeight > 0).map(each => each.textContent)")
    finally:
        browser.ask("Emulation.setEmulatedMedia", media="")
    assert "The instrument's own share" in shown
    assert not {"All figures", "The data"} & set(shown)
