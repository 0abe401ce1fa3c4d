import pickle
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ExitCode, HarnessError
from harness.llm import ModelError
from harness.llm.errors import RETRY_AFTER_CAP_S, from_status, retry_after

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        (" 0.5 ", 0.5),
        ("0", 0.0),
        ("86400", 300.0),
        ("9" * 39, 300.0),
        ("Fri, 20 Nov 2026 15:00:30 GMT", 30.0),
        ("Fri, 20 Nov 2026 14:00:00 GMT", 0.0),
        ("Fri, 20 Nov 2099 14:00:00 GMT", 300.0),
        ("-5", None),
        ("abc", None),
        ("", None),
        (None, None),
        ("nan", None),
        ("inf", None),
        ("1e9", None),
        ("٣", None),
        ("3, 4", None),
        ("9" * 400, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_nothing_else(header, seconds):
    assert retry_after(header, now=NOW) == seconds


@given(st.text(max_size=60))
def test_no_header_asks_for_more_than_the_cap_or_breaks_us(header):
    seconds = retry_after(header, now=NOW)
    assert seconds is None or 0 <= seconds <= RETRY_AFTER_CAP_S


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (200, "overloaded_error", "", "overloaded"),
        (400, "ThrottlingException", "slow down", "rate_limit"),
        (400, "ValidationException", "Input is too long for requested model.", "context_length"),
        (400, "invalid_request_error", "prompt is too long: 210000 tokens", "context_length"),
        (400, "", "blocked by our content management policy", "refusal"),
        (403, "AccessDeniedException", "no", "authentication"),
        (404, "", "", "not_found"),
        (407, "", "", "connection"),
        (408, "", "", "timeout"),
        (413, "request_too_large", "", "context_length"),
        (418, "", "", "bad_request"),
        (504, "", "", "timeout"),
        (599, "", "", "overloaded"),
        (302, "", "", "invalid_reply"),
    ],
)
def test_the_code_decides_before_the_status(status, code, message, kind):
    assert from_status(status, message, code=code).kind == kind


def test_an_error_says_what_to_do_and_survives_pickling():
    error = ModelError("rate_limit", "too\nmany\x1b[31m", status=429, retry_after_s=3.0)
    copy = pickle.loads(pickle.dumps(error))
    assert isinstance(error, HarnessError)
    assert (copy.kind, copy.status, copy.retry_after_s, copy.fault, copy.exit_code) == (
        "rate_limit", 429, 3.0, "provider", ExitCode.INCOMPLETE,
    )  # fmt: skip
    assert str(copy) == "too many\\u001b[31m\n  fix: lower the concurrency, or try again later"


def test_only_faults_of_others_that_may_pass_are_transient():
    assert ModelError("overloaded", "x").transient
    assert not ModelError("authentication", "x").transient
    assert not ModelError("invalid_reply", "malformed arguments", fault="agent").transient
    assert {kind: ModelError(kind, "x").fault for kind in ("refusal", "timeout")} == {
        "refusal": "agent",
        "timeout": "provider",
    }
