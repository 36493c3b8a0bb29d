"""Options that mean something for endpoints of a kind only: for any other they are an error that
names both, and beside one that they are for, a warning. None is silently ignored.

Nothing is opened: each endpoint passes the check of options, and fails only behind it.
"""

import pytest
from netecho import INSTRUMENTED, complains, environment, netecho, serve
from ports import own_port
from programs import network

SERVED = {
    "tcp": "tcp://192.0.2.1:7", "mptcp": "mptcp://192.0.2.1:7", "udp": "udp://192.0.2.1:7",
    "unix": "unix:/no/such/s", "unixgram": "unixgram:/no/such/s",
    "unixpacket": "unixpacket:/no/such/s", "packet": "packet://nosuch0", "ipx": "ipx://nosuch0",
    "fd": "fd:999",
}
CALLED = {
    "tcp": "tcp://no-such-host.invalid:7", "mptcp": "mptcp://no-such-host.invalid:7",
    "udp": "udp://no-such-host.invalid:7", "icmp": "icmp://no-such-host.invalid",
    "unix": "unix:/no/such/s", "unixgram": "unixgram:/no/such/s",
    "unixpacket": "unixpacket:/no/such/s", "packet": "packet://nosuch0/02:00:00:00:00:01",
    "ipx": "ipx://nosuch0/020000000001",
}

TCP = {"tcp", "mptcp"}
IP = TCP | {"udp"}
UNIX = {"unix", "unixgram", "unixpacket"}
CONNECTIONS = TCP | {"unix", "unixpacket"}
LINK = {"packet", "ipx"}
ALL = IP | UNIX | LINK

# Which transports each is for, on the side of serve.
FOR_SERVING = {
    "-4": IP,
    "--reuseport": IP,
    "--backlog=9": CONNECTIONS,
    "--max-conns=9": CONNECTIONS | {"fd"},
    "--idle-timeout=9s": CONNECTIONS | {"fd"},
    "--max-buffered=9MiB": CONNECTIONS | {"fd"},
    "--max-per-source=9": TCP | {"fd"},
    "--allow=192.0.2.0/24": IP | {"fd"},
    "--allow-uid=0": UNIX | {"fd"},
    "--udp-max-rate=9": {"udp", "fd"} | LINK,
    "--udp-allow-any-source": {"udp", "fd"},
    "--ctp-hops=2": {"packet"},
    "--unix-mode=600": UNIX,
    "--unix-replace": UNIX,
    "--interface=lo": IP,
    "--tos=8": IP,
    "--ttl=9": {"tcp", "udp"},
    "--df=do": {"tcp", "udp"},
    "--rcvbuf=64k": ALL | {"fd"},
    "--sndbuf=64k": ALL | {"fd"},
    "--busy-poll=9us": IP | {"fd"},
    "--fwmark=0": IP | LINK | {"fd"},
    "--mss=600": TCP,
    "--keepalive": TCP,
    "--nagle": TCP,
    # And a few that hold for all of them.
    "-n": ALL | {"fd"},
    "--once": ALL | {"fd"},
    "--drain-timeout=9s": ALL | {"fd"},
    "--threads=2": ALL | {"fd"},
    "--trace": ALL | {"fd"},
}
# And on that of clients.
FOR_CALLING = {
    "-4": IP | {"icmp"},
    "-6": IP | {"icmp"},
    "--interface=lo": IP | {"icmp"},
    "--tos=8": IP | {"icmp"},
    "--ttl=9": {"tcp", "udp", "icmp"},
    "--df=do": {"tcp", "udp", "icmp"},
    "--rcvbuf=64k": ALL | {"icmp"},
    "--mss=600": TCP,
    "--keepalive": TCP,
    "--nagle": TCP,
    "--framing=snap": {"ipx"},
    "-n": ALL | {"icmp"},
}


def check(result, option, endpoint, honored):
    if honored:
        assert result.code != 2 and b"means nothing" not in result.stderr, result
    else:
        line = complains(result, 2)
        assert option.partition("=")[0] in line and endpoint in line, line


@pytest.mark.parametrize("option", FOR_SERVING)
def test_serve_takes_an_option_only_for_what_it_is_for(option):
    for transport, endpoint in SERVED.items():
        result = netecho("serve", endpoint, option)
        check(result, option, endpoint, transport in FOR_SERVING[option])


# They share one check; a build that is ten times slower tries one of them.
@pytest.mark.parametrize("command", ["probe"] if INSTRUMENTED else ["send", "probe", "wait"])
@pytest.mark.parametrize("option", FOR_CALLING)
def test_clients_take_an_option_only_for_what_it_is_for(command, option):
    more = {"send": ["x"], "probe": ["-c1"], "wait": ["-w1ms"]}[command]
    for transport, endpoint in CALLED.items():
        result = netecho(command, endpoint, option, *more)
        check(result, option, endpoint, transport in FOR_CALLING[option])


def test_the_error_says_what_the_option_is_for():
    line = complains(netecho("serve", "udp://127.0.0.1:0", "--backlog=9"), 2)
    assert line == ("netecho: option --backlog: means nothing for udp://127.0.0.1:0: it is for tcp, "
                    "mptcp, unix, unixpacket")


def test_a_name_without_a_file_has_no_mode():
    line = complains(netecho("serve", "unix:@name", "--unix-mode=600"), 2)
    assert "unix:@name" in line and line.endswith("with a path")


def test_a_variable_is_named_where_it_gave_the_option():
    result = netecho("serve", "udp://127.0.0.1:0", env=environment(NETECHO_SERVE_BACKLOG="9"))
    assert "environment NETECHO_SERVE_BACKLOG: means nothing for" in complains(result, 2)
    # One that says no asks for nothing.
    off = environment(NETECHO_SERVE_REUSEPORT="0")
    assert netecho("serve", "unix:/no/such/s", env=off).code == 4


def test_those_of_several_endpoints_that_an_option_means_nothing_for_are_named(folder):
    udp, path = f"udp://127.0.0.1:{own_port()}", f"unix:{folder}/s"
    options = ["--backlog=9", "--reuseport", "--udp-max-rate=9", "--unix-mode=600"]
    with serve(udp, path, *options) as server:
        assert server.stderr.splitlines() == [
            f"netecho: warning: --backlog means nothing for {udp}",
            f"netecho: warning: --reuseport means nothing for {path}",
        ], "--udp-… and --unix-… say themselves what they are for"


def test_of_endpoints_that_nobody_named_nothing_is_said():
    with network() as (prefix, _), serve("--backlog=9", "--udp-max-rate=9", prefix=prefix) as server:
        assert server.stderr == ""
    complains(netecho("serve", "--ctp-hops=2"), 2)


@pytest.mark.parametrize("option", ["--plot", "--histogram"])
@pytest.mark.parametrize("other", [["--json"], ["--format=jsonl"], ["--format=prometheus"],
                                   ["--self"]])
def test_what_is_drawn_for_people_is_missed_elsewhere_with_a_warning(option, other):
    with serve("udp://127.0.0.1:0") as server:
        endpoint = [] if other == ["--self"] else [server.endpoint]
        result = netecho("probe", *endpoint, "-c1", option, *other)
    (line,) = [line for line in result.errors if option in line]
    assert line.startswith(f"netecho: warning: {option} draws nothing"), line
    assert result.code == 0, result
