"""Other people's libraries, for comparison in the same process: installed once, apart from what the product runs on."""

import hashlib
import subprocess
import sys
from pathlib import Path

LIST = Path(__file__).with_name("peers.txt")
HOME = Path(sys.prefix) / "peers"


def add_peers() -> None:
    """Put the peers on the path, after our own packages: what both need is ours."""
    wanted = hashlib.sha256(LIST.read_bytes()).hexdigest()
    stamp = HOME / ".installed"
    if not stamp.exists() or stamp.read_text() != wanted:
        print("Installing the peers of bench/peers.txt …", file=sys.stderr, flush=True)
        pip = [sys.executable, "-m", "pip", "install", "-qq", "--no-warn-conflicts", "--upgrade"]
        subprocess.run([*pip, "--target", str(HOME), "-r", str(LIST)], check=True)
        stamp.write_text(wanted)
    sys.path.append(str(HOME))
