"""Model folders: found, loaded, verified, saved; every defect is one line."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from peacestance import finding
from peacestance.bundle import (
    DECIDING_FILES,
    Bundle,
    load_bundle,
    save_bundle,
    update_settings,
    write_card,
)
from peacestance.chunking import ChunkingConfig
from peacestance.finding import find_bundle
from peacestance.schema import UserError

CHUNKING = ChunkingConfig(512, 4, 101, 102, 0, 30522, 30523)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    parts = tmp_path / "parts"
    parts.mkdir()
    for name in DECIDING_FILES:
        (parts / name).write_bytes(name.encode() * 3)
    return {name: parts / name for name in DECIDING_FILES}


def save(out: Path, files: dict[str, Path], id: str = "small") -> Bundle:
    return save_bundle(
        out,
        files,
        id=id,
        encoder="org/encoder",
        guide="1",
        precision="int8",
        chunking=CHUNKING,
        decode={"second_speaker_threshold": 0.3},
        temperatures={"stance": 1.5},
    )


@pytest.fixture
def saved(tmp_path: Path, files: dict[str, Path]) -> Bundle:
    return save(tmp_path / "small", files)


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(UserError) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message
    return message


def edit(bundle: Bundle, **changes: object) -> None:
    path = bundle.path / "bundle.json"
    data = json.loads(path.read_text())
    data.update(changes)
    path.write_text(json.dumps({k: v for k, v in data.items() if v is not None}))


# --- save and load


def test_what_is_saved_is_loaded(saved: Bundle) -> None:
    assert load_bundle(saved.path) == saved
    assert saved.temperatures == {"source": 1, "link": 1, "coreference": 1, "stance": 1.5}


def test_the_name_follows_from_what_decides_labels(saved: Bundle) -> None:
    name = saved.model_name
    assert name == f"small@{saved.fingerprint[:12]}"
    write_card(saved, "another card")
    assert load_bundle(saved.path).model_name == name
    assert update_settings(saved, decode={"second_speaker_threshold": 0.4}).model_name != name
    assert load_bundle(saved.path).decode == {"second_speaker_threshold": 0.4}


def test_the_name_changes_with_a_graph(tmp_path: Path, files: dict[str, Path]) -> None:
    one = save(tmp_path / "one", files)
    files["links.onnx"].write_bytes(b"other")
    assert save(tmp_path / "two", files).fingerprint != one.fingerprint


def test_update_settings_keeps_what_is_not_named(saved: Bundle) -> None:
    updated = update_settings(saved, temperatures={"link": 2.0})
    assert updated.decode == saved.decode
    assert load_bundle(saved.path).temperatures["link"] == 2.0


def test_a_bundle_is_replaced_and_nothing_is_left_beside(
    tmp_path: Path, files: dict[str, Path]
) -> None:
    out = tmp_path / "small"
    save(out, {**files, "recipe.toml": files["links.onnx"]})
    save(out, files, id="second")
    assert load_bundle(out).id == "second"
    assert not (out / "recipe.toml").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["parts", "small"]


def test_a_failed_save_leaves_the_old_bundle(saved: Bundle, files: dict[str, Path]) -> None:
    files["links.onnx"].unlink()
    assert "links.onnx" in refusal(lambda: save(saved.path, files, id="second"))
    assert load_bundle(saved.path) == saved
    assert sorted(p.name for p in saved.path.parent.iterdir()) == ["parts", "small"]


def test_a_folder_that_is_no_bundle_is_not_overwritten(
    tmp_path: Path, files: dict[str, Path]
) -> None:
    assert "parts is not empty" in refusal(lambda: save(tmp_path / "parts", files))
    assert "does not exist" in refusal(lambda: save(tmp_path / "no" / "small", files))
    assert "a file stands there" in refusal(lambda: save(files["links.onnx"], files))


def test_every_deciding_file_must_be_given(tmp_path: Path, files: dict[str, Path]) -> None:
    del files["stances.onnx"]
    assert "no stances.onnx" in refusal(lambda: save(tmp_path / "small", files))


# --- defects


def test_a_missing_folder(tmp_path: Path) -> None:
    assert "does not exist" in refusal(lambda: load_bundle(tmp_path / "x"))


def test_a_foreign_model_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    assert "another kind (config.json: model_type 'bert')" in refusal(lambda: load_bundle(tmp_path))


def test_any_other_folder(tmp_path: Path) -> None:
    assert "not a peacestance model folder" in refusal(lambda: load_bundle(tmp_path))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"format": 1,\n oops}', "line 2: not valid JSON"),
        (b"\xff\xfe", "cannot be read"),
        (b"[]", "an object was expected"),
        (b'{"format": 99, "created_by": "peacestance 9"}', "format 99 is unknown"),
        (b'{"format": 1}', "'id' is missing"),
    ],
)
def test_damaged_settings(saved: Bundle, content: bytes, says: str) -> None:
    (saved.path / "bundle.json").write_bytes(content)
    assert says in refusal(lambda: load_bundle(saved.path))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"guide": 3}, "'guide' must be str"),
        ({"chunking": {"max_tokens": 3}}, "whole numbers"),
        ({"chunking": {**dataclasses.asdict(CHUNKING), "cls_id": "a"}}, "whole numbers"),
        ({"temperatures": {"mood": 1}}, "unknown head 'mood'"),
        ({"temperatures": {"link": 0}}, "temperature of link"),
        ({"files": {}}, "does not list encoder.onnx"),
        ({"files": dict.fromkeys(DECIDING_FILES, 3)}, "needs bytes and sha256"),
    ],
)
def test_wrong_settings(saved: Bundle, changes: dict[str, object], says: str) -> None:
    edit(saved, **changes)
    assert says in refusal(lambda: load_bundle(saved.path))


def test_no_file_outside_of_the_folder_is_read(saved: Bundle) -> None:
    records = {name: dataclasses.asdict(record) for name, record in saved.files.items()}
    edit(saved, files={**records, "../secret": {"bytes": 1, "sha256": "0"}})
    assert "not a plain file name" in refusal(lambda: load_bundle(saved.path))


def test_a_missing_file_is_named(saved: Bundle) -> None:
    (saved.path / "tokenizer.json").unlink()
    for verify in (True, False):
        message = refusal(lambda verify=verify: load_bundle(saved.path, verify))
        assert "tokenizer.json is missing" in message


def test_a_changed_file_is_named_with_both_checksums(saved: Bundle) -> None:
    (saved.path / "links.onnx").write_bytes(b"x")
    message = refusal(lambda: load_bundle(saved.path))
    assert "links.onnx is damaged" in message
    assert saved.files["links.onnx"].sha256[:12] in message
    assert "(1 bytes) found" in message
    load_bundle(saved.path, verify=False)


# --- find


@pytest.fixture
def shelf(tmp_path: Path, saved: Bundle, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place with the shipped model, and an empty working folder."""
    folder = tmp_path / "shelf"
    shutil.copytree(saved.path, folder / finding.DEFAULT_MODEL)
    monkeypatch.setattr(finding, "_SHIPPED_IN", (tmp_path / "nowhere", folder))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(finding, "_download", lambda name: Path("fetched") / name)
    return folder


def test_the_shipped_model_is_the_default(shelf: Path) -> None:
    assert find_bundle() == find_bundle("peacestance-small") == shelf / "peacestance-small"


def test_a_folder_is_taken_as_it_is(shelf: Path, saved: Bundle) -> None:
    assert find_bundle(saved.path) == find_bundle(str(saved.path)) == saved.path


def test_an_unknown_id_lists_what_was_tried(shelf: Path) -> None:
    message = refusal(lambda: find_bundle("large"))
    assert "'large'" in message
    assert str(shelf / "large") in message
    assert "shipped models: peacestance-small" in message


def test_a_hub_id_is_fetched(shelf: Path) -> None:
    assert find_bundle("org/name") == Path("fetched/org/name")


@pytest.mark.parametrize(
    "name", ["./org/name", "/org/name", "a/b/c", "runs/mine", Path("org/name"), "~/no-such/x"]
)
def test_nothing_else_reaches_the_network(shelf: Path, name: str | Path) -> None:
    Path("runs").mkdir()
    assert "does not exist" in refusal(lambda: find_bundle(name))


def test_a_file_is_no_model(shelf: Path) -> None:
    Path("model.onnx").write_text("")
    assert "is a file" in refusal(lambda: find_bundle("model.onnx"))


def test_no_shipped_model(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "_SHIPPED_IN", (tmp_path / "nowhere",))
    assert "make train" in refusal(find_bundle)


def test_a_hub_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = pytest.importorskip("huggingface_hub")

    def fail(*_: object, **__: object) -> str:
        raise OSError("no\nroute")

    monkeypatch.setattr(hub, "snapshot_download", fail)
    assert "did not give it (no route)" in refusal(lambda: find_bundle("org/name"))


def test_import_is_light() -> None:
    code = (
        "import sys, peacestance.bundle, peacestance.finding;"
        "print([m for m in ('numpy', 'onnx', 'torch', 'huggingface_hub') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
