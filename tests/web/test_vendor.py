"""Third-party scripts: only what was reviewed is ever served."""

from pathlib import Path

import pytest

from web.vendor import VENDOR_FILES, VendorError, VendorFile, copy_checked, is_current, sha256_of


def package(modules: Path, content: bytes) -> VendorFile:
    """A package with one file below `modules`, and the pin of that file."""
    source = modules / "chart" / "dist" / "chart.js"
    source.parent.mkdir(parents=True)
    source.write_bytes(content)
    return VendorFile("chart", "dist/chart.js", sha256_of(source))


def test_a_reviewed_file_is_copied_once(tmp_path: Path) -> None:
    file = package(tmp_path / "modules", b"draw()")
    target = tmp_path / "vendor"
    assert not is_current(target, [file])
    copy_checked(tmp_path / "modules", target, [file])
    assert is_current(target, [file])
    assert (target / "chart" / "chart.js").read_bytes() == b"draw()"


def test_a_changed_file_is_noticed_and_nothing_of_the_set_is_copied(tmp_path: Path) -> None:
    good = package(tmp_path / "modules", b"draw()")
    bad = VendorFile("chart", "dist/chart.js", "0" * 64)
    with pytest.raises(VendorError, match="not the reviewed file"):
        copy_checked(tmp_path / "modules", tmp_path / "vendor", [good, bad])
    assert not (tmp_path / "vendor").exists()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(VendorError, match=r"chart has no dist/chart\.js"):
        copy_checked(tmp_path, tmp_path / "vendor", [VendorFile("chart", "dist/chart.js", "0" * 64)])


def test_what_is_served_here_is_what_was_reviewed() -> None:
    assert is_current(Path(__file__).parents[2] / "web" / "static" / "vendor", VENDOR_FILES)


def test_damage_to_a_served_file_is_noticed(tmp_path: Path) -> None:
    file = package(tmp_path / "modules", b"draw()")
    copy_checked(tmp_path / "modules", tmp_path / "vendor", [file])
    (tmp_path / "vendor" / file.target).write_bytes(b"steal()")
    assert not is_current(tmp_path / "vendor", [file])


def test_the_npm_lock_names_no_registry() -> None:
    lock = (Path(__file__).parents[2] / "package-lock.json").read_text(encoding="utf-8")
    assert "resolved" not in lock
    assert "://" not in lock
    assert lock.count('"integrity"') == 3
