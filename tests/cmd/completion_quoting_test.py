"""Tab and Enter in real shells, where sockets and files have names that others have chosen: a name
comes back as it is, or isn't offered; nothing in it is run."""

import contextlib
import os
import secrets
import socket
import string
import subprocess

import pytest
from netecho import NETECHO, netecho
from shells import START, Shell

SHELLS = list(START)
# As people set up their shells, and what a script of completion has to bear.
STRICT = {
    "bash": "set -o nounset; IFS=:; shopt -s nullglob extglob nocasematch",
    "zsh": "IFS=:; setopt nounset ksharrays shwordsplit globsubst rcquotes banghist",
    "fish": "set -g IFS :",
}

# `owned` is a program: whatever runs a part of a name leaves a trace.
COMMAND = b"$(owned${IFS}1)`owned 2`;owned&&!#~{a,b}*?[a]<>|&\\'\""


def around(character):
    """A name where this is the first, the last and one between two that would be a command."""
    return character + b"owned" + character + b"owned" + character


PUNCTUATION = [around(each.encode()) for each in " " + string.punctuation]
TEXTS = [
    *PUNCTUATION, (string.ascii_letters + string.digits).encode(), COMMAND, COMMAND[::-1],
    b"-", b"--", b"-rf", b"--json", b"~", b"~root", b"=ls", b"#owned", b"!!", b"!-1", b"^a^owned^",
    b"%1", b"$HOME", b"${HOME}", b"a  ", b"\\", b"\\\\", b"\\$(owned)", b"a:b=c", b"{1..3}", b"*",
    "ünïcödé".encode(), "日本語 $x".encode(), "한글".encode(), "😀;owned".encode(),
    "e\u0301".encode(),
]  # fmt: skip
CONTROLS = [around(bytes([each])) for each in (*range(1, 0x20), 0x7F)]
BYTES = [around(bytes([each])) for each in range(0x80, 0x100)]
# C1 controls, and what reorders or ends a line.
SIGNS = [around(each.encode()) for each in "\u0080\u0085\u009b\u200e\u2028\u202e\u2066\u2069"]
OVERLONG = [b"\xc0\xafowned", b"\xe0\x80\xafowned", b"\xed\xa0\x80owned", b"\xf4\x90\x80\x80owned"]
NO_TEXTS = [*CONTROLS, *BYTES, *SIGNS, *OVERLONG, b"a\nowned\n", b"\x1b]0;owned\x07"]


def test_every_byte_but_nul_is_in_these_names():
    assert {byte for name in TEXTS + NO_TEXTS for byte in name} == set(range(1, 256))


def batches(items, size):
    return [items[i : i + size] for i in range(0, len(items), size)]


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """One shell of each kind for all tests, for to start one takes long; another one where a test
    has left it in the middle of a line."""
    shells = {}

    def start(name):
        if name not in shells or not shells[name].waits:
            new = Shell(name, tmp_path_factory.mktemp(name))
            shells[name] = stack.enter_context(new)
        return shells[name]

    with contextlib.ExitStack() as stack:
        yield start


@pytest.fixture(params=SHELLS)
def shell(request, started, tmp_path):
    running = started(request.param)
    running.enter(tmp_path)
    yield running
    running.assert_nothing_was_run()


def no_slash(names):
    """They are names of files. `owned/` becomes shorter, and stays one name."""
    return list(dict.fromkeys(name.replace(b"/", b"") for name in names))


def make_file(folder, name):
    folder.mkdir(exist_ok=True)
    (folder / os.fsdecode(name)).touch()


def make_socket(folder, name):
    """In any folder, whose path may be longer than that of a socket."""
    folder.mkdir(exist_ok=True)
    number = os.open(folder, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
            bound.bind(b"/proc/self/fd/%d/%s" % (number, name))
    finally:
        os.close(number)


def one_a_folder(shell, make, names):
    """Every name in a folder of its own: what is typed up to it, and what is to come of that."""
    for i, name in enumerate(names):
        make(shell.folder / f"d{i:03}", name)
        # What is hidden is offered behind a dot.
        yield f"d{i:03}/{'.' * name.startswith(b'.')}", b"d%03d/%s" % (i, name)


@contextlib.contextmanager
def abstract_sockets(names):
    with contextlib.ExitStack() as stack:
        for name in names:
            bound = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
            bound.bind(b"\0" + name)
        yield


@contextlib.contextmanager
def one_a_tag(names):
    """The same with abstract names, each with a beginning that no other has."""
    tag = f"q{secrets.token_hex(4)}"
    pairs = [(f"@{tag}{i:03}", b"@%s%03d%s" % (tag.encode(), i, n)) for i, n in enumerate(names)]
    with abstract_sockets([name[1:] for _, name in pairs]):
        yield pairs


def check_sockets(shell, scheme, pairs):
    for batch in batches(list(pairs), 8):
        called = shell.run("netecho send " + " ".join(f"{scheme}{typed}\t" for typed, _ in batch))
        assert called == [b"send", *(scheme.encode() + name for _, name in batch)]


def no_at(names):
    """An abstract name with another @ isn't offered: it may be a NUL."""
    return [name for name in names if b"@" not in name]


def test_an_abstract_name_comes_back_as_itself_whatever_is_printable(shell):
    with one_a_tag(no_at(TEXTS)) as pairs:
        check_sockets(shell, "unixgram:", pairs)


def test_a_sockets_file_comes_back_as_itself_whatever_is_printable(shell):
    check_sockets(shell, "unixgram:", one_a_folder(shell, make_socket, no_slash(TEXTS)))


# As one beginning is common to all, any that was offered would show it.
def test_sockets_whose_names_are_no_text_are_not_offered(shell):
    tag = f"q{secrets.token_hex(4)}".encode()
    forged = b"\n0000000000000000: 00000002 00000000 00000000 0002 01 12345 @" + tag + b"_\x1b]0;x"
    nul = [b"\0", b"a\0b", b"a\0\0\0"]  # They look like @ where the names are read.
    names = [tag + b"_" + name for name in [*NO_TEXTS, *nul]]
    for name in NO_TEXTS:
        make_socket(shell.folder / "d", b"x" + name)
    with abstract_sockets([*names, tag + forged]):
        called = shell.run(f"netecho send unixgram:@{tag.decode()}\t unixgram:d/\t")
    assert called == [b"send", b"unixgram:@" + tag, b"unixgram:d/"]


def test_a_files_name_comes_back_as_itself_or_is_not_offered(shell):
    # bash asks netecho; the others know files themselves.
    texts, others = no_slash(TEXTS), no_slash(NO_TEXTS)
    known = texts if shell.name == "bash" else texts + others
    if shell.name == "bash":
        for name in others:
            make_file(shell.folder / "d", b"x" + name)
        assert shell.run("netecho send -f d/\t") == [b"send", b"-f", b"d/"]
    for (typed, name), got in files_completed(shell, known):
        assert got == name or (name[5:] in others and got == typed.encode()), name


def files_completed(shell, names, between=" "):
    """What is typed for each, what it stands for, and what netecho got."""
    pairs = list(one_a_folder(shell, make_file, names))
    for batch in batches(pairs, 3):
        # Each option once: zsh completes no other.
        options = ["--key-file", "--hdr", "--samples"][: len(batch)]
        words = [f"{option}{between}{typed}\t" for option, (typed, _) in zip(options, batch)]
        called = shell.run("netecho probe " + " ".join(words))
        values = called[2::2]
        if between == "=":
            values = [word.partition(b"=")[2] for word in called[1:]]
        assert called[:1] == [b"probe"] and len(values) == len(batch)
        yield from zip(batch, values)


def test_a_files_name_comes_back_behind_an_equals_sign(shell):
    for (_, name), got in files_completed(shell, no_slash([*PUNCTUATION, COMMAND]), "="):
        assert got == name


def test_a_name_may_begin_the_word_whatever_it_begins_with(shell):
    names = no_slash([*PUNCTUATION, b"-", b"--", b"-rf", b"--json", b"~root", b"=ls", b"!!"])
    for i, name in enumerate(names):
        make_file(shell.folder / f"d{i:03}", name)
    for i, name in enumerate(names):
        shell.do(f"cd ../d{i:03}" if i else f"cd d{i:03}")
        typed = "." * name.startswith(b".")
        assert shell.run(f"netecho send -f {typed}\t") == [b"send", b"-f", name]


def quoted_by_hand(name, style, text):
    """As much as can be typed: in this kind of quotes, which stay open."""
    if style == "\\":
        return "".join(c if c.isalnum() or c in "/:" else "\\" + c for c in text)
    if style == "'":
        escaped = {"fish": {"'": "\\'", "\\": "\\\\"}}.get(name, {"'": "'\\''"})
    else:
        # The history is looked up inside of these, too, but for fish.
        assert name == "fish" or "!" not in text
        escaped = {c: "\\" + c for c in ('"$\\' if name == "fish" else '"$`\\')}
    return style + "".join(escaped.get(c, c) for c in text)


def is_open(name, line):
    """Whether a quote is, at the end of the line."""
    quote, escaped = "", False
    for c in line:
        if escaped:
            escaped = False
        elif c == "\\" and (quote != "'" or name == "fish"):
            escaped = True
        elif c == quote:
            quote = ""
        elif c in ("'", '"') and not quote:
            quote = c
    return bool(quote)


def completed_by_hand(shell, style, words):
    """How netecho is called where each word is typed in its quotes and completed; those that
    stay open are closed."""
    shell.press("netecho send")
    for word in words:
        after = shell.press(" " + quoted_by_hand(shell.name, style, word) + "\t")
        if is_open(shell.name, after):
            shell.press(style)
    return shell.run("")


# What can't be written in these quotes, or what fish looks at as a wildcard though it is in them.
NOT_IN_QUOTES = {
    ("bash", "'"): b"'", ("bash", '"'): b"!", ("fish", "'"): b"*?", ("fish", '"'): b"*?",
}  # fmt: skip


@pytest.mark.parametrize("style", ["\\", "'", '"'])
def test_what_was_typed_in_quotes_goes_on_as_itself_or_not_at_all(shell, style):
    names = no_slash([*PUNCTUATION, COMMAND, "é é".encode()])
    pairs = list(one_a_folder(shell, make_socket, names))
    words = []
    for typed, name in pairs:
        # As far as the character in question; of some only what is before it.
        for cut in (0, 2) if name[5:6] in b"$!'\"\\" else (2,):
            text = "unixgram:" + name.decode()[: max(len(typed), 5 + cut)]
            if not (style == '"' and "!" in text and shell.name != "fish"):
                words.append((text, b"unixgram:" + name))
    for batch in batches(words, 10):
        called = completed_by_hand(shell, style, [text for text, _ in batch])
        assert called[:1] == [b"send"] and len(called) == 1 + len(batch)
        for (text, name), got in zip(batch, called[1:]):
            assert got in (name, text.encode())
            assert got == name or set(NOT_IN_QUOTES.get((shell.name, style), b"")) & set(name)


@pytest.mark.parametrize("name", SHELLS)
def test_names_come_back_as_themselves_however_the_shell_is_set_up(name, tmp_path):
    names = no_slash([*PUNCTUATION, COMMAND, "ünï 日本".encode()])
    (tmp_path / "work").mkdir()
    with Shell(name, tmp_path / "shell", STRICT[name]) as shell:
        shell.enter(tmp_path / "work")
        with one_a_tag(no_at(names)) as pairs:
            check_sockets(shell, "unixgram:", pairs)
        for (_, name), got in files_completed(shell, names[::3] + [COMMAND]):
            assert got == name
        called = shell.run("netecho send --half-c\t --df pro\t")
        assert called == [b"send", b"--half-close", b"--df", b"probe"]
        shell.assert_nothing_was_run()


def test_one_users_odd_name_does_not_take_completion_from_others():
    tag = secrets.token_hex(4).encode()
    good = [tag + b"-a", tag + b"-z"]
    odd = [b"x\n1 2 3 4 zz 6 7 @" + tag + b"-b", tag + b"-c\nlater", tag + b"-d\x1b[2J"]
    with abstract_sockets([good[0], *odd, good[1]]):
        done = netecho("__complete", "client", f"unixgram:@{tag.decode()}")
    assert done.stdout.split(b"\n") == [b"unixgram:@" + name for name in good] + [b""]


def test_bash_goes_on_behind_what_was_quoted_by_hand(tmp_path):
    (tmp_path / "a folder").mkdir()
    (tmp_path / "a folder/fi$le").touch()
    with Shell("bash", tmp_path / "shell") as shell:
        shell.enter(tmp_path)
        (shell.hidden / "home file").touch()
        for typed in ("a\\ folder/fi\t", "a' f'older/fi\t", '"a folder"/f\t', "a\\ fo\tf\t"):
            assert shell.run(f"netecho send -f {typed}") == [b"send", b"-f", b"a folder/fi$le"]
        called = shell.run("netecho send -f ~/home\\ \t")
        assert called == [b"send", b"-f", os.fsencode(shell.hidden / "home file")]
        # What isn't known before the line is run isn't completed, nor run.
        for typed in ("$HOME/home\t", '"$HOME/home\t"', "$(echo $HOME)/home\t"):
            called = shell.run(f"netecho send -f {typed}")
            assert called == [b"send", b"-f", os.fsencode(shell.hidden / "home")]


def test_threads_offers_no_placeholder():
    for name in SHELLS:
        script = subprocess.run(
            [NETECHO, "completion", name], capture_output=True, text=True, check=True, timeout=30
        ).stdout
        line = [line for line in script.splitlines() if "threads" in line and "auto" in line]
        assert line and all("N auto" not in each for each in line)
