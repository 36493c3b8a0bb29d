"""An independent validator for netecho's JSON, and the identities that every summary holds."""

import functools
import json

import jsonschema
from netecho import netecho


@functools.lru_cache(maxsize=1)
def validator():
    done = netecho("schema")
    assert done.code == 0 and not done.stderr, done
    schema = json.loads(done.stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    return jsonschema.Draft202012Validator(schema)


def check(event):
    """Validates one event or result, and the summaries in it."""
    errors = [
        f"{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}"
        for e in validator().iter_errors(event)
    ]
    assert not errors, f"{event['type']}: {errors}\n{event}"
    if event["type"] in ("summary", "interval"):
        check_identities(event)
    for summary in event.get("targets") or []:
        check_identities(summary)
    return event


def check_identities(s):
    assert s["scheduled_total"] == s["sent_total"] + s["send_error_total"] + s["skipped_total"], s
    assert s["sent_total"] == s["received_total"] + s["lost_total"] + s["outstanding_total"], s
    assert s["no_connection_total"] <= s["skipped_total"], s
    unanswered = s["lost_total"] + s["send_error_total"] + s["no_connection_total"]
    assert s["unanswered_total"] == unanswered, s
    of_all = s["received_total"] + unanswered
    ratio = unanswered / of_all if of_all else None
    assert s["unanswered_ratio"] == ratio, s
    lost = ("timeout_total", "mismatch_total", "refused_total", "unreachable_total")
    assert s["lost_total"] == sum(s[name] for name in lost), s
