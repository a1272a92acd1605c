"""The rules of the house that no linter knows: where code lives and what may import what."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "peacestance"
SOURCES = sorted(PACKAGE.rglob("*.py"))
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50

# A part of the package imports only from layers below its own, at the top of a file or inside a
# function. A new part needs a place here.
LAYERS = (
    {"schema", "speaker_words"},
    {"text", "files", "provenance", "records", "names", "pseudonyms"},
    {"chunking", "corpus", "forms", "aliases", "spelling"},
    {"readers", "decoding", "bundle", "modeling", "speaker_names", "speaker_clusters"},
    {"engines", "finding", "speakers"},
    {"predicting", "torch_engine"},
    {"labeler", "manifests"},
    {"exchange", "server"},
    {"evaluation"},
    {"training"},
    {"cli"},
    {"__init__", "__main__"},
)
LAYER_OF = {part: number for number, layer in enumerate(LAYERS) for part in layer}
# Labelled data is for these alone; what labels an article knows nothing of it.
USES_CORPUS = {"corpus", "evaluation", "exchange", "training", "cli"}

HEAVY = ("torch", "transformers", "datasets", "pyarrow", "peacestance.training")


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def part_of(path: Path) -> str:
    """`chunking` for src/peacestance/chunking.py, `corpus` for src/peacestance/corpus/x.py."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_parts(path: Path) -> Iterator[str]:
    """The parts of the package that a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write imports in full, not relative"
            modules = [f"{node.module}.{alias.name}" for alias in node.names]
        for module in modules:
            if module.startswith("peacestance."):
                yield module.split(".")[1]


@pytest.mark.parametrize("path", SOURCES, ids=names(SOURCES))
def test_imports_run_one_way(path: Path) -> None:
    part = part_of(path)
    assert part in LAYER_OF, f"give {part} a place in LAYERS"
    imported = set(imported_parts(path)) & set(LAYER_OF) - {part}
    assert {other for other in imported if LAYER_OF[other] >= LAYER_OF[part]} == set()
    assert "corpus" not in imported or part in USES_CORPUS


@pytest.mark.parametrize("path", SOURCES, ids=names(SOURCES))
def test_file_is_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MAX_FILE_LINES


def lines_of_code(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, less the docstring: shapes and sources may take their room."""
    length = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return length
    docstring = function.body[0]
    return length - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


@pytest.mark.parametrize("path", SOURCES, ids=names(SOURCES))
def test_functions_are_short(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    lengths = {function.name: lines_of_code(function) for function in functions}
    assert {n: length for n, length in lengths.items() if length > MAX_FUNCTION_LINES} == {}


@pytest.mark.parametrize("path", SOURCES, ids=names(SOURCES))
def test_nothing_is_left_to_do(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "TODO" not in text
    assert "FIXME" not in text


def test_no_package_can_hide_the_library_datasets() -> None:
    folders = [ROOT / "datasets", *(ROOT / "tests").rglob("datasets")]
    packages = [init for folder in folders for init in folder.rglob("__init__.py")]
    assert names(packages) == []


def test_no_conftest_at_the_root() -> None:
    assert not (ROOT / "conftest.py").exists()


def test_tests_are_no_packages() -> None:
    assert names(list((ROOT / "tests").rglob("__init__.py"))) == []


def run_python(code: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=cwd,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_library_datasets_is_found_from_the_root() -> None:
    pytest.importorskip("datasets")
    found = run_python(
        "import importlib.util as u; print(u.find_spec('datasets').origin)", cwd=ROOT
    )
    assert Path(found).name == "__init__.py"
    assert ROOT / "datasets" not in Path(found).parents


@pytest.mark.parametrize("module", ["peacestance", "peacestance.labeler", "peacestance.cli"])
def test_import_is_light(module: str, tmp_path: Path) -> None:
    heavy = run_python(
        f"import sys, {module}; print([m for m in {HEAVY!r} if m in sys.modules])", cwd=tmp_path
    )
    assert heavy == "[]"
