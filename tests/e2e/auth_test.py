"""A key that client and server share, over every transport; both sides also played by a second
implementation of the format (docs/wire-format.md)."""

import dataclasses

import pytest
from frames import authenticated, proven
from keys import KEY, KINDS, MESSAGES, STREAMS, keyed, probed, request, stopped
from netecho import netecho
from sockets import connect, pattern, receive


# --- probe and serve ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("requires", [(), ("--require-key",)])
def test_with_the_same_key_probes_are_answered_stamped_and_authenticated(kind, requires, key):
    with keyed(kind, "--key-file", key, *requires) as server:
        result, summary = probed(server.endpoint, "-c5", "--flood", "--key-file", key)
        assert result.code == 0
        assert (summary["sent_total"], summary["received_total"]) == (5, 5)
        assert (summary["authenticated"], summary["stamped"]) == (True, True)
        assert summary["size_bytes"] == 72
        assert (summary["lost_forward_total"], summary["lost_reverse_total"]) == (0, 0)
        assert summary["server_residence_ns"]["min"] is not None
        end = stopped(server)
        assert end["frames_stamped_total"] == 5
        assert not any(end["dropped_total"].values())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [48, 71, 72, 9000])
def test_any_size_that_has_room_for_a_tag_is_authenticated(kind, size, key):
    with keyed(kind, "--key-file", key, "--require-key") as server:
        result, summary = probed(server.endpoint, "-c3", "--flood", "-s", size, "--key-file", key)
    assert (result.code, summary["received_total"]) == (0, 3)
    assert (summary["authenticated"], summary["stamped"]) == (True, size >= 72)


@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("size", [65_536, 65_537, 65_583, 65_584, 131_073, 300_000])
def test_large_probes_of_a_stream_are_authenticated_frames_to_the_last_byte(kind, size, key):
    with keyed(kind, "--key-file", key, "--require-key") as server:
        result, summary = probed(
            server.endpoint, "-c3", "--flood", "--window=2", "-s", size, "--key-file", key
        )
        assert (result.code, summary["received_total"], summary["stamped"]) == (0, 3, True)
        end = stopped(server)
        assert (end["frames_stamped_total"], end["framing_lost_total"]) == (3, 0)


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_wrong_key_is_never_answered(kind, key, other):
    with keyed(kind, "--key-file", key) as server:
        result, summary = probed(
            server.endpoint, "-c3", "--flood", "-W", "100ms", "--key-file", other
        )
        assert (result.code, summary["received_total"], summary["timeout_total"]) == (1, 0, 3)
        assert summary["authenticated"] is None
        assert server.event("datagram", action="dropped")["reason"] == "auth"
        end = stopped(server)
        assert (end["dropped_total"]["auth"], end["tx_messages_total"]) == (3, 0)


@pytest.mark.parametrize("kind", STREAMS)
def test_a_wrong_key_closes_the_connection(kind, key, other):
    with keyed(kind, "--key-file", key) as server:
        result, summary = probed(server.endpoint, "-c3", "--flood", "--key-file", other)
        assert result.code == 1
        assert summary["received_total"] == 0
        assert "has it the same key?" in summary["error"]["message"]
        assert server.event("close")["reason"] == "auth"
        end = stopped(server)
        assert (end["dropped_total"]["auth"], end["tx_bytes_total"]) == (1, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_without_the_key_proves_nothing(kind, key):
    """Its echo is the request itself: what anybody on the way could send. No answer, but told."""
    with keyed(kind) as server:
        result, summary = probed(
            server.endpoint, "-c3", "--flood", "-W", "100ms", "--key-file", key
        )
        assert result.code == 1
        assert (summary["received_total"], summary["authenticated"]) == (0, None)
        assert (summary["mismatch_total"], summary["timeout_total"]) == (3, 0)
        assert stopped(server)["tx_bytes_total"] == 3 * 72  # Unchanged, and no reason to refuse it.


@pytest.mark.parametrize("kind", KINDS)
def test_without_require_key_who_has_none_is_served_as_ever(kind, key):
    with keyed(kind, "--key-file", key) as server:
        result, summary = probed(server.endpoint, "-c3", "--flood")
        assert (result.code, summary["received_total"]) == (0, 3)
        assert (summary["authenticated"], summary["stamped"]) == (False, True)
        assert netecho("send", server.endpoint, "hello").stdout == b"hello"


@pytest.mark.parametrize("kind", KINDS)
def test_with_require_key_who_has_none_gets_nothing(kind, key):
    with keyed(kind, "--key-file", key, "--require-key") as server:
        result, summary = probed(server.endpoint, "-c2", "--flood", "-W", "100ms")
        assert (result.code, summary["received_total"], summary["rx_bytes_total"]) == (1, 0, 0)
        assert stopped(server)["tx_bytes_total"] == 0


def test_probe_self_measures_what_a_key_costs(key):
    result = netecho("probe", "--self", "-c", "5", "--key-file", key, "--json")
    assert result.code == 0
    measured = [t for t in result.json["targets"] if t["sent_total"]]
    assert len(measured) >= 5
    assert {(t["authenticated"], t["size_bytes"]) for t in measured} == {(True, 72)}


def test_text_output_says_so(key):
    with keyed("udp", "--key-file", key) as server:
        assert "stamping server, authenticated" in netecho(
            "probe", server.endpoint, "-c1", "--key-file", key
        ).text


@pytest.mark.parametrize("kind", STREAMS)
def test_a_bad_network_on_purpose_knows_keys_too(kind, key, other):
    with keyed(kind, "--key-file", key, "--require-key", "--impair", "delay=1ms") as server:
        result, summary = probed(server.endpoint, "-c3", "--flood", "-s", "9000", "--key-file", key)
        assert (result.code, summary["received_total"]) == (0, 3)
        result, summary = probed(server.endpoint, "-c3", "--flood", "--key-file", other)
        assert (result.code, summary["rx_bytes_total"]) == (1, 0)
        assert server.event("close", reason="auth")


# --- a client of the test -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("requires", [(), ("--require-key",)])
def test_a_second_implementation_is_answered_and_verifies_it(kind, requires, key):
    with keyed(kind, "--key-file", key, *requires) as server:
        with connect(server.endpoint) as client:
            for sequence, size in enumerate((0, 1, 500, 60_000)):
                sent = request(session=77, sequence=sequence, payload=pattern(size))
                data = authenticated(sent, KEY)
                client.sendall(data)
                back = receive(client, len(data)) if kind in STREAMS else client.recv(1 << 17)
                got = proven(back, KEY)
                assert got == dataclasses.replace(sent, kind=2, stamp=got.stamp)
                assert got.stamp[2] == sequence + 1
            bare = request(flags=0, payload=b"no stamp block")
            data = authenticated(bare, KEY)
            client.sendall(data)
            assert proven(client.recv(1000), KEY) == dataclasses.replace(bare, kind=2)
