"""What a file is, by its first bytes."""

SNIFFED = 16


def kind_of(head: bytes) -> str | None:
    """Return png, jpeg, webp or pdf; None for anything else."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head.startswith(b"%PDF-"):
        return "pdf"
    return None
