"""What the sandbox of this kernel can do, and whether a process is in it."""

import ctypes
from pathlib import Path

import pytest
from netecho import INSTRUMENTED

not_instrumented = pytest.mark.skipif(
    INSTRUMENTED, reason="instrumented builds have no sandbox: see no_sandbox_test.py"
)


def landlock_abi():
    libc = ctypes.CDLL(None, use_errno=True)
    return max(libc.syscall(444, None, 0, 1), 0)


# Some kernels have no Landlock; the rest of the sandbox is everywhere.
IN_FULL = ["--sandbox", "require"] if landlock_abi() else []


def statuses(pid):
    """{field: value} of every thread."""
    return [
        dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines())
        for task in Path(f"/proc/{pid}/task").iterdir()
    ]
