"""Validates what is rendered against the schema with an independent validator, and shows that the
schema is strict: nothing may be missing, have another type, or be there without being listed.

usage: schema_test.py PRINT_SAMPLES DOCUMENT
"""

import copy
import json
import pathlib
import re
import subprocess
import sys
import unittest

import jsonschema

PROGRAM, DOCUMENT = sys.argv[1:3]
MAX_INTEGER = 2**53 - 1


def output_of(*arguments):
    return subprocess.run([PROGRAM, *arguments], check=True, stdout=subprocess.PIPE).stdout.decode()


def no_constant(name):
    raise ValueError(f"{name} is not JSON")


SCHEMA = json.loads(output_of("schema"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
LINES = output_of().removesuffix("\n").split("\n")
EVENTS = [json.loads(line, parse_constant=no_constant) for line in LINES]
TYPES = [rule["if"]["properties"]["type"]["const"] for rule in SCHEMA["allOf"] if "if" in rule]


def resolved(schema):
    while "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    return schema


def parts(schema):
    """The schemas that all apply to an object, in order."""
    schema = resolved(schema)
    if "allOf" in schema:
        return [part for each in schema["allOf"] for part in parts(each)]
    if "anyOf" in schema:  # A value, or null.
        return parts(schema["anyOf"][0])
    return [schema]


def properties_of(schema):
    return {name: each for part in parts(schema) for name, each in part.get("properties", {}).items()}


def paths(value, path=()):
    """The path of every key in it."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in pairs:
        if isinstance(value, dict):
            yield path + (key,)
        yield from paths(each, path + (key,))


def tested_paths(event):
    """Those of its keys; of a result, not those deep inside its events, which are tested alone."""
    return [path for path in paths(event) if event["type"] != "result" or len(path) <= 3]


def value_at(event, path):
    for key in path:
        event = event[key]
    return event


def changed(event, path, change):
    """A copy of the event in which change(parent, key) was made at the path."""
    event = copy.deepcopy(event)
    parent = event
    for key in path[:-1]:
        parent = parent[key]
    change(parent, path[-1])
    return event


def samples_by_shape():
    """One event of each set of non-null keys: the others would only repeat it."""
    shapes = {}
    for event in EVENTS:
        shape = (event["type"], tuple(path for path in paths(event)))
        shapes.setdefault(shape, event)
    return shapes.values()


class SchemaTest(unittest.TestCase):
    def assert_listed(self, value, schema, path):
        """The keys that are rendered are exactly those that the schema lists."""
        if isinstance(value, list):
            for index, each in enumerate(value):
                self.assert_listed(each, parts(schema)[0]["items"], f"{path}[{index}]")
        if isinstance(value, dict):
            properties = properties_of(schema)
            self.assertEqual(set(value), set(properties), path)
            self.assertTrue(all(p["required"] == list(p["properties"]) for p in parts(schema)), path)
            for key, each in value.items():
                self.assert_listed(each, properties[key], f"{path}.{key}")

    def test_the_schema_is_a_valid_one(self):
        self.assertEqual(SCHEMA["$schema"], "https://json-schema.org/draft/2020-12/schema")
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def test_there_is_a_sample_of_every_type(self):
        self.assertEqual({event["type"] for event in EVENTS}, set(TYPES))
        self.assertEqual(len(TYPES), 12)

    def test_every_sample_is_valid(self):
        for event in EVENTS:
            errors = [f"{list(e.absolute_path)}: {e.message}" for e in VALIDATOR.iter_errors(event)]
            self.assertEqual(errors, [], event)

    def test_rendered_keys_are_exactly_the_listed_ones(self):
        for event in EVENTS:
            self.assert_listed(event, {"$ref": "#/$defs/" + event["type"]}, event["type"])

    def test_no_key_may_be_missing(self):
        removed = 0
        for event in samples_by_shape():
            for path in tested_paths(event):
                without = changed(event, path, lambda parent, key: parent.pop(key))
                self.assertFalse(VALIDATOR.is_valid(without), (event["type"], path))
                removed += 1
        self.assertGreater(removed, 1000)

    def test_no_value_may_have_another_type(self):
        def wrong(parent, key):
            parent[key] = {"wrong": 1} if isinstance(parent[key], list) else ["wrong"]

        for event in samples_by_shape():
            for path in tested_paths(event):
                retyped = changed(event, path, wrong)
                self.assertFalse(VALIDATOR.is_valid(retyped), (event["type"], path))

    def test_integers_are_whole_and_within_two_to_the_53(self):
        for event in samples_by_shape():
            for path in tested_paths(event):
                if type(value_at(event, path)) is not int:
                    continue
                for bad in (2**53, 0.5, True):
                    set_bad = changed(event, path, lambda parent, key: parent.__setitem__(key, bad))
                    self.assertFalse(VALIDATOR.is_valid(set_bad), (event["type"], path, bad))
        numbers = re.findall(r"[:\[,](-?\d+)(?=[,}\]])", "\n".join(LINES))
        self.assertEqual(max(map(int, numbers)), MAX_INTEGER)
        self.assertEqual(min(map(int, numbers)), -MAX_INTEGER)

    def test_a_later_version_may_add_keys_and_types(self):
        def extend(value):
            if isinstance(value, dict):
                return {**{key: extend(each) for key, each in value.items()}, "added_later": [1]}
            return [extend(each) for each in value] if isinstance(value, list) else value

        for event in EVENTS:
            self.assertTrue(VALIDATOR.is_valid(extend(event)), event["type"])
        common = {"schema": "netecho/1", "type": "added_later", "time": EVENTS[0]["time"]}
        self.assertTrue(VALIDATOR.is_valid(common))
        for key in common:
            self.assertFalse(VALIDATOR.is_valid({k: v for k, v in common.items() if k != key}), key)
        self.assertFalse(VALIDATOR.is_valid({**common, "schema": "netecho/2"}))
        self.assertFalse(VALIDATOR.is_valid({**common, "time": "yesterday"}))

    def test_a_line_is_one_line_to_every_reader_and_safe_on_a_terminal(self):
        for line in LINES:
            self.assertEqual(line.splitlines(), [line])
            self.assertNotRegex(line, "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

    def test_the_document_names_every_key_and_its_examples_are_valid(self):
        text = pathlib.Path(DOCUMENT).read_text(encoding="utf-8")
        named = set(re.findall(r"`\"?([a-z0-9_]+)\"?`", text))
        listed = {path[-1] for event in EVENTS for path in paths(event)} | set(TYPES)
        self.assertEqual(listed - named, set())
        examples = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.S)]
        for line in re.findall(r"```jsonl\n(.*?)```", text, re.S):
            examples += [json.loads(each) for each in line.splitlines()]
        whole = [example for example in examples if "schema" in example]
        self.assertGreater(len(whole), 5)
        for example in whole:
            self.assertEqual([e.message for e in VALIDATOR.iter_errors(example)], [], example)
            self.assert_listed(example, {"$ref": "#/$defs/" + example["type"]}, example["type"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
