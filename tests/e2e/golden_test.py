"""What scripts rely on, compared with what it was when golden.json was recorded: exit codes, error
lines, names in JSON and their order, names of options. As a program (with tests/support in
PYTHONPATH) this makes the file anew, which is for a change that its users are told of."""

import json
import tempfile
from pathlib import Path

import pytest
from golden import options_of, places, said
from netecho import netecho

FILE = Path(__file__).with_name("golden.json")
GOLDEN = json.loads(FILE.read_text())


@pytest.fixture(scope="module")
def where(tmp_path_factory):
    with places(tmp_path_factory.mktemp("g")) as known:
        yield known


@pytest.mark.parametrize("command", GOLDEN["lines"])
def test_command_lines_do_what_they_did(command, where):
    for line, golden in GOLDEN["lines"][command].items():
        now = said(line, where)
        if "events" in golden:
            golden = golden | {"events": [GOLDEN["shapes"][number] for number in golden["events"]]}
        assert (line, now) == (line, golden)
        # That names have kept their order, too.
        assert json.dumps(now) == json.dumps(golden), line


@pytest.mark.parametrize("command", GOLDEN["options"])
def test_no_option_has_gone(command):
    assert set(GOLDEN["options"][command]) <= set(options_of(command))


def names_of(schema, path=""):
    """Every property of a JSON schema, by its path."""
    if isinstance(schema, dict):
        for name, value in schema.items():
            yield from names_of(value, f"{path}/{name}")
    elif isinstance(schema, list):
        for each in schema:
            yield from names_of(each, path)
    else:
        yield f"{path}={schema}"


def test_the_schema_has_all_that_it_had():
    assert set(GOLDEN["schema"]) <= set(names_of(json.loads(netecho("schema").text)))


def record(folder):
    shapes, lines = [], {}
    with places(folder) as known:
        for command, every in GOLDEN["lines"].items():
            lines[command] = {line: said(line, known) for line in every}
    for each in (each for every in lines.values() for each in every.values()):
        for i, event in enumerate(each.get("events", [])):
            if event not in shapes:
                shapes.append(event)
            each["events"][i] = shapes.index(event)
    out = {"options": {command: options_of(command) for command in GOLDEN["options"]},
           "schema": sorted(set(names_of(json.loads(netecho("schema").text)))),
           "shapes": shapes, "lines": lines}
    FILE.write_text("{\n" + ",\n".join(entries(out)) + "\n}\n")


def entries(out):
    """A line each, so that a change shows as one."""
    for name in ("options", "schema", "shapes"):
        yield f'"{name}": ' + json.dumps(out[name]).replace('}, {', '},\n {').replace('", "/', '",\n "/')
    commands = (f'"{command}": {{\n' + ",\n".join(
        f"{json.dumps(line)}: {json.dumps(what)}" for line, what in every.items()) + "\n}"
        for command, every in out["lines"].items())
    yield '"lines": {\n' + ",\n".join(commands) + "\n}"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        record(Path(folder))
