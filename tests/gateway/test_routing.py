import pytest

from harness.gateway.routing import route


@pytest.mark.parametrize(
    ("path", "wire", "operation", "trial", "model"),
    [
        ("/v1/messages", "anthropic", "messages", "", ""),
        ("/t/case-7/v1/messages", "anthropic", "messages", "case-7", ""),
        ("/v1/chat/completions", "openai", "chat/completions", "", ""),
        ("/chat/completions/", "openai", "chat/completions", "", ""),
        ("/t/x@2/v1/chat/completions", "openai", "chat/completions", "x@2", ""),
        ("/model/us.amazon.nova-pro-v1%3A0/converse", "bedrock", "converse", "", "us.amazon.nova-pro-v1:0"),
        ("/t/a/model/m/converse-stream", "bedrock", "converse-stream", "a", "m"),
        ("/model/arn%3Aaws%3Abedrock%3A%2Fx/invoke", "invoke", "invoke", "", "arn:aws:bedrock:/x"),
        ("/model/m/invoke-with-response-stream", "invoke", "invoke-with-response-stream", "", "m"),
    ],
)
def test_a_path_names_protocol_trial_and_model(path: str, wire: str, operation: str, trial: str, model: str) -> None:
    found = route("POST", path)

    assert found is not None
    assert (found.kind, found.wire.name, found.operation, found.trial, found.model) == (
        "ask",
        wire,
        operation,
        trial,
        model,
    )


@pytest.mark.parametrize(
    ("path", "kind", "trial"),
    [
        ("/v1/models", "models", ""),
        ("/t/a/v1/models", "models", "a"),
        ("/t/a", "trial", "a"),
        ("/health", "health", ""),
        ("/", "health", ""),
    ],
)
def test_reading_has_paths_of_its_own(path: str, kind: str, trial: str) -> None:
    found = route("GET", path)

    assert found is not None
    assert (found.kind, found.trial) == (kind, trial)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/embeddings"),
        ("POST", "/"),
        ("POST", "/t/../v1/x"),
        ("GET", "/v1/messages"),
        ("DELETE", "/v1/messages"),
        ("POST", f"/t/{'x' * 300}/v1/embeddings"),
        ("GET", "/t/"),
    ],
)
def test_any_other_path_means_nothing(method: str, path: str) -> None:
    assert route(method, path) is None


def test_a_client_of_anthropics_is_answered_in_its_words() -> None:
    found = route("GET", "/v1/models", anthropic=True)

    assert found is not None
    assert found.wire.name == "anthropic"
