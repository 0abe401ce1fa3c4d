"""What the five functions promise, wherever they run."""

import json

import pytest

FORMS = {
    "plain": lambda job: {"Records": [{"messageId": "m", "body": job}]},
    "json": lambda job: {"Records": [{"messageId": "m", "body": json.dumps({"job_id": job})}]},
    "direct": lambda job: {"job_id": job},
}
ACCOUNT = {
    "id": "a-1",
    "name": "Brokerage",
    "type": "taxable",
    "cash_balance": 1000.0,
    "positions": [
        {
            "symbol": "VTI",
            "quantity": 10,
            "instrument": {"name": "Vanguard Total Stock Market ETF", "current_price": 20.0},
        },
        {
            "symbol": "BND",
            "quantity": 5,
            "instrument": {"name": "Vanguard Total Bond Market ETF", "current_price": None},
        },
    ],
}


def body(reply):
    return json.loads(reply["body"])


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_of_an_event_starts_its_job(functions, form):
    job = functions.job()
    reply = functions.invoke("planner", form(job))

    assert (reply["statusCode"], body(reply)["success"]) == (200, True)
    assert functions.row(job)["status"] == "completed"


@pytest.mark.parametrize("event", [{}, {"Records": []}, {"Records": [{"messageId": "m", "body": '{"user_id": 1}'}]}])
def test_an_event_without_an_id_is_refused(functions, event):
    reply = functions.invoke("planner", event)

    assert reply["statusCode"] == 400
    assert body(reply)["success"] is False


def test_an_unknown_job_is_a_failure_with_a_message(functions):
    reply = functions.invoke("reporter", {"job_id": "00000000-0000-4000-8000-000000000000"})

    assert reply["statusCode"] >= 400
    assert body(reply)["success"] is False
    assert body(reply)["error"]


@pytest.mark.parametrize(
    ("name", "keys", "payload"),
    [
        ("reporter", {"success", "message", "final_output"}, "report_payload"),
        ("charter", {"success", "message", "charts_generated", "chart_keys"}, "charts_payload"),
        ("retirement", {"success", "message", "final_output"}, "retirement_payload"),
    ],
)
def test_each_agent_answers_in_its_shape_and_stores_its_payload(functions, name, keys, payload):
    job = functions.job()
    reply = functions.invoke(name, {"job_id": job})

    assert reply["statusCode"] == 200
    assert set(body(reply)) == keys
    assert body(reply)["success"] is True
    assert functions.row(job)[payload]


def test_the_tagger_answers_in_its_shape(functions):
    known = {"symbol": "VTI", "name": "Vanguard Total Stock Market ETF"}
    reply = functions.invoke("tagger", {"instruments": [known]})

    assert set(body(reply)) == {"tagged", "updated", "errors", "classifications"}
    assert functions.invoke("tagger", {})["statusCode"] == 400


def test_charts_are_drawn_of_the_portfolio_that_came_with_the_event(functions):
    job = functions.job()
    functions.invoke("charter", {"job_id": job, "portfolio_data": {"job_id": job, "accounts": [ACCOUNT]}})

    charts = functions.row(job)["charts_payload"].values()
    sums = {round(sum(point["value"] for point in chart["data"]), 2) for chart in charts}
    assert sums == {1200.0}


def test_the_report_is_about_the_portfolio_that_came_with_the_event(functions):
    job = functions.job()
    reply = functions.invoke("reporter", {"job_id": job, "portfolio_data": {"accounts": [ACCOUNT]}})

    assert "1,200.00" in body(reply)["final_output"]
    assert "99,437.50" not in body(reply)["final_output"]


def test_a_projection_starts_from_what_came_with_the_event_and_never_from_nothing(functions):
    job = functions.job()
    goals = {"years_until_retirement": 7, "target_retirement_income": 20000}
    event = {"job_id": job, "portfolio_data": {"years_until_retirement": 9, "accounts": [ACCOUNT]}, "user_data": goals}
    reply = functions.invoke("retirement", event)

    assert "1,200.00" in body(reply)["final_output"]
    assert functions.row(job)["retirement_payload"]
