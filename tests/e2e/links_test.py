"""A file to write to that is a symbolic link: this user's and root's are followed, nobody else's."""

import os

import pytest
from fixtures import folder, needs_root  # noqa: F401
from netecho import NOBODY, netecho, serve

WRITERS = ["--port-file", "--samples", "--hdr"]


def command_of(option, path):
    """One that opens `path` for writing before it waits for anything."""
    if option == "--port-file":
        return "serve", "udp://127.0.0.1:0", option, path
    return "probe", "udp://127.0.0.1:9", "-c1", option, path


@needs_root
@pytest.mark.parametrize("option", WRITERS)
def test_another_users_link_is_not_followed(folder, option):
    mine, theirs = folder / "mine", folder / "theirs"
    mine.write_text("what was there")
    theirs.mkdir()
    link = theirs / "out.csv"
    link.symlink_to(mine)
    os.lchown(link, NOBODY, NOBODY)
    os.chown(theirs, NOBODY, NOBODY)
    result = netecho(*command_of(option, link))
    (line,) = result.errors
    assert result.code == 8
    assert f"it is a symbolic link of another user ({NOBODY})" in line
    assert mine.read_text() == "what was there" and link.is_symlink()


@pytest.mark.parametrize("option", WRITERS)
@pytest.mark.parametrize("leads_to", ["elsewhere/mine.csv", "{folder}/elsewhere/mine.csv"])
def test_an_own_link_is_followed_wherever_it_leads(folder, option, leads_to):
    (folder / "elsewhere").mkdir()
    mine = folder / "elsewhere/mine.csv"
    mine.write_text("what was there, and longer than what comes now" * 1000)
    link = folder / "out.csv"
    link.symlink_to(leads_to.format(folder=folder))
    if option == "--port-file":
        with serve("udp://127.0.0.1:0", option, link) as server:
            assert mine.read_text() == f"{server.endpoint}\n"
    else:
        with serve("udp://127.0.0.1:0") as server:
            assert netecho("probe", server.endpoint, "-c1", option, link).code == 0
        assert 0 < mine.stat().st_size < 40_000
    assert link.is_symlink()


def test_a_link_that_stands_for_a_descriptor_is_followed(folder):
    """/dev/stdout leads to /proc/self/fd/1, which leads to a pipe without a name."""
    with serve("udp://127.0.0.1:0") as server:
        for path in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"):
            result = netecho("probe", "-q", server.endpoint, "-c1", "--hdr", path)
            assert result.code == 0 and b"#[Histogram log format" in result.stdout, result
