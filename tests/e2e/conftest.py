import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from fixtures import folder  # noqa: E402,F401
from keys import key, other  # noqa: E402,F401
