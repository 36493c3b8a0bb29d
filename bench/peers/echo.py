#!/usr/bin/env python3
"""The echo server that Python's documentation would have you write: asyncio, a protocol, no more.

Usage: echo.py tcp | udp | unix PATH; prints its port (or path) when it is ready.
"""

import asyncio
import sys


class Stream(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


class Datagrams(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.transport.sendto(data, addr)


async def main(kind, path=None):
    loop = asyncio.get_running_loop()
    if kind == "tcp":
        server = await loop.create_server(Stream, "127.0.0.1", 0, backlog=4096)
        print(server.sockets[0].getsockname()[1], flush=True)
    elif kind == "unix":
        server = await loop.create_unix_server(Stream, path, backlog=4096)
        print(path, flush=True)
    else:
        transport, _ = await loop.create_datagram_endpoint(Datagrams, ("127.0.0.1", 0))
        print(transport.get_extra_info("sockname")[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main(*sys.argv[1:]))
