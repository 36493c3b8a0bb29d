"""nping, which sends UDP from port 53 unless told otherwise. Needs root."""

import re

import pytest
from fixtures import needs_root
from netecho import serve
from programs import run

pytestmark = needs_root


def answers(port, *options):
    shown = run("nping", "--udp", "-p", port, "-c", "1", *options, "127.0.0.1").decode()
    # What comes back may be our own answer or its client's refusal of it; the server knows.
    return int(re.search(r"Lost: (\d+)", shown).group(1)) == 0


@pytest.mark.parametrize("options, wish, answered", [
    ([], [], False),
    (["--source-port", "40053"], [], True),
    ([], ["--udp-allow-any-source"], True),
])
def test_its_own_port_is_answered_only_on_request(options, wish, answered):
    with serve("udp4://127.0.0.1:0", "--json", "--trace", *wish) as server:
        assert answers(server.port, *options) == answered
        event = server.event("datagram")
        assert (event["action"], event["reason"]) == (
            ("echoed", None) if answered else ("dropped", "source_port"))
