"""serve --metrics: its counters over HTTP, and what a peer can't take of it."""

import contextlib
import os
import resource
import socket
import subprocess
import time

import pytest
from exposition import read
from http_client import EVERY_ANSWER, Answer, address_of, ask, ask_raw, dial, read_all
from netecho import complains, environment, eventually, netecho, serve
from programs import need
from sockets import connect, echo

OPTIONS = ("--metrics", "127.0.0.1:0", "-v")


@pytest.fixture(scope="module")
def server():
    with serve("tcp://127.0.0.1:0", "udp://127.0.0.1:0", *OPTIONS) as running:
        yield running


@pytest.fixture
def address(server):
    return address_of(server)


def scrape(address, **options):
    answer = ask(address, **options)
    assert answer.status == 200, answer.body
    return read(answer.body)


# --- the figures ----------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", (1, 3))
def test_what_was_echoed_is_counted_over_all_threads(threads):
    with serve("tcp://127.0.0.1:0", "udp://127.0.0.1:0", "--threads", threads, "--json",
               *OPTIONS) as server:
        tcp, udp = server.endpoints
        for _ in range(20):
            with connect(tcp) as client:
                assert echo(client, b"x" * 100) == b"x" * 100
            with connect(udp) as client:
                assert echo(client, b"y" * 50) == b"y" * 50
        found = scrape(address_of(server))
        assert found["netecho_serve_received_bytes_total"].value(endpoint=tcp) == 2000
        assert found["netecho_serve_sent_bytes_total"].value(endpoint=tcp) == 2000
        assert found["netecho_serve_accepted_total"].value(endpoint=tcp) == 20
        assert found["netecho_serve_received_messages_total"].value(endpoint=udp) == 20
        assert found["netecho_serve_sent_messages_total"].value(endpoint=udp) == 20
        assert found["netecho_serve_dropped_total"].value(endpoint=udp, reason="rate") == 0
        assert server.events("stats") == []


def test_a_connection_that_is_open_is_counted_now(server, address):
    with connect(server.endpoint) as client:
        assert echo(client, b"x") == b"x"
        found = scrape(address)
        assert found["netecho_serve_connections"].value(endpoint=server.endpoint) == 1
    eventually(
        lambda: scrape(address)["netecho_serve_connections"].value(endpoint=server.endpoint) == 0,
        "the end of a connection",
    )


def test_the_process_tells_what_it_takes_in_the_sandbox_too(server, address):
    found = scrape(address)
    assert found["netecho_build_info"].value() == 1
    assert 0 < found["process_cpu_seconds_total"].value() < time.monotonic()
    resident = found["process_resident_memory_bytes"].value()
    assert resident == pytest.approx(server.memory_now(), rel=0.2)
    assert found["process_virtual_memory_bytes"].value() >= resident
    # The connection of the scrape is one of them.
    assert found["process_open_fds"].value() == len(os.listdir(f"/proc/{server.pid}/fd")) + 1
    assert found["process_max_fds"].value() >= found["process_open_fds"].value()
    assert abs(found["process_start_time_seconds"].value() - time.time()) < 3600


def test_openmetrics_comes_to_whoever_asks_for_it(address):
    plain = ask(address, more=["Accept: text/plain, */*;q=0.1"])
    assert plain.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3"
    new = ask(address, more=[f"Accept: {accept}"])
    assert new.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert {*read(new.body, open_metrics=True)} == {
        name.removesuffix("_total") for name in read(plain.body)
    }


@pytest.mark.parametrize("coding", ("gzip", "deflate"))
def test_it_is_compressed_if_that_is_asked_for(address, coding):
    assert "content-encoding" not in ask(address).headers
    answer = ask(address, more=[f"Accept-Encoding: {coding};q=0.9"])
    assert answer.headers["content-encoding"] == coding
    assert "Accept-Encoding" in answer.headers["vary"]
    assert len(answer.rest) < len(answer.body) / 2
    read(answer.body)


def test_promtool_has_nothing_to_say(address):
    tool = need("promtool")
    done = subprocess.run([tool, "check", "metrics"], input=ask(address).body, capture_output=True,
                          env=environment(), check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_health_and_the_start_page(address):
    assert ask(address, "/-/healthy").status == 200
    assert ask(address, "/-/ready").status == 200
    page = ask(address, "/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert b'<a href="/metrics">' in page.body and b"<script" not in page.body


# --- how it is asked ------------------------------------------------------------------------------


def test_head_has_the_headers_of_get_alone(address):
    got, head = ask(address), ask(address, method="HEAD")
    assert head.status == 200 and head.rest == b""
    assert head.headers["content-type"] == got.headers["content-type"]


def test_a_client_of_http_1_0_reads_to_the_end(address):
    answer = ask(address, version="1.0", more=["Connection: keep-alive"])
    assert "transfer-encoding" not in answer.headers and "content-length" not in answer.headers
    read(answer.rest)


REFUSED = {
    "another method": (b"POST /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
    "a method with a body": (
        b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc", 405),
    "an unknown method": (b"FETCH /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 501),
    "a body": (b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc", 413),
    "a large body": (
        b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n\r\n", 413),
    "no page": (b"GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    "a parameter": (b"GET /metrics?a=b HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a malformed query": (b"GET /metrics?a HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a null byte": (b"GET /metrics?a=%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a header without a colon": (b"GET /metrics HTTP/1.1\r\nHost localhost\r\n\r\n", 400),
    "two hosts": (b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 400),
    "another protocol": (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
    "another version": (b"GET /metrics HTTP/7.0\r\nHost: localhost\r\n\r\n", 400),
    "a long header": (b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 9000 + b"\r\n\r\n", 400),
    "many headers": (b"GET /metrics HTTP/1.1\r\n" + b"X: y\r\n" * 3000 + b"\r\n", 400),
    "a long path": (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a header without an end": (b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 9000, 400),
    "a name that is bound again": (b"GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
    "another's proxy": (b"GET http://evil.example/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 421),
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused(address, what):
    request, status = REFUSED[what]
    answer = ask_raw(address, request)
    assert answer.status == status
    assert answer.headers.items() >= EVERY_ANSWER.items()
    if status == 405:
        assert answer.headers["allow"] == "GET, HEAD"


def test_every_answer_forbids_storing_sniffing_and_framing(address):
    for path in ("/", "/metrics", "/-/healthy", "/-/ready"):
        assert ask(address, path).headers.items() >= EVERY_ANSWER.items()


@pytest.mark.parametrize("host", ("localhost", "LOCALHOST:9470", "127.0.0.1", "127.0.0.1:1"))
def test_a_loopback_address_goes_by_its_own_names(address, host):
    assert ask(address, host=host).status == 200


@pytest.mark.parametrize("host", ("127.0.0.2", "[::1]", "localhost.", "localhost.evil", "0", ":9470"))
def test_a_loopback_address_goes_by_no_other_name(address, host):
    assert ask(address, host=host).status == 421


def test_elsewhere_any_name_will_do():
    with serve("tcp://127.0.0.1:0", "--metrics", "0.0.0.0:0", "-v") as server:
        _, port = address_of(server)
        assert ask(("127.0.0.1", port), host="any.example").status == 200


def test_ipv6_goes_by_its_number_in_brackets():
    with serve("tcp://127.0.0.1:0", "--metrics", "[::1]:0", "-v") as server:
        address = address_of(server)
        assert ask(address, host=f"[::1]:{address[1]}").status == 200
        assert ask(address, host="::1").status == 421


def test_one_answer_a_connection_whatever_follows(address):
    request = b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = ask_raw(address, request * 20)
    assert answer.body == b"netecho is healthy.\n" and answer.headers["connection"] == "close"


# --- what a peer can't take -----------------------------------------------------------------------


def test_a_request_takes_5_s_at_most_however_its_bytes_come(address):
    began = time.monotonic()
    with dial(address) as idle, dial(address) as slow:
        slow.settimeout(0.05)
        sent = 0
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - began < 60:
                slow.sendall(b"X: y\r\n" if sent else b"GET /metrics HTTP/1.1\r\n")
                sent += 1
                try:
                    if slow.recv(1) == b"":
                        break
                except TimeoutError:
                    pass
        took = time.monotonic() - began
        assert sent > 1 and 4.9 < took < 60
        assert idle.recv(1) == b""


def test_idle_connections_keep_out_neither_echoes_nor_scrapes():
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(serve("tcp://127.0.0.1:0", *OPTIONS))
        address = address_of(server)
        client = stack.enter_context(connect(server.endpoint))
        for _ in range(min(1000, limit - 100)):
            sock = stack.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex(address)  # The queue of the kernel may be full, too.
        assert echo(client, b"x") == b"x"
        assert len(os.listdir(f"/proc/{server.pid}/fd")) < 64 + 40
        with dial(address, timeout=100) as scraper:
            scraper.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            read(Answer(read_all(scraper)).body)
        assert echo(client, b"y") == b"y"


def test_answers_that_are_cut_leave_nothing_behind(server, address):
    def descriptors():
        return len(os.listdir(f"/proc/{server.pid}/fd"))

    before = eventually(descriptors, "descriptors")
    for _ in range(200):
        with dial(address) as sock:
            sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            sock.recv(1)
    eventually(lambda: descriptors() <= before, "the end of 200 connections")
    scrape(address)


def test_it_ends_at_once_although_somebody_asks():
    with serve("tcp://127.0.0.1:0", *OPTIONS) as server:
        with dial(address_of(server)) as sock:
            sock.sendall(b"GET /metrics HTTP/1.1\r\n")
            began = time.monotonic()
            assert server.stop() == 0
            assert time.monotonic() - began < 4


# --- where it listens -----------------------------------------------------------------------------


def test_its_address_is_in_the_log_and_not_among_the_endpoints(server, address, tmp_path):
    assert len(server.endpoints) == 2
    assert all(not each.endswith(f":{address[1]}") for each in server.endpoints)
    file = tmp_path / "ports"
    with serve("tcp://127.0.0.1:0", "--port-file", file, *OPTIONS) as other:
        assert file.read_text() == other.endpoint + "\n"


def test_a_port_that_is_taken_is_an_error(address):
    taken = f"127.0.0.1:{address[1]}"
    line = complains(netecho("serve", "tcp://127.0.0.1:0", "--metrics", taken), 4)
    assert line == f"netecho: bind {taken}: Address already in use (EADDRINUSE)"


@pytest.mark.parametrize("where", ("", "9470", ":9470", "localhost:9470", "127.0.0.1", "::1:9470",
                                   "127.0.0.1:x", "127.0.0.1:70000", "[127.0.0.1]:1", "127.0.0.1:"))
def test_what_is_no_address_is_refused(where):
    assert "--metrics" in complains(netecho("serve", "tcp://127.0.0.1:0", "--metrics", where), 2)


def inherit(sock, name):
    """A command before the program, by which it inherits the socket."""
    script = f'exec env LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES={name} "$@" 3<&{sock.fileno()}'
    return {"prefix": [need("bash"), "-c", script, "bash"], "pass_fds": (sock.fileno(),)}


def test_it_takes_an_inherited_socket():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        address = sock.getsockname()
        with serve("tcp://127.0.0.1:0", "--metrics", "sd:figures", "-v", **inherit(sock, "figures")) as server:
            assert address_of(server) == address
            scrape(address)


def test_an_inherited_socket_that_does_not_fit_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        line = complains(netecho("serve", "tcp://127.0.0.1:0", "--metrics", "sd:other", **inherit(sock, "figures")), 4)
        assert "no socket of that name was passed to this process" in line
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        line = complains(netecho("serve", "tcp://127.0.0.1:0", "--metrics", "sd:figures", **inherit(sock, "figures")), 4)
        assert line.endswith("adopt sd:figures: is no TCP socket that listens")
