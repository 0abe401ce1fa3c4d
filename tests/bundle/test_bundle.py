"""A bundle carries a run whole, and a file that anybody could have made harms nobody."""

import json
import zipfile
from dataclasses import replace

import pytest
from builders import a_call, a_case, a_job, a_manifest, a_result, a_verdict, an_outcome

from harness.bundle import archive, export_bundle, import_bundle
from harness.errors import UserError
from harness.model import Evidence, Failure
from harness.store import Store

RUN = a_manifest().id


def a_filled_store(path):
    store = Store.open(path)
    cases = [a_case("A", plan=[("quote", {"s": 1})], tags={"x": "y"}), a_case("B\ud800")]
    jobs = [a_job(case, index=index) for case in cases for index in range(2)]
    outcome = an_outcome("naïve \ud800", steps=[a_call(result=[1, None, "x" * 1000])], stdout="out")
    verdict = a_verdict(False, evidence=(Evidence(span=(1, 2)),), expected={"a": 1.5}, score=0.25)
    broken = an_outcome(status="infrastructure_failed", error=Failure("a", "b", "c"))
    store.begin(a_manifest(packages={"harness": "1"}), jobs)
    store.add(RUN, [a_result("failed", job=jobs[0], outcome=outcome, verdicts=(verdict,))])
    store.add(RUN, [a_result(job=jobs[2]), a_result("errored", job=jobs[3], outcome=broken, judge_cost_usd=None)])
    store.end(RUN, "incomplete")
    return store


@pytest.fixture
def bundle(tmp_path):
    path = tmp_path / "run.zip"
    with a_filled_store(tmp_path / "a.db") as store:
        export_bundle(store, store.run(), path)
    return path


@pytest.fixture
def elsewhere(tmp_path):
    with Store.open(tmp_path / "b.db") as store:
        yield store


def changed(bundle, change):
    """The bundle with its files changed: {name: bytes} to {name: bytes}."""
    with zipfile.ZipFile(bundle) as source:
        files = {name: source.read(name) for name in source.namelist()}
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in change(files).items():
            target.writestr(name, content)
    return bundle


def with_manifest(bundle, change):
    def rewrite(files):
        manifest = json.loads(files["manifest.json"])
        return {**files, "manifest.json": json.dumps(change(manifest) or manifest).encode()}

    return changed(bundle, rewrite)


def with_line(bundle, part, change):
    """The bundle with its first row of a part changed and the hashes right."""
    import hashlib

    def rewrite(files):
        first, *rest = files[part].splitlines(keepends=True)
        content = b"".join([change(first), *rest])
        manifest = json.loads(files["manifest.json"])
        manifest["parts"][part] = {
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
            "lines": content.count(b"\n"),
        }
        return {**files, part: content, "manifest.json": json.dumps(manifest).encode()}

    return changed(bundle, rewrite)


def test_a_run_comes_back_whole_elsewhere(bundle, elsewhere, tmp_path):
    done = import_bundle(elsewhere, bundle)

    with Store.open(tmp_path / "a.db") as store:
        assert list(elsewhere.results(RUN, traces=True)) == list(store.results(RUN, traces=True))
        assert elsewhere.planned(RUN) == store.planned(RUN)
        assert elsewhere.run() == replace(store.run(), ended_at=elsewhere.run().ended_at)
    assert (done.run, done.planned, done.added) == (RUN, 4, 3)


def test_replaced_results_travel_with_the_run(bundle, elsewhere, tmp_path):
    with Store.open(tmp_path / "a.db") as store:
        again = a_result("passed", job=store.errored(RUN)[0], started_at="later")
        store.add(RUN, [again], over_errored=True)
        export_bundle(store, store.run(), bundle)
        earlier = list(store.earlier(RUN))

    for _ in range(2):
        import_bundle(elsewhere, bundle)
        assert list(elsewhere.earlier(RUN)) == earlier
    assert [(item.status, item.outcome.error) for item in earlier] == [("errored", Failure("a", "b", "c"))]


def test_a_bundle_that_was_made_after_the_retry_brings_it_along(bundle, elsewhere, tmp_path):
    import_bundle(elsewhere, bundle)
    with Store.open(tmp_path / "a.db") as store:
        store.add(RUN, [a_result("passed", job=store.errored(RUN)[0])], over_errored=True)
        export_bundle(store, store.run(), bundle)
        import_bundle(elsewhere, bundle)

        assert list(elsewhere.results(RUN)) == list(store.results(RUN))
        assert list(elsewhere.earlier(RUN)) == list(store.earlier(RUN))


def test_a_bundle_from_before_the_retry_is_not_counted_twice(bundle, elsewhere, tmp_path):
    with Store.open(tmp_path / "a.db") as store:
        store.add(RUN, [a_result("passed", job=store.errored(RUN)[0])], over_errored=True)
        import_bundle(store, bundle)

        assert len(list(store.earlier(RUN))) == 1


def test_bundles_of_the_first_version_are_read(bundle, elsewhere):
    def older(files):
        del files["earlier.jsonl"]
        return files

    changed(bundle, older)
    with_manifest(
        bundle,
        lambda manifest: {
            **manifest,
            "version": 1,
            "parts": {name: part for name, part in manifest["parts"].items() if name != "earlier.jsonl"},
        },
    )

    assert import_bundle(elsewhere, bundle).added == 3


def test_an_earlier_result_of_a_trial_that_was_not_planned_is_refused(bundle, elsewhere, tmp_path):
    with Store.open(tmp_path / "a.db") as store:
        store.add(RUN, [a_result("passed", job=store.errored(RUN)[0])], over_errored=True)
        export_bundle(store, store.run(), bundle)
    with_line(bundle, "earlier.jsonl", lambda line: line.replace(b'"planned":3', b'"planned":4'))

    with pytest.raises(UserError, match="there is no planned trial 4"):
        import_bundle(elsewhere, bundle)
    assert elsewhere.runs() == ()


def test_importing_twice_changes_nothing(bundle, elsewhere):
    import_bundle(elsewhere, bundle)

    assert import_bundle(elsewhere, bundle).added == 0
    assert len(elsewhere.runs()) == 1


def test_importing_fills_what_an_interrupted_import_left(bundle, elsewhere, tmp_path):
    with Store.open(tmp_path / "a.db") as store:
        elsewhere.begin(store.run().manifest, store.planned(RUN))
        elsewhere.add(RUN, [next(store.results(RUN, traces=True))])

    assert import_bundle(elsewhere, bundle).added == 2


def test_the_same_run_gives_the_same_bytes(bundle, tmp_path):
    with Store.open(tmp_path / "a.db", readonly=True) as store:
        export_bundle(store, store.run(), tmp_path / "again.zip")

    assert (tmp_path / "again.zip").read_bytes() == bundle.read_bytes()


def test_another_run_of_the_same_id_is_refused(bundle, elsewhere):
    elsewhere.begin(a_manifest(seed=5), [])

    with pytest.raises(UserError, match="another run"):
        import_bundle(elsewhere, bundle)


@pytest.mark.parametrize("part", ["cases.jsonl", "planned.jsonl", "results.jsonl", "traces.jsonl", "earlier.jsonl"])
def test_a_changed_byte_is_noticed(bundle, elsewhere, part):
    changed(bundle, lambda files: {**files, part: files[part].replace(b"1", b"2", 1) + b" "})

    with pytest.raises(UserError, match="its hash or size differs"):
        import_bundle(elsewhere, bundle)
    assert elsewhere.runs() == ()


@pytest.mark.parametrize("name", ["../evil.txt", "/etc/passwd", "manifest.json.bak", "results.jsonl/x"])
def test_a_file_that_does_not_belong_there_is_refused(bundle, elsewhere, name, tmp_path):
    changed(bundle, lambda files: {**files, name: b"x"})

    with pytest.raises(UserError, match="and nothing else"):
        import_bundle(elsewhere, bundle)
    assert not (tmp_path.parent / "evil.txt").exists()


def test_a_name_given_twice_is_refused(bundle, elsewhere):
    with zipfile.ZipFile(bundle, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("cases.jsonl", b"")

    with pytest.raises(UserError, match="and nothing else"):
        import_bundle(elsewhere, bundle)


def test_a_bomb_is_refused_before_it_unpacks(bundle, elsewhere, monkeypatch):
    monkeypatch.setattr(archive, "MOST_BYTES", 1000)

    with pytest.raises(UserError, match="unpacks to more than"):
        import_bundle(elsewhere, bundle)


def test_a_line_without_end_is_refused(bundle, elsewhere, monkeypatch):
    monkeypatch.setattr(archive, "MOST_IN_LINE", 100)

    with pytest.raises(UserError, match="is longer than"):
        import_bundle(elsewhere, bundle)


@pytest.mark.parametrize(
    ("part", "line", "problem"),
    [
        pytest.param("results.jsonl", b"{}\n", "'planned' is missing", id="missing-field"),
        pytest.param("results.jsonl", b"[NaN]\n", "NaN is no number", id="nan"),
        pytest.param("results.jsonl", b"[" * 100_000 + b"\n", "no JSON", id="depth"),
        pytest.param("results.jsonl", b"\xff\n", "no JSON", id="no-utf8"),
        pytest.param("results.jsonl", b"", "do not belong together", id="fewer-results-than-traces"),
        pytest.param("planned.jsonl", b'{"case": 7, "variant": "a", "trial": 0, "seed": 0}\n', "no case 7", id="case"),
        pytest.param("planned.jsonl", b"", "do not belong|there is no|planned", id="fewer-planned"),
        pytest.param("cases.jsonl", b'{"id": 5}\n', "expected text", id="case-content"),
        pytest.param("traces.jsonl", b'{"planned": 0, "trace": {"steps": 5}}\n', "expected a list", id="trace"),
    ],
)
def test_rows_that_do_not_fit_are_named(bundle, elsewhere, part, line, problem):
    with_line(bundle, part, lambda _: line)

    with pytest.raises(UserError, match=problem):
        import_bundle(elsewhere, bundle)
    assert elsewhere.runs() == ()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        pytest.param({"version": 3}, "pip install --upgrade", id="newer"),
        pytest.param({"format": "zip"}, "'zip' is not one of", id="another-format"),
        pytest.param({"parts": {}}, "does not name the parts", id="no-hashes"),
        pytest.param({"run": {"id": "../x", "started_at": ""}}, "id has characters", id="run-id"),
        pytest.param({"status": "splendid"}, "is not one of", id="status"),
        pytest.param({"more": 1}, "unknown key", id="unknown-key"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(bundle, elsewhere, change, problem):
    with_manifest(bundle, lambda manifest: manifest | change)

    with pytest.raises(UserError, match=problem):
        import_bundle(elsewhere, bundle)


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06", b"not a zip" * 100, b"PK\x03\x04" + b"\x00" * 100])
def test_what_is_no_zip_is_refused(tmp_path, elsewhere, content):
    (tmp_path / "x.zip").write_bytes(content)

    with pytest.raises(UserError, match="not an intact zip file"):
        import_bundle(elsewhere, tmp_path / "x.zip")


def test_a_cut_bundle_is_refused(bundle, elsewhere):
    content = bundle.read_bytes()
    for size in range(0, len(content), 97):
        bundle.write_bytes(content[:size])
        with pytest.raises(UserError):
            import_bundle(elsewhere, bundle)
    assert elsewhere.runs() == ()


def test_a_missing_file_is_the_users_mistake(tmp_path, elsewhere):
    with pytest.raises(UserError, match="cannot be read"):
        import_bundle(elsewhere, tmp_path / "none.zip")


def test_a_folder_that_is_not_there_cannot_be_written(tmp_path):
    with a_filled_store(tmp_path / "a.db") as store, pytest.raises(UserError, match="cannot be written"):
        export_bundle(store, store.run(), tmp_path / "none" / "x.zip")
