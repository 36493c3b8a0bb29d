"""The short form of ./dev soak: every load for a moment, every bar."""

import loads
import pytest

_SEED = 1


@pytest.mark.parametrize("threads", loads.THREADS)
@pytest.mark.parametrize("load", loads.short(_SEED))
def test_every_bar_is_held_under(load, threads, folder):
    report = loads.short(_SEED)[load](threads, folder)
    assert report.missed == []
    assert any(bar for _, _, bar, _ in report.rows)
