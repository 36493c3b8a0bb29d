"""Which loads there are, and how large each is: in full, and the short form of the test run."""

import functools

from churn import churn
from crowd_loads import never_reading, sigterm
from idle import idle
from mixed import mixed
from steady import steady

THREADS = (1, 2)


def _fit(wanted, room):
    """As many clients as there are descriptors for; 1 at least."""
    return max(1, min(wanted, room))


def full(seconds, room, seed):
    """Functions of the number of threads and a folder. `room`: connections open at once."""
    tcp = _fit(8000, room * 8 // 9)
    return [
        functools.partial(steady, tcp=tcp, unix=_fit(1000, room - tcp), seconds=seconds, seed=seed),
        functools.partial(churn, tcp=200_000, unix=20_000, seed=seed),
        functools.partial(never_reading, clients=_fit(500, room)),
        functools.partial(sigterm, clients=_fit(1000, room)),
        functools.partial(mixed, streams=200, flows=20, seconds=max(1, seconds // 4), seed=seed),
        functools.partial(idle, tcp=_fit(15_000, room)),
    ]


FULL_ROOM = 15_100


def short(seed):
    """The same loads, each for a fraction of a second."""
    return {
        "steady": functools.partial(steady, tcp=200, unix=50, seconds=0.3, seed=seed),
        "churn": functools.partial(churn, tcp=600, unix=60, seed=seed),
        "never_reading": functools.partial(never_reading, clients=20),
        "sigterm": functools.partial(sigterm, clients=50),
        "mixed": functools.partial(mixed, streams=10, flows=5, seconds=0.2, seed=seed),
        "idle": functools.partial(idle, tcp=300),
    }
