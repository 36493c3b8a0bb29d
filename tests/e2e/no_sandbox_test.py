"""Sanitizers and coverage make calls and files of their own: such a build says that it has no sandbox."""

import pytest
from netecho import INSTRUMENTED, netecho, serve

pytestmark = pytest.mark.skipif(not INSTRUMENTED, reason="this build has a sandbox")


def test_it_serves_without_and_says_so():
    with serve("tcp://127.0.0.1:0", "-v") as server:
        assert "info: sandbox: off: this build is instrumented" in server.stderr


def test_to_require_it_ends_with_7():
    result = netecho("serve", "tcp://127.0.0.1:0", "--sandbox", "require")
    assert result.code == 7, result
    assert result.errors == [
        "netecho: option --sandbox require: this build is instrumented (a sanitizer, or coverage)"
    ]
