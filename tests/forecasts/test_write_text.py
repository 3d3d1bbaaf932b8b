"""The text about an item's demand: asked of a server that speaks the OpenAI protocol, from figures alone."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import SecretStr

from app.core.jobs.rules import rules_of
from app.core.outside import OutsideFailed
from app.forecasts import service
from app.forecasts.problems import WriterFailed
from app.forecasts.service import writing


class Model:
    """A server of chat completions, as strict as the real one about what it is asked."""

    def __init__(self):
        self.asked, self.status, self.hang = [], 200, threading.Event()
        self.body = {
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "small-1",
            "choices": [{"index": 0, "finish_reason": "stop",
                         "message": {"role": "assistant", "content": " Demand is\nsteady. "}}],
            "usage": {"prompt_tokens": 90, "completion_tokens": 5, "total_tokens": 95},
        }  # fmt: skip
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                model.asked.append((self.path, self.headers.get("Authorization"), sent))
                is_right = (
                    self.path == "/v1/chat/completions"
                    and sent["model"] == "small-1"
                    and all(one["role"] in {"system", "user"} and one["content"] for one in sent["messages"])
                )
                if model.status == 0:
                    model.hang.wait(30)
                status = model.status if is_right else 400
                text = json.dumps(model.body).encode()
                self.send_response(status or 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *args):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"


@pytest.fixture
def model(app, monkeypatch):
    made = Model()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    changed = {"ai_base_url": made.url, "ai_model": "small-1", "ai_api_key": SecretStr("a-key")}
    monkeypatch.setitem(app.config, "SETTINGS", app.config["SETTINGS"].model_copy(update=changed))
    yield made
    made.hang.set()
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@pytest.fixture
def lamp(ada, sell, mark_now, suggesting):
    sell(ada, "LAMP", [10, 12, 9, 11, 8, 10, 12, 10] * 4)
    mark_now(ada)
    with ada.acting():
        service.make_forecasts()


def test_a_text_is_written_from_the_figures_and_marked(ada, lamp, model):
    queued = ada.post("/api/inventory/LAMP/forecast/text")
    assert (queued.status_code, model.asked) == (202, [])
    with ada.acting():
        assert service.write_text("LAMP") == "Demand is steady."
    path, key, sent = model.asked[0]
    assert (path, key) == ("/v1/chat/completions", "Bearer a-key")
    assert "10, 12, 9, 11" in sent["messages"][1]["content"]
    assert "Off by" in sent["messages"][1]["content"]
    shown = ada.get("/inventory/LAMP").text
    assert "Demand is steady." in shown
    assert "Written by the model small-1" in shown
    assert ada.get("/api/inventory/LAMP/forecast").json["textModel"] == "small-1"


def test_without_settings_nobody_is_asked(ada, lamp):
    assert "Have it put in words" not in ada.get("/inventory/LAMP").text
    refused = ada.post("/api/inventory/LAMP/forecast/text")
    assert (refused.status_code, refused.json["code"]) == (409, "no-writer")


def test_an_old_text_goes_with_the_figures_it_was_written_about(ada, world, lamp, model, sell):
    with ada.acting():
        service.write_text("LAMP")
        service.make_forecasts()
    assert ada.get("/api/inventory/LAMP/forecast").json["text"] == "Demand is steady."
    sell(ada, "LAMP", [300] * 3)
    with ada.acting():
        service.make_forecasts()
    assert ada.get("/api/inventory/LAMP/forecast").json["text"] == ""


def test_a_service_that_fails_hangs_or_answers_nonsense_leaves_no_text(ada, lamp, model, monkeypatch):
    monkeypatch.setattr(writing, "TIME_LIMIT_S", 0.3)
    with ada.acting():
        for status, error in ((500, OutsideFailed), (0, OutsideFailed), (401, WriterFailed)):
            model.status = status
            with pytest.raises(error):
                service.write_text("LAMP")
        model.status = 200
        for body in ({}, {"choices": []}, {"choices": [{"message": {"content": "  "}}]}, []):
            model.body = body
            with pytest.raises(WriterFailed):
                service.write_text("LAMP")
    assert ada.get("/api/inventory/LAMP/forecast").json["text"] == ""


def test_only_this_job_needs_the_model():
    assert rules_of("forecasts.describe").needs == ("ai-service",)
    assert rules_of("forecasts.make").needs == ()


def test_viewers_do_not_ask(vera, lamp, model):
    assert vera.post("/api/inventory/LAMP/forecast/text").status_code == 403
