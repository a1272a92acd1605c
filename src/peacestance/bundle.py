"""A bundle is a model folder: load, verify and save it.

    bundle.json     settings, and the size and SHA-256 of every file that is read
    tokenizer.json  file of the `tokenizers` library
    encoder.onnx    input_ids, attention_mask -> hidden, tag_logits
    links.onnx      hidden, piece_of_token, markers, mentions, kinds -> link_logits,
                    antecedent_logits
    stances.onnx    hidden, piece_of_token, markers, mentions, pairs -> stance_logits
    README.md       the model card
    recipe.toml     the resolved recipe (optional)

The card has no checksum: it quotes those of the other files and may be edited freely.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peacestance.files import replacing
from peacestance.schema import UserError

if TYPE_CHECKING:
    from peacestance.chunking import ChunkingConfig

FORMAT = 1
SETTINGS_FILE = "bundle.json"
CARD_FILE = "README.md"
RECIPE_FILE = "recipe.toml"
TOKENIZER_FILE = "tokenizer.json"
ENCODER_FILE, LINKS_FILE, STANCES_FILE = "encoder.onnx", "links.onnx", "stances.onnx"
DECIDING_FILES = (ENCODER_FILE, LINKS_FILE, STANCES_FILE, TOKENIZER_FILE)
"""The files that decide labels: every bundle has them, and the model's name follows from them."""

HEADS = ("source", "link", "coreference", "stance")


@dataclasses.dataclass(frozen=True, slots=True)
class FileRecord:
    """Size in bytes and SHA-256 (hexadecimal) of one file of a bundle."""

    bytes: int
    sha256: str


@dataclasses.dataclass(frozen=True, slots=True)
class Bundle:
    """A model folder and its settings.

    Attributes:
        path: the folder.
        id: name of the model, such as "peacestance-small".
        encoder: hub id or name of the encoder it was trained from.
        guide: version of the annotation guide its labels follow.
        precision: "fp32", "int8", "int7" or "int6".
        created_by: package and version that wrote the folder.
        chunking: what the encoder needs to know about its input.
        decode: settings of the decoding, such as "second_speaker_threshold".
        temperatures: the logits of each head (`HEADS`) are divided by its temperature.
        files: size and checksum of every file but `bundle.json` and the card.
    """

    path: Path
    id: str
    encoder: str
    guide: str
    precision: str
    created_by: str
    chunking: ChunkingConfig
    decode: dict[str, Any]
    temperatures: dict[str, float]
    files: dict[str, FileRecord]

    @property
    def model_name(self) -> str:
        """`<id>@<12 hexadecimal digits>`: two models of the same name give the same labels."""
        return f"{self.id}@{self.fingerprint[:12]}"

    @property
    def fingerprint(self) -> str:
        """SHA-256 over all that decides labels: graphs, tokenizer and settings; not the card."""
        deciding = {
            "format": FORMAT,
            "files": {name: self.files[name].sha256 for name in DECIDING_FILES},
            "chunking": {
                key: value
                for key, value in dataclasses.asdict(self.chunking).items()
                if value != ()  # without pseudonyms a model keeps the fingerprint it has had
            },
            "decode": self.decode,
            "temperatures": self.temperatures,
        }
        return hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()

    @property
    def total_bytes(self) -> int:
        """Size of the files listed in `files`."""
        return sum(record.bytes for record in self.files.values())

    def to_dict(self) -> dict[str, Any]:
        """The content of `bundle.json`."""
        fields = dataclasses.asdict(self)
        del fields["path"]
        return {"format": FORMAT, **fields, "fingerprint": self.fingerprint}


# --- load ---------------------------------------------------------------------------------------


def load_bundle(path: str | Path, verify: bool = True) -> Bundle:
    """Read the settings of a model folder and check its files.

    Args:
        path: the folder, as `find_bundle` gives it.
        verify: compare every file with its checksum (about 0.1 s per 50 MB); without it
            only that the files are there.

    Raises:
        UserError: the folder is missing, foreign, incomplete, damaged, or of another format.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise UserError(f"model folder {folder} does not exist")
    source = folder / SETTINGS_FILE
    if not source.is_file():
        raise UserError(_not_a_bundle(folder))
    bundle = _from_dict(folder, _read_settings(source))
    for name, record in bundle.files.items():
        _check_file(folder / name, record, verify)
    return bundle


def _not_a_bundle(folder: Path) -> str:
    if (folder / "config.json").is_file() or any(folder.glob("*.safetensors")):
        return (
            f"{folder} has no {SETTINGS_FILE}: it is a model of another kind{_kind(folder)}; "
            "to train a peacestance model from it: peacestance train RECIPE --encoder PATH"
        )
    return (
        f"{folder} has no {SETTINGS_FILE}: it is not a peacestance model folder; "
        "`peacestance train` and `peacestance export` write such folders"
    )


def _kind(folder: Path) -> str:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return f" (config.json: model_type {config['model_type']!r})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _read_settings(source: Path) -> dict[str, Any]:
    try:
        data = json.loads(source.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise UserError(
            f"{source}, line {error.lineno}: not valid JSON ({error.msg}); fetch the model again"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{source} cannot be read ({error}); fetch the model again") from error
    if not isinstance(data, dict):
        raise UserError(f"{source}: an object was expected; found {type(data).__name__}")
    if data.get("format") != FORMAT:
        raise UserError(
            f"{source}: format {data.get('format')!r} is unknown to this version of peacestance "
            f"(it reads format {FORMAT}); written by {data.get('created_by', 'unknown')}: "
            "pip install --upgrade peacestance"
        )
    return data


def _from_dict(folder: Path, data: Mapping[str, Any]) -> Bundle:
    from peacestance.chunking import ChunkingConfig  # here, for it imports numpy

    source = folder / SETTINGS_FILE
    texts = {key: _field(source, data, key, str) for key in _TEXTS}
    sizes = _field(source, data, "chunking", dict)
    pseudonyms = sizes.pop("pseudonym_ids", [])  # absent before names were hidden
    expected = {field.name for field in dataclasses.fields(ChunkingConfig)} - {"pseudonym_ids"}
    numbers = [*sizes.values(), *pseudonyms] if isinstance(pseudonyms, list) else [None]
    if set(sizes) != expected or not all(type(value) is int for value in numbers):
        raise UserError(
            f"{source}: chunking has the whole numbers {', '.join(sorted(expected))}; "
            f"found {json.dumps(sizes)}"
        )
    return Bundle(
        path=folder,
        **texts,
        chunking=ChunkingConfig(**sizes, pseudonym_ids=tuple(pseudonyms)),
        decode=_field(source, data, "decode", dict),
        temperatures=_temperatures(source, _field(source, data, "temperatures", dict)),
        files=_records(source, _field(source, data, "files", dict)),
    )


_TEXTS = ("id", "encoder", "guide", "precision", "created_by")


def _field(source: Path, data: Mapping[str, Any], key: str, kind: type) -> Any:
    if key not in data:
        raise UserError(f"{source}: the field {key!r} is missing; fetch the model again")
    if not isinstance(data[key], kind):
        found = type(data[key]).__name__
        raise UserError(f"{source}: the field {key!r} must be {kind.__name__}; found {found}")
    return data[key]


def _temperatures(source: Path, given: Mapping[str, Any]) -> dict[str, float]:
    unknown = sorted(set(given) - set(HEADS))
    if unknown:
        raise UserError(f"{source}: temperatures has unknown head {unknown[0]!r}; heads: {HEADS}")
    for head, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise UserError(f"{source}: temperature of {head} must be over 0; found {value!r}")
    return {head: float(given.get(head, 1.0)) for head in HEADS}


def _records(source: Path, given: Mapping[str, Any]) -> dict[str, FileRecord]:
    missing = [name for name in DECIDING_FILES if name not in given]
    if missing:
        raise UserError(f"{source}: files does not list {missing[0]}; fetch the model again")
    records = {}
    for name, record in given.items():
        if Path(name).name != name:  # nothing outside of the folder is ever read
            raise UserError(f"{source}: {name!r} in files is not a plain file name")
        try:
            records[name] = FileRecord(int(record["bytes"]), str(record["sha256"]))
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{source}: files, {name}: needs bytes and sha256") from error
    return records


def _check_file(path: Path, record: FileRecord, verify: bool) -> None:
    if not path.is_file():
        raise UserError(
            f"model folder {path.parent} is incomplete: {path.name} is missing; "
            "fetch the model again or reinstall peacestance"
        )
    if not verify:
        return
    found = _record(path)
    if found != record:
        raise UserError(
            f"{path} is damaged: sha256 {record.sha256[:12]}… ({record.bytes} bytes) expected, "
            f"{found.sha256[:12]}… ({found.bytes} bytes) found; fetch the model again or "
            "reinstall peacestance"
        )


def _record(path: Path) -> FileRecord:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileRecord(path.stat().st_size, digest)


# --- save ---------------------------------------------------------------------------------------


def save_bundle(
    out: str | Path,
    files: Mapping[str, Path],
    *,
    id: str,
    encoder: str,
    guide: str,
    precision: str,
    chunking: ChunkingConfig,
    decode: Mapping[str, Any] | None = None,
    temperatures: Mapping[str, float] | None = None,
) -> Bundle:
    """Write a model folder as a whole or not at all; a bundle that stood there is replaced.

    Args:
        out: the folder; its parent must exist.
        files: name in the bundle -> file to copy; all of `DECIDING_FILES`, and any others.
        id: name of the model.
        encoder: hub id or name of the encoder it was trained from.
        guide: version of the annotation guide.
        precision: "fp32", "int8", "int7" or "int6".
        chunking: what the encoder needs to know about its input.
        decode: settings of the decoding.
        temperatures: by head; 1 where not given.

    Raises:
        UserError: a file is missing, `out` holds something else, or the disk refuses.
    """
    target = Path(out)
    _check_target(target)
    missing = [name for name in DECIDING_FILES if name not in files]
    if missing:
        raise UserError(f"cannot write the model {target}: no {missing[0]} was given")
    with _replacing_folder(target) as folder:
        for name, path in files.items():
            shutil.copyfile(path, folder / name)
        bundle = Bundle(
            path=target,
            id=id,
            encoder=encoder,
            guide=guide,
            precision=precision,
            created_by=f"peacestance {package_version()}",
            chunking=chunking,
            decode=dict(decode or {}),
            temperatures=_temperatures(target / SETTINGS_FILE, temperatures or {}),
            files={n: _record(folder / n) for n in sorted(files) if n != CARD_FILE},
        )
        (folder / SETTINGS_FILE).write_text(_as_json(bundle), encoding="utf-8")
    return bundle


def update_settings(
    bundle: Bundle,
    *,
    decode: Mapping[str, Any] | None = None,
    temperatures: Mapping[str, float] | None = None,
) -> Bundle:
    """Write new decode settings or temperatures into `bundle.json`; `None` keeps the old ones."""
    source = bundle.path / SETTINGS_FILE
    new = dataclasses.replace(
        bundle,
        decode=bundle.decode if decode is None else dict(decode),
        temperatures=bundle.temperatures
        if temperatures is None
        else _temperatures(source, temperatures),
    )
    _write_text(source, _as_json(new))
    return new


def write_card(bundle: Bundle, text: str) -> Path:
    """Write the model card into the folder; the model's name stays as it is."""
    path = bundle.path / CARD_FILE
    _write_text(path, text)
    return path


def package_version() -> str:
    """Version of the installed package; "unknown" in a checkout that was never installed."""
    try:
        return importlib.metadata.version("peacestance")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _as_json(bundle: Bundle) -> str:
    return json.dumps(bundle.to_dict(), indent=2, ensure_ascii=False) + "\n"


def _write_text(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _check_target(target: Path) -> None:
    if not target.parent.is_dir():
        raise UserError(f"cannot write {target}: the folder {target.parent} does not exist")
    if target.exists() and not target.is_dir():
        raise UserError(f"cannot write the model {target}: a file stands there")
    if target.is_dir() and any(target.iterdir()) and not (target / SETTINGS_FILE).is_file():
        raise UserError(
            f"{target} is not empty and holds no {SETTINGS_FILE}; it is not overwritten: "
            "name a new folder or one that holds a model"
        )


@contextmanager
def _replacing_folder(target: Path) -> Iterator[Path]:
    """A temporary folder beside `target` that takes its place when all went well."""
    work = None
    try:
        work = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        new, old = work / "new", work / "old"
        new.mkdir()
        yield new
        if target.exists():
            target.rename(old)
        try:
            new.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        raise UserError(f"cannot write the model {target}: {error.strerror}{place}") from error
    finally:
        if work is not None:
            shutil.rmtree(work, ignore_errors=True)
