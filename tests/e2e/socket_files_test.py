"""--unix-replace where several want the same path, or where the path changes under the server."""

import os
import socket

import pytest
from faults import _strace, traced_environment
from netecho import eventually, exit_status, netecho, running, serve


def leave_stale(path):
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(path))


@pytest.mark.parametrize("round_number", range(4))
def test_of_several_that_replace_one_stale_socket_one_serves(folder, round_number):
    path = folder / f"s{round_number}"
    leave_stale(path)
    ends = []
    for _ in range(4):
        ready, announce = os.pipe()
        ends.append((running("serve", "--unix-replace", "--ready-fd", str(announce),
                             "--sandbox=off", f"unix:{path}", pass_fds=(announce,)), ready))
        ends[-1] = (ends[-1][0].__enter__(), ready, ends[-1][0])
        os.close(announce)
    try:
        said = [os.read(ready, 1000) for _, ready, _ in ends]
        assert sum(bool(line) for line in said) == 1, said
        losers = [process for (process, _, _), line in zip(ends, said) if not line]
        assert [exit_status(process.wait(20)) for process in losers] == [4, 4, 4]
    finally:
        for _, ready, context in ends:
            os.close(ready)
            context.__exit__(None, None, None)


def held_up(folder, call, seconds=2):
    """A prefix that keeps a process so long at the door of a system call, and its log."""
    log = folder / "calls"
    return [_strace(), "-D", "-f", "-qq", "-o", str(log), "-e", f"trace={call}",
            "-e", f"inject={call}:delay_enter={seconds * 1_000_000}"], log


def test_a_server_that_has_bound_and_not_listened_yet_is_waited_for(folder):
    leave_stale(folder / "s")
    prefix, log = held_up(folder, "listen", 1)
    with running("serve", "--unix-replace", f"unix:{folder}/s", "--json", prefix=prefix,
                 env=traced_environment()) as first:
        eventually(lambda: log.exists() and b"listen" in log.read_bytes(), "it is about to listen")
        second = netecho("serve", "--unix-replace", f"unix:{folder}/s")
        assert second.code == 4 and "a live socket is there" in second.errors[-1], second
        assert b'"listening"' in first.stdout.readline()


@pytest.mark.parametrize("change, told", [
    ("listens", "a live socket is there"),
    ("is another one", "another socket has appeared there"),
])
def test_a_socket_that_changes_between_the_two_looks_is_left_alone(folder, change, told):
    path = folder / "s"
    with socket.socket(socket.AF_UNIX) as starting:
        starting.bind(str(path))
        # It takes its turn, passes it for the wait between the looks, and takes it again.
        prefix, log = held_up(folder, "flock")
        prefix[-1] += ":when=3"
        with running("serve", "--unix-replace", f"unix:{path}", prefix=prefix,
                     env=traced_environment()) as server:
            eventually(lambda: log.exists() and log.read_bytes().count(b"flock(") == 3,
                       "it is about to look again")
            if change == "listens":
                starting.listen()
            else:
                # Beside it first, so that it is not the same inode again.
                leave_stale(folder / "new")
                (folder / "new").rename(path)
            assert exit_status(server.wait(20)) == 4
            assert told in server.stderr.read().decode()
        assert path.is_socket()


def swap(folder):
    """The folder of the path becomes a link to another one, in which that name is a user's file."""
    (folder / "d").rename(folder / "was-d")
    (folder / "d").symlink_to(folder / "other")


def prepare(folder):
    (folder / "d").mkdir()
    (folder / "other").mkdir()
    (folder / "other" / "s").write_text("precious")


def test_replacing_never_removes_a_file_that_a_folders_owner_puts_in_the_way(folder):
    prepare(folder)
    leave_stale(folder / "d" / "s")
    prefix, log = held_up(folder, "unlink,unlinkat")
    with running("serve", "--unix-replace", f"unix:{folder}/d/s", prefix=prefix,
                 env=traced_environment()) as server:
        eventually(lambda: log.exists() and b"unlink" in log.read_bytes(), "it is about to remove")
        swap(folder)
        assert exit_status(server.wait(20)) == 4
    assert (folder / "other" / "s").read_text() == "precious"


def test_at_its_end_it_removes_its_own_file_wherever_the_folder_is_by_then(folder):
    prepare(folder)
    with serve(f"unix:{folder}/d/s") as server:
        swap(folder)
        assert server.stop() == 0
    assert (folder / "other" / "s").read_text() == "precious"
    assert not (folder / "was-d" / "s").exists()
