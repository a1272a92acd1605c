"""Where a pretrained encoder lies on this machine. Nothing is fetched over the network."""

from __future__ import annotations

from pathlib import Path

from peacestance.schema import UserError

UNPACKED = Path("~/.cache/peacestance/encoders")
"""Where `training/get_encoders.sh` puts encoders."""

# The encoders that get_encoders.sh unpacks, with the option it needs.
_SCRIPTED = {"all-MiniLM-L6-v2": "", "all-mpnet-base-v2": " --all"}
_WEIGHTS = ("model.safetensors", "pytorch_model.bin", "model.safetensors.index.json")


def find_encoder(name_or_path: str | Path) -> Path:
    """The folder of an encoder: the path itself, an unpacked copy, or the hub's local cache.

    Args:
        name_or_path: A local folder, or a hub id such as `sentence-transformers/all-MiniLM-L6-v2`.

    Raises:
        UserError: There is none; the message gives the command that gets it.
    """
    folder = Path(name_or_path).expanduser()
    if folder.is_dir():
        return _complete(folder)
    unpacked = UNPACKED.expanduser() / folder.name
    if (unpacked / "config.json").is_file():
        return _complete(unpacked)
    cached = _in_hub_cache(str(name_or_path))
    if cached is not None:
        return cached
    if str(name_or_path).startswith(("/", ".", "~")):
        raise UserError(f"no encoder folder {name_or_path}; check the path, or give a hub id")
    raise UserError(f"encoder {name_or_path} is not on this machine; get it with: {_how(folder)}")


def _complete(folder: Path) -> Path:
    """The folder, when it can be an encoder: it has a configuration and weights."""
    if not (folder / "config.json").is_file():
        raise UserError(f"{folder} is no encoder: it holds no config.json; name another folder")
    if not any((folder / weights).is_file() for weights in _WEIGHTS):
        raise UserError(f"{folder} is no encoder: it holds none of {', '.join(_WEIGHTS)}")
    return folder


def _in_hub_cache(hub_id: str) -> Path | None:
    """The snapshot in the local cache of huggingface_hub, where that is installed."""
    try:
        from huggingface_hub import try_to_load_from_cache
        from huggingface_hub.errors import HFValidationError
    except ImportError:
        return None
    try:
        config = try_to_load_from_cache(hub_id, "config.json")
    except HFValidationError:
        return None
    if not isinstance(config, str):
        return None
    folder = Path(config).parent
    return folder if any((folder / weights).is_file() for weights in _WEIGHTS) else None


def _how(name: Path) -> str:
    download = f"hf download {name}"
    if name.name not in _SCRIPTED:
        return download
    return f"bash training/get_encoders.sh{_SCRIPTED[name.name]} (or: {download})"
