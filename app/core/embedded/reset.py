"""`bin/up --reset`: forget everything a home holds."""

import shutil
from pathlib import Path

from app.core.embedded import demo, keys, orphans, place, servers

DATA = ("postgres", "valkey", "uploads", "logs", keys.FILE_NAME, demo.FILE_NAME, servers.SERVICES_FILE)


def list_data(home: Path) -> list[Path]:
    """What would be deleted; data that lives elsewhere stands for itself."""
    elsewhere = place.read_pointer(home)
    folders = [home] if elsewhere is None else [home, elsewhere]
    return [folder / name for folder in folders for name in DATA if (folder / name).exists()]


def delete_data(home: Path) -> None:
    """End what still uses the data, then delete it. The caller holds the home's lock, which stays."""
    orphans.end_supervised(home)
    for path in list_data(home):
        if path.is_dir():
            orphans.end_servers(path, "postgres")
            orphans.end_servers(path, "valkey-server")
            shutil.rmtree(path)
        else:
            path.unlink()
