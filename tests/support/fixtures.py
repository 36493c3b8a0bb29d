"""What every test file gets; the conftest.py of each folder imports it."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def folder():
    """A temporary folder with a short path: socket paths have at most 107 bytes."""
    path = Path(tempfile.mkdtemp(prefix="ne-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
