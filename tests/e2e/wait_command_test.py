"""netecho wait … -- COMMAND: the command takes netecho's place, and finds all as netecho did."""

import os
import resource
import signal
import subprocess

import pytest
from netecho import PATIENCE, environment, finish, netecho, running, serve
from schema import check


@pytest.fixture(scope="module")
def there():
    with serve("tcp://127.0.0.1:0", "udp://127.0.0.1:0") as server:
        yield server.endpoints


def instead(there, *command, **popen):
    """What the command says, behind netecho and without it."""
    behind = netecho("wait", *there, "--", *command, **popen)
    popen.setdefault("stdin", subprocess.DEVNULL)
    popen.setdefault("env", environment())
    alone = subprocess.run(command, check=False, capture_output=True, timeout=PATIENCE, **popen)
    assert (behind.code, behind.stderr) == (alone.returncode, alone.stderr), behind
    return behind.stdout, alone.stdout


def test_its_output_and_its_exit_code_are_those_of_the_command(there):
    result = netecho("wait", *there, "--", "sh", "-c", 'cat; echo "$0 $1 $2" >&2; exit 7', "a b", "--help",
                     "-w", input=b"of stdin")
    assert (result.code, result.stdout, result.stderr) == (7, b"of stdin", b"a b --help -w\n")


def test_it_is_the_same_process(there):
    with running("wait", *there, "--", "sh", "-c", "echo $$") as process:
        result = finish(process)
    assert int(result.stdout) == process.pid


def test_a_command_that_is_killed_is_killed(there):
    result = netecho("wait", *there, "--", "sh", "-c", "kill -TERM $$")
    assert result.code == 128 + signal.SIGTERM


def test_without_an_answer_it_is_not_run(folder):
    result = netecho("wait", f"unix:{folder}/none", "-w", "100ms", "--", "touch", folder / "run")
    assert (result.code, result.stdout) == (1, b"")
    assert not (folder / "run").exists()


def test_nothing_after_the_dashes_is_no_command(there):
    assert netecho("wait", *there, "--").code == 0


# --- what it finds --------------------------------------------------------------------------------


def signals_by(changed):
    """Some are blocked, some ignored, SIGPIPE as it is told."""

    def change():
        signal.pthread_sigmask(signal.SIG_SETMASK, {signal.SIGUSR1, signal.SIGTERM})
        signal.signal(signal.SIGUSR2, signal.SIG_IGN)
        signal.signal(signal.SIGPIPE, changed)
        signal.signal(signal.SIGXFSZ, changed)

    return change


@pytest.mark.parametrize("changed", [signal.SIG_DFL, signal.SIG_IGN], ids=["default", "ignored"])
def test_signals_are_blocked_and_ignored_as_they_were(there, changed):
    behind, alone = instead(there, "grep", "-E", "^Sig(Blk|Ign|Cgt)", "/proc/self/status",
                            preexec_fn=signals_by(changed), restore_signals=False)
    assert behind == alone and alone.count(b"\n") == 3


def few_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (40, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def test_limits_are_as_they_were_though_many_endpoints_took_more(folder):
    uris = [f"unix:{folder}/{i}" for i in range(30)]
    with serve(*uris):
        behind, alone = instead(uris, "cat", "/proc/self/limits", preexec_fn=few_descriptors)
    assert behind == alone and b"Max open files            40 " in alone


def test_the_environment_is_as_it_was(there):
    changed = environment(LISTEN_PID="1", LISTEN_FDS="2", NETECHO_LOG_LEVEL="info",
                          NETECHO_WAIT_INTERVAL="50ms", SOME="thing")
    behind, alone = instead(there, "env", "-0", env=changed)
    assert behind == alone and b"LISTEN_FDS=2" in alone


def test_it_gets_the_descriptors_that_netecho_got_and_no_other(there):
    reader, writer = os.pipe()
    try:
        behind, alone = instead(there, "ls", "/proc/self/fd", pass_fds=[writer])
    finally:
        os.close(reader)
        os.close(writer)
    assert behind == alone and len(alone.split()) == 5, alone


@pytest.mark.parametrize("closed", [[0], [0, 2], [2]], ids=str)
def test_a_standard_stream_that_was_closed_stays_so(there, closed):
    def close():
        for fd in closed:
            os.close(fd)

    streams = {0: "stdin", 2: "stderr"}
    popen = {"stdout": subprocess.PIPE, "preexec_fn": close, "timeout": PATIENCE,
             "env": environment(), **{streams[fd]: None for fd in closed}}
    behind = netecho("wait", *there, "--", "ls", "/proc/self/fd", **popen)
    alone = subprocess.run(["ls", "/proc/self/fd"], check=False, **popen)
    assert (behind.code, behind.stdout) == (alone.returncode, alone.stdout)


# --- what can't be run ----------------------------------------------------------------------------


def put(path, text, mode):
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("name, code, why", [
    ("/no/such/program", 127, "ENOENT"),
    ("no-such-program", 127, "ENOENT"),
    ("", 127, "ENOENT"),
    ("folder", 127, "ENOENT"),
    ("{}/folder", 126, "EACCES"),
    ("plain", 126, "EACCES"),
    ("{}/plain", 126, "EACCES"),
    ("script", 126, "ENOEXEC"),
    ("{}/script", 126, "ENOEXEC"),
    ("{}/lost", 127, "ENOENT"),
])
def test_what_cannot_be_run_has_the_codes_of_a_shell(folder, there, name, code, why):
    (folder / "folder").mkdir()
    put(folder / "plain", "#!/bin/sh\n", 0o644)
    put(folder / "script", "exit 0\n", 0o755)  # A shell would read it.
    put(folder / "lost", "#!/no/such/interpreter\n", 0o755)
    name = name.format(folder)
    env = environment(PATH=f"{folder}:/nowhere")
    result = netecho("wait", *there, "--", name, "x", env=env)
    assert (result.code, result.stdout, len(result.errors)) == (code, b"", 1), result
    assert result.errors[0].startswith(f"netecho: exec {name}".rstrip())
    assert result.errors[0].endswith(f"({why})")
    (event,) = netecho("wait", *there, "--json", "--", name, env=env).events
    check(event)
    assert (event["operation"], event["category"], event["exit_code"]) == ("exec", "io", code)


def test_the_first_program_of_the_path_is_run(folder, there):
    for each in ("one", "two", "three"):
        (folder / each).mkdir()
    put(folder / "one/it", "not for us\n", 0o644)
    put(folder / "two/it", "#!/bin/sh\necho two\n", 0o755)
    put(folder / "three/it", "#!/bin/sh\necho three\n", 0o755)
    path = ":".join(f"{folder}/{each}" for each in ("none", "one", "two", "three"))
    result = netecho("wait", *there, "--", "it", env=environment(PATH=path))
    assert (result.code, result.stdout) == (0, b"two\n"), result
