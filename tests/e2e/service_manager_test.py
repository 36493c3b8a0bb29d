"""What serve tells a service manager: that it is ready, alive and stopping (sd_notify)."""

import socket

import pytest
from netecho import environment, eventually, serve
from sandboxes import IN_FULL, not_instrumented, statuses
from sockets import connect, echo

pytestmark = not_instrumented


class Manager:
    def __init__(self, folder):
        self.path = folder / "notify"
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(str(self.path))
        self.sock.settimeout(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def heard(self):
        """One notification: its assignments."""
        return dict(line.split("=", 1) for line in self.sock.recv(4096).decode().splitlines())


def test_a_manager_hears_that_it_is_ready_alive_and_stopping(folder):
    with Manager(folder) as manager:
        env = environment(NOTIFY_SOCKET=str(manager.path), WATCHDOG_USEC="100000")
        with serve("tcp://127.0.0.1:0", *IN_FULL, env=env) as server:
            assert manager.heard() == {"READY": "1", "STATUS": f"serving {server.endpoint}"}
            for _ in range(3):
                assert manager.heard() == {"WATCHDOG": "1"}
            server.stop()
            last = manager.heard()
            while last == {"WATCHDOG": "1"}:
                last = manager.heard()
            assert last == {"STOPPING": "1"}


def test_a_server_that_hangs_is_not_heard(folder):
    with Manager(folder) as manager:
        env = environment(NOTIFY_SOCKET=str(manager.path), WATCHDOG_USEC="100000")
        with serve("tcp://127.0.0.1:0", env=env) as server:
            manager.heard()
            server.signal(19)  # SIGSTOP
            eventually(lambda: statuses(server.pid)[0]["State"].startswith("T"), "it is stopped")
            manager.sock.settimeout(0.3)
            with pytest.raises(TimeoutError):
                while True:
                    assert manager.heard() == {"WATCHDOG": "1"}
            manager.sock.settimeout(10)
            server.signal(18)  # SIGCONT
            assert manager.heard() == {"WATCHDOG": "1"}


def test_a_watchdog_of_another_process_is_not_fed(folder):
    with Manager(folder) as manager:
        env = environment(NOTIFY_SOCKET=str(manager.path), WATCHDOG_USEC="1000", WATCHDOG_PID="1")
        with serve("tcp://127.0.0.1:0", "--once", env=env) as server:
            assert "READY" in manager.heard()
            with connect(server.endpoint) as client:
                for _ in range(100):
                    assert echo(client, b"x") == b"x"
            assert manager.heard() == {"STOPPING": "1"}


def test_many_endpoints_are_counted_in_the_status(folder):
    with Manager(folder) as manager:
        env = environment(NOTIFY_SOCKET=str(manager.path))
        with serve(*["tcp://127.0.0.1:0"] * 20, env=env):
            assert manager.heard()["STATUS"] == "serving 20 endpoints"


def test_a_path_cannot_forge_a_notification(folder):
    (folder / "a\nSTOPPING=1").mkdir()
    with Manager(folder) as manager:
        env = environment(NOTIFY_SOCKET=str(manager.path))
        with serve(f"unix:{folder}/a\nSTOPPING=1/s", env=env):
            assert set(manager.heard()) == {"READY", "STATUS"}
