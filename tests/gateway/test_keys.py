import pytest

from harness.gateway.keys import KeyRing, digest, is_digest, new_key, presented
from harness.gateway.values import Plan


def test_a_new_key_is_stored_as_its_hash() -> None:
    key = new_key()

    assert key.startswith("fgw-")
    assert len(key) > 40
    assert is_digest(digest(key))
    assert key not in digest(key)
    assert new_key() != key


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        pytest.param({"x-api-key": "k1"}, "k1", id="anthropic"),
        pytest.param({"authorization": "Bearer k2"}, "k2", id="openai"),
        pytest.param({"authorization": "bearer  k3 "}, "k3", id="bearer-in-small-letters"),
        pytest.param(
            {"authorization": "AWS4-HMAC-SHA256 Credential=k4/20261121/us-east-1/bedrock/aws4_request, Signature=x"},
            "k4",
            id="aws",
        ),
        pytest.param({"authorization": "Basic dTpw"}, "", id="another-scheme"),
        pytest.param({}, "", id="none"),
    ],
)
def test_the_key_is_found_in_every_protocol(headers: dict[str, str], key: str) -> None:
    assert presented(headers) == key


def test_a_ring_knows_keys_of_files_and_of_the_environment() -> None:
    one = Plan(entity="one", keys=(digest("a"),))
    two = Plan(entity="two", key_env=("TWO_KEY", "NOT_SET"))
    ring = KeyRing([one, two], {"TWO_KEY": " b\n"})

    assert ring.owner("a") is one
    assert ring.owner("b") is two
    assert ring.owner("") is None
    assert ring.owner("c") is None


def test_a_hash_in_capitals_is_the_same_hash() -> None:
    plan = Plan(entity="one", keys=(digest("a").upper().replace("SHA256", "sha256"),))

    assert KeyRing([plan], {}).owner("a") is plan
