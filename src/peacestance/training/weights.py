"""Weights to start from, or to learn from: those of a finished run, or of a bundle.

A bundle holds graphs, not torch weights. Theirs are read back from the graphs: quantised matrices
as onnxruntime would compute them, so a model that starts from a bundle starts as accurate as the
bundle is. The exporter keeps the names of most weights; a transposed matrix is known by the node
that multiplies with it (`/encoder/layer.0/output/dense/MatMul`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper, numpy_helper
from onnx.utils import Extractor
from safetensors.torch import load_file
from torch import Tensor
from transformers import AutoConfig, AutoModel

from peacestance.bundle import (
    ENCODER_FILE,
    LINKS_FILE,
    SETTINGS_FILE,
    STANCES_FILE,
    Bundle,
    load_bundle,
)
from peacestance.modeling import PeacestanceConfig, PeacestanceModel
from peacestance.schema import UserError
from peacestance.training.encoders import find_encoder

# Graph -> what its names lack of the model's, or have too much.
_PREFIXES = {ENCODER_FILE: "", LINKS_FILE: "links.", STANCES_FILE: "stances."}
_WRAPPER = "model."  # `export._Encode`
_REPORTER = "stances.reporter"  # the one weight that the exporter gives a new name


def read_weights(folder: str | Path) -> dict[str, Tensor]:
    """The weights in a run's folder or a bundle, by their names in `PeacestanceModel`.

    Raises:
        UserError: neither a finished run nor a bundle; a damaged bundle.
    """
    folder = Path(folder)
    if (folder / SETTINGS_FILE).is_file():
        return _bundle_weights(load_bundle(folder))
    return load_file(_run_weights(folder))


def _run_weights(folder: Path) -> Path:
    path = folder / "model" / "model.safetensors"
    if not path.is_file():
        raise UserError(
            f"no {path} and no {folder / SETTINGS_FILE}; give the folder of a finished run or a "
            "model folder"
        )
    return path


def read_model(folder: str | Path) -> PeacestanceModel:
    """The whole model of a run's folder or a bundle; a bundle's encoder must be on this machine.

    Raises:
        UserError: as for `read_weights`; the encoder is not here.
    """
    folder = Path(folder)
    if not (folder / SETTINGS_FILE).is_file():
        model = AutoModel.from_pretrained(_run_weights(folder).parent)
        assert isinstance(model, PeacestanceModel)
        return model
    bundle = load_bundle(folder)
    weights = _bundle_weights(bundle)
    model = PeacestanceModel(_config(bundle, weights))
    load_weights(model, weights, folder)
    return model


def load_weights(model: PeacestanceModel, weights: Mapping[str, Tensor], source: Any) -> None:
    """Take over weights.

    Raises:
        UserError: they are of another encoder, or of other sizes.
    """
    own = model.state_dict()
    # Rows for other token types are not in a graph: nothing ever looks them up.
    weights = {name: _widened(value, own.get(name)) for name, value in weights.items()}
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise UserError(
            f"{source} was trained from another encoder or with another head_dim; set "
            "model.encoder and model.head_dim as it has them"
        ) from error


def layer_count(weights: Mapping[str, Tensor]) -> int:
    """Encoder layers among the weights.

    >>> layer_count({"encoder.encoder.layer.0.a": 1, "encoder.encoder.layer.1.a": 1, "b": 1})
    2
    """
    prefix = "encoder.encoder.layer."
    return len({x.removeprefix(prefix).split(".")[0] for x in weights if x.startswith(prefix)})


def _config(bundle: Bundle, weights: Mapping[str, Tensor]) -> PeacestanceConfig:
    encoder = AutoConfig.from_pretrained(find_encoder(bundle.encoder))
    encoder.vocab_size = bundle.chunking.sentence_id + 1
    encoder.num_hidden_layers = layer_count(weights)
    return PeacestanceConfig(encoder.to_dict(), head_dim=len(weights["links.key.bias"]))


def _widened(value: Tensor, own: Tensor | None) -> Tensor:
    if own is None or own.ndim != value.ndim or len(value) != 1 or len(own) == 1:
        return value
    return torch.cat([value, own[1:]])


# --- graphs -------------------------------------------------------------------------------------


def _bundle_weights(bundle: Bundle) -> dict[str, Tensor]:
    return {
        name: torch.from_numpy(value.copy())
        for file, prefix in _PREFIXES.items()
        for name, value in _graph_weights(bundle.path / file, prefix)
    }


def _graph_weights(path: Path, prefix: str) -> Iterator[tuple[str, np.ndarray]]:
    """Every weight of a graph in fp32, by its name in the model."""
    model = onnx.load(path)
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    matrices = {
        node.input[1]: node.name
        for node in model.graph.node
        if node.op_type == "MatMul" and node.input[1].startswith("onnx::")
    }
    for tensor, values in _computed(model, [name for name in matrices if name not in stored]):
        stored[tensor] = values
    for tensor, node in matrices.items():
        yield prefix + _parameter(node), stored[tensor].T
    for tensor, values in stored.items():
        if tensor.startswith("onnx::Where"):
            yield _REPORTER, values
        elif tensor.endswith(".weight.scale"):  # the table of words
            name = tensor.removesuffix(".scale")
            yield _named(name, prefix), stored[f"{name}.int8"] * values
        elif tensor.endswith((".weight", ".bias")):
            yield _named(tensor, prefix), values


def _computed(model: onnx.ModelProto, names: list[str]) -> Iterator[tuple[str, np.ndarray]]:
    """The tensors that follow from the graph's constants alone."""
    if not names:
        return
    model.graph.value_info.extend(
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names
    )
    part = Extractor(model).extract_model([], names)
    session = onnxruntime.InferenceSession(
        part.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    yield from zip(names, session.run(names, {}), strict=True)


def _named(tensor: str, prefix: str) -> str:
    return prefix + tensor.removeprefix(_WRAPPER)


def _parameter(node: str) -> str:
    """The weight that a node multiplies with.

    >>> _parameter("/encoder/encoder/layer.0/attention/attn/q/MatMul")
    'encoder.encoder.layer.0.attention.attn.q.weight'
    >>> _parameter("/mention/mention.0/MatMul")
    'mention.0.weight'
    """
    parts = node.strip("/").split("/")[:-1]
    # A ModuleList or Sequential repeats its name: `mention/mention.0`.
    kept = [x for x, after in itertools.pairwise([*parts, ""]) if not after.startswith(f"{x}.")]
    return ".".join([*kept, "weight"])
