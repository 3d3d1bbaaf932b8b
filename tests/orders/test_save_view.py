def test_a_view_becomes_a_tab(ada, shop):
    answer = ada.post("/orders/views", data={"name": "Labs", "query": "state=paid&q=lab", "idempotency_key": "v1"})
    assert (answer.status_code, answer.location) == (303, "/orders?state=paid&q=lab")
    assert ">Labs</a>" in ada.get("/orders").text
    assert "Labs" in ada.get("/orders/views?state=paid").text


def test_a_shared_view_is_seen_by_the_company_and_nobody_else(ada, sam, vera, cleo):
    view = {"name": "Ours", "query": "view=late", "isShared": True}
    assert ada.post("/api/orders/views", json=view).status_code == 201
    ada.post("/api/orders/views", json={"name": "Mine", "query": "view=open"})
    assert [(one["name"], one["isOwn"]) for one in sam.get("/api/orders/views").json["items"]] == [("Ours", False)]
    assert len(vera.get("/api/orders/views").json["items"]) == 1
    assert cleo.get("/api/orders/views").json["items"] == []


def test_only_its_owner_removes_a_view(ada, sam, cleo):
    made = ada.post("/api/orders/views", json={"name": "Ours", "query": "", "isShared": True}).json
    assert sam.delete(f"/api/orders/views/{made['id']}").status_code == 404
    assert cleo.delete(f"/api/orders/views/{made['id']}").status_code == 404
    assert cleo.post(f"/orders/views/{made['id']}/removal").status_code == 404
    assert ada.delete(f"/api/orders/views/{made['id']}").status_code == 204
    assert ada.delete(f"/api/orders/views/{made['id']}").status_code == 404


def test_a_name_is_taken_once(ada):
    assert ada.post("/api/orders/views", json={"name": "Mine", "query": ""}).status_code == 201
    answer = ada.post("/api/orders/views", json={"name": "Mine", "query": "view=open"})
    assert (answer.status_code, answer.json["code"]) == (409, "view-name-taken")


def test_a_viewer_keeps_their_own_but_shares_none(vera):
    assert vera.post("/api/orders/views", json={"name": "Mine", "query": "view=late"}).status_code == 201
    assert vera.post("/api/orders/views", json={"name": "All", "query": "", "isShared": True}).status_code == 403
    assert vera.post("/orders/views", data={"name": "All", "is_shared": "1"}).status_code == 403
    assert vera.post("/orders/views", data={"name": ""}).status_code == 422


def test_a_query_is_kept_clean(ada):
    made = ada.post("/api/orders/views", json={"name": "Mine", "query": "state=paid&after=abc&evil=1"})
    assert made.json["query"] == "state=paid"
    assert ada.post("/api/orders/views", json={"name": "Bad", "query": "state=lost"}).status_code == 422
