"""What programs write: events, decisions with real compliance, usage; with context, and without naming anybody."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import logging
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from harness.audit import AuditLog, JsonFormatter, Pseudonyms, compliance, configure, verify_lines
from harness.guardrails.ruling import Breach, Ruling


def entries(log: AuditLog) -> list[dict[str, Any]]:
    """The entries but the opening."""
    return [json.loads(line) for line in log.lines[1:]]


def test_a_decision_holds_hashes_that_anybody_can_compute_and_no_words() -> None:
    log = AuditLog(policy_version="2026-11", clock=lambda: datetime(2026, 11, 21, tzinfo=UTC))

    log.decide(
        agent="tagger", job_id="j-1", user="ann", input={"b": 2, "a": [1.0, "é"]}, output={"cash": Decimal("8500.10")},
        model="claude", duration_ms=812, checks={"schema": True},
    )  # fmt: skip

    (made,) = entries(log)
    details = made["details"]
    assert details["input_hash"] == hashlib.sha256('{"a":[1,"é"],"b":2}'.encode()).hexdigest()
    assert details["output"]["size_bytes"] == len('{"cash":"8500.10"}')
    assert details["output"]["type"] == "dict"
    assert (details["policy_version"], details["duration_ms"], details["model"]) == ("2026-11", 812, "claude")
    assert "ann" not in log.lines[1]
    assert "8500" not in log.lines[1]
    assert made["time"] == "2026-11-21T00:00:00.000Z"


@pytest.mark.parametrize(
    ("checks", "guardrails", "result"),
    [
        ({}, (), "NOT_CHECKED"),
        ({"a": True}, (), "PASS"),
        ({"a": True, "b": False}, (), "FAIL"),
        ({"a": True, "b": None}, (), "UNDECIDED"),
        ({"a": None, "b": False}, (), "FAIL"),
        ({"a": True}, [("injection", False)], "FLAGGED"),
        ({"a": False}, [("injection", False)], "FAIL"),
        ({}, [("injection", True)], "PASS"),
        ({}, [("injection", None)], "UNDECIDED"),
        ({"a": Ruling()}, (), "PASS"),
        ({"a": Ruling((Breach("rule", "block", "no"),))}, (), "FAIL"),
        ({"a": Ruling((Breach("rule", "warn", "hm"),))}, (), "PASS"),
    ],
)
def test_compliance_is_what_was_said(checks: Any, guardrails: Any, result: str) -> None:
    assert compliance(checks, guardrails=guardrails).result == result


def test_minor_checks_are_named_and_decide_nothing() -> None:
    found = compliance({"a": True}, minor=[("style", False)])

    assert found.plain() == {"result": "PASS", "passed": ["a"], "minor": ["style"]}


def test_a_block_is_timed_and_a_failure_is_written() -> None:
    log = AuditLog()

    with log.decision(input="q", agent="reporter") as made:
        made.output = "report"
        made.check("conduct", Ruling())
    with pytest.raises(ZeroDivisionError), log.decision(input="q", agent="reporter"):
        raise ZeroDivisionError

    done, failed = entries(log)
    assert done["details"]["compliance"] == {"result": "PASS", "passed": ["conduct"]}
    assert done["details"]["duration_ms"] >= 0
    assert (failed["event"], failed["details"]["error"]) == ("AGENT_FAILED", "ZeroDivisionError")


def test_context_belongs_to_its_task() -> None:
    log = AuditLog()

    async def work(job: str) -> None:
        with log.about(job_id=job, agent="planner"):
            await asyncio.sleep(0)
            log.event("PLANNER_STARTED")
            with log.about(agent="reporter"):
                await asyncio.sleep(0)
                log.event("AGENT_INVOKED")

    async def both() -> None:
        await asyncio.gather(work("j-1"), work("j-2"))

    asyncio.run(both())

    found = {(made["event"], made["job_id"], made["agent"]) for made in entries(log)}
    assert found == {
        (e, j, a) for j in ("j-1", "j-2") for e, a in (("PLANNER_STARTED", "planner"), ("AGENT_INVOKED", "reporter"))
    }


def test_usage_has_the_guides_names_and_unknown_stays_unknown() -> None:
    log = AuditLog()

    log.usage(input_tokens=100, output_tokens=20, cost_usd=Decimal("0.0006"), agent="planner")
    log.usage(input_tokens=None, output_tokens=20, agent="planner")

    known, unknown = (made["details"] for made in entries(log))
    assert known == {"total_tokens": 120, "prompt_tokens": 100, "completion_tokens": 20, "estimated_cost": "0.0006"}
    assert (unknown["total_tokens"], unknown["estimated_cost"]) == (None, None)


@pytest.mark.parametrize(
    "hostile", [float("nan"), {1, 2}, object(), b"\x00", "\ud800", datetime(2026, 1, 1, tzinfo=UTC)]
)
def test_nothing_that_a_program_logs_raises_or_breaks_the_chain(hostile: object) -> None:
    log = AuditLog(key="k")

    log.event("MY_OWN_EVENT", thing=hostile)
    log.decide(input=hostile, output=hostile)

    assert verify_lines([line.encode() for line in log.lines], b"k").ok


def test_pseudonyms_are_stable_and_keyed() -> None:
    one, other = Pseudonyms(b"one"), Pseudonyms(b"other")

    assert one.user("ann") == one.user("ann") == one.user(one.user("ann"))
    assert len({one.user("ann"), other.user("ann"), Pseudonyms().user("ann"), one.user("bob")}) == 4
    assert "one" not in repr(one)


def test_logging_becomes_json_lines_with_ids() -> None:
    out = io.StringIO()
    logger = logging.getLogger("tests.audit")
    logger.propagate = False
    handler = configure(logging.INFO, stream=out, logger=logger)
    assert configure(logging.INFO, logger=logger) is handler

    with AuditLog().about(job_id="j-1", trace_id="ab" * 16):
        logger.info("tagged %d", 3, extra={"symbol": "VTI", "price": Decimal("14.56")})
        logger.info(json.dumps({"event": "AGENT_INVOKED", "agent": "reporter"}))
        logger.info("too few: %s %s", *[1])
        try:
            raise ValueError("no")
        except ValueError:
            logger.exception("failed")

    logger.removeHandler(handler)
    first, second, third, last = map(json.loads, out.getvalue().splitlines())
    assert (first["message"], first["job_id"], first["trace_id"], first["price"]) == (
        "tagged 3",
        "j-1",
        "ab" * 16,
        "14.56",
    )
    assert (second["event"], second["agent"], "message" in second) == ("AGENT_INVOKED", "reporter", False)
    assert "too few" in third["message"]
    assert (last["level"], last["error_type"]) == ("error", "ValueError")
    assert "Traceback" in last["traceback"]


def test_logging_takes_the_ids_of_the_current_span() -> None:
    trace = pytest.importorskip("opentelemetry.trace")
    from opentelemetry.sdk.trace import TracerProvider

    record = logging.makeLogRecord({"msg": "hello"})
    provider = TracerProvider()
    with provider.get_tracer("t").start_as_current_span("work") as span:
        said = json.loads(JsonFormatter().format(record))

    assert said["trace_id"] == f"{span.get_span_context().trace_id:032x}"
    assert trace is not None
    provider.shutdown()
