"""Every name of spans, events and metrics that we write, by the convention it comes from: the one place to change when those move.

The generative-AI conventions are in development, and the constants shipped with OpenTelemetry are marked as moved, so they
are pinned here as they were read. Tests hold every span against `KNOWN`, and the Langfuse names against the installed SDK.
"""

from __future__ import annotations

from typing import Final

GENAI_VERSION: Final = "open-telemetry/semantic-conventions-genai, development, 2026-11"
LANGFUSE_VERSION: Final = "5.0.4"

# OpenTelemetry: generative AI and what it borrows from the general conventions.
OPERATION: Final = "gen_ai.operation.name"
WORKFLOW: Final = "gen_ai.workflow.name"
AGENT: Final = "gen_ai.agent.name"
PROVIDER: Final = "gen_ai.provider.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
RESPONSE_MODEL: Final = "gen_ai.response.model"
RESPONSE_ID: Final = "gen_ai.response.id"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
CACHED_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
TOOL: Final = "gen_ai.tool.name"
TOOL_CALL: Final = "gen_ai.tool.call.id"
EVALUATION: Final = "gen_ai.evaluation.name"
EVALUATION_SCORE: Final = "gen_ai.evaluation.score.value"
EVALUATION_LABEL: Final = "gen_ai.evaluation.score.label"
EVALUATION_REASON: Final = "gen_ai.evaluation.explanation"
ERROR_TYPE: Final = "error.type"
SESSION: Final = "session.id"
CONVERSATION: Final = "gen_ai.conversation.id"
USER: Final = "user.id"
AGENT_ID: Final = "gen_ai.agent.id"
TOOL_TYPE: Final = "gen_ai.tool.type"
TOKEN_TYPE: Final = "gen_ai.token.type"  # noqa: S105 - a name
GUARDRAIL: Final = "gen_ai.guardrail.component.name"
GUARDRAIL_RESULT: Final = "gen_ai.guardrail.result.type"
GUARDRAIL_REASON: Final = "gen_ai.guardrail.result.reason"

# OpenInference: the six names that Phoenix and MLflow read where they do not read gen_ai.*.
KIND: Final = "openinference.span.kind"
INPUT: Final = "input.value"
OUTPUT: Final = "output.value"
AGENT_NAME: Final = "agent.name"
METADATA: Final = "metadata"
TAGS: Final = "tag.tags"

# Ours.
RUN: Final = "finharness.run"
SUITE: Final = "finharness.suite"
CASE: Final = "finharness.case"
TRIAL: Final = "finharness.trial"
STATUS: Final = "finharness.status"
STEP: Final = "finharness.step"
TURN: Final = "finharness.turn"
COST: Final = "finharness.cost_usd"
OFFLINE: Final = "finharness.offline"
GIT: Final = "finharness.git_sha"
SCORE_ID: Final = "finharness.score.id"
SCORE_TYPE: Final = "finharness.score.type"
OBSERVATION: Final = "finharness.score.observation"
EXPORTER: Final = "finharness.exporter"
EVALUATOR: Final = "finharness.evaluator"

# Events, which are log records with a name, and what they are about.
EVALUATION_EVENT: Final = "gen_ai.evaluation.result"

# Metrics.
TOKEN_USAGE: Final = "gen_ai.client.token.usage"  # noqa: S105 - a name
OPERATION_DURATION: Final = "gen_ai.client.operation.duration"
WORKFLOW_DURATION: Final = "gen_ai.workflow.duration"
AGENT_DURATION: Final = "gen_ai.invoke_agent.duration"
TOOL_DURATION: Final = "gen_ai.execute_tool.duration"
FIRST_TEXT: Final = "gen_ai.client.operation.time_to_first_chunk"
PER_CHUNK: Final = "gen_ai.client.operation.time_per_output_chunk"
CASE_RESULT: Final = "finharness.case.result"
SCORE: Final = "finharness.score"
SUCCESS_RATE: Final = "finharness.agent.success_rate"
ROUTING_ACCURACY: Final = "finharness.routing.accuracy"
EXCESS_RATIO: Final = "finharness.steps.excess_ratio"
COST_USD: Final = "finharness.cost.usd"
DROPPED: Final = "finharness.telemetry.dropped"

# Langfuse, as its SDK writes them.
LF_TYPE: Final = "langfuse.observation.type"
LF_INPUT: Final = "langfuse.observation.input"
LF_OUTPUT: Final = "langfuse.observation.output"
LF_LEVEL: Final = "langfuse.observation.level"
LF_STATUS_MESSAGE: Final = "langfuse.observation.status_message"
LF_MODEL: Final = "langfuse.observation.model.name"
LF_USAGE: Final = "langfuse.observation.usage_details"
LF_COST: Final = "langfuse.observation.cost_details"
LF_TRACE_NAME: Final = "langfuse.trace.name"
LF_TRACE_TAGS: Final = "langfuse.trace.tags"
LF_METADATA: Final = "langfuse.trace.metadata."
LF_VERSION: Final = "langfuse.version"
LF_ITEM_EXPECTED: Final = "langfuse.experiment.item.expected_output"
LF_EXPERIMENT_METADATA: Final = "langfuse.experiment.metadata"
LF_ENVIRONMENT: Final = "langfuse.environment"
LF_RELEASE: Final = "langfuse.release"
LF_EXPERIMENT: Final = "langfuse.experiment.id"
LF_EXPERIMENT_NAME: Final = "langfuse.experiment.name"
LF_ITEM: Final = "langfuse.experiment.item.id"
LF_ITEM_ROOT: Final = "langfuse.experiment.item.root_observation_id"

NEUTRAL: Final = frozenset(
    {
        OPERATION, WORKFLOW, AGENT, PROVIDER, REQUEST_MODEL, RESPONSE_MODEL, FINISH_REASONS, INPUT_TOKENS,
        RESPONSE_ID, CONVERSATION, USER, AGENT_ID, TOOL_TYPE, GUARDRAIL,
        GUARDRAIL_RESULT, GUARDRAIL_REASON, GIT, OUTPUT_TOKENS, CACHED_TOKENS, TOOL, TOOL_CALL, EVALUATION, EVALUATION_SCORE, EVALUATION_LABEL,
        EVALUATION_REASON, ERROR_TYPE, SESSION, KIND, INPUT, OUTPUT, AGENT_NAME, METADATA, TAGS, RUN, SUITE, CASE,
        TRIAL, STATUS, STEP, TURN, COST, OFFLINE,
    }
)  # fmt: skip
"""Names on every exporter's spans."""

LANGFUSE: Final = frozenset(
    {
        LF_TYPE, LF_INPUT, LF_OUTPUT, LF_LEVEL, LF_STATUS_MESSAGE, LF_MODEL, LF_USAGE, LF_COST, LF_TRACE_NAME,
        LF_TRACE_TAGS, LF_VERSION, LF_ITEM_EXPECTED, LF_EXPERIMENT_METADATA, LF_ENVIRONMENT, LF_RELEASE, LF_EXPERIMENT, LF_EXPERIMENT_NAME, LF_ITEM, LF_ITEM_ROOT,
    }
)  # fmt: skip
"""Names that only the Langfuse exporter adds."""

KNOWN: Final = NEUTRAL | LANGFUSE
"""Every name that a span may have, besides those that begin with `LF_METADATA`."""

EVENT: Final = frozenset(
    {
        EVALUATION, EVALUATION_SCORE, EVALUATION_LABEL, EVALUATION_REASON, ERROR_TYPE, SCORE_ID, SCORE_TYPE,
        OBSERVATION, RUN, SUITE, CASE, TRIAL,
    }
)  # fmt: skip
"""Names on events."""
