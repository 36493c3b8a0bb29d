"""send against netecho serve: payloads, repeats, lines, output."""

import json
import os
import signal
import socket
import subprocess
import threading
import time

import pytest
from hosts import Host
from netecho import NETECHO, environment, finish, netecho, running, serve
from peers import closed_port
from programs import network
from sockets import pattern

HANGUL = "안녕하세요 👋🏽 héllo"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One of everything, for all tests of this file."""
    name = f"netecho-send-{os.getpid()}"
    with serve(
        "tcp://127.0.0.1:0",
        "udp://127.0.0.1:0",
        f"unix:@{name}",
        f"unixgram:@{name}g",
        f"unixpacket:@{name}p",
    ) as running_server:
        yield running_server


EVERY = range(5)
STREAMS = [0, 2]
MESSAGES = [1, 3, 4]


def sent(server, which, *args, **popen):
    return netecho("send", server.endpoints[which], *args, **popen)


def prints(result, data):
    assert result.code == 0, result
    assert result.stdout == data, result
    assert result.stderr == b"", result


# --- the payload ----------------------------------------------------------------------------------


@pytest.mark.parametrize("which", EVERY)
def test_data_comes_back_and_is_all_that_is_printed(server, which):
    prints(sent(server, which, "hello"), b"hello")


@pytest.mark.parametrize("which", EVERY)
def test_utf8_comes_back_as_it_was(server, which):
    prints(sent(server, which, HANGUL), HANGUL.encode())


@pytest.mark.parametrize("which", EVERY)
def test_an_empty_payload_is_legal(server, which):
    prints(sent(server, which, ""), b"")
    prints(sent(server, which, input=b""), b"")


@pytest.mark.parametrize("which", EVERY)
def test_stdin_is_the_payload_without_data(server, which):
    prints(sent(server, which, input=b"from\nstdin\x00\xff"), b"from\nstdin\x00\xff")
    prints(sent(server, which, "-f", "-", input=b"dash"), b"dash")


@pytest.mark.parametrize("which", EVERY)
def test_a_file_is_sent_as_it_is(server, which, folder):
    data = pattern(60_000)
    (folder / "file").write_bytes(data)
    prints(sent(server, which, "-f", folder / "file"), data)
    (folder / "empty").write_bytes(b"")
    prints(sent(server, which, "-f", folder / "empty"), b"")


@pytest.mark.parametrize("which", EVERY)
def test_hex_and_base64_are_decoded(server, which):
    prints(sent(server, which, "-x", "00ff7f0A"), b"\x00\xff\x7f\n")
    prints(sent(server, which, "--hex", ""), b"")
    prints(sent(server, which, "--base64", "AP9/Cg=="), b"\x00\xff\x7f\n")


@pytest.mark.parametrize("which", STREAMS)
def test_piped_binary_of_many_megabytes_comes_back(server, which):
    data = pattern(1 << 20) * 24
    prints(sent(server, which, input=data), data)


@pytest.mark.parametrize("which", STREAMS)
def test_a_reader_of_the_output_that_is_slow_loses_nothing(server, which):
    data = pattern(1 << 20) * 24
    with running("send", server.endpoints[which], stdin=subprocess.PIPE) as process:
        feeder = threading.Thread(target=feed, args=(process.stdin, data))
        feeder.start()
        got = bytearray()
        while piece := os.read(process.stdout.fileno(), 1 << 20):
            got += piece
            time.sleep(0.0005)
        feeder.join()
        assert process.wait(20) == 0
        assert bytes(got) == data


def feed(pipe, data):
    pipe.write(data)
    pipe.close()


def test_a_message_too_big_for_a_datagram_is_a_usage_error(server):
    result = sent(server, 1, input=bytes(65_508))
    assert result.code == 2, result
    assert "--lines" in result.errors[0]
    prints(sent(server, 1, input=pattern(65_507)), pattern(65_507))


def test_a_process_substitution_is_a_file_that_can_not_be_read_twice(server):
    data = pattern(100_000)
    reader, writer = os.pipe()
    thread = threading.Thread(target=lambda: (os.write(writer, data[:60_000]), os.close(writer)))
    thread.start()
    result = sent(server, 0, "-f", f"/dev/fd/{reader}", pass_fds=(reader,))
    thread.join()
    os.close(reader)
    prints(result, data[:60_000])


# --- repeats --------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", EVERY)
def test_count_repeats_the_payload(server, which):
    prints(sent(server, which, "ab", "-c", "5"), b"ab" * 5)


@pytest.mark.parametrize("which", [0, 1])
def test_interval_waits_between_repeats(server, which):
    started = time.monotonic()
    prints(sent(server, which, "x", "-c", "4", "-i", "60ms"), b"xxxx")
    assert 0.18 <= time.monotonic() - started < 20


def test_a_file_is_sent_again_for_each_repeat(server, folder):
    (folder / "file").write_bytes(pattern(70_000))
    prints(sent(server, 0, "-f", folder / "file", "-c", "3"), pattern(70_000) * 3)


# --- lines ----------------------------------------------------------------------------------------


def test_lines_on_a_stream_keep_their_newlines(server):
    for which in STREAMS:
        prints(sent(server, which, "--lines", input=b"one\ntwo\n\nthree"), b"one\ntwo\n\nthree")


def test_lines_on_datagrams_are_messages_without_their_newlines():
    with serve("udp://127.0.0.1:0", "--trace", "--json", "--show-payload") as traced:
        result = netecho("send", traced.endpoint, "--lines", input="one\n한\n\nlast".encode())
        assert result.code == 0, result
        assert result.stdout == "one\n한\n\nlast\n".encode()
        traced.stop()
        payloads = [e["payload"]["data"] for e in traced.events("datagram")]
        assert payloads == ["one", "한", "", "last"]


@pytest.mark.parametrize("which", [0, 1])
def test_each_lines_echo_is_printed_before_the_next_is_read(server, which):
    with running("send", server.endpoints[which], "--lines", stdin=subprocess.PIPE) as process:
        for number in range(5):
            process.stdin.write(b"line %d\n" % number)
            process.stdin.flush()
            assert process.stdout.readline() == b"line %d\n" % number
        process.stdin.close()
        assert process.wait(10) == 0


def test_a_file_can_have_lines_larger_than_a_datagram_together(server, folder):
    lines = [pattern(40, seed=n).hex() for n in range(2000)]
    (folder / "file").write_text("".join(f"{line}\n" for line in lines))
    result = sent(server, 1, "--lines", "-f", folder / "file")
    assert result.code == 0
    assert result.text.split() == lines


def test_json_of_lines_has_one_reply_a_line(server):
    result = sent(server, 0, "--lines", "--json", input=b"one\ntwo\n")
    assert result.code == 0, result
    replies = [e for e in result.events if e["type"] == "reply"]
    assert [r["payload"]["data"] for r in replies] == ["one\n", "two\n"]
    assert [r["sequence"] for r in replies] == [0, 1]
    assert result.events[-1]["type"] == "summary"


# --- what it tells --------------------------------------------------------------------------------


@pytest.mark.parametrize("which", EVERY)
def test_json_is_one_result_with_the_reply(server, which):
    result = sent(server, which, HANGUL, "--json")
    assert (result.code, result.stderr) == (0, b"")
    document = result.json
    assert (document["type"], document["command"], document["exit_code"]) == ("result", "send", 0)
    assert document["errors"] == []
    (reply,) = document["replies"]
    size = len(HANGUL.encode())
    assert reply["payload"] == {
        "encoding": "utf8",
        "data": HANGUL,
        "size_bytes": size,
        "truncated": False,
    }
    assert (reply["status"], reply["sequence"], reply["size_bytes"]) == ("ok", 0, size)
    assert reply["rtt_ns"] > 0
    (summary,) = document["targets"]
    assert summary["sent_total"] == summary["received_total"] == 1
    assert summary["tx_bytes_total"] == summary["rx_bytes_total"] == size
    assert summary["peer"]["uri"] == server.endpoints[which]
    assert summary["schedule"] is None


def test_json_shows_at_most_4_kib_of_the_reply(server):
    document = sent(server, 0, "--json", input=b"a" * 5000).json
    payload = document["replies"][0]["payload"]
    assert payload["truncated"] is True
    assert payload["size_bytes"] == 5000
    assert payload["data"] == "a" * 4096
    document = sent(server, 0, "--json", input=b"\xff\xfe").json
    assert document["replies"][0]["payload"] == {
        "encoding": "base64",
        "data": "//4=",
        "size_bytes": 2,
        "truncated": False,
    }


def test_v_adds_a_line_about_the_exchange_on_stderr(server):
    result = sent(server, 0, "hello", "-v")
    assert (result.code, result.stdout) == (0, b"hello")
    assert len(result.errors) == 1
    assert server.endpoints[0] in result.errors[0]
    assert "5" in result.errors[0]


def test_bind_picks_the_local_address(server, folder):
    summary = sent(server, 0, "x", "-B", "127.0.0.2", "--json").json["targets"][0]
    assert summary["local"]["address"] == "127.0.0.2"
    summary = sent(server, 3, "x", "-B", folder / "me", "--json").json["targets"][0]
    assert summary["local"]["path"] == str(folder / "me")
    assert list(folder.iterdir()) == [], "its own socket file is removed"


# --- names with two addresses ---------------------------------------------------------------------


def test_localhost_reaches_a_server_of_either_family():
    """In a network of its own: elsewhere somebody may serve the same port of the other family."""
    with network() as (prefix, pid):
        mine = Host(prefix, pid)
        for host, family in (("127.0.0.1", "ipv4"), ("[::1]", "ipv6")):
            for scheme in ("tcp", "udp"):
                with mine.serve(f"{scheme}://{host}:0") as one:
                    result = mine.netecho("send", f"{scheme}://localhost:{one.port}", "hello", "--json")
                    assert result.code == 0, result
                    assert result.json["targets"][0]["peer"]["family"] == family


# --- signals --------------------------------------------------------------------------------------


def test_one_sigint_ends_it_with_130():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        with running("send", f"127.0.0.1:{listener.getsockname()[1]}", "hello") as process:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(10)
                assert connection.recv(100) == b"hello"
                process.send_signal(signal.SIGINT)
                result = finish(process)
    assert result.code == 130, result
    assert result.stdout == b""


def test_sigint_while_it_waits_for_input_ends_it_with_130():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        uri = f"127.0.0.1:{listener.getsockname()[1]}"
        with running("send", uri, stdin=subprocess.PIPE) as process:
            connection, _ = listener.accept()
            with connection:
                process.send_signal(signal.SIGINT)
                assert process.wait(10) in (130, -2)


def test_an_interrupted_send_in_json_says_what_it_had():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        uri = f"127.0.0.1:{listener.getsockname()[1]}"
        with running("send", uri, "hello", "--json") as process:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(10)
                connection.recv(100)
                process.send_signal(signal.SIGINT)
                result = finish(process)
    assert result.code == 130, result
    document = result.json
    assert document["exit_code"] == 130
    assert document["targets"][0]["interrupted"] is True


def test_head_ends_it_quietly_with_the_results_code(server):
    done = subprocess.run(
        ["bash", "-c", '"$0" send "$1" -f /dev/stdin | head -c 3; echo " ${PIPESTATUS[0]}"',
         NETECHO, server.endpoints[0]],
        input=bytes(8 << 20), capture_output=True, env=environment(), timeout=20, check=True,
    )
    assert done.stdout == b"\x00\x00\x00 0\n"
    assert done.stderr == b""


def test_json_is_ascii_or_utf8_whatever_the_locale(server):
    env = environment(LC_ALL="tr_TR.ISO-8859-9", LANG="tr_TR.ISO-8859-9")
    result = sent(server, 0, HANGUL, "--json", env=env)
    assert json.loads(result.stdout.decode("utf8"))["replies"][0]["payload"]["data"] == HANGUL
