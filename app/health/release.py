"""Which commit runs."""

from functools import lru_cache
from pathlib import Path

from config import Settings

GIT = Path(__file__).parents[2] / ".git"


def git_sha(settings: Settings) -> str:
    """Return the commit the build was told (GIT_SHA), or the one checked out here; empty when nobody knows."""
    return settings.git_sha or read_checkout(GIT)


@lru_cache(maxsize=1)
def read_checkout(folder: Path) -> str:
    """Return the commit of a checkout, without running git."""
    try:
        head = (folder / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        if (folder / name).exists():
            return (folder / name).read_text().strip()
        packed = (folder / "packed-refs").read_text().splitlines()
        return next((line.split()[0] for line in packed if line.endswith(f" {name}")), "")
    except OSError:
        return ""
