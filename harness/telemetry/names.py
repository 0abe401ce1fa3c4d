"""Every span attribute that we write, by the convention it comes from: the one place to change when those move.

The generative-AI conventions are in development, and the constants shipped with OpenTelemetry are marked as moved, so they
are pinned here as they were read. Tests hold every span against `KNOWN`, and the Langfuse names against the installed SDK.
"""

from __future__ import annotations

from typing import Final

GENAI_VERSION: Final = "open-telemetry/semantic-conventions-genai, development, 2026-11"
OPENINFERENCE_VERSION: Final = "openinference-semantic-conventions 0.1"
LANGFUSE_VERSION: Final = "5.0.4"

# OpenTelemetry: generative AI and what it borrows from the general conventions.
OPERATION: Final = "gen_ai.operation.name"
WORKFLOW: Final = "gen_ai.workflow.name"
AGENT: Final = "gen_ai.agent.name"
PROVIDER: Final = "gen_ai.provider.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
RESPONSE_MODEL: Final = "gen_ai.response.model"
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
LF_ENVIRONMENT: Final = "langfuse.environment"
LF_RELEASE: Final = "langfuse.release"
LF_EXPERIMENT: Final = "langfuse.experiment.id"
LF_EXPERIMENT_NAME: Final = "langfuse.experiment.name"
LF_ITEM: Final = "langfuse.experiment.item.id"
LF_ITEM_ROOT: Final = "langfuse.experiment.item.root_observation_id"

NEUTRAL: Final = frozenset(
    {
        OPERATION, WORKFLOW, AGENT, PROVIDER, REQUEST_MODEL, RESPONSE_MODEL, FINISH_REASONS, INPUT_TOKENS,
        OUTPUT_TOKENS, CACHED_TOKENS, TOOL, TOOL_CALL, EVALUATION, EVALUATION_SCORE, EVALUATION_LABEL,
        EVALUATION_REASON, ERROR_TYPE, SESSION, KIND, INPUT, OUTPUT, AGENT_NAME, METADATA, TAGS, RUN, SUITE, CASE,
        TRIAL, STATUS, STEP, TURN, COST, OFFLINE,
    }
)  # fmt: skip
"""Names on every exporter's spans."""

LANGFUSE: Final = frozenset(
    {
        LF_TYPE, LF_INPUT, LF_OUTPUT, LF_LEVEL, LF_STATUS_MESSAGE, LF_MODEL, LF_USAGE, LF_COST, LF_TRACE_NAME,
        LF_TRACE_TAGS, LF_ENVIRONMENT, LF_RELEASE, LF_EXPERIMENT, LF_EXPERIMENT_NAME, LF_ITEM, LF_ITEM_ROOT,
    }
)  # fmt: skip
"""Names that only the Langfuse exporter adds."""

KNOWN: Final = NEUTRAL | LANGFUSE
"""Every name we may write."""
