"""The original's contracts: Lambda-shaped functions, and a queue that gives up no job silently."""

import json

import pytest

from harness.testing import QueuedModel

JOB = "7d1f0c1e-5a49-4a43-9c53-9d3a0a3f0b01"
FORMS = {
    "plain": {"Records": [{"messageId": "m", "body": JOB}]},
    "json": {"Records": [{"messageId": "m", "body": json.dumps({"job_id": JOB, "clerk_user_id": "U01"})}]},
    "json-string": {"Records": [{"messageId": "m", "body": json.dumps(JOB)}]},
    "direct": {"job_id": JOB},
}


@pytest.fixture
def deployed(load, world, context):
    """The five functions around a world, with the offline policies as their model."""
    team = load("agents/alex/policies/team.py:policy")

    def make(model=None, **spec):
        place = world(**{"portfolio": "P01", "job": JOB, **spec})
        made = context(model or QueuedModel(lambda request: team(request, seed=1, noise=0.0)), world=place)
        return load("agents/compat/deployment.py:Deployment")(made), place

    return make


def body(reply):
    return json.loads(reply["body"])


@pytest.mark.parametrize("event", FORMS.values(), ids=FORMS)
def test_every_form_of_an_event_names_its_job(deployed, event):
    functions, place = deployed()
    reply = functions.handler("planner")(event, None)

    assert reply == {
        "statusCode": 200,
        "body": json.dumps({"success": True, "message": f"Analysis completed for job {JOB}"}),
    }
    assert place.job()["status"] == "completed"


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"Records": []},
        {"Records": [{}]},
        {"Records": [None]},
        {"Records": [{"body": '{"user_id": 1}'}]},
        {"job_id": 7},
        None,
        [],
        "no id",
    ],
)
def test_an_event_without_an_id_is_refused_and_touches_nothing(deployed, event):
    functions, place = deployed()
    before = place.fingerprint()

    assert functions.handler("planner")(event, None)["statusCode"] == 400
    assert place.fingerprint() == before


def test_an_unknown_job_is_not_found(deployed):
    functions, place = deployed()
    reply = functions.handler("planner")({"job_id": "0" * 36}, None)

    assert reply["statusCode"] == 404
    assert "not found" in body(reply)["error"]
    assert place.job()["status"] == "pending"


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("reporter", {"success", "message", "final_output"}),
        ("charter", {"success", "message", "charts_generated", "chart_keys"}),
        ("retirement", {"success", "message", "final_output"}),
    ],
)
def test_each_agent_answers_in_the_originals_shape(deployed, name, keys):
    functions, _ = deployed()
    reply = functions.handler(name)({"job_id": JOB}, None)

    assert reply["statusCode"] == 200
    assert set(body(reply)) == keys
    assert body(reply)["success"] is True
    assert functions.handler(name)({}, None)["statusCode"] == 400


def test_the_tagger_answers_in_the_originals_shape(deployed):
    functions, _ = deployed()
    reply = functions.handler("tagger")(
        {"instruments": [{"symbol": "VTI", "name": "Vanguard Total Stock Market ETF"}]}, None
    )

    assert set(body(reply)) == {"tagged", "updated", "errors", "classifications"}
    assert functions.handler("tagger")({}, None)["statusCode"] == 400


def test_a_job_goes_through_the_queue_once(deployed, of):
    functions, place = deployed()
    queue = of("agents/_shared/queue.py", "JobQueue")()
    submit, work = of("agents/compat/driver.py", "submit", "work")
    submit(queue, JOB, user="U01")
    replies = work(queue, functions.handler("planner"))

    assert [reply["statusCode"] for reply in replies] == [200]
    assert (place.job()["status"], queue.messages, queue.dead) == ("completed", {}, [])


def test_two_deliveries_do_the_analysis_once(deployed, of, monkeypatch):
    functions, place = deployed()
    queue = of("agents/_shared/queue.py", "JobQueue")()
    submit, work = of("agents/compat/driver.py", "submit", "work")
    submit(queue, JOB)
    submit(queue, JOB)
    first, second = work(queue, functions.handler("planner"))

    assert first == second
    assert place.job()["status"] == "completed"


def test_a_planner_that_crashes_ends_in_the_dead_letter_queue(deployed, of):
    def crash(request):
        raise RuntimeError("out of memory")

    functions, place = deployed(QueuedModel(crash))
    queue = of("agents/_shared/queue.py", "JobQueue")()
    submit, work = of("agents/compat/driver.py", "submit", "work")
    submit(queue, JOB)
    attempts = []

    def handler(event, context):
        attempts.append(queue.clock.now)
        place.update_job(status="running")  # as after a crash that wrote nothing
        return functions.handler("planner")(event, context)

    work(queue, handler)

    assert attempts == [0.0, 910.0, 1820.0]
    assert [json.loads(message.body)["job_id"] for message in queue.dead] == [JOB]


def test_a_batch_with_a_bad_record_still_does_the_good_one(deployed):
    functions, place = deployed()
    event = {"Records": [{"messageId": "m-1", "body": "{}"}, {"messageId": "m-2", "body": JOB}]}
    reply = functions.handler("planner")(event, None)

    assert [one["success"] for one in body(reply)["results"]] == [False, True]
    assert reply["batchItemFailures"] == []
    assert place.job()["status"] == "completed"


def test_where_a_batch_breaks_off_its_records_come_again(deployed):
    def crash(request):
        raise RuntimeError("out of memory")

    functions, _ = deployed(QueuedModel(crash))
    event = {"Records": [{"messageId": "m-1", "body": JOB}, {"messageId": "m-2", "body": "{}"}]}

    assert functions.handler("planner")(event, None)["batchItemFailures"] == [{"itemIdentifier": "m-1"}]


def returning_500(handler):
    """PL-M04: turn every exception into a returned 500, as the original does."""

    def handle(event, context):
        try:
            return handler(event, context)
        except RuntimeError as error:
            return {"statusCode": 500, "body": json.dumps({"success": False, "error": str(error)})}

    return handle


def first_record_only(handler):
    """PL-M12: look at the first record of a batch and forget the others."""
    return lambda event, context: handler({"Records": event["Records"][:1]}, context)


def test_a_returned_500_would_lose_the_job_silently(deployed, of):
    """What the contract forbids, shown: the message is gone after one delivery, and the dead-letter queue stays empty."""

    def crash(request):
        raise RuntimeError("out of memory")

    functions, _ = deployed(QueuedModel(crash))
    queue = of("agents/_shared/queue.py", "JobQueue")()
    submit, work = of("agents/compat/driver.py", "submit", "work")
    submit(queue, JOB)

    assert len(work(queue, returning_500(functions.handler("planner")))) == 1
    assert (queue.messages, queue.dead) == ({}, [])


def test_a_batch_needs_every_record_looked_at(deployed, of):
    submit, work = of("agents/compat/driver.py", "submit", "work")
    statuses = []
    for wrap in (lambda handler: handler, first_record_only):
        functions, place = deployed()
        queue = of("agents/_shared/queue.py", "JobQueue")()
        submit(queue, "0" * 36)
        submit(queue, JOB)
        work(queue, wrap(functions.handler("planner")), batch=10)
        statuses.append(place.job()["status"])

    assert statuses == ["completed", "pending"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param({"accounts": "none"}, "accounts", id="no-list"),
        pytest.param(
            {"accounts": [{"id": "a", "name": "A", "cash_balance": "NaN"}]}, "cash_balance", id="cash-that-is-none"
        ),
        pytest.param({"accounts": [], "job_id": "0" * 36}, "another job", id="another-job"),
        pytest.param({"accounts": [], "user_id": "U02"}, "another user", id="another-user"),
        pytest.param({"accounts": [{"id": "a", "name": "A"}] * 2}, "contradicts itself", id="an-account-twice"),
        pytest.param([], "portfolio_data", id="a-list"),
    ],
)
def test_portfolio_data_that_cannot_be_used_is_refused_and_touches_nothing(deployed, data, words):
    functions, place = deployed()
    before = place.fingerprint()
    reply = functions.handler("charter")({"job_id": JOB, "portfolio_data": data}, None)

    assert (reply["statusCode"], words in body(reply)["error"]) == (400, True)
    assert place.fingerprint() == before


@pytest.mark.parametrize("name", ["reporter", "charter", "retirement"])
def test_an_empty_supplied_portfolio_is_empty_whatever_the_database_has(deployed, name):
    functions, place = deployed()
    reply = functions.handler(name)({"job_id": JOB, "portfolio_data": {"accounts": []}}, None)

    assert "99,437" not in reply["body"]
    assert body(reply)["success"] is (name == "reporter")
    assert name == "reporter" or "empty" in place.job()["error_message"]


def test_bad_prices_and_quantities_that_are_supplied_are_left_out(deployed):
    holdings = [
        ("VTI", 10, 20.0),
        ("NEWCO", 2, 50.0),
        ("SPY", "NaN", 1.0),
        ("QQQ", -3, 1.0),
        ("GLD", 4, 0),
        ("ZZZQ", 1, None),
    ]
    positions = [
        {"symbol": symbol, "quantity": quantity, "instrument": {"current_price": price}}
        for symbol, quantity, price in holdings
    ]
    account = {"id": "a", "name": "A", "cash_balance": "100.50", "positions": positions}
    functions, place = deployed()
    functions.handler("charter")({"job_id": JOB, "portfolio_data": {"accounts": [account]}}, None)

    rows = place.job()["charts_payload"]["top_holdings"]["data"]
    assert {row["name"]: row["value"] for row in rows} == {"VTI": 200.0, "NEWCO": 100.0, "Cash": 100.5}
