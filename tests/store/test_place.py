"""A store on a network file system is noticed."""

from pathlib import Path

import pytest

from harness.store.place import network_file_system, place_warnings

MOUNTS = """\
/dev/vda / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/vdb /home/me/local\\040disk xfs rw 0 0
host /shared 9p rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/results.db", None),
        ("/home/me/results.db", "nfs4"),
        ("/home/me/local disk/results.db", None),
        ("/homes/results.db", None),
        ("/shared", "9p"),
    ],
)
def test_the_innermost_mount_counts(path: str, kind: str | None) -> None:
    assert network_file_system(Path(path), MOUNTS) == kind


def test_this_machine_can_be_asked(tmp_path: Path) -> None:
    assert network_file_system(tmp_path) is None
    assert place_warnings(tmp_path) == ()
