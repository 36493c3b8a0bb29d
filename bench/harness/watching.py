"""Work for exporters that probe for as long as they run: what it costs them (W)."""

import contextlib
import http.client
import json
import os
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor

from . import peers, programs
from .figures import Goal
from .programs import NotAvailable, Server, need
from .rounds import figures_by_unit

RECEIVED = "netecho_probe_received_total"
CORE, MEMORY, SKIPPED = "% of a core", "MiB of private memory", "% of the slots skipped"
SCRAPE_SECONDS = 15  # As Prometheus does if nobody says otherwise.


def w(settings):
    """300 targets side by side, then what netecho's own goals are about."""
    need_pings()
    yield from _beside_others(settings)
    yield from _alone(settings, settings.pick(1000, 10), "1s", {CORE: 2, MEMORY: 40})
    yield from _alone(settings, settings.pick(300, 10), "100ms", {SKIPPED: 0.1, MEMORY: 30})


def need_pings():
    """By a raw socket, which root has, or a ping socket, which the kernel gives to some groups."""
    if os.geteuid() == 0:
        return
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP).close()
    except OSError:
        raise NotAvailable("needs root, or a ping socket (net.ipv4.ping_group_range)") from None


def _exporter(command):
    """None of them says in the same way which port it has, so the kernel does."""
    return Server("tcp", command, announces=False)


def watch(settings, groups):
    file = settings.folder / "targets.json"
    file.write_text(json.dumps(groups))
    return _exporter([settings.netecho, "watch", "--targets", file, "--listen", "127.0.0.1:0"])


def smokeping(settings, hosts):
    """With raw sockets for root, else with ping sockets."""
    kind = "icmp" if os.geteuid() == 0 else "udp"
    file = settings.folder / "smokeping.yml"  # YAML has all of JSON.
    target = {"hosts": hosts, "interval": "1s", "network": "ip4", "protocol": kind, "size": 56}
    file.write_text(json.dumps({"targets": [target]}))
    program = need("prometheus-smokeping-prober")
    return _exporter([program, "--config.file", file, "--web.listen-address", "127.0.0.1:0"])


def blackbox(settings):
    file = settings.folder / "blackbox.yml"
    module = {"prober": "icmp", "timeout": "1s", "icmp": {"preferred_ip_protocol": "ip4"}}
    file.write_text(json.dumps({"modules": {"icmp": module}}))
    program = need("prometheus-blackbox-exporter")
    return _exporter([program, "--config.file", file, "--web.listen-address", "127.0.0.1:0"])


def get(server, path):
    """The body of what is asked of an exporter."""
    port = int(server.endpoint.rpartition(":")[2])
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read().decode()
        if answer.status != 200:
            raise NotAvailable(f"{path}: {answer.status} {body.strip()[:80]}")
        return body


def total(text, name):
    """The sum of all samples whose name and labels begin so; `name` is a regular expression."""
    return sum(float(value) for value in re.findall(rf"^{name}(?:\{{.*\}})? (\S+)$", text, re.M))


def scrape_until(server, end):
    """Scrapes as Prometheus would."""
    while (left := end - time.monotonic()) > 0:
        get(server, "/metrics")
        time.sleep(min(left, SCRAPE_SECONDS))


def ask_until(server, end, hosts):
    """blackbox probes when it is asked: each target once a second, spread over it."""

    def ask(host):
        if not total(get(server, f"/probe?module=icmp&target={host}"), "probe_success"):
            raise NotAvailable(f"got no reply from {host}")

    with ThreadPoolExecutor(8) as pool:
        begin, asked = time.monotonic(), []
        while (now := time.monotonic()) < end:
            due = int((now - begin) * len(hosts)) + 1
            while len(asked) < due:
                asked.append(pool.submit(ask, hosts[len(asked) % len(hosts)]))
            time.sleep(0.001)
        for each in asked:
            each.result()


def await_replies(server, name):
    """Until the exporter has counted some in the metric `name`."""
    deadline = time.monotonic() + programs.PATIENCE
    while not total(get(server, "/metrics"), name):
        if time.monotonic() > deadline:
            raise NotAvailable("got no replies")
        time.sleep(0.05)


def measure(settings, server, work):
    """{unit: figure} of a stretch of time; `work` gets its end."""
    time.sleep(settings.pick(3, 0))  # What it does once is not what it costs.
    cpu, begin = server.cpu_ns(), time.monotonic()
    work(begin + settings.pick(30, 0.5))
    spent = server.cpu_ns() - cpu
    return {
        CORE: spent / 1e7 / (time.monotonic() - begin),
        MEMORY: server.memory_kib() / 1024,
    }


def _beside_others(settings):
    """All of 127.0.0.0/8 answers pings."""
    count = settings.pick(300, 3)
    hosts = [f"127.1.{number // 200}.{number % 200 + 1}" for number in range(count)]
    targets = [{"targets": [f"icmp://{host}" for host in hosts], "labels": {"__interval__": "1s"}}]

    def scraped(exporter, counter):
        with exporter as server:
            await_replies(server, counter)
            return measure(settings, server, lambda end: scrape_until(server, end))

    def asked():
        with blackbox(settings) as server:
            return measure(settings, server, lambda end: ask_until(server, end, hosts))

    samples = {
        "netecho": lambda: scraped(watch(settings, targets), RECEIVED),
        "smokeping_prober": lambda: scraped(
            smokeping(settings, hosts), "smokeping_response_duration_seconds_count"
        ),
        "blackbox": asked,
    }
    goals = [Goal(name, most=1) for name in ("smokeping_prober", "blackbox")]
    work = f"icmp, {count} targets, one a second each"
    yield from figures_by_unit(settings, "W", work, samples, {CORE: goals, MEMORY: goals})


def _alone(settings, count, interval, goals):
    """Labels tell the targets apart, so that one server answers for all."""

    def netecho():
        with peers.netecho(settings, "udp://127.0.0.1:0") as echo:
            labels = [{"number": str(number), "__interval__": interval} for number in range(count)]
            groups = [{"targets": [echo.endpoint], "labels": each} for each in labels]
            with watch(settings, groups) as server:
                await_replies(server, RECEIVED)
                told = measure(settings, server, lambda end: scrape_until(server, end))
                text = get(server, "/metrics")
        sent, skipped = (total(text, f"netecho_probe_{name}_total") for name in ("sent", "skipped"))
        return told | {SKIPPED: 100 * skipped / (sent + skipped)}

    work = f"udp, {count:,} targets, one every {interval} each"
    wanted = {unit: [Goal(None, most=most)] for unit, most in goals.items()}
    yield from figures_by_unit(settings, "W", work, {"netecho": netecho}, wanted)
