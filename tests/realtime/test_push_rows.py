"""Pages get rendered rows: at once when it is quiet, summed up when it is not, and never with a gap."""

from collections.abc import Callable

from app.core.db import transaction
from app.core.outbox import Fact, record
from app.realtime.replay import MOST_FACTS
from tests.realtime.ear import Ear
from tests.realtime.lanterns import LanternLit, light
from tests.world import Person

Listen = Callable[..., Ear]


class LanternsImported(Fact, type="lanterns.imported", topic="lanterns"):
    """Many lanterns came at once."""

    count: int


def positions_join(ear: Ear, start: int) -> bool:
    """Say whether each message begins where the one before ended."""
    at = start
    for message in ear.of("rows"):
        if message["from"] != at:
            return False
        at = message["to"]
    return True


def test_a_change_is_one_rendered_row(listen: Listen, ada: Person) -> None:
    page = listen(ada, rows=True, topics={"lanterns": 0})
    light(ada, 5, step=2)
    page.wait(lambda: page.of("rows"))
    (message,) = page.of("rows")
    assert message["rows"] == [
        {"id": "lantern-5", "version": 2, "html": '<tr id="lantern-5" data-v="2"><td>2</td></tr>'}
    ]
    assert (message["from"], message["to"], message["ids"], message["busy"]) == (0, 1, ["5"], False)


def test_a_flood_is_summed_up_and_says_so(listen: Listen, ada: Person) -> None:
    page = listen(ada, rows=True, topics={"lanterns": 0})
    for first in range(1, 201, 10):
        with ada.acting(), transaction():
            for step in range(first, first + 10):
                record(LanternLit(number=step % 10 + 1, step=step), version=step)
    page.wait(lambda: any(one["to"] == 200 for one in page.of("rows")))
    assert len(page.of("rows")) < 60
    assert page.of("rows")[-1]["busy"]
    assert positions_join(page, 0)
    assert page.rows() == {f"lantern-{number}": 190 + (number - 1 or 10) for number in range(1, 11)}


def test_a_row_that_is_gone_is_told(listen: Listen, ada: Person) -> None:
    page = listen(ada, rows=True, topics={"lanterns": 0})
    light(ada, 13)
    page.wait(lambda: page.of("rows"))
    assert page.of("rows")[0]["gone"] == ["13"]


def test_a_fact_about_many_rows_makes_pages_read_themselves_again(listen: Listen, ada: Person) -> None:
    page = listen(ada, rows=True, topics={"lanterns": 0})
    with ada.acting(), transaction():
        record(LanternsImported(count=5000))
    page.wait(lambda: page.of("rows"))
    assert page.of("rows")[0]["reset"] is True


def test_a_page_opened_before_a_change_gets_it_on_connecting(
    listen: Listen, ada: Person, pump: Callable[[], int]
) -> None:
    """Its position was read before its rows, so nothing falls between the page and the socket."""
    light(ada, 1)
    pump()
    page = listen(ada, rows=True, topics={"lanterns": 0})
    page.wait(lambda: page.rows() == {"lantern-1": 1})


def test_a_page_that_missed_too_much_reads_itself_again(listen: Listen, ada: Person, pump: Callable[[], int]) -> None:
    with ada.acting(), transaction():
        for _ in range(MOST_FACTS + 1):
            record(LanternsImported(count=1))
    pump()
    page = listen(ada, rows=True, topics={"lanterns": 0})
    page.wait(lambda: page.of("rows"))
    assert page.of("rows")[0]["reset"] is True
    assert page.of("rows")[0]["to"] == MOST_FACTS + 1


def test_a_page_of_another_epoch_reads_itself_again(listen: Listen, ada: Person) -> None:
    page = listen(ada, rows=True, topics={"lanterns": 0}, epoch="19700101000000")
    page.wait(lambda: page.of("rows"))
    assert page.of("rows")[0]["reset"] is True


def test_pages_of_another_company_get_nothing(listen: Listen, ada: Person, cleo: Person) -> None:
    hers, outsiders = listen(ada, rows=True, topics={"lanterns": 0}), listen(cleo, rows=True, topics={"lanterns": 0})
    light(ada, 1)
    hers.wait(lambda: hers.of("rows"))
    light(cleo, 2)
    outsiders.wait(lambda: outsiders.of("rows"))
    assert outsiders.rows() == {"lantern-2": 1}
