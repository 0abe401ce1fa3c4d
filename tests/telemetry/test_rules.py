"""Keys, tokens and personal data are found by their form; what finance writes is left as it is."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.telemetry import Redactor
from harness.telemetry.masking import own_rules, redactor
from harness.telemetry.redact import RuleError
from harness.workspace import RedactSettings

LETTERS = "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=90))
UPPER = "".join(random.Random(8).choices("ABCDEFGHJKLMNPQRSTUVWXYZ234567", k=16))
KEYS = {
    "anthropic": "sk-ant-api03-" + LETTERS[:80],
    "openai": "sk-proj-" + LETTERS[:48],
    "openai, old": "sk-" + LETTERS[:48],
    "langfuse": "sk-lf-01234567-89ab-cdef-0123-456789abcdef",
    "stripe": "sk_live_" + LETTERS[:24],
    "aws": "AKIA" + UPPER,
    "aws, for a while": "ASIA" + UPPER,
    "github": "ghp_" + LETTERS[:36],
    "github, fine": "github_pat_" + LETTERS[:60],
    "gitlab": "glpat-" + LETTERS[:20],
    "google": "AIza" + LETTERS[:35],
    "slack": "xoxb-123456789012-" + LETTERS[:24],
    "huggingface": "hf_" + LETTERS[:34],
    "pypi": "pypi-AgEIcHlwaS5vcmc" + LETTERS[:60],
    "npm": "npm_" + LETTERS[:36],
    "jwt": f"eyJ{LETTERS[:20]}.eyJ{LETTERS[20:50]}.{LETTERS[50:80]}",
    "bearer": "Authorization: Bearer " + LETTERS[:40],
    "url": "postgresql://app:" + LETTERS[:16] + "@db.internal/money",
    "labelled": "client_secret = '" + LETTERS[:30] + "'",
    "json": '{\\"api_key\\": \\"' + LETTERS[:30] + '\\"}',
}
PRIVATE = {
    "e-mail": "ann.lee+bank@mail.example.co.uk",
    "ssn": "123-45-6789",
    "card": "4111 1111 1111 1111",
    "card, other issuer": "378282246310005",
    "account number": "account number: 000123456789",
    "account, json": '"account_number": "98-7654321-0"',
    "routing": "routing no 021000021",
    "iban": "IBAN: DE89 3704 0044 0532 0130 00",
}
FINANCE = (
    "US0378331005", "DE000BASF111", "GB0002634946", "037833100", "594918104", "DE89370400440532013000",
    "GB29NWBK60161331926819", "BBG000B9XRY4", "549300MLUDYVRQOOXS22", "$1,234,567.89", "-12.5 %", "1234567890.12",
    "2026-11-21T10:15:02.123456Z", "20261121-101502-3f9c2a", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "account: 250000 USD", "Account value: $401,000", "the keys of the account", "token usage: 12345678", "tokens=12345678",
    "4012.88 8888.12", "1-800-555-0199", "10.1.2.3", "Q3 2026: 123.45-678", "password required", "a secret: required",
    "order 2026112104111111111111", "4111111111111112", "VTI@250.12", "5 @ $12.50", "3.14159265358979323846",
)  # fmt: skip


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_keys_and_tokens_are_found_by_their_form(key):
    cleaned = Redactor({}).text(f"the model said {key} and went on")

    assert not any(part in cleaned for part in (LETTERS[4:12], UPPER, "89ab-cdef"))
    assert cleaned.startswith("the model said ")
    assert cleaned.endswith(" and went on")


@pytest.mark.parametrize("item", PRIVATE.values(), ids=PRIVATE)
def test_personal_data_is_found(item):
    cleaned = Redactor({}).text(f"of {item}, yes")

    assert not any(
        part in cleaned for part in ("ann.lee", "6789", "1111", "8282", "1234567", "7654321", "021000021", "0400")
    )
    assert cleaned.endswith(", yes")


@pytest.mark.parametrize("text", FINANCE)
def test_what_finance_writes_stays(text):
    assert Redactor({}).text(f"It is {text} now.") == f"It is {text} now."


@given(st.integers(0, 10**12), st.sampled_from(["US", "DE", "GB", "IE"]), st.floats(0, 1e9))
def test_identifiers_and_amounts_stay_whatever_their_digits(number, country, amount):
    text = f"{country}{number:010d} {number:09d} {amount:,.2f} {amount:.6f} {number:x}"

    assert Redactor({}).text(text) == text


@given(st.text(max_size=300))
def test_any_text_is_cleaned_once_and_for_all(text):
    cleaned = Redactor({}).text(text)

    assert Redactor({}).text(cleaned) == cleaned


def test_a_private_key_goes_with_all_its_lines():
    text = f"-----BEGIN RSA PRIVATE KEY-----\n{LETTERS}\n{LETTERS}\n-----END RSA PRIVATE KEY-----"

    assert Redactor({}).text(f"a {text} b") == "a [private key] b"


def test_rules_of_the_workspace_s_own_come_on_top(tmp_path):
    (tmp_path / "rules.py").write_text("def mask(text):\n    return text.replace('Project Falcon', '[project]')\n")
    rules = (
        RedactSettings(name="client", pattern=r"client (?P<value>C-\d{5})"),
        RedactSettings(name="project", function="rules.py:mask"),
    )

    cleaned = redactor({}, rules, tmp_path).text("client C-12345 and Project Falcon")

    assert cleaned == "client [client] and [project]"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (RedactSettings(name="x", pattern="("), "no regular expression"),
        (RedactSettings(name="x", pattern="a*"), "finds empty text"),
        (RedactSettings(name="x"), "needs a pattern or a function"),
        (RedactSettings(name="x", pattern="a", function="b:c"), "needs a pattern or a function"),
        (RedactSettings(name="x", function="missing.py:mask"), "the masking rule 'x'"),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused_with_its_place(tmp_path, rule, said):
    with pytest.raises(ConfigError, match=said) as found:
        own_rules([rule], tmp_path)

    assert "telemetry.redact[0]" in str(found.value)


@pytest.mark.parametrize("body", ["return None", "return 1 / 0"])
def test_a_function_that_fails_lets_nothing_through(tmp_path, body):
    (tmp_path / "rules.py").write_text(f"def mask(text):\n    {body}\n")
    own = redactor({}, [RedactSettings(name="ours", function="rules.py:mask")], tmp_path)

    with pytest.raises(RuleError, match="the masking rule 'ours' failed"):
        own.text("anything")
