"""`serve fd:N`: sockets that a parent opened."""

import socket

import pytest
from netecho import netecho


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
@pytest.mark.parametrize("spellings", [("fd:{}", "fd:{}"), ("fd://{}", "fd:00{}")])
def test_a_descriptor_that_two_endpoints_name_is_a_usage_error(kind, spellings):
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            sock.listen()
        fd = sock.fileno()
        result = netecho("serve", *(each.format(fd) for each in spellings), pass_fds=[fd])
    assert result.code == 2
    assert f"descriptor {fd} is served by another endpoint already" in result.errors[0]
