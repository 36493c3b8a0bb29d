"""What `netecho probe` says, checked by the schema."""

from netecho import netecho
from schema import check

# Far enough apart for a busy machine: a probe later than its interval is skipped.
QUICK = ["-c5", "-i20ms"]
# Each when the last is decided: a machine however busy misses none of them.
IN_TURN = ["--flood", "--window", "1"]


def probe(*args, code=0, **popen):
    """The summaries of a probe that is to end with this code."""
    result = netecho("probe", *args, "--json", **popen)
    assert result.code == code, result
    document = check(result.json)
    assert document["exit_code"] == code
    assert document["replies"] is None
    return document["targets"]


def only(targets):
    (target,) = targets
    return target


def whole(summary, count=5):
    """Nothing lost. A slot that a busy machine missed is skipped and counted, which is no loss."""
    assert summary["scheduled_total"] == count
    assert summary["received_total"] == summary["sent_total"] > 0
    assert summary["sent_total"] + summary["skipped_total"] == count
    return True


def usage_error(*args):
    """The one line of a probe that does not even begin."""
    result = netecho("probe", *args)
    assert (result.code, result.stdout) == (2, b""), result
    (line,) = result.errors
    return line
