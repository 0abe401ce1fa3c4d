"""What an answer says: no promises, what must be disclosed, nobody else's data, its size, its day, its client."""

import json

import pytest
from builders import a_call, a_case, a_check, a_conversation, a_subject, conclude

from harness.model import Outcome
from harness.registry import MisfitsError, Services, Subject, build

GOOD = "VTI may rise or fall. Returns are not guaranteed."


@pytest.mark.parametrize(
    ("text", "params", "passed", "says"),
    [
        (GOOD, {}, True, "1 phrase excused"),
        ("Returns of 9% are guaranteed.", {}, False, "promises a result as guaranteed"),
        ("Returns of 9% are guaranteed.", {"allow": ["promissory.guarantee"]}, True, ""),
        ("It's easy money.", {}, True, ""),
        ("It's easy money.", {"warnings": True}, False, "exaggerates"),
        ("I recommend VTI for its growth.", {"warnings": True}, False, "without naming a risk"),
        ("I recommend VTI for its growth.", {"warnings": True, "balance": False}, True, ""),
        ("I recommend VTI for its growth.", {"warnings": True, "allow": ["balance.no-risk"]}, True, ""),
        ("You will earn 8% a year.", {"warnings": True, "jurisdictions": ["GB"]}, True, ""),
        ("You will earn 8% a year.", {"warnings": True, "jurisdictions": ["US", "GB"]}, False, "depends"),
        ("", {}, False, "empty"),
    ],
)
def test_conduct(text, params, passed, says):
    finding = conclude(a_check("finance:conduct", **params), a_subject(text))

    assert finding.passed is passed, finding.reason
    assert says in finding.reason


def test_a_breach_of_conduct_is_pointed_at():
    text = "Fine words. It is a sure thing."

    evidence = conclude(a_check("finance:conduct"), a_subject(text)).evidence[0]

    assert text[slice(*evidence.span)] == "sure thing"
    assert evidence.note.startswith("promissory.cannot-lose")


def test_rules_of_ones_own_come_from_a_file(tmp_path):
    (tmp_path / "rules.json").write_text(
        json.dumps([{"id": "house.moon", "severity": "block", "as_of": "2026-01-01", "pattern": "moonshot"}])
    )
    check = a_check("finance:conduct", rules="rules.json")

    assert conclude(check, a_subject("A moonshot.", root=tmp_path)).actual == ["house.moon"]
    assert conclude(check, a_subject("Guaranteed 9% returns.", root=tmp_path)).passed is True


@pytest.mark.parametrize(
    ("text", "params", "passed"),
    [
        ("Your success rate is 83%.", {}, False),
        ("Your success rate is 83%, in a model with assumptions; nothing is guaranteed.", {}, True),
        ("Your success rate is 83%.", {"only": ["options"]}, True),
        ("You own VTI.", {"require": ["general-advice"]}, False),
        (
            "You own VTI. This is information and not individual investment advice.",
            {"require": ["general-advice"]},
            True,
        ),
        ("Bitcoin is an asset.", {}, True),
        ("Bitcoin is an asset.", {"warnings": True}, False),
    ],
)
def test_disclosures(text, params, passed):
    finding = conclude(a_check("finance:disclosures", **params), a_subject(text))

    assert finding.passed is passed, finding.reason


@pytest.mark.parametrize(
    ("text", "params", "passed"),
    [
        ("You own VTI.", {}, True),
        ("Your card is 4539 5787 6362 1486.", {}, False),
        ("Your card is 4539 5787 6362 1486.", {"own": ["4539578763621486"]}, True),
        ("Your card is 4539 5787 6362 1486.", {"own_from": {"value": {"cards": [4539578763621486]}}}, True),
        ("Your card is 4539 5787 6362 1486.", {"own_from": {"artifact": "profile"}}, None),
        ("Write to ann@example.com.", {}, False),
        ("Write to ann@example.com.", {"kinds": ["card", "ssn"]}, True),
    ],
)
def test_personal_data(text, params, passed):
    finding = conclude(a_check("finance:pii", **params), a_subject(text))

    assert finding.passed is passed, finding.reason
    assert "4539" not in finding.reason


def test_personal_data_of_an_earlier_turn_count_where_every_turn_does():
    subject = Subject(
        a_case(), Outcome(status="completed", trace=a_conversation("SSN 536-90-4399.", "Bye.")), Services()
    )

    assert build(a_check("finance:pii")).conclude(subject).passed is True
    assert build(a_check("finance:pii", everywhere=True)).conclude(subject).passed is False


@pytest.mark.parametrize(
    ("text", "params", "passed", "says"),
    [
        ("Short and whole.", {}, True, "16 characters, about 4 tokens"),
        ("Short and whole.", {"max_chars": 16}, True, ""),
        ("Short and whole.", {"max_chars": 15}, False, "at most 15"),
        ("Short and whole.", {"max_tokens": 3}, False, "at most 12"),
        ("Short and whole.", {"min_chars": 17}, False, "at least 17"),
        ("This one stops in the mid", {}, False, "stops after"),
        ("This one stops in the mid", {"complete": False}, True, ""),
        ("A list:\n- one\n- two", {}, True, ""),
        ("A block:\n```\nx", {}, False, "not closed"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", {}, True, ""),
        ('{"a": [1, 2]}', {}, True, ""),
        ('{"a": [1, 2', {}, False, "ends before its end"),
        ('{"a": [1, 2]}', {"max_chars": 5}, False, "JSON"),
        ("", {}, False, "at least 1"),
    ],
)
def test_response_size(text, params, passed, says):
    finding = conclude(a_check("finance:response-size", **params), a_subject(text))

    assert finding.passed is passed, finding.reason
    assert says in finding.reason


@pytest.mark.parametrize(
    ("result", "text", "params", "passed"),
    [
        ({"as_of": "2026-11-20"}, "It is $5.", {}, True),
        ({"as_of": "2026-11-21"}, "It is $5.", {}, False),
        ({"as_of": "2026-11-21"}, "It is $5.", {"ignore": ["as_of"]}, True),
        ({"as_of": "2026-11-21"}, "It is $5.", {"tools": ["search"]}, True),
        ({"as_of": "2026-11-21"}, "It is $5.", {"as_of": "2026-11-22"}, True),
        ({"price_date": "2026-11-10"}, "It is $5.", {"max_age_days": 4}, False),
        ({"price_date": "2026-11-10"}, "It was $5 on 2026-11-10.", {"max_age_days": 4}, True),
        (None, "It closed at $5 on December 1, 2026.", {}, False),
    ],
)
def test_as_of(result, text, params, passed):
    subject = a_subject(text, case=a_case(as_of="2026-11-20"), steps=[a_call("quote", {}, result)])

    finding = conclude(a_check("finance:as-of", **params), subject)

    assert finding.passed is passed, finding.reason


def test_as_of_points_at_the_call_and_its_place_and_needs_a_day():
    subject = a_subject(
        "x.", case=a_case(as_of="2026-11-20"), steps=[a_call("quote", {}, {"rows": [{"date": "2027-01-01"}]})]
    )

    assert conclude(a_check("finance:as-of"), subject).evidence[0].path == "s1:$.rows[0].date"
    assert conclude(a_check("finance:as-of"), a_subject("x.")).passed is None
    with pytest.raises(MisfitsError):
        build(a_check("finance:as-of", as_of="soon"))


RESULT = {"success_rate": 0.1928, "inputs": {"n": 10000}}


@pytest.mark.parametrize(
    ("text", "steps", "params", "passed"),
    [
        ("In 19.3% of 10,000 simulated paths it lasts.", [a_call("simulate", {}, RESULT)], {}, True),
        ("In 19.3% of 10,000 simulated paths it lasts.", [], {}, False),
        ("In 19.3% of 10,000 simulated paths it lasts.", [a_call("simulate", {}, None, error="boom")], {}, False),
        ("In 45% of 10,000 simulated paths it lasts.", [a_call("simulate", {}, RESULT)], {}, False),
        ("In 19.3% of 5,000 simulated paths it lasts.", [a_call("simulate", {}, RESULT)], {}, False),
        ("In 19.3% of 10,000 simulated paths it lasts.", [a_call("engine", {}, RESULT)], {}, False),
        ("In 19.3% of 10,000 simulated paths it lasts.", [a_call("engine", {}, RESULT)], {"tools": ["engine"]}, True),
        ("You own two funds.", [], {}, True),
        ("You own two funds.", [], {"expect": True}, False),
    ],
)
def test_simulation_claimed(text, steps, params, passed):
    finding = conclude(a_check("finance:simulation-claimed", **params), a_subject(text, steps=steps))

    assert finding.passed is passed, finding.reason


MIX = {"target": {"equity": 60, "bonds": 40}}
MODERATE = {"value": {"risk": "moderate", "horizon_years": 20, "age": 40}}


@pytest.mark.parametrize(
    ("answer", "params", "passed"),
    [
        (MIX, {}, True),
        ({"advice": MIX}, {"path": "$.advice"}, True),
        ({"target": {"equity": 90, "bonds": 10}}, {}, False),
        (MIX, {"profile": {"value": {}}}, False),
        (MIX, {"profile": {"artifact": "user"}}, None),
        (MIX, {"path": "$.advice"}, None),
        ({"text": "hello"}, {}, None),
        ({"recommendations": [{"action": "buy", "symbol": "GME"}]}, {"restricted": ["GME"]}, False),
        (MIX, {"profile": {"value": {"age": 40}}}, True),
        (MIX, {"profile": {"value": {"age": 40}}, "warnings": True}, False),
        (
            MIX,
            {"rules": {"value": {"rules": [{"id": "x", "measure": "equity", "max": 10, "severity": "block"}]}}},
            False,
        ),
    ],
)
def test_suitability(answer, params, passed):
    finding = conclude(a_check("finance:suitability", **{"profile": MODERATE, **params}), a_subject(structured=answer))

    assert finding.passed is passed, finding.reason


def test_a_disclosure_that_does_not_exist_is_refused_at_load():
    with pytest.raises(MisfitsError) as caught:
        build(a_check("finance:disclosures", require=["optons"]))

    assert caught.value.misfits[0].path == ("require",)
