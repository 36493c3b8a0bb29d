"""The file that a key is in: who may read it, what it may hold, where it is named."""

import pytest
from keys import KEY, key_file, keyed, probed
from netecho import environment, netecho, serve


def refused_file(path, **popen):
    """Both commands say the same: returns the one line."""
    results = [
        netecho("serve", "udp://127.0.0.1:0", "--key-file", path, **popen),
        netecho("probe", "udp://127.0.0.1:9", "--key-file", path, **popen),
    ]
    for result in results:
        assert (result.code, len(result.errors), result.stdout) == (8, 1, b""), result
    assert results[0].errors == results[1].errors
    return results[0].errors[0]


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o600, 0o640, 0o700])
def test_a_key_file_of_its_owner_alone_is_taken(mode, folder):
    path = key_file(folder, "key", KEY, mode)
    with serve("udp://127.0.0.1:0", "--key-file", path):
        pass


@pytest.mark.parametrize("mode", [0o644, 0o620, 0o660, 0o604, 0o601, 0o602])
def test_a_key_file_that_others_can_use_is_refused(mode, folder):
    path = key_file(folder, "key", KEY, mode)
    line = refused_file(path)
    assert line.startswith(f"netecho: key file {path}: its mode is 0{mode:o}: "), line


@pytest.mark.parametrize("data, told", [
    (b"", "0"), (b"\n", "0"), (b"fifteen bytes..", "15"), (b"fifteen bytes..\n", "15"),
    (b"x" * 1025, "more"), (b"x" * 1025 + b"\n", "more"), (b"x" * 100_000, "more"),
])  # fmt: skip
def test_a_key_of_a_wrong_length_is_refused(data, told, folder):
    path = key_file(folder, "key", data)
    assert refused_file(path) == (
        f"netecho: key file {path}: a key has 16 to 1024 bytes, this one has {told}"
    )


@pytest.mark.parametrize("data", [b"sixteen bytes ok", b"x" * 1024, b"sixteen\0\n\xff bytes"])
def test_one_final_newline_is_not_part_of_the_key(data, folder):
    without = key_file(folder, "without", data)
    with_one = key_file(folder, "with", data + b"\n")
    with serve("udp://127.0.0.1:0", "--key-file", with_one, "--require-key") as server:
        assert netecho("probe", server.endpoint, "-c1", "--key-file", without).code == 0


def test_what_cannot_be_read_is_refused(folder):
    assert "ENOENT" in refused_file(folder / "missing")
    assert "EISDIR" in refused_file(folder)


def test_the_environment_names_the_key_file_unless_it_is_empty(folder, key, other):
    with keyed("udp", "--key-file", key, "--require-key") as server:

        def run(*options, value):
            env = environment(NETECHO_KEY_FILE=value)
            return probed(server.endpoint, "-c1", "-W", "100ms", *options, env=env)[0].code

        assert run(value=str(key)) == 0
        assert run("--key-file", key, value=str(other)) == 0
        assert run(value=str(other)) == 1
        assert run(value="") == 1
    env = environment(NETECHO_KEY_FILE=str(key))
    with serve("udp://127.0.0.1:0", "--require-key", env=env) as server:
        assert netecho("probe", server.endpoint, "-c1", "--key-file", key).code == 0
    # Neither looks at a frame.
    with serve("tcp://127.0.0.1:0", "--plain", env=env) as server:
        assert netecho("probe", server.endpoint, "-c1", "--mode", "connect", env=env).code == 0


@pytest.mark.parametrize(
    "command",
    [
        ["serve", "--require-key"],
        ["serve", "--plain", "--key-file", "KEY"],
        ["probe", "udp://127.0.0.1:9", "--key-file", "KEY", "-s", "47"],
        ["probe", "udp://127.0.0.1:9", "--key-file", "KEY", "--sweep", "100,40"],
        ["probe", "unixgram:@none", "--key-file", "KEY", "-s", "65537"],
        ["probe", "tcp://127.0.0.1:9", "--key-file", "KEY", "--mode", "connect"],
    ],
    ids=lambda command: " ".join(command[:1] + command[2:]),
)
def test_what_a_key_cannot_do_is_a_usage_error(command, key):
    result = netecho(*[key if word == "KEY" else word for word in command])
    assert (result.code, len(result.errors)) == (2, 1), result


def test_a_usage_error_comes_before_the_key_is_read(folder):
    result = netecho("serve", "udp://127.0.0.1:banana", "--key-file", folder / "missing")
    assert result.code == 2
