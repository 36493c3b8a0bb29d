"""What netecho says to a list of command lines, without what differs from run to run."""

import contextlib
import json
import re
import shlex

from netecho import netecho, serve
from peers import closed_port

URIS = {
    "tcp4": "tcp://127.0.0.1:0", "tcp6": "tcp://[::1]:0", "udp4": "udp://127.0.0.1:0",
    "udp6": "udp://[::1]:0", "unix": "unix:{folder}/s", "unixgram": "unixgram:{folder}/g",
    "unixpacket": "unixpacket:{folder}/p",
}
# The values of these are a part of the format; of other texts only that they are texts.
WORDS = {
    "schema", "type", "transport", "socket_type", "family", "status", "mode", "wait", "schedule",
    "category", "operation", "errno_name", "timestamp_source", "command", "expression", "name",
}


@contextlib.contextmanager
def places(folder):
    """What stands in a command line as {tcp4} … {closed}: servers, and a port that has none."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(serve(*(uri.format(folder=folder) for uri in URIS.values())))
        port = stack.enter_context(closed_port())
        yield dict(zip(URIS, server.endpoints)) | {"closed": f"127.0.0.1:{port}", "folder": folder}


def shape(value):
    """Names in their order, and of what kind each value is."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    if isinstance(value, str):
        return "text"
    return "flag" if isinstance(value, bool) else "number"  # Few samples have no percentile: null.


def words(value, key=None):
    if isinstance(value, dict):
        return [word for name, each in value.items() for word in words(each, name)]
    if isinstance(value, list):
        return [word for each in value for word in words(each, key)]
    return [f"{key}={value}"] if key in WORDS and isinstance(value, str) else []


def steady(text, where):
    for name, place in where.items():
        text = text.replace(str(place), "{" + name + "}")
    return re.sub(r"(?<=[:\]])[0-9]{4,5}\b", "PORT", text)


def said(line, where):
    """What a command line (as for a shell, with places) does."""
    quoted = {name: shlex.quote(str(place)) for name, place in where.items()}
    result = netecho(*shlex.split(line.format_map(quoted)))
    out = {"code": result.code, "stderr": [steady(each, where) for each in result.errors]}
    if result.stdout.startswith(b"{"):
        out["events"] = [shape(event) for event in result.events]
        out["words"] = " ".join(word for event in result.events for word in words(event))
    else:
        out["stdout"] = steady(result.stdout.decode(), where)
    return out


def options_of(command):
    """The names in its --help=all, each with the value it takes."""
    return re.findall(r"^  ((?:-\w, |    )?--?[\w-]+\S*(?: [A-Z0-9a-z|:,\[\]-]+)?)(?=  |$)",
                      netecho(command, "--help=all").text, re.MULTILINE)
