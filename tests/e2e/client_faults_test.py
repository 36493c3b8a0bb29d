"""System calls of `send` and `probe` fail: no wrong byte, no hang, no crash; what fails is told."""

import json

import pytest
from faults import ERRORS, FIRST_50, ONE_IN_THREE, Failing, traced_environment
from netecho import netecho, serve
from schema import check
from sockets import pattern

TRANSPORTS = ("tcp4", "udp4", "unix", "unixgram", "unixpacket")
CONNECTED = ("tcp4", "unix", "unixpacket")
PATTERNS = (FIRST_50, ONE_IN_THREE)
PAYLOAD = pattern(20_000)
# Connect, bind and listen; time-out; too short; a call that is forbidden.
TOLD = (4, 5, 6)

# Which transports make the call in question.
SEND_CALLS = {
    "connect": TRANSPORTS,
    "sendto": TRANSPORTS,
    "recvfrom": ("tcp4", "unix"),
    "recvmsg": ("udp4", "unixgram", "unixpacket"),
    "ppoll": TRANSPORTS,
}
PROBE_CALLS = {
    **SEND_CALLS,
    "recvmmsg": ("udp4",),
    "sendmmsg": ("udp4",),
    "epoll_wait": TRANSPORTS,
    "epoll_pwait2": TRANSPORTS,
    "epoll_ctl": TRANSPORTS,
}


@pytest.fixture(scope="module")
def endpoints(tmp_path_factory):
    folder = tmp_path_factory.mktemp("s")
    kinds = [t + "://127.0.0.1:0" if t.endswith("4") else f"{t}:{folder}/{t}" for t in TRANSPORTS]
    with serve(*kinds) as server:
        yield dict(zip(TRANSPORTS, server.endpoints))


def cases(calls):
    return [
        pytest.param(call, transport, error, when, id=f"{call}-{transport}-{error}-{when}")
        for call, transports in calls.items()
        for transport in transports
        for error in ERRORS
        for when in PATTERNS
    ]


@pytest.mark.parametrize("call, transport, error, when", cases(SEND_CALLS))
def test_send_prints_right_bytes_and_a_right_code(folder, endpoints, call, transport, error, when):
    fault = Failing(folder, call, error, when)
    payload = pattern(60_000 if transport == "udp4" else 200_000)
    done = netecho(
        "send", endpoints[transport], "-W1s", "--connect-timeout=1s", "-w3s",
        input=payload, prefix=fault.prefix, env=traced_environment(),
    )
    assert payload.startswith(done.stdout), done
    print(call, transport, error, when, "->", done.code, done.errors, fault.failures())
    if done.code == 0:
        assert done.stdout == payload and not done.errors
    else:
        assert done.code in TOLD and len(done.errors) == 1, done
    assert error != "EINTR" or done.code == 0, done


@pytest.mark.parametrize("call, transport, error, when", cases(PROBE_CALLS))
def test_probe_counts_what_it_could_not_do(folder, endpoints, call, transport, error, when):
    fault = Failing(folder, call, error, when)
    flood = ("--flood", "--window=8") if call in ("recvmmsg", "sendmmsg") else ("-i1ms",)
    done = netecho(
        "probe", endpoints[transport], "-c100", *flood, "-W200ms", "-w3s", "--json",
        prefix=fault.prefix, env=traced_environment(),
    )
    result = check(done.json)
    print(call, transport, error, when, "->", done.code, done.errors, fault.failures(),
          {k: v for k, v in result["targets"][0].items() if k.endswith("_total") and v} if result["targets"] else result)
    assert done.code in (0, 1, *TOLD), done
    for target in result["targets"]:
        assert target["mismatch_total"] == target["duplicate_total"] == 0, target
    assert error != "EINTR" or done.code == 0, done
