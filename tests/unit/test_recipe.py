"""Recipes: values, their origins, and what is refused."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from peacestance.schema import UserError
from peacestance.training import encoders
from peacestance.training.recipe import (
    TABLES,
    Recipe,
    builtin_recipes,
    find_encoder,
    load_recipe,
)


@pytest.fixture
def write(tmp_path):
    def write_recipe(text: str) -> Path:
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_recipe


@pytest.fixture
def encoder(tmp_path):
    folder = tmp_path / "folders" / "all-MiniLM-L6-v2"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"")
    return folder


def test_an_empty_recipe_is_all_defaults(write):
    resolved = load_recipe(write(""))
    assert resolved.recipe == Recipe()
    assert set(resolved.origins.values()) == {"default"}


def test_each_value_knows_where_it_came_from(write, encoder):
    path = write("[train]\nepochs = 3\nseed = 5\n")
    resolved = load_recipe(path, ["train.seed=7"], encoder)
    assert (resolved.recipe.train.epochs, resolved.recipe.train.seed) == (3, 7)
    assert resolved.origins["train.epochs"] == "mine.toml"
    assert resolved.origins["train.seed"] == "--set"
    assert resolved.origins["model.encoder"] == "--encoder"
    assert resolved.origins["model.id"] == "default"


def test_every_line_of_the_written_recipe_names_the_origin_and_reads_back(write, tmp_path):
    resolved = load_recipe(write('[model]\nid = "a \\"b\\" é"\n'), ["train.learning_rate=1e-5"])
    text = resolved.to_toml()
    values = [line for line in text.splitlines() if " = " in line]
    assert len(values) == len(resolved.origins)
    assert all("  # " in line for line in values)
    (tmp_path / "again.toml").write_text(text, encoding="utf-8")
    assert load_recipe(tmp_path / "again.toml").recipe == resolved.recipe


def test_whole_numbers_serve_as_numbers(write):
    rate = load_recipe(write("[train]\nlearning_rate = 1\n")).recipe.train.learning_rate
    assert rate == 1.0
    assert isinstance(rate, float)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[train]\nepoch = 3\n", ["[train] epoch", "did you mean 'epochs'", "learning_rate"]),
        ("[trian]\nepochs = 3\n", ["[trian]", "did you mean 'train'", "decode"]),
        ("epochs = 3\n", ["[epochs]", "allowed: model, train"]),
        ("train = 3\n", ["train must be a table"]),
        ('[train]\nepochs = "3"\n', ["[train] epochs", "'3'", "whole number"]),
        ("[train]\nepochs = true\n", ["[train] epochs", "True", "whole number"]),
        ("[train]\nepochs = 2.5\n", ["[train] epochs", "2.5"]),
        ("[train]\nepochs = 0\n", ["[train] epochs", "at least 1"]),
        ("[train]\nlearning_rate = 0\n", ["[train] learning_rate", "more than 0"]),
        ("[train]\nlearning_rate = nan\n", ["[train] learning_rate", "nan"]),
        ("[augment]\nname_swap = 1.5\n", ["[augment] name_swap", "at most 1"]),
        ("[model]\nfreeze_word_embeddings = 1\n", ["freeze_word_embeddings", "true or false"]),
        ('[loss]\nstance_class_weights = "balance"\n', ["did you mean 'balanced'"]),
        ('[model]\nid = ""\n', ["[model] id", "not empty"]),
        ("[train\n", ["not valid TOML", "line 1"]),
    ],
)
def test_a_wrong_recipe_is_refused_in_one_line_that_names_the_place(write, text, words):
    with pytest.raises(UserError) as caught:
        load_recipe(write(text))
    message = str(caught.value)
    assert "mine.toml" in message
    assert "\n" not in message
    assert [word for word in words if word not in message] == []


@pytest.mark.parametrize(
    "setting", ["epochs=3", "train.epochs", "train.epoch=3", "no.epochs=3", "train.epochs=many"]
)
def test_a_wrong_setting_is_refused_by_name(write, setting):
    with pytest.raises(UserError, match="--set"):
        load_recipe(write(""), [setting])


def test_a_setting_of_a_string_needs_no_quotes(write):
    recipe = load_recipe(
        write(""), ["model.id=2026", "model.encoder=org/name", 'train.bf16="true"']
    )
    assert recipe.recipe.model.id == "2026"
    assert recipe.recipe.model.encoder == "org/name"
    assert recipe.recipe.train.bf16 == "true"


def test_binary_bytes_are_not_a_recipe(tmp_path):
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="not UTF-8"):
        load_recipe(tmp_path / "mine.toml")


def test_a_missing_recipe_lists_the_built_in_ones(monkeypatch):
    monkeypatch.setattr(
        "peacestance.training.recipe.builtin_recipes", lambda: {"peacestance-small": Path("x")}
    )
    with pytest.raises(UserError, match=r"recipes: peacestance-small .did you mean"):
        load_recipe("peacestance-smal")


def test_built_in_recipes_load(tmp_path):
    for name, path in builtin_recipes().items():
        assert load_recipe(name).recipe == load_recipe(path).recipe


def test_every_default_keeps_to_its_own_limits_and_has_a_help_text(write):
    settings = []
    for table, kind in TABLES.items():
        for field in dataclasses.fields(kind):
            assert field.metadata["help"]
            settings.append(f"{table}.{field.name}={field.default!s}".replace("True", "true"))
    assert load_recipe(write(""), settings).recipe == Recipe()


def test_the_written_recipe_names_no_folder_of_this_machine(write, encoder):
    resolved = load_recipe(write(""), encoder=encoder)
    assert Path(resolved.recipe.model.encoder) == encoder
    assert resolved.encoder_name == "sentence-transformers/all-MiniLM-L6-v2"
    assert str(encoder.parent) not in resolved.to_toml()


def test_a_folder_of_another_name_is_called_by_that_name(write, encoder):
    other = encoder.rename(encoder.parent / "my-encoder")
    assert load_recipe(write(""), encoder=other).encoder_name == "my-encoder"


def test_an_encoder_is_found_as_a_folder_and_as_an_unpacked_copy(encoder, monkeypatch):
    assert find_encoder(encoder) == encoder
    monkeypatch.setattr(encoders, "UNPACKED", encoder.parent)
    assert find_encoder("sentence-transformers/all-MiniLM-L6-v2") == encoder


def test_an_encoder_is_found_in_the_cache_of_the_hub(encoder, monkeypatch, tmp_path):
    hub = pytest.importorskip("huggingface_hub")
    monkeypatch.setattr(encoders, "UNPACKED", tmp_path / "none")
    config = str(encoder / "config.json")
    monkeypatch.setattr(hub, "try_to_load_from_cache", lambda *_: config)
    assert find_encoder("org/name") == encoder


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("org/no-such-encoder", "hf download org/no-such-encoder"),
        ("sentence-transformers/all-mpnet-base-v2", "bash training/get_encoders.sh --all"),
        ("./no-such-folder", "no encoder folder ./no-such-folder"),
    ],
)
def test_a_missing_encoder_gives_the_command_that_gets_it(name, words, monkeypatch, tmp_path):
    monkeypatch.setattr(encoders, "UNPACKED", tmp_path)
    monkeypatch.setattr(encoders, "_in_hub_cache", lambda _: None)
    with pytest.raises(UserError) as caught:
        find_encoder(name)
    assert words in str(caught.value)


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_folder_without_configuration_or_weights_is_no_encoder(encoder, missing):
    (encoder / missing).unlink()
    with pytest.raises(UserError, match=missing):
        find_encoder(encoder)
