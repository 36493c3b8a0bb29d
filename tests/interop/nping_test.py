"""nping, which sends UDP from port 53 unless told otherwise. Needs root."""

import pytest
from fixtures import needs_root
from netecho import serve
from programs import run

pytestmark = needs_root


@pytest.mark.parametrize("options, wish, answered", [
    ([], [], False),
    (["--source-port", "40053"], [], True),
    ([], ["--udp-allow-any-source"], True),
])
def test_its_own_port_is_answered_only_on_request(options, wish, answered):
    with serve("udp4://127.0.0.1:0", "--json", "--trace", *wish) as server:
        # Whether it sees an answer depends on its capture being fast enough; the server knows.
        run("nping", "--udp", "-p", server.port, "-c", "1", *options, "127.0.0.1")
        event = server.event("datagram")
        assert (event["action"], event["reason"]) == (
            ("echoed", None) if answered else ("dropped", "source_port"))
