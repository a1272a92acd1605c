"""What pip installs: the wheel that is built from the checkout."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_WHEEL_BYTES = 90_000_000  # PyPI takes files below 100 MB


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300)
    (path,) = folder.glob("*.whl")
    return path


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def in_wheel(wheel: Path, prefix: str) -> set[str]:
    listed = zipfile.ZipFile(wheel).namelist()
    return {name.removeprefix(prefix) for name in listed if name.startswith(prefix)}


def test_shipped_model_is_inside(wheel: Path) -> None:
    inside = in_wheel(wheel, "peacestance/_models/peacestance-small/")
    assert inside == files_below(ROOT / "models" / "peacestance-small")


def test_recipes_are_inside(wheel: Path) -> None:
    recipes = {f"{path.parent.name}.toml" for path in ROOT.glob("training/*/recipe.toml")}
    assert in_wheel(wheel, "peacestance/_recipes/") == recipes


def test_only_the_package_is_inside(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert tops == {"peacestance", wheel.name.removesuffix("-py3-none-any.whl") + ".dist-info"}


def test_wheel_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size < MAX_WHEEL_BYTES


def test_core_needs_neither_torch_nor_transformers(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = [n for n in archive.namelist() if n.endswith(".dist-info/METADATA")]
        needs = Parser().parsestr(archive.read(metadata).decode()).get_all("Requires-Dist", [])
    core = {need.split(">")[0] for need in needs if "extra ==" not in need}
    assert core == {"numpy", "onnxruntime", "rich", "sentencex", "tokenizers", "typer"}


def test_version_has_an_entry_in_the_changelog() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert f"## [{project['version']}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
