"""serve --user: root opens what only root can, and somebody else serves it."""

import json
import os
import pwd
from pathlib import Path

import pytest
from fixtures import needs_root
from netecho import NOBODY, as_nobody, binary_for_everyone, finish, netecho, running, serve
from programs import network
from sockets import connect, echo


def identity(pid):
    """What every thread has: real, effective, saved and file-system ids, groups, capabilities."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        fields = dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines())
        found.append((
            {int(x) for x in fields["Uid"].split()},
            {int(x) for x in fields["Gid"].split()},
            fields["Groups"].split(),
            {fields[name] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")},
        ))
    return found


NO_CAPABILITIES = {"0" * 16}


@needs_root
@pytest.mark.parametrize("user", ["nobody", str(NOBODY)])
def test_a_port_below_1024_is_served_by_somebody_who_is_not_root(user):
    group = pwd.getpwnam("nobody").pw_gid
    with network() as (prefix, _):
        with serve("tcp://127.0.0.1:7", "udp://127.0.0.1:7", "--user", user, "--trace",
                   prefix=prefix) as server:
            for uri in server.endpoints:
                result = netecho("send", uri, "hello", prefix=prefix)
                assert result.stdout == b"hello", result
            threads = identity(server.pid)
            assert len(threads) >= 2  # ThreadSanitizer has one of its own.
            for thread in threads:
                assert thread == ({NOBODY}, {group}, [], NO_CAPABILITIES)
            assert server.stderr == ""


@needs_root
def test_without_the_option_nothing_changes():
    with serve("tcp://127.0.0.1:0") as server:
        assert identity(server.pid)[0][:2] == ({0}, {0})


@needs_root
def test_a_socket_file_where_the_user_may_not_remove_it_stays_behind_and_is_told(folder):
    folder.chmod(0o755)
    with serve(f"unix:{folder}/s", f"unixgram:{folder}/g", "--user", "nobody") as server:
        assert server.stderr.splitlines() == [
            f"netecho: warning: unix:{folder}/{name} will stay behind: nobody may not remove it"
            for name in "sg"
        ]
        for uri in server.endpoints:
            with connect(uri) as client:
                assert echo(client, b"x") == b"x"
        warned = server.stderr
        assert server.stop() == 0
        assert server.stderr == warned
    assert sorted(path.name for path in folder.iterdir()) == ["g", "s"]
    # It is root's, as before, so that root can replace it.
    with serve(f"unix:{folder}/s", "--unix-replace", "--user", "nobody") as server:
        with connect(server.endpoint) as client:
            assert echo(client, b"x") == b"x"


@needs_root
def test_a_socket_file_in_a_folder_of_the_user_is_removed(folder):
    os.chown(folder, NOBODY, -1)
    with serve(f"unix:{folder}/s", "--user", "nobody") as server:
        with connect(server.endpoint) as client:
            assert echo(client, b"x") == b"x"
        assert server.stderr == ""
    assert list(folder.iterdir()) == []


@needs_root
def test_the_key_is_read_by_root(folder):
    folder.chmod(0o700)
    key = folder / "key"
    key.write_bytes(b"a key of thirty-two bytes, no less")
    key.chmod(0o600)
    with serve("udp://127.0.0.1:0", "--key-file", key, "--require-key", "--user",
               "nobody") as server:
        result = netecho("probe", server.endpoint, "-c3", "--flood", "--key-file", key)
        assert result.code == 0, result


@needs_root
def test_the_port_file_is_written_by_the_user(folder):
    folder.chmod(0o755)
    result = netecho("serve", "tcp://127.0.0.1:0", "--user", "nobody", "--port-file",
                     folder / "port")
    assert result.code == 8, result
    (line,) = result.errors
    assert line.endswith("Permission denied (EACCES)")
    assert result.stdout == b""


@needs_root
def test_it_goes_with_a_sandbox_switched_off():
    with serve("tcp://127.0.0.1:0", "--user", "nobody", "--sandbox", "off") as server:
        assert identity(server.pid)[0][0] == {NOBODY}


def test_an_unknown_user_is_a_usage_error_before_anything_is_opened(folder):
    result = netecho("serve", f"unix:{folder}/s", "--user", "no-such-user")
    assert result.code == 2, result
    assert result.errors == [
        "netecho: option --user: no user is called 'no-such-user', or has that number"
    ]
    assert netecho("serve", "--user", "").code == 2
    assert list(folder.iterdir()) == []


@needs_root
def test_who_is_not_root_can_become_nobody_else(folder):
    binary = binary_for_everyone(folder)
    folder.chmod(0o777)
    result = netecho("serve", f"unix:{folder}/s", "--user", "root", binary=binary, **as_nobody())
    assert result.code == 7, result
    assert result.errors == ["netecho: --user root: only root can become another user (EPERM)"]
    assert result.stdout == b""
    assert not (folder / "s").exists()


@needs_root
def test_who_is_that_user_already_has_nothing_to_become(folder):
    binary = binary_for_everyone(folder)
    with running("serve", "tcp://127.0.0.1:0", "--json", "--once", "--user", "nobody",
                 binary=binary, **as_nobody()) as process:
        uri = json.loads(process.stdout.readline())["endpoint"]["uri"]
        with connect(uri) as client:
            assert echo(client, b"x") == b"x"
        assert finish(process).code == 0
