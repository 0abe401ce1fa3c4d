"""A file that cannot be used is refused with the reason and the remedy, and never damaged."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from builders import a_job, a_manifest, a_result

from harness.errors import StoreError, UserError
from harness.store import Store, schema


def filled(path):
    with Store.open(path) as store:
        store.begin(a_manifest(), [a_job()])
        store.add(a_manifest().id, [a_result(job=a_job())])
    return path


def test_reading_where_nothing_was_stored_creates_nothing(tmp_path):
    with pytest.raises(UserError, match="finharness eval"):
        Store.open(tmp_path / "none.db", readonly=True)

    assert list(tmp_path.iterdir()) == []


def test_a_reader_cannot_write(tmp_path):
    with Store.open(filled(tmp_path / "r.db"), readonly=True) as store, pytest.raises(StoreError, match="read-only"):
        store.end(a_manifest().id, "complete")


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("these are my notes, and they are long enough to look like a header " * 9)

    with pytest.raises(StoreError, match="not a result store"):
        Store.open(tmp_path / "notes.txt")


def test_another_programs_database_is_refused(tmp_path):
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE songs (title)")

    with pytest.raises(StoreError, match="another program"):
        Store.open(tmp_path / "other.db")


def test_a_newer_file_is_refused_with_the_command(tmp_path):
    with closing(sqlite3.connect(filled(tmp_path / "r.db"))) as file:
        file.execute("PRAGMA user_version = 99")

    for readonly in (True, False):
        with pytest.raises(StoreError, match="pip install --upgrade finharness"):
            Store.open(tmp_path / "r.db", readonly=readonly)


def test_a_cut_file_is_called_damaged(tmp_path):
    path = filled(tmp_path / "r.db")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 + 100])

    with pytest.raises(StoreError, match="damaged"), Store.open(path, readonly=True) as store:
        list(store.results(a_manifest().id, traces=True))


def test_a_folder_in_its_place_is_refused(tmp_path):
    with pytest.raises(StoreError, match="cannot be opened"):
        Store.open(tmp_path)


def test_a_file_in_the_place_of_its_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="folder cannot be made"):
        Store.open(tmp_path / "file" / "r.db")


def test_a_read_only_folder_can_still_be_read(ordinary):
    path = filled(ordinary / "r.db")
    ordinary.chmod(0o555)
    try:
        with Store.open(path, readonly=True) as store:
            assert store.run().done == 1
    finally:
        ordinary.chmod(0o755)


def test_a_read_only_folder_is_not_written(ordinary):
    path = filled(ordinary / "r.db")
    path.chmod(0o444)
    ordinary.chmod(0o555)
    try:
        with pytest.raises(StoreError, match="read-only|cannot be written|readonly"), Store.open(path) as store:
            store.end(store.run().id, "incomplete")
    finally:
        ordinary.chmod(0o755)


def test_an_older_file_is_upgraded_and_a_copy_kept(tmp_path, monkeypatch):
    path = filled(tmp_path / "r.db")
    now, later = schema.newest(), schema.newest() + 1
    newer = {**schema.MIGRATIONS, later: ("ALTER TABLE runs ADD COLUMN note TEXT",)}
    monkeypatch.setattr(schema, "MIGRATIONS", newer)

    with Store.open(path, readonly=True) as store:
        assert store.run().done == 1
    with closing(sqlite3.connect(path)) as file, closing(sqlite3.connect(tmp_path / f"r.db.v{now}.bak")) as copy:
        assert schema.version_of(file) == later
        assert file.execute("SELECT note FROM runs").fetchall() == [(None,)]
        assert schema.version_of(copy) == now


def test_a_migration_that_fails_changes_nothing(tmp_path, monkeypatch):
    path = filled(tmp_path / "r.db")
    broken = ("ALTER TABLE runs ADD COLUMN note TEXT", "ALTER TABLE nothing ADD COLUMN note TEXT")
    monkeypatch.setattr(schema, "MIGRATIONS", {**schema.MIGRATIONS, schema.newest() + 1: broken})
    with pytest.raises(StoreError):
        Store.open(path)
    monkeypatch.undo()

    with Store.open(path) as store:
        assert store.run().done == 1


def test_names_with_special_characters_are_plain_paths(tmp_path):
    path = filled(tmp_path / "a b?mode=memory#%41.db")

    assert path.exists()


def test_many_processes_may_create_the_file_at_once(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from harness.store import Store\n"
        "while not Path(sys.argv[2]).exists(): pass\n"
        "Store.open(Path(sys.argv[1])).close()"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "x.db"), str(tmp_path / "go")]
    openers = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]

    (tmp_path / "go").touch()

    complaints = [opener.communicate(timeout=60)[1] for opener in openers]
    assert [opener.returncode for opener in openers] == [0] * 4, complaints
