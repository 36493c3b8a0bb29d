"""`cmake --install` places these files and no others."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from netecho import NETECHO, PROJECT

BUILD = Path(NETECHO).resolve().parents[1]
DEBIAN = Path("/etc/debian_version").exists()
COMMANDS = ["serve", "send", "probe", "wait", "watch", "report", "families", "completion", "schema", "help"]
FILES = {
    "bin/netecho": 0o755,
    "lib/systemd/system/netecho-watch.service": 0o644,
    "lib/systemd/system/netecho.service": 0o644,
    "lib/systemd/system/netecho.socket": 0o644,
    "share/bash-completion/completions/netecho": 0o644,
    "share/doc/netecho/LICENSE": 0o644,
    "share/fish/vendor_completions.d/netecho.fish": 0o644,
    "share/man/man1/netecho.1": 0o644,
    "share/man/man5/netecho-frame.5": 0o644,
    "share/man/man7/netecho-endpoint.7": 0o644,
    "share/netecho/grafana/netecho.json": 0o644,
    "share/netecho/kubernetes/netecho.yaml": 0o644,
    "share/netecho/netecho.schema.json": 0o644,
    "share/netecho/prometheus/hosts.json": 0o644,
    "share/netecho/prometheus/netecho.rules.test.yml": 0o644,
    "share/netecho/prometheus/netecho.rules.yml": 0o644,
    "share/netecho/prometheus/prometheus.yml": 0o644,
    "share/netecho/prometheus/targets.json": 0o644,
} | {f"share/man/man1/netecho-{command}.1": 0o644 for command in COMMANDS}
VENDOR = "share/zsh/vendor-completions/_netecho"
SITE = "share/zsh/site-functions/_netecho"


def installed(folder, prefix):
    subprocess.run(
        ["cmake", "--install", BUILD, "--prefix", prefix],
        env=os.environ | {"DESTDIR": str(folder)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    root = Path(f"{folder}{prefix}")
    found = [path for path in folder.rglob("*") if not path.is_dir()]
    return root, {str(path.relative_to(root)): path.stat().st_mode & 0o7777 for path in found}


def zsh_files(prefix):
    """Debian's zsh looks below /usr where packages put it, and elsewhere only where others do."""
    names = [VENDOR] if DEBIAN else []
    if not DEBIAN or prefix != "/usr":
        names.append(SITE)
    return dict.fromkeys(names, 0o644)


@pytest.mark.parametrize("prefix", ["/usr", "/usr/local", "/opt/netecho"])
def test_these_files_and_no_others(tmp_path, prefix):
    _, files = installed(tmp_path, prefix)
    assert files == FILES | zsh_files(prefix)


def test_what_is_installed_is_of_this_build(tmp_path):
    root, _ = installed(tmp_path, "/usr")
    program = root / "bin/netecho"
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    wanted = subprocess.run([NETECHO, "--version"], capture_output=True, text=True, check=True).stdout
    assert said == wanted
    schema = subprocess.run([program, "schema"], capture_output=True, text=True, check=True).stdout
    assert json.loads((root / "share/netecho/netecho.schema.json").read_text()) == json.loads(schema)
    for shell, file in [
        ("bash", "share/bash-completion/completions/netecho"),
        ("fish", "share/fish/vendor_completions.d/netecho.fish"),
    ]:
        script = subprocess.run([program, "completion", shell], capture_output=True, text=True, check=True)
        assert (root / file).read_text() == script.stdout, f"./dev completions writes completions/ anew ({shell})"


def test_the_version_is_that_of_the_project():
    text = (PROJECT / "CMakeLists.txt").read_text()
    version = re.search(r"^project\(.*?VERSION ([0-9.]+)", text, re.M | re.S)[1]
    said = subprocess.run([NETECHO, "--version"], capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[0] == f"netecho {version}"
