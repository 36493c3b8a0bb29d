"""--port-file is one whole file or another, whoever reads it when."""

import stat

import pytest
from netecho import serve


def test_a_port_file_that_is_there_is_replaced_and_not_written_over(folder):
    ports = folder / "ports"
    ports.write_text("of the last run\n")
    with ports.open() as reader, serve("tcp://127.0.0.1:0", "--port-file", ports) as server:
        assert ports.read_text() == f"{server.endpoint}\n"
        assert reader.read() == "of the last run\n"


@pytest.mark.parametrize("mask, mode", [(0o022, 0o644), (0o027, 0o640)])
def test_a_port_file_has_the_mode_that_the_umask_leaves(folder, mask, mode):
    ports = folder / "ports"
    with serve("tcp://127.0.0.1:0", "--port-file", ports, umask=mask):
        assert stat.S_IMODE(ports.stat().st_mode) == mode
