"""The daily reminder: staff hear how many orders are late, and nothing when none is."""

from typing import Any

from flask import Flask

from app.core import tasks
from app.core.db import transaction
from app.core.tasks import run_job
from tests.world import Person


def remind(app: Flask, person: Person) -> Any:
    with person.acting(), transaction():
        job_id = tasks.enqueue("notifications.remind_late_orders", {}, title="Remind")
    with app.app_context():
        run_job(person.company_id, job_id)
    return person.get(f"/api/jobs/{job_id}").json["result"]


def test_staff_hear_how_many_are_late(app: Flask, ada: Person, sam: Person, vera: Person) -> None:
    assert remind(app, ada) == {"late": 0, "told": 0}
    ada.post("/api/inventory", json={"sku": "A", "name": "A", "onHand": 5, "unitPrice": "1.00"})
    order = {"customer": {"name": "Bo"}, "currency": "GBP", "lines": [{"sku": "A", "quantity": 1, "unitPrice": "2.50"}]}
    number = ada.post("/api/orders", json=order).json["number"]
    ada.post(f"/api/orders/{number}/payment", json={})
    ada.world.sql.execute(
        "UPDATE orders SET due_at = now() - interval '1 day' WHERE company_id = %s AND number = %s",
        (ada.company_id, number),
    )
    assert remind(app, ada) == {"late": 1, "told": 2}
    (told,) = sam.get("/api/notifications").json["items"]
    assert (told["text"], told["link"]) == ("1 order is late.", "/orders?view=late")
    assert vera.get("/api/notifications").json["items"] == []
