"""The list of files: found by what people know, in pages, of one's own company only."""

import io
import zipfile

import pytest

from app.storage.service import trash
from app.storage.states import Category, Visibility
from tests.storage.browsing.conftest import Send, png
from tests.world import Person


def names(page: str) -> set[str]:
    return {
        line.split("Select ")[1].split('"')[0]
        for line in page.splitlines()
        if "Select " in line and "file-" not in line
    }


def test_files_are_listed_newest_first_and_by_page(ada: Person, send: Send) -> None:
    for n in range(5):
        send(ada, f"form-{n}.txt")
    page = ada.get("/storage/files?limit=3").text
    assert [f"form-{n}.txt" in page for n in range(5)] == [False, False, True, True, True]
    more = page.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    rest = ada.get(more).text
    assert [f"form-{n}.txt" in rest for n in range(5)] == [True, True, False, False, False]


def test_largest_first_and_larger_than(ada: Person, send: Send) -> None:
    send(ada, "small.txt", b"x" * 10)
    send(ada, "large.txt", b"x" * 1_200_000)
    page = ada.get("/storage/files?sort=size").text
    assert page.index("large.txt") < page.index("small.txt")
    assert "small.txt" not in ada.get("/storage/files?largerMb=1").text


def test_a_file_is_found_by_name_id_key_digest_and_subject(ada: Person, send: Send) -> None:
    row = send(ada, "Frühjahr 100% Übersicht.txt", subject="report:7")
    send(ada, "other.txt", b"other")
    for words in ("übersicht", "100%", row.id, row.key, row.sha256, "report:7"):
        page = ada.get("/storage/files", query_string={"q": words}).text
        assert "Frühjahr" in page, words
        assert "other.txt" not in page, words
    assert "No files match" in ada.get("/storage/files?q=nothing-like-it").text


def test_filters_narrow_the_list(ada: Person, send: Send) -> None:
    send(ada, "frame.png", png(), category=Category.PRODUCTS)
    send(ada, "form.txt")
    assert "form.txt" not in ada.get("/storage/files?category=products").text
    assert "frame.png" not in ada.get("/storage/files?kind=text").text
    assert "frame.png" in ada.get("/storage/files?kind=picture").text
    assert "frame.png" not in ada.get("/storage/files?olderDays=30").text


def test_nobody_sees_another_companys_files(ada: Person, cleo: Person, send: Send) -> None:
    row = send(ada, "ours.txt", subject="report:9")
    for words in ("ours", row.id, row.key, row.sha256, "report:9"):
        assert row.file_name not in cleo.get("/storage/files", query_string={"q": words}).text
    for path in ("", "/thumb"):
        assert cleo.get(f"/storage/files/{row.id}{path}").status_code == 404
    assert cleo.get(f"/storage/files/selection.zip?file={row.id}").status_code in {404, 409}


def test_ticked_files_go_into_the_trash_and_come_back_by_undo(ada: Person, sam: Person, send: Send) -> None:
    rows = [send(ada, f"tick-{n}.txt") for n in range(2)]
    ids = [row.id for row in rows]
    answer = sam.post("/storage/files/acts", data={"act": "trash", "file": ids})
    assert answer.status_code == 303
    page = sam.get(answer.location).text
    assert "2 files put into the trash." in page
    undo = page.split('action="/storage/files/restoration')[1].split('"')[0].replace("&amp;", "&")
    assert "tick-0.txt" in sam.get("/storage/files?view=trash").text
    assert sam.post("/storage/files/restoration" + undo).status_code == 303
    assert "tick-0.txt" in sam.get("/storage/files").text


def test_a_viewer_changes_nothing(vera: Person, ada: Person, send: Send) -> None:
    row = send(ada, "read-me.txt")
    assert "read-me.txt" in vera.get("/storage/files").text
    for path, data in (
        ("/storage/files/acts", {"act": "trash", "file": row.id}),
        (f"/storage/files/{row.id}/trashing", {}),
        (f"/storage/files/{row.id}/hold", {"reason": "x"}),
        ("/storage/files/deletion", {"file": row.id}),
    ):
        assert vera.post(path, data=data).status_code == 403


def test_deleting_for_good_wants_a_reason_and_the_typed_words(ada: Person, sam: Person, send: Send) -> None:
    row = send(ada, "gone.txt")
    with ada.acting():
        trash.trash([row.id])
    assert "Delete 1 file for good?" in ada.get(f"/storage/files/deletion?file={row.id}").text
    assert sam.get(f"/storage/files/deletion?file={row.id}").status_code == 403
    half = ada.post("/storage/files/deletion", data={"file": row.id, "reason": "asked for"})
    assert half.status_code == 422
    assert "Type delete 1 file." in half.text
    full = {"file": row.id, "reason": "asked for", "typed": "delete 1 file"}
    assert ada.post("/storage/files/deletion", data=full).status_code == 303
    assert row.id not in ada.get("/storage/files?view=trash").text


def test_a_held_file_cannot_be_trashed(ada: Person, send: Send) -> None:
    row = send(ada, "evidence.txt")
    assert ada.post(f"/storage/files/{row.id}/hold", data={}).status_code == 422
    assert ada.post(f"/storage/files/{row.id}/hold", data={"reason": "court"}).status_code == 303
    assert ada.post(f"/storage/files/{row.id}/trashing").status_code == 409
    assert "evidence.txt" in ada.get("/storage/files?view=held").text
    assert ada.post(f"/storage/files/{row.id}/release", data={"reason": "over"}).status_code == 303
    assert ada.post(f"/storage/files/{row.id}/trashing").status_code == 303


def test_a_selection_is_one_zip_with_names_that_do_not_collide(ada: Person, send: Send) -> None:
    rows = [
        send(ada, "form.txt", b"one"),
        send(ada, "FORM.txt", b"two"),
        send(ada, "p.png", png(), category=Category.PRODUCTS),
    ]
    answer = ada.get("/storage/files/selection.zip", query_string={"file": [row.id for row in rows]})
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        assert packed.testzip() is None
        found = {name: packed.read(name) for name in packed.namelist()}
    assert len({name.lower() for name in found}) == 3
    assert found["documents/form.txt"] == b"one"
    assert found["products/p.png"] == png()


@pytest.mark.parametrize("view", ["used", "arriving", "trash", "refused", "held"])
def test_an_empty_list_says_what_would_be_there(cleo: Person, view: str) -> None:
    assert cleo.get(f"/storage/files?view={view}").status_code == 200


def test_too_many_or_no_ticks_are_refused(ada: Person) -> None:
    assert ada.post("/storage/files/acts", data={"act": "trash"}).status_code == 422
    assert ada.post("/storage/files/acts", data={"act": "trash", "file": ["x"] * 1}).status_code == 303


def test_an_address_for_somebody_without_an_account(ada: Person, cleo: Person, vera: Person, send: Send) -> None:
    row = send(ada, "for-you.txt", b"yours")
    page = ada.post(f"/storage/files/{row.id}/address", data={"hours": "1"})
    assert page.headers["Cache-Control"] == "no-store"
    address = page.text.split('id="f-address"')[1].split('value="')[1].split('"')[0].replace("&amp;", "&")
    path = "/" + address.split("//", 1)[1].split("/", 1)[1]
    assert ada.app.test_client().get(path).data == b"yours"
    assert vera.post(f"/storage/files/{row.id}/address", data={"hours": "1"}).status_code == 403
    assert cleo.post(f"/storage/files/{row.id}/address", data={"hours": "1"}).status_code == 404
    assert ada.post(f"/storage/files/{row.id}/address", data={"hours": "9999"}).status_code == 422


def test_one_held_file_among_those_ticked_changes_nothing_and_says_so(ada: Person, send: Send) -> None:
    held, other = send(ada, "held.txt"), send(ada, "other.txt")
    ada.post(f"/storage/files/{held.id}/hold", data={"reason": "court"})
    answer = ada.post("/storage/files/acts", data={"act": "trash", "file": [held.id, other.id]})
    assert answer.status_code == 303
    assert "held.txt is on legal hold" in ada.get(answer.location).text
    assert "other.txt" in ada.get("/storage/files").text
    asked = ada.get(f"/storage/files/deletion?file={held.id}&file={other.id}").text
    assert "1 of these files is on legal hold" in asked
    assert "in use" in asked


def test_a_public_file_says_its_address(ada: Person, send: Send) -> None:
    row = send(ada, "frame.png", png(), category=Category.PRODUCTS, visibility=Visibility.PUBLIC)
    assert f"/files/public/{row.key}" in ada.get(f"/storage/files/{row.id}").text


def test_an_upload_that_never_ended_is_given_up_on_its_page(
    ada: Person, vera: Person, cleo: Person, send: Send
) -> None:
    said = ada.post("/api/files", json={"name": "never.txt", "sizeBytes": 9, "category": "documents"}).json
    path = f"/storage/files/{said['file']['id']}"
    assert "Give the upload up" in ada.get(path).text
    assert vera.post(f"{path}/giving-up").status_code == 403
    assert cleo.post(f"{path}/giving-up").status_code == 404
    assert ada.post(f"{path}/giving-up").status_code == 303
    assert "Give the upload up" not in ada.get(path).text
    assert ada.post(f"{path}/giving-up").status_code == 409
    kept = send(ada, "kept.txt")
    assert ada.post(f"/storage/files/{kept.id}/giving-up").status_code == 409
