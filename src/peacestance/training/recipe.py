"""Recipes: the configuration of a training run, each value with where it came from.

A recipe is a TOML file with the tables below. What it leaves out has a default; what these
classes do not know is refused. A new key is one more field here.
"""

from __future__ import annotations

import dataclasses
import json
import math
import tomllib
import typing
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from peacestance.corpus.textform import near_miss
from peacestance.schema import UserError
from peacestance.training.encoders import find_encoder

__all__ = [
    "AugmentRecipe",
    "DecodeRecipe",
    "DistillRecipe",
    "LossRecipe",
    "ModelRecipe",
    "Recipe",
    "ResolvedRecipe",
    "TrainRecipe",
    "builtin_recipes",
    "find_encoder",
    "load_recipe",
]

Value = str | int | float | bool

NO_TEACHER = FROM_ENCODER = "none"
ALL_LAYERS = "all"
ALL_ARTICLES = "all"
ENCODER_KEY = ("model", "encoder")
_TYPE_NAMES = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}


def _key(
    default: Value,
    about: str,
    *,
    least: float | None = None,
    most: float | None = None,
    above: float | None = None,
    choices: Sequence[str] = (),
) -> Any:
    """A key of a recipe: its default, its meaning, and which values it takes."""
    limits = {"least": least, "most": most, "above": above, "choices": tuple(choices)}
    return dataclasses.field(default=default, metadata={"help": about, **limits})


@dataclasses.dataclass(frozen=True, slots=True)
class ModelRecipe:
    """What is trained."""

    id: str = _key("peacestance-small", "name of the bundle")
    encoder: str = _key("sentence-transformers/all-MiniLM-L6-v2", "hub id or local folder")
    start: str = _key(FROM_ENCODER, "finished run or bundle whose weights are the start")
    layers: str = _key(ALL_LAYERS, "encoder layers to keep, such as 0,2,4,6,8,10")
    max_tokens: int = _key(512, "tokens of a chunk, special ones included", least=16)
    overlap_sentences: int = _key(4, "sentences that neighbouring chunks share", least=0)
    head_dim: int = _key(128, "width of the heads", least=1)
    dropout: float = _key(0.1, "dropout of hidden states and heads", least=0, most=0.9)
    attention_dropout: float = _key(0.0, "dropout of attention weights", least=0, most=0.9)
    hide_names: bool = _key(True, "show the encoder a pseudonym for every personal name")
    freeze_word_embeddings: bool = _key(True, "leave the embedding table as pretrained")
    frozen_layers: int = _key(0, "lowest encoder layers that stay as they start", least=0)
    precision: str = _key("int8", "weights of the bundle", choices=("int8", "int7", "int6"))


@dataclasses.dataclass(frozen=True, slots=True)
class TrainRecipe:
    """How it is trained."""

    articles: str = _key(
        ALL_ARTICLES, "first letters of the ids of the training articles to use, such as m,n"
    )
    epochs: int = _key(12, "passes over the training articles, at most", least=1)
    batch_chunks: int = _key(8, "chunks of a batch", least=1)
    learning_rate: float = _key(2e-4, "of the encoder's top layer", above=0)
    head_learning_rate: float = _key(1e-3, "of the heads", above=0)
    layer_decay: float = _key(1.0, "learning rate of a layer over that above", above=0, most=1)
    warmup_fraction: float = _key(0.1, "share of the steps that warm up", least=0, most=0.9)
    weight_decay: float = _key(0.01, "AdamW's weight decay", least=0)
    max_grad_norm: float = _key(1.0, "where gradients are clipped", above=0)
    schedule: str = _key(
        "linear",
        "learning rate after the warm-up",
        choices=("linear", "cosine", "constant_with_warmup"),
    )
    seed: int = _key(13, "of weights, order, dropout and augmentation", least=0)
    bf16: str = _key(
        "auto", "compute in bfloat16 (auto: where it is fast)", choices=("auto", "true", "false")
    )
    save_minutes: float = _key(15.0, "minutes between checkpoints inside an epoch", above=0)
    early_stopping_patience: int = _key(4, "epochs without a better score on dev", least=1)
    best_metric: str = _key(
        "dev_selection",
        "score by which the best epoch is chosen (selection: mean of the first two)",
        choices=("dev_joint_f1", "dev_stance_macro_f1", "dev_speaker_exact", "dev_selection"),
    )


@dataclasses.dataclass(frozen=True, slots=True)
class LossRecipe:
    """What counts how much."""

    source: float = _key(1.0, "weight of the source tags", least=0)
    link: float = _key(1.0, "weight of the links from sentences to mentions", least=0)
    coreference: float = _key(0.5, "weight of the links between mentions", least=0)
    stance: float = _key(1.0, "weight of the stances", least=0)
    stance_class_weights: str = _key(
        "balanced-sqrt",
        "how rare stances are weighted up",
        choices=("none", "balanced", "balanced-sqrt"),
    )
    stance_label_smoothing: float = _key(0.0, "label smoothing of the stances", least=0, most=0.5)


@dataclasses.dataclass(frozen=True, slots=True)
class AugmentRecipe:
    """How articles are varied in each epoch. Every value is the share of articles."""

    name_swap: float = _key(0.5, "articles with other speakers' names", least=0, most=1)
    side_swap: float = _key(0.0, "articles with other countries", least=0, most=1)


@dataclasses.dataclass(frozen=True, slots=True)
class DistillRecipe:
    """What a teacher adds to the gold labels (Hinton et al. 2015)."""

    teacher: str = _key(NO_TEACHER, "finished run or bundle whose answers are learnt too")
    weight: float = _key(0.5, "share of the teacher's answers in the loss", least=0, most=1)
    temperature: float = _key(2.0, "softens both sides before they are compared", above=0)


@dataclasses.dataclass(frozen=True, slots=True)
class DecodeRecipe:
    """How the model's scores become labels."""

    second_speaker_threshold: float = _key(
        0.3, "probability from which a second speaker counts", least=0, most=1
    )
    reporter_bias: float = _key(
        0.0, "added to the probability that the reporter speaks", least=-1, most=1
    )
    overlap_sentences: int = _key(2, "sentences that neighbouring chunks share in use", least=0)


@dataclasses.dataclass(frozen=True, slots=True)
class Recipe:
    """A whole recipe: one object per table of the file."""

    model: ModelRecipe = ModelRecipe()
    train: TrainRecipe = TrainRecipe()
    loss: LossRecipe = LossRecipe()
    augment: AugmentRecipe = AugmentRecipe()
    distill: DistillRecipe = DistillRecipe()
    decode: DecodeRecipe = DecodeRecipe()


TABLES: dict[str, type[Any]] = {
    field.name: typing.get_type_hints(Recipe)[field.name] for field in dataclasses.fields(Recipe)
}


@dataclasses.dataclass(frozen=True, slots=True)
class ResolvedRecipe:
    """A recipe with the origin of each value.

    `origins["train.seed"]` is "default", the recipe's file name, "--set" or "--encoder".
    `encoder_name` names the encoder without the folders of this machine: the hub id that the
    recipe gives where the folder in use is called alike, else the folder's name.
    """

    recipe: Recipe
    origins: Mapping[str, str]
    encoder_name: str

    def to_toml(self) -> str:
        """The recipe as TOML that reads back, the origin behind each value.

        The encoder is written as `encoder_name`: a recipe is shared, a home folder is not.
        """
        lines = ["# The resolved recipe: each value and where it came from."]
        for table in TABLES:
            lines += ["", f"[{table}]"]
            for key, value in dataclasses.asdict(getattr(self.recipe, table)).items():
                shown = self.encoder_name if (table, key) == ENCODER_KEY else value
                origin = " ".join(self.origins[f"{table}.{key}"].split())
                lines.append(f"{key} = {_toml(shown)}  # {origin}")
        return "\n".join(lines) + "\n"


def load_recipe(
    path_or_name: str | Path,
    overrides: Iterable[str] = (),
    encoder: str | Path | None = None,
) -> ResolvedRecipe:
    """Read a recipe and settle every value: default, then the file, then `--set`, `--encoder`.

    Args:
        path_or_name: A TOML file, a folder with a `recipe.toml`, or a built-in recipe's name.
        overrides: Settings such as `train.epochs=3`, as `--set` takes them.
        encoder: Local folder or hub id in place of the recipe's encoder.

    Raises:
        UserError: No such recipe, broken TOML, an unknown table or key, or a value of the wrong
            type or out of range; the message names file, table and key.
    """
    path = _recipe_file(path_or_name)
    values: dict[str, Value] = {}
    origins: dict[str, str] = {}
    for table, keys in _read(path).items():
        for key, value in keys.items():
            name = f"{table}.{key}"
            values[name] = _checked(table, key, value, f"{path}: [{table}] {key}")
            origins[name] = path.name
    named = str(values.get("model.encoder", ModelRecipe().encoder))
    for setting in overrides:
        table, key, value = _parse_setting(setting)
        values[f"{table}.{key}"] = _checked(table, key, value, f"--set {table}.{key}")
        origins[f"{table}.{key}"] = "--set"
    if encoder is not None:
        values["model.encoder"], origins["model.encoder"] = str(encoder), "--encoder"
    recipe = _build(values)
    every = (f"{table}.{key}" for table in TABLES for key in _fields(table))
    origins = {name: origins.get(name, "default") for name in every}
    return ResolvedRecipe(recipe, origins, _encoder_name(recipe.model.encoder, named))


def builtin_recipes() -> dict[str, Path]:
    """The recipes that come with the package or, in a checkout, lie in `training/`."""
    package = Path(__file__).resolve().parents[1]
    found = {path.stem: path for path in sorted(package.glob("_recipes/*.toml"))}
    checkout = package.parents[1]
    if (checkout / "pyproject.toml").is_file():
        found |= {p.parent.name: p for p in sorted(checkout.glob("training/*/recipe.toml"))}
    return found


def _recipe_file(path_or_name: str | Path) -> Path:
    path = Path(path_or_name).expanduser()
    if path.is_file():
        return path
    if (path / "recipe.toml").is_file():
        return path / "recipe.toml"
    known = builtin_recipes()
    if str(path_or_name) in known:
        return known[str(path_or_name)]
    raise UserError(
        f"no recipe {str(path_or_name)!r}: give a TOML file or one of the built-in recipes: "
        f"{', '.join(known) or 'none'}{near_miss(str(path_or_name), known)}"
    )


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """The tables of a recipe file, their names checked."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path}: not valid TOML: {error}") from error
    for table, keys in data.items():
        _check_table(table, f"{path}: ")
        if not isinstance(keys, dict):
            raise UserError(f"{path}: {table} must be a table; write [{table}] and keys below it")
    return data


def _check_table(table: str, where: str) -> None:
    if table not in TABLES:
        raise UserError(
            f"{where}unknown table [{table}]{near_miss(table, TABLES)}; "
            f"allowed: {', '.join(TABLES)}"
        )


def _fields(table: str) -> dict[str, dataclasses.Field[Any]]:
    return {field.name: field for field in dataclasses.fields(TABLES[table])}


def _parse_setting(setting: str) -> tuple[str, str, Any]:
    """Take `table.key=value` apart; the value is TOML, or a string without its quotes."""
    name, equals, written = setting.partition("=")
    table, dot, key = name.strip().partition(".")
    if not (equals and dot):
        raise UserError(f"--set {setting}: write table.key=value, such as train.epochs=3")
    _check_table(table, f"--set {setting}: ")
    value: Any = written.strip()
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return table, key, value
    # `model.id=2026` names a model: what should be a string stays as it is written.
    is_text = key in _fields(table) and typing.get_type_hints(TABLES[table])[key] is str
    return table, key, value if is_text and not isinstance(parsed, str) else parsed


def _checked(table: str, key: str, value: Any, where: str) -> Value:
    """The value, when the key exists and takes it; whole numbers serve as numbers."""
    fields = _fields(table)
    if key not in fields:
        raise UserError(
            f"{where}: unknown key{near_miss(key, fields)}; [{table}] allows: {', '.join(fields)}"
        )
    wanted = typing.get_type_hints(TABLES[table])[key]
    if wanted is float and type(value) is int:
        value = float(value)
    if type(value) is not wanted:
        choices = _limits(fields[key]) if wanted is str else ""
        raise UserError(f"{where}: found {value!r}, must be {_TYPE_NAMES[wanted]}{choices}")
    if not _in_limits(value, fields[key].metadata):
        guess = near_miss(value, fields[key].metadata["choices"]) if wanted is str else ""
        raise UserError(f"{where}: found {value!r}, must be{_limits(fields[key])}{guess}")
    return typing.cast(Value, value)


def _in_limits(value: Value, limits: Mapping[str, Any]) -> bool:
    if isinstance(value, str):
        return bool(value) and value in (limits["choices"] or (value,))
    least, most, above = limits["least"], limits["most"], limits["above"]
    return (
        math.isfinite(value)
        and (least is None or value >= least)
        and (most is None or value <= most)
        and (above is None or value > above)
    )


def _limits(field: dataclasses.Field[Any]) -> str:
    """What a key takes, in words, with a space before."""
    limits = field.metadata
    if limits["choices"]:
        return f" one of {', '.join(limits['choices'])}"
    words = {"least": "at least", "most": "at most", "above": "more than"}
    said = [f"{word} {limits[kind]}" for kind, word in words.items() if limits[kind] is not None]
    return f" {' and '.join(said)}" if said else " not empty"


def _build(values: Mapping[str, Value]) -> Recipe:
    tables = {
        table: kind(
            **{key: values[name] for key in _fields(table) if (name := f"{table}.{key}") in values}
        )
        for table, kind in TABLES.items()
    }
    return Recipe(**tables)


def _encoder_name(encoder: str, named: str) -> str:
    """The encoder without the folders of this machine; `named` is what the recipe calls it."""
    folder = Path(encoder).expanduser()
    if not folder.is_dir():
        return encoder
    name = folder.resolve().name
    is_hub_id = not Path(named).expanduser().is_dir()
    return named if is_hub_id and Path(named).name == name else name


def _toml(value: Value) -> str:
    """A value as TOML writes it; a JSON string is a TOML string."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
