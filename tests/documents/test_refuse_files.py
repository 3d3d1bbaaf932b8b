"""What is not read, and why: other files, too many bytes, too many pixels, broken ones, and no engine."""

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from app.documents import service
from app.documents.problems import NoReader, PdfTooLarge, TooManyPages, UnknownKind
from app.documents.reading import engine, pdfs, unpacking
from tests.documents.sheets import as_bytes, as_pdf, as_pdf_bomb, as_scan, as_text_pdf, draw_sheet


def bomb() -> bytes:
    """Return a PNG of a few bytes that says it has 50,000 × 50,000 pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def refused(ada, content: bytes, content_type: str = "application/octet-stream") -> tuple[int, str]:
    answer = ada.post("/api/documents", data=content, content_type=content_type)
    return answer.status_code, answer.json["code"]


def test_what_a_file_is_its_bytes_say(seeing, ada):
    assert refused(ada, b"just some text", "image/png") == (422, "document-unknown-kind")
    assert refused(ada, b"GIF89a" + b"\0" * 20) == (422, "document-unknown-kind")
    assert refused(ada, b"<svg onload=alert(1)>", "image/png") == (422, "document-unknown-kind")
    assert refused(ada, b"") == (422, "document-no-file")
    assert ada.post("/api/documents", json={}).json["code"] == "unsupported-media-type"


def test_a_small_file_with_a_huge_picture_is_not_unpacked(seeing, ada):
    assert refused(ada, bomb()) == (422, "document-too-many-pixels")


def test_a_file_that_only_begins_like_a_picture_is_refused(seeing, ada):
    assert refused(ada, b"\x89PNG\r\n\x1a\n" + b"\0" * 100) == (422, "document-unknown-kind")


def test_a_file_that_is_too_large_is_refused_and_not_kept(seeing, ada, app, monkeypatch, tmp_path):
    settings = app.config["SETTINGS"].model_copy(update={"max_document_bytes": 10_000, "upload_dir": tmp_path})
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    noise = Image.effect_noise((400, 400), 90).convert("RGB")
    assert refused(ada, as_bytes(noise)) == (413, "document-too-large")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_breaks_while_it_is_read_is_said_on_its_page(seeing, stocked, send, ada):
    broken = as_bytes(draw_sheet())[:3000]
    found = send(broken, read=False)
    with ada.acting(), pytest.raises(UnknownKind):
        service.read_document(found["id"])
    assert "neither a photo nor a PDF" in ada.get(f"/documents/{found['id']}").text
    assert ada.post(f"/documents/{found['id']}/reading").status_code == 303
    assert ada.get(f"/api/documents/{found['id']}").json["state"] == "reading"


def test_a_pdf_of_many_pages_is_refused(seeing, send, ada):
    pages = [Image.new("RGB", (20, 20), "white") for _ in range(11)]
    buffer = io.BytesIO()
    pages[0].save(buffer, "PDF", save_all=True, append_images=pages[1:])
    found = send(buffer.getvalue(), "long.pdf", read=False)
    with ada.acting(), pytest.raises(TooManyPages):
        service.read_document(found["id"])


def memory_to_unpack(pdf: Path) -> int:
    """Return the KB its process had at most; asked by a small process, since one begins with what its parent has."""
    asked = (
        "import resource, subprocess, sys\n"
        "subprocess.run([sys.executable, '-I', *sys.argv[1:]], capture_output=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-c", asked, unpacking.__file__, str(pdf), "draw"]
    return int(subprocess.run(command, capture_output=True, check=True).stdout)


def test_a_pdf_that_unpacks_to_gigabytes_is_refused_with_little_memory(seeing, send, ada, tmp_path):
    content = as_pdf_bomb(1500)
    assert len(content) < 10_000
    found = send(content, "bomb.pdf", read=False)
    with ada.acting(), pytest.raises(PdfTooLarge):
        service.read_document(found["id"])
    shown = ada.get(f"/api/documents/{found['id']}").json
    assert shown["state"] == "failed"
    assert shown["error"].startswith("This PDF unpacks to more than is read. It may take 256 MB")
    (tmp_path / "bomb.pdf").write_bytes(content)
    assert memory_to_unpack(tmp_path / "bomb.pdf") < 300 * 1024


def test_a_page_of_endless_text_is_refused(seeing, send, ada, monkeypatch):
    found = send(as_text_pdf(*["CUP-10 Cup 3" * 1000] * 10), "endless.pdf", read=False)
    with ada.acting(), pytest.raises(PdfTooLarge):
        service.read_document(found["id"])


def test_the_process_that_unpacks_gets_no_secrets(seeing, stocked, send, monkeypatch):
    started, popen = [], subprocess.Popen
    monkeypatch.setenv("SOME_SECRET", "1")
    monkeypatch.setattr(pdfs.subprocess, "Popen", lambda *args, **how: started.append(how) or popen(*args, **how))
    assert send(as_pdf(), "order.pdf")["state"] == "read"
    assert set(started[0]["env"]) <= {"PATH", "LD_LIBRARY_PATH", "LANG"}


def test_without_the_extra_text_pdfs_are_read_and_the_page_says_what_is_not(seeing, stocked, send, ada, monkeypatch):
    monkeypatch.setattr(engine, "is_installed", lambda: False)
    shown = ada.get("/documents").text
    assert "Photos and scans are not read here." in shown
    assert "pip install --require-hashes -r requirements-ocr.txt" in shown
    assert 'accept="application/pdf"' in shown
    assert len(send(as_pdf(), "order.pdf")["lines"]) == 4
    answer = ada.post("/api/documents", data=as_bytes(draw_sheet()), content_type="image/png")
    assert (answer.status_code, answer.json["code"]) == (503, "document-no-reader")
    assert "pip install --require-hashes -r requirements-ocr.txt" in answer.text


def test_without_the_extra_a_scanned_pdf_says_what_it_needs(seeing, send, ada, monkeypatch):
    monkeypatch.setattr(engine, "is_installed", lambda: False)
    found = send(as_scan(), "scan.pdf", read=False)
    with ada.acting(), pytest.raises(NoReader):
        service.read_document(found["id"])
    assert "requirements-ocr.txt" in ada.get(f"/api/documents/{found['id']}").json["error"]


def test_the_form_shows_what_is_wrong_with_a_file(seeing, ada):
    sent = {"file": (io.BytesIO(b"text"), "form.png")}
    answer = ada.post("/documents", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "neither a photo nor a PDF" in answer.text
    good = {"file": (io.BytesIO(as_pdf()), "../../etc/form.pdf")}
    assert ada.post("/documents", data=good, content_type="multipart/form-data").status_code == 303
    assert ada.get("/api/documents").json["items"][0]["fileName"] == "form.pdf"


def test_the_file_comes_back_as_what_it_is(seeing, send, ada):
    content = as_bytes(draw_sheet())
    found = send(content, read=False)
    answer = ada.get(f"/documents/{found['id']}/file")
    assert (answer.data, answer.mimetype, answer.headers["X-Content-Type-Options"]) == (content, "image/png", "nosniff")
    pdf = send(as_pdf(), "order.pdf", read=False)
    assert ada.get(f"/documents/{pdf['id']}/file").headers["Content-Disposition"].startswith("attachment")
