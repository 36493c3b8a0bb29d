"""System calls of `send` fail: no wrong byte, no hang, no crash; what it could not do is told."""

import pytest
from faults import TRANSPORTS, Failing, cases, every_transport, traced_environment
from netecho import netecho
from sockets import pattern

# Which transports make the call in question.
CALLS = {
    "connect": TRANSPORTS,
    "sendto": TRANSPORTS,
    "recvfrom": ("tcp4", "unix"),
    "recvmsg": ("udp4", "unixgram", "unixpacket"),
    "ppoll": TRANSPORTS,
}
# Connecting or a call that failed for good, a time-out, an echo that is too short.
TOLD = (4, 5, 6)


@pytest.fixture(scope="module")
def endpoints(tmp_path_factory):
    with every_transport(tmp_path_factory.mktemp("s")) as by_transport:
        yield by_transport


@pytest.mark.parametrize("call, transport, error, when", cases(CALLS))
def test_it_prints_right_bytes_and_has_the_right_code(
    folder, endpoints, call, transport, error, when
):
    fault = Failing(folder, call, error, when)
    payload = pattern(60_000 if transport == "udp4" else 200_000)
    done = netecho(
        "send", endpoints[transport], "-W1s", "--connect-timeout=2s", "-w5s",
        input=payload, prefix=fault.prefix, env=traced_environment(),
    )
    assert fault.failures() > 0
    assert payload.startswith(done.stdout), done
    if done.code == 0:
        assert done.stdout == payload and not done.errors
    else:
        assert done.code in TOLD and len(done.errors) == 1 and error in done.errors[0], done
    # Both are ordinary answers; connect() and ppoll() know only the first one.
    ordinary = ("EINTR",) if call in ("connect", "ppoll") else ("EINTR", "EAGAIN")
    assert error not in ordinary or done.code == 0, done
