"""Guardrails on text: conduct, disclosures, personal data, size, days, simulations, suitability."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.guardrails import (
    Run,
    check_as_of,
    check_conduct,
    check_disclosures,
    check_pii,
    check_simulation,
    check_suitability,
    limit_response,
)
from harness.guardrails.conduct import disclosures, read_disclosures, read_rules, shipped
from harness.guardrails.pii import is_card, is_iban, is_routing, is_ssn, luhn
from harness.guardrails.plaintext import plain
from harness.guardrails.size import json_state, shorten_text


def rules_of(ruling):
    return sorted(ruling.rules)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("This fund guarantees a 9% return.", "promissory.guarantee"),
        ("You're assured of a steady income.", "promissory.promise"),
        ("It is a sure thing.", "promissory.cannot-lose"),
        ("VTI will definitely rise.", "prediction.certain"),
        ("It pays 7% with zero risk.", "risk.none"),
        ("Act now, this is your last chance!", "pressure.urgency"),
        ("Put all your savings into this stock.", "pressure.all-in"),
        ("I have an insider tip for you.", "insider.tip"),
        ("It is an SEC-approved strategy.", "endorsement.regulator"),
        ("Because the fund gained 20% last year, it will gain again.", "performance.extrapolated"),
        ("This fund gu\u200barantees a 9% return.", "promissory.guarantee"),
        ("This fund guаrantees a 9% return.", "promissory.guarantee"),
        ("Ｇｕａｒａｎｔｅｅｄ 9% returns.", "promissory.guarantee"),
    ],
)
def test_what_must_not_be_said_blocks_with_rule_day_and_place(text, rule):
    ruling = check_conduct(text, balance=False)
    breach = next(one for one in ruling.breaches if one.rule == rule)

    assert not ruling.ok
    assert breach.as_of == "2026-11-20"
    assert "US" in breach.jurisdiction
    assert text[slice(*breach.span)] == breach.evidence


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("Returns are not guaranteed.", "negated"),
        ("Nobody can guarantee a return.", "negated"),
        ('The advertisement said "risk-free profits", which is false.', "quoted"),
        ("Be wary of anyone who promises guaranteed returns.", "attributed"),
        ("If returns were guaranteed, everyone would buy it.", "supposed"),
        ("Is a 9% return guaranteed?", "asked"),
    ],
)
def test_a_phrase_that_is_not_asserted_is_excused_and_listed(text, how):
    ruling = check_conduct(text, balance=False)

    assert ruling.ok, ruling.reasons()
    assert how in {scope for _, scope, _ in ruling.excused}


@pytest.mark.parametrize(
    "text",
    [
        'This is "guaranteed" to return 9%.',
        "Not only is the return guaranteed, it is paid monthly.",
        "There is no doubt that the stock will double.",
        "If you invest now, a 10% return is guaranteed.",
        "Want guaranteed returns?",
    ],
)
def test_stressing_doubling_and_conditions_elsewhere_excuse_nothing(text):
    assert not check_conduct(text, balance=False).ok


def test_praise_without_a_risk_in_the_same_paragraph_is_warned_of():
    praise = "I recommend VTI for its strong growth."

    assert rules_of(check_conduct(praise)) == ["balance.no-risk"]
    assert rules_of(check_conduct(f"{praise}\n\nShares can lose value.")) == ["balance.no-risk"]
    assert rules_of(check_conduct(f"{praise} It can lose value.")) == []


def test_rules_hold_where_they_apply():
    text = "You will earn 8% every year."

    assert "projection.unconditioned" in check_conduct(text, jurisdictions=["US"]).rules
    assert "projection.unconditioned" not in check_conduct(text, jurisdictions=["GB"]).rules


def test_every_shipped_rule_has_an_id_a_source_a_jurisdiction_and_a_day():
    rules = [*shipped(), *disclosures()]

    assert len({rule.id for rule in rules}) == len(rules)
    assert all(rule.source and rule.jurisdiction and rule.as_of >= "2026-01-01" for rule in rules)
    assert all(rule.severity in ("block", "warn", "info") for rule in rules)


@pytest.mark.parametrize("data", [None, 7, "rules", [7], [{"id": "a"}], [{"id": "a", "severity": "fatal", "pattern": "x", "as_of": ""}],
                                  [{"id": "a", "severity": "block", "pattern": "(", "as_of": ""}]])  # fmt: skip
def test_rules_that_are_none_are_refused(data):
    with pytest.raises(ValueError):
        read_rules(data)
    with pytest.raises(ValueError):
        read_disclosures(data)


def test_wording_that_is_shipped_satisfies_its_own_disclosure():
    for rule in disclosures():
        _, required, against = rule.expressions
        assert all(one.search(rule.text) for one in required), rule.id
        assert against is None or not against.search(rule.text)


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("Your success rate is 83%.", ["disclosure.projection.missing"]),
        ("Your success rate is 83%. It is a model with assumptions; nothing is guaranteed.", []),
        ("I do not recommend covered calls.", []),
        ("You could sell covered calls on it.", ["disclosure.options.missing"]),
        ("TQQQ fits well.", ["disclosure.leveraged-etf.missing"]),
        ("TQQQ resets daily, so over a year it can lose money.", []),
        ("Past performance guarantees future results.", ["disclosure.past-performance.contradicted"]),
        ("Buying on margin can bring a margin call: you can lose more than you put in.", []),
        ("You own two funds.", []),
    ],
)
def test_disclosures_are_called_for_by_what_is_spoken_of(text, rules):
    assert rules_of(check_disclosures(text)) == rules


def test_disclosures_can_be_required_whatever_is_spoken_of():
    ruling = check_disclosures("You own two funds.", always=["general-advice"])

    assert rules_of(ruling) == ["disclosure.general-advice.missing"]
    assert "not individual investment advice" in ruling.breaches[0].message


CHECKSUMS = [
    (luhn, ["4539578763621486", "79927398713"], ["4539578763621487", ""]),
    (is_card, ["4539578763621486", "378282246310005"], ["4539578763621487", "1539578763621480", "4" * 12, "0" * 16]),
    (
        is_iban,
        ["GB82 WEST 1234 5698 7654 32", "DE89370400440532013000"],
        ["DE89370400440532013001", "DE8937040044053201300", "XX82WEST12345698765432"],
    ),
    (is_routing, ["021000021", "011401533"], ["021000022", "500000005", "000000000"]),
    (is_ssn, ["536904399"], ["000123456", "666123456", "900123456", "536004399", "536900000", "078051120"]),
]


@pytest.mark.parametrize(("test", "good", "bad"), CHECKSUMS)
def test_checksums(test, good, bad):
    assert [item for item in good if not test(item)] == []
    assert [item for item in bad if test(item)] == []


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Card 4539 5787 6362 1486.", ["card"]),
        ("Card ４５３９ ５７８７ ６３６２ １４８６.", ["card"]),
        ("Card 4539\u200b5787\u200b6362\u200b1486.", ["card"]),
        ("Amex 3782-822463-10005", ["card"]),
        ("SSN 536-90-4399", ["ssn"]),
        ("social security number 536904399", ["ssn"]),
        ("ssn ٥٣٦-٩٠-٤٣٩٩", ["ssn"]),
        ("536904399 shares", []),
        ("SSN 900-12-3456", []),
        ("Pay to DE89 3704 0044 0532 0130 00 TODAY", ["iban"]),
        ("Routing 021000021", ["routing"]),
        ("021000021 units", []),
        ("account number 0012345678", ["account"]),
        ("Your account has $12,345,678", []),
        ("write to ann.lee@example.co.uk", ["email"]),
        ("call (212) 555-0147 or +44 20 7946 0958", ["phone", "phone"]),
        ("key sk-" + "a1" * 12, ["secret"]),
        ("order-4539578763621486 and ORD4539578763621486", []),
        ("550e8400-e29b-41d4-a716-446655440000", []),
        ("$4,539,578,763,621,486 and 4539578763621486.5", []),
        ("card ending in ****1486", []),
        ("2026-11-20 15:30, 1926-2023, 10,000 paths, 0.45395787", []),
    ],
)
def test_personal_data_are_found_where_they_check_out(text, kinds):
    ruling = check_pii(text)

    assert [one.rule.removeprefix("pii.") for one in ruling.breaches] == kinds
    assert not any("4539" in one.message or "536904399" in one.message for one in ruling.breaches)


def test_what_is_the_clients_own_may_be_told():
    text = "Your account number 0012-345678 and card 4539 5787 6362 1486."

    assert check_pii(text, own=["0012345678", "4539578763621486"]).ok
    assert rules_of(check_pii(text, own=["0012345678"])) == ["pii.card"]
    assert check_pii(text, allow=["account", "card"]).ok


def test_text_is_cut_after_a_sentence_and_flagged():
    made = limit_response("One two. Three four. Five six seven.", max_chars=22)

    assert (made.text, made.cut, made.ok, rules_of(made)) == ("One two. Three four.", True, True, ["response-cut"])
    assert limit_response("Short.", max_chars=6).text == "Short."
    assert limit_response("x" * 100, max_tokens=5).text == ""


def test_a_fenced_block_is_never_cut():
    text = "See the table.\n```json\n" + json.dumps(list(range(50))) + "\n```\nDone."

    assert limit_response(text, max_chars=60).text == "See the table."


@pytest.mark.parametrize("response", ['{"a": [1, 2, 3], "b": "' + "x" * 90 + '"}', {"a": list(range(60))}])
def test_json_is_never_cut_but_withheld_whole(response):
    made = limit_response(response, max_chars=50)

    assert not made.ok
    assert json.loads(made.text)["truncated"] is True


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ('{"a": 1}', "whole"), ("[1, 2]", "whole"), ('{"a": [1, 2', "cut"), ('[{"a": "x', "cut"), ("{", "cut"), ("[Note] see below", "none"),
        ("Hello", "none"), ("", "none"), ("[" * 3000 + "]" * 3000, "whole"), ("[" * 3000, "cut"), ("{1: 2}", "none"),
    ],
)  # fmt: skip
def test_cut_json_is_told_from_text_in_brackets(text, state):
    assert json_state(text) == state


@given(st.text(max_size=400), st.integers(0, 300))
def test_a_shortened_text_is_a_start_of_the_text_that_fits(text, limit):
    made = shorten_text(text, limit)

    assert text.startswith(made) or made == text
    assert len(made) <= limit or len(text) <= limit


@given(st.recursive(st.integers() | st.text(max_size=9), lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=4), inner, max_size=5)), st.integers(1, 60))  # fmt: skip
def test_whatever_json_is_sent_stays_json(data, limit):
    assert json.loads(limit_response(json.dumps({"data": data}), max_chars=limit).text) is not None


@pytest.mark.parametrize(
    ("data", "as_of", "rules"),
    [
        ({"as_of": "2026-11-20"}, "2026-11-20", []),
        ({"as_of": "2026-11-20T23:59:59Z"}, "2026-11-20", []),
        ({"as_of": "2026-11-21"}, "2026-11-20", ["from-the-future"]),
        ({"as_of": "2026-11-21T00:00:00Z"}, "2026-11-20", ["from-the-future"]),
        ({"as_of": "2026-11-20T15:00:01Z"}, "2026-11-20T15:00:00Z", ["from-the-future"]),
        ({"as_of": "2026-11-20T10:00:01-05:00"}, "2026-11-20T15:00:00Z", ["from-the-future"]),
        ({"as_of": "2026-11-20"}, "2026-11-20T15:00:00Z", []),
        ({"rows": [{"published_at": "2027-01-01"}]}, "2026-11-20", ["from-the-future"]),
        ({"expires_at": "2027-01-01", "maturity": "2030-01-01", "execute_at": "2026-11-27"}, "2026-11-20", []),
        ({"date": "soon", "as_of": "2026-13-45", "timestamp": 99999999999}, "2026-11-20", []),
        ({"as_of": "2026-11-20"}, "yesterday", ["as-of-unknown"]),
    ],
)
def test_no_evidence_is_of_the_future(data, as_of, rules):
    assert rules_of(check_as_of([("call-1", data)], as_of)) == rules


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("VTI is at $14.56.", ["stale-undisclosed"]),
        ("VTI was at $14.56 on 2026-11-10.", []),
        ("VTI was at $14.56 on November 10, 2026.", []),
        ("VTI was at $14.56 on 10 Nov 2026.", []),
        ("The last known price of VTI is $14.56.", []),
        ("It closed at $15 on 2026-11-25.", ["future-told-as-past", "stale-undisclosed"]),
        ("The order will be placed on 2026-11-27; prices are as of 2026-11-10.", []),
    ],
)
def test_old_prices_are_called_old_and_later_days_are_not_over(text, rules):
    assert (
        rules_of(check_as_of([("q", {"price_date": "2026-11-10"})], "2026-11-20", text=text, max_age_days=4)) == rules
    )


RUNS = [Run("c1", "simulate", {"years": 25}, {"success_rate": 0.8273, "inputs": {"n": 1000}})]


@pytest.mark.parametrize(
    ("text", "with_runs", "without"),
    [
        ("In 82.7% of 1,000 simulated paths the money lasts.", [], ["claimed-not-run"]),
        ("In 84% of 1,000 simulated paths the money lasts.", [], ["claimed-not-run"]),
        ("In 95% of 1,000 simulated paths the money lasts.", ["rate-differs"], ["claimed-not-run"]),
        ("I ran a Monte Carlo simulation with a success rate of 83%.", [], ["claimed-not-run"]),
        ("We ran 10,000 simulations.", ["paths-differ"], ["claimed-not-run"]),
        ("We ran 1k simulations.", [], ["claimed-not-run"]),
        ("I backtested the strategy.", ["claimed-not-run"], ["claimed-not-run"]),
        ("I stress-tested your portfolio.", [], ["claimed-not-run"]),
        ("I could run a simulation for you.", [], []),
        ("Would you like a Monte Carlo simulation?", [], []),
        ("This was not simulated.", [], []),
        ("You own two funds.", [], []),
    ],
)
def test_a_simulation_claimed_is_a_simulation_run(text, with_runs, without):
    assert rules_of(check_simulation(text, RUNS)) == with_runs
    assert rules_of(check_simulation(text, [])) == without


def test_sampling_error_widens_what_a_rate_may_be():
    few, many = ([Run("c", "simulate", {"n": n}, {"success_rate": 0.5})] for n in (100, 1_000_000))

    assert check_simulation("A simulation gives a success rate of 58%.", few).ok
    assert not check_simulation("A simulation gives a success rate of 58%.", many).ok


PROFILE = {"risk": "moderate", "horizon_years": 20, "age": 45, "liquidity": "low", "emergency_months": 6}


def advice(equity=60, **row):
    return {
        "target": {"equity": equity, "bonds": 100 - equity},
        "recommendations": [{"action": "buy", "symbol": "VTI", **row}],
    }


@pytest.mark.parametrize(
    ("proposal", "profile", "rules"),
    [
        (advice(), {}, []),
        (advice(75), {}, []),
        (advice(75.1), {}, ["risk.equity-moderate"]),
        ({"target": {"equity": 0.751, "bonds": 0.249}}, {}, ["risk.equity-moderate"]),
        (advice(41), {"risk": "conservative"}, ["risk.equity-conservative"]),
        (advice(40), {"risk": "conservative"}, []),
        (advice(21), {"horizon_years": 2}, ["horizon.under-3"]),
        (advice(20), {"horizon_years": 2}, []),
        (advice(51), {"horizon_years": 5}, ["horizon.under-6"]),
        (advice(39), {"risk": "aggressive"}, ["risk.equity-aggressive"]),
        (advice(product="leveraged ETF"), {}, ["risk.complex-moderate"]),
        (advice(product="options"), {"age": 70}, ["age.complex"]),
        (advice(product="options"), {"age": 69}, []),
        (advice(40, product="crypto"), {"risk": "low"}, ["risk.complex-conservative"]),
        (advice(product="stock", weight=25), {}, []),
        (advice(product="stock", weight=25.5), {}, ["concentration.any"]),
        (advice(40, product="stock", weight=11), {"risk": "conservative"}, ["concentration.conservative"]),
        (advice(product="etf", weight=90), {}, []),
        (advice(liquidity="illiquid", weight=1), {"liquidity": "high"}, ["liquidity.high"]),
        (advice(product="annuity", weight=16), {"liquidity": "medium"}, ["liquidity.medium"]),
        (advice(expense_ratio=1.2), {}, ["cost.any"]),
        (advice(sector="tobacco"), {"excluded_sectors": ["Tobacco"]}, ["exclusions.any"]),
        (advice(), {"restricted": ["vti"]}, ["restricted.any"]),
        (advice(70), {"emergency_months": 1}, ["reserve.none"]),
        (advice(action="sell", product="options"), {"age": 80}, []),
    ],
)
def test_what_is_recommended_fits_the_client(proposal, profile, rules):
    ruling = check_suitability(proposal, {**PROFILE, **profile})

    assert rules_of(ruling) == [f"suitability.{rule}" for rule in rules]
    assert all(one.as_of and one.path for one in ruling.breaches)


@pytest.mark.parametrize(
    ("proposal", "profile", "rules"),
    [
        (advice(), {}, ["profile-missing"]),
        (advice(), None, ["profile-missing"]),
        (advice(), {"age": 45}, ["profile-incomplete"]),
        ({"target": {"equity": 60, "bonds": 30}}, PROFILE, ["mix-sum"]),
        ({"target": {"equity": "NaN"}}, PROFILE, ["malformed"]),
        (advice(weight="lots"), PROFILE, ["malformed"]),
        ({"recommendations": [7]}, PROFILE, ["malformed"]),
        ({}, PROFILE, ["nothing-recommended"]),
        ([], {}, ["nothing-recommended"]),
    ],
)
def test_what_is_not_known_counts_against_a_recommendation(proposal, profile, rules):
    assert rules_of(check_suitability(proposal, profile)) == rules


ODD = "\u200b\u202e\u0661\ufeff\u0301\ud800éßİ١４"
TEXTS = st.text(alphabet=st.characters(codec="utf-8"), max_size=300) | st.text(
    st.sampled_from("guarantee risk-free 0123456789.,%$@-+()[]{}\"'\n\t" + ODD), max_size=200
)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["as_of", "date", "target", "recommendations", "equity", "weight", "risk", "product", "n", "success_rate", ""]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(TEXTS)
def test_no_text_makes_a_guardrail_fail_itself_or_point_outside_of_it(text):
    rulings = [
        check_conduct(text),
        check_disclosures(text),
        check_pii(text),
        check_as_of([], "2026-11-20", text=text),
        check_simulation(text, RUNS),
    ]

    assert not any(ruling.broken for ruling in rulings), [ruling.reasons() for ruling in rulings]
    spans = [one.span for ruling in rulings for one in ruling.breaches if one.span]
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert limit_response(text, max_chars=50).broken is False


@given(TEXTS)
def test_plain_text_keeps_every_place(text):
    seen = plain(text)

    assert all(0 <= seen.span(place, place + 1)[0] < len(text) for place in range(len(seen.text)))
    assert plain(seen.text).text == plain(plain(seen.text).text).text


@given(JUNK, JUNK)
def test_no_data_make_a_guardrail_fail_itself(data, other):
    assert not check_suitability(data, other).broken
    assert not check_as_of([("x", data)], "2026-11-20").broken
    assert not check_simulation(
        "We ran 10 simulations with a success rate of 5%.", [Run("c", "simulate", data, other)]
    ).broken


def deep(levels):
    made = {"as_of": "2027-01-01", "n": 5, "equity": 50}
    for _ in range(levels):
        made = {"a": [made]}
    return made


def test_data_nested_a_thousand_deep_are_looked_through():
    data = deep(1000)

    assert rules_of(check_as_of([("x", data)], "2026-11-20")) == ["from-the-future"]
    assert not check_simulation("We ran 7 simulations.", [Run("c", "simulate", None, data)]).broken
    assert not check_suitability(data, PROFILE).broken


@pytest.mark.parametrize("guardrail", [check_conduct, check_disclosures, check_pii, lambda text: check_simulation(text, []), lambda text: check_as_of([], "2026-11-20", text=text)])  # fmt: skip
def test_a_text_that_nobody_looks_through_is_blocked(guardrail):
    assert rules_of(guardrail("a" * 10_000_000)) == ["text-too-long"]


def test_a_guardrail_that_is_given_no_text_blocks():
    for guardrail in (check_conduct, check_disclosures, check_pii):
        ruling = guardrail(None)
        assert (ruling.ok, ruling.broken) == (False, True)
        assert ruling.as_json()["ok"] is False
