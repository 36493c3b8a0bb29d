"""Names that have characters beyond ASCII, looked up as the system does (IDNA)."""

import pytest
from netecho import environment, netecho, serve
from programs import need, need_own_mounts

HOSTS = "127.0.0.1 localhost\n127.0.0.1 xn--mnchen-3ya.test\n"


@pytest.fixture
def known_names(tmp_path):
    """A prefix that runs a command with a hosts file of its own."""
    need_own_mounts()
    (tmp_path / "hosts").write_text(HOSTS)
    script = f'mount --bind {tmp_path}/hosts /etc/hosts && exec "$@"'
    return [need("unshare"), "-m", "sh", "-c", script, "sh"]


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "de_DE.ISO-8859-1"])
@pytest.mark.parametrize("name", ["münchen.test", "MÜNCHEN.test", "xn--mnchen-3ya.test"])
def test_an_international_name_is_looked_up_whatever_the_locale(known_names, name, locale):
    with serve("tcp4://127.0.0.1:0") as server:
        result = netecho("send", f"tcp4://{name}:{server.port}", "x", prefix=known_names,
                         env=environment(LC_ALL=locale))
        assert (result.code, result.stdout) == (0, b"x"), result


@pytest.mark.parametrize("name", ["bü..test", "\u2028.test", "b\udcff\udcfe.test"])
def test_a_name_that_is_none_is_said(name):
    result = netecho("send", f"tcp://{name}:7", "x")
    assert result.code == 3, result
    assert "is no international name (IDNA)" in result.errors[0] or "unknown host" in result.errors[0]
