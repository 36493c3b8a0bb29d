"""Options from the environment, what --print-config says of them, and `netecho help`, with the real
program."""

import json
import os

from netecho import environment, netecho, serve


def test_a_variable_is_an_option():
    with serve("udp://127.0.0.1:0") as server:
        result = netecho(
            "probe",
            server.endpoint,
            env=environment(NETECHO_PROBE_COUNT="2", NETECHO_PROBE_FLOOD="1", NETECHO_PROBE_WINDOW="1",
                            NETECHO_PROBE_JSON="1"),
        )
    assert result.code == 0, result
    assert result.json["targets"][0]["sent_total"] == 2


def test_a_bad_value_names_its_variable_in_the_format_that_is_asked_for():
    wrong = environment(NETECHO_PROBE_COUNT="many", NETECHO_PROBE_FORMAT="json")
    result = netecho("probe", "udp://127.0.0.1:9", env=wrong)
    assert result.code == 2
    assert result.errors[0].startswith("netecho: environment NETECHO_PROBE_COUNT: expected ")
    assert "NETECHO_PROBE_COUNT" in json.dumps(result.json)


def test_an_option_that_no_endpoint_honors_names_its_variable():
    result = netecho("probe", "udp://127.0.0.1:9", env=environment(NETECHO_PROBE_MSS="536"))
    assert result.code == 2
    assert result.errors[0].startswith("netecho: environment NETECHO_PROBE_MSS: ")


def test_a_name_that_no_option_has_is_a_warning():
    result = netecho("families", env=environment(NETECHO_FAMILIES_JSNO="1", NETECHO_PROBE_CUONT="1"))
    assert result.code == 0
    assert result.errors == [
        "netecho: warning: environment NETECHO_FAMILIES_JSNO: no option of families has this name; "
        "did you mean NETECHO_FAMILIES_JSON?"
    ]


def test_print_config_shows_a_key_file_but_no_key(tmp_path):
    key = tmp_path / "key"
    key.write_text("0123456789abcdef-secret")
    key.chmod(0o600)
    result = netecho("serve", "--print-config", env=environment(NETECHO_KEY_FILE=str(key)))
    assert result.code == 0, result
    assert f"{key}  environment NETECHO_KEY_FILE" in result.text
    assert "secret" not in result.text


def path_with_man(folder, script):
    """The environment where man(1) is this shell script."""
    man = folder / "man"
    man.write_text(f"#!/bin/sh\n{script}\n")
    man.chmod(0o755)
    return environment(PATH=f"{folder}:{os.environ['PATH']}")


def test_help_opens_the_manual_page(tmp_path):
    where = path_with_man(tmp_path, '[ "$1" = -w ] || echo "page $*"')
    assert netecho("help", "probe", env=where).stdout == b"page netecho-probe\n"
    assert netecho("help", env=where).stdout == b"page netecho\n"


def test_help_without_a_page_is_that_of_the_option(tmp_path):
    nowhere = path_with_man(tmp_path, "exit 16")
    assert netecho("help", "probe", env=nowhere).stdout == netecho("probe", "--help").stdout
    assert netecho("help", env=environment(PATH=str(tmp_path / "none"))).stdout == netecho("--help").stdout
    assert netecho("help", "porbe").errors == ["netecho: command porbe: unknown; did you mean probe?"]
