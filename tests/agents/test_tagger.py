"""The Tagger, driven by prepared replies and by its own policy."""

import asyncio
import json

import pytest

from harness.adapters import Request
from harness.llm import ModelReply
from harness.testing import QueuedModel

VTI = {"symbol": "VTI", "name": "Vanguard Total Stock Market ETF"}
GOOD = {
    "rationale": "A fund of all US shares.",
    **VTI,
    "instrument_type": "etf",
    "asset_class": "equity",
    "allocation_asset_class": {"equity": 100},
    "allocation_regions": {"north_america": 100},
    "allocation_sectors": {"technology": 60, "financials": 40},
    "confidence": 0.9,
    "sources": ["general knowledge"],
}


@pytest.fixture
def tag(load, context, world, trace_of):
    """Run the Tagger with prepared answers: its reply, the model, the world and the trace."""

    def run(answers, *instruments, **given):
        model = QueuedModel([answer if isinstance(answer, str) else json.dumps(answer) for answer in answers])
        place = world()
        made = context(model, world=place)
        request = Request(given.get("input", {"instruments": list(instruments or [VTI])}))
        reply = asyncio.run(load("agents/alex/tagger.py:tagger")(request, made))
        return reply, model, place, made.recorder

    return run


def test_a_classification_is_stored_and_returned_without_its_reasons(tag):
    reply, _, place, _ = tag([GOOD])

    assert (reply["tagged"], reply["updated"], reply["errors"]) == (1, ["VTI"], [])
    assert "rationale" not in reply["classifications"][0]
    assert place.instrument("VTI")["allocation_sectors"] == {"technology": 60, "financials": 40}


def test_reasons_are_recorded_with_symbol_and_time(tag, trace_of):
    _, _, _, recorder = tag([GOOD])

    assert trace_of(recorder).artifacts["audit"] == [
        {
            "event": "CLASSIFICATION_RATIONALE",
            "symbol": "VTI",
            "rationale": "A fund of all US shares.",
            "confidence": 0.9,
            "timestamp": "2026-11-20T15:30:00+00:00",
        }
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"allocation_sectors": {"technology": 90}}, "add up to 90, not to 100", id="sum"),
        pytest.param({"allocation_sectors": {"technology": 99.94}}, "not to 100", id="just-outside-the-tolerance"),
        pytest.param({"allocation_sectors": {"financial": 100}}, "allocation_sectors.financial", id="key-sector"),
        pytest.param({"allocation_regions": {"asia_pacific": 100}}, "allocation_regions.asia_pacific", id="key-region"),
        pytest.param({"allocation_sectors": {"technology": float("nan")}}, "JSON", id="nan"),
        pytest.param({"allocation_regions": {"europe": 150, "asia": -50}}, "less than or equal to 100", id="negative"),
        pytest.param({"rationale": ""}, "rationale", id="no-reasons"),
        pytest.param({"confidence": 1.5}, "confidence", id="confidence"),
        pytest.param({"current_price": 12.5}, "current_price", id="invented-price"),
        pytest.param({"instrument_type": "stock"}, "a stock belongs to exactly one sector", id="stock"),
        pytest.param({"asset_class": "cash"}, "another class has a larger share", id="class"),
        pytest.param({"symbol": "VTl"}, "symbol must be 'VTI'", id="symbol"),
        pytest.param({"name": "Vanguard Total"}, "name must be exactly", id="name"),
    ],
)
def test_a_wrong_classification_is_refused_with_the_reason_and_repaired_once(tag, change, said):
    reply, model, _, _ = tag([{**GOOD, **change}, GOOD])

    assert reply["updated"] == ["VTI"]
    assert said in model.requests[1].messages[-1].text


def test_sums_within_the_tolerance_are_accepted(tag):
    reply, model, _, _ = tag([{**GOOD, "allocation_sectors": {"technology": 60.03, "financials": 40.01}}])

    assert reply["tagged"] == 1
    assert len(model.requests) == 1


def test_what_stays_wrong_is_an_error_row_and_the_instrument_is_left_alone(tag, world):
    wrong = {**GOOD, "allocation_sectors": {"technology": 90}}
    before = world().fingerprint()

    reply, _, place, _ = tag([wrong, wrong])

    assert (reply["tagged"], reply["updated"], reply["classifications"]) == (0, [], [])
    assert reply["errors"][0]["symbol"] == "VTI"
    assert reply["errors"][0]["error"].startswith("invalid_output: allocation_sectors")
    assert place.fingerprint() == before


def test_an_unsure_classification_is_reported_but_not_stored(tag, world):
    before = world().fingerprint()

    reply, _, place, _ = tag([{**GOOD, "confidence": 0.3}])

    assert reply["tagged"] == 0
    assert reply["classifications"][0]["confidence"] == 0.3
    assert "too low to store" in reply["errors"][0]["error"]
    assert place.fingerprint() == before


@pytest.mark.parametrize(
    "data",
    [None, 7, "VTI", "[]", "{", [], {}, {"instruments": []}, {"instruments": None}, {"instruments": "VTI"}, "[" * 100_000],
    ids=repr,
)  # fmt: skip
def test_an_input_that_is_none_is_an_honest_error(tag, data):
    reply, model, _, _ = tag([], input=data)

    assert (reply["tagged"], reply["updated"], len(reply["errors"])) == (0, [], 1)
    assert model.requests == []


@pytest.mark.parametrize(
    "bad",
    [None, "VTI", {}, {"symbol": "VTI"}, {"symbol": "", "name": "x"}, {"symbol": "vti", "name": "x"},
     {"symbol": "A" * 21, "name": "x"}, {"symbol": 5, "name": "x"}, {"symbol": "VTI", "name": ""}],
    ids=repr,
)  # fmt: skip
def test_a_bad_instrument_never_reaches_the_model_or_its_neighbours(tag, bad):
    reply, model, _, _ = tag([GOOD], bad, VTI)

    assert reply["updated"] == ["VTI"]
    assert len(reply["errors"]) == 1
    assert len(model.requests) == 1


def test_json_text_is_an_input_too(tag):
    reply, _, _, _ = tag([GOOD], input=json.dumps({"instruments": [VTI]}))

    assert reply["updated"] == ["VTI"]


def test_a_batch_beyond_the_limit_is_cut_with_an_error_for_each(tag):
    reply, model, _, _ = tag([GOOD] * 60, *[VTI] * 52)

    assert len(model.requests) == 50
    assert [error["error"][:12] for error in reply["errors"]] == ["more than 50"] * 2


def test_a_refusal_of_the_model_is_an_error_row(tag, load, context, world):
    model = QueuedModel([ModelReply("No.", stop_reason="refusal")])
    reply = asyncio.run(
        load("agents/alex/tagger.py:tagger")(Request({"instruments": [VTI]}), context(model, world=world()))
    )

    assert reply["errors"] == [{"symbol": "VTI", "error": "refused: the model refused"}]


def test_the_request_shows_the_facts_as_data_and_the_schema_with_reasons_first(tag):
    _, model, _, _ = tag([GOOD])

    request = model.requests[0]
    assert request.messages[0].text.splitlines()[1] == json.dumps(VTI)
    assert next(iter(request.output_schema["properties"])) == "rationale"
    assert request.tools == ()


def test_noise_changes_words_and_nothing_else(ask):
    quiet = [ask("tagger", {"instruments": [VTI]}, seed=seed, model="offline") for seed in range(8)]
    noisy = [ask("tagger", {"instruments": [VTI]}, seed=seed, model="offline-noisy") for seed in range(8)]

    def reasons(traces):
        return {trace.artifacts["audit"][0]["rationale"] for trace in traces}

    def sectors(traces):
        return {json.dumps(trace.structured["classifications"][0]["sectors"]) for trace in traces}

    assert len(reasons(quiet)) == 1 < len(reasons(noisy))
    assert sectors(quiet) == sectors(noisy)
