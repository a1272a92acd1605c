"""A trained model to a bundle: ONNX graphs, int8 weights, and a check that nothing changed.

How the int8 form was chosen. Every variant has an int8 embedding table; measured on
all-MiniLM-L6-v2 over 10,000 tokens of the corpus, one thread of a Xeon with VNNI. "Error" is the
mean relative error of the hidden states against fp32; "time" is relative to fp32, and rough: the
machine was shared.

    variant                                               error    time         encoder.onnx
    fp32                                                  0        1            90 MB
    quantize_dynamic, QInt8, per channel                  0.154    0.5 to 0.8   24 MB
      the same with reduce_range                          0.164    about same   24 MB
      the same with QUInt8                                0.153    1.1          24 MB
      the same, per tensor                                0.390    about same   24 MB
      the same, second feed-forward MatMul left fp32      0.106    0.75         34 MB
      the same, attention only                            0.040    1            45 MB
    MatMulNBits, 8 bits, blocks of 32, int8 arithmetic    0.032    1.1          25 MB
    int8 weights per channel, fp32 arithmetic             0.041    1            24 MB
    int8 weights in blocks of 32 rows, fp32 arithmetic    0.021    1            25 MB

The last is chosen, with blocks of 8: of the trained small model on 15 articles of real news, 97.3%
of sentences kept their labels with blocks of 32, 98.1% with 16, 98.4% with 8 (30 MB in all).

The activations of the feed-forward layers have outliers, so one scale for all tokens
(`quantize_dynamic`) costs more accuracy than its speed is worth. Offline fusion of the graph gained
nothing. With int8 weights alone no int8 product can saturate, so labels do not hang on whether the
processor has VNNI. onnxruntime folds the weights to fp32 once, at load (0.2 s).
"""

from __future__ import annotations

import copy
import tempfile
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from peacestance.bundle import (
    ENCODER_FILE,
    LINKS_FILE,
    STANCES_FILE,
    TOKENIZER_FILE,
    Bundle,
    save_bundle,
)
from peacestance.chunking import ChunkingConfig
from peacestance.modeling import PeacestanceModel

OPSET = 17
BLOCK_ROWS = 8
GRAPHS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    ENCODER_FILE: (("input_ids", "attention_mask"), ("hidden", "tag_logits")),
    LINKS_FILE: (
        ("hidden", "piece_of_token", "markers", "mentions", "kinds"),
        ("link_logits", "antecedent_logits"),
    ),
    STANCES_FILE: (
        ("hidden", "piece_of_token", "markers", "mentions", "pairs"),
        ("stance_logits",),
    ),
}
"""Inputs and outputs of each graph, in order. Integers are int64, the rest float32."""

_AXES = {
    "input_ids": "BT",
    "attention_mask": "BT",
    "piece_of_token": "BT",
    "hidden": "BT",
    "tag_logits": "BT",
    "markers": "BS",
    "mentions": "BM",
    "kinds": "BM",
    "pairs": "BP",
    "link_logits": "BS",
    "antecedent_logits": "BM",
    "stance_logits": "BP",
}
_OUTPUT_COLUMNS = ("link_logits", "antecedent_logits")  # their third axis is 1 + M


def export_bundle(
    model: PeacestanceModel,
    tokenizer: str | Path,
    out: str | Path,
    *,
    id: str,
    encoder: str,
    guide: str,
    chunking: ChunkingConfig,
    precision: Literal["int8", "fp32"] = "int8",
    decode: Mapping[str, Any] | None = None,
    temperatures: Mapping[str, float] | None = None,
    extra_files: Mapping[str, Path] | None = None,
) -> Bundle:
    """Write a whole model folder.

    Args:
        model: the trained model; left as it is.
        tokenizer: the encoder's `tokenizer.json`.
        out: the folder; its parent must exist, a bundle in its place is replaced.
        id: name of the model.
        encoder: hub id or name of the encoder it was trained from.
        guide: version of the annotation guide.
        chunking: what the encoder needs to know about its input.
        precision: of the weights.
        decode: settings of the decoding.
        temperatures: by head; 1 where not given.
        extra_files: name in the bundle -> file, such as `recipe.toml`.

    Raises:
        UserError: see `save_bundle`.
    """
    with tempfile.TemporaryDirectory(prefix="peacestance-") as name:
        graphs = Path(name) / "fp32"
        export_onnx(model, graphs)
        if precision == "int8":
            quantize(graphs, Path(name) / "int8")
            graphs = Path(name) / "int8"
        return save_bundle(
            out,
            {
                **{graph: graphs / graph for graph in GRAPHS},
                TOKENIZER_FILE: Path(tokenizer),
                **(extra_files or {}),
            },
            id=id,
            encoder=encoder,
            guide=guide,
            precision=precision,
            chunking=chunking,
            decode=decode,
            temperatures=temperatures,
        )


# --- ONNX ---------------------------------------------------------------------------------------


class _Encode(nn.Module):
    """`PeacestanceModel.encode` as the forward pass of a module."""

    def __init__(self, model: PeacestanceModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        return self.model.encode(input_ids, attention_mask)


def export_onnx(model: PeacestanceModel, folder: Path) -> None:
    """Write `encoder.onnx`, `links.onnx` and `stances.onnx` in fp32.

    B, T, S, M and P are free in every graph, but M must be at least 1: without a mention, the
    caller gives one row of -1. Padding of the ids is to the right, with the encoder's pad id.

    Args:
        model: left as it is.
        folder: made where it does not exist.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model = _on_cpu(model)
    model.encoder.set_attn_implementation("eager")  # the form that onnxruntime knows how to fuse
    # eval() of the wrapper too: the exporter restores the mode of what it is given, children
    # included, and a wrapper in training mode would leave the copy with dropout on.
    modules = {
        ENCODER_FILE: _Encode(model).eval(),
        LINKS_FILE: model.links,
        STANCES_FILE: model.stances,
    }
    batch = random_batch(model, 2, 12, 3, 2, 4, seed=0)
    with torch.no_grad():
        batch["hidden"] = model.encode(batch["input_ids"], batch["attention_mask"])[0]
    for name, module in modules.items():
        _export(module, batch, folder / name, *GRAPHS[name])


def _on_cpu(model: PeacestanceModel) -> PeacestanceModel:
    """A copy in fp32, without dropout."""
    clone: Any = copy.deepcopy(model)
    clone.to(device="cpu", dtype=torch.float32).eval()
    on_cpu: PeacestanceModel = clone
    return on_cpu


def _export(
    module: nn.Module,
    batch: Mapping[str, Tensor],
    path: Path,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
) -> None:
    axes = {name: dict(enumerate(_AXES[name])) for name in (*inputs, *outputs)}
    for name in set(outputs).intersection(_OUTPUT_COLUMNS):
        axes[name][2] = "columns"
    with warnings.catch_warnings():
        # The exporter is deprecated but right (`parity`), and needs no further library; the
        # tracer's warnings are about Python values that do not depend on the shapes here.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            tuple(batch[name] for name in inputs),
            str(path),
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )


# --- int8 ---------------------------------------------------------------------------------------


def quantize(source: Path, target: Path) -> None:
    """Graphs with int8 weights from a folder of fp32 graphs.

    The matrices of MatMul and Gemm get a scale for each column and block of 8 rows, the
    embedding table one for each row (symmetric, -127 to 127). Arithmetic stays in fp32.

    Args:
        source: holds the graphs of `export_onnx`.
        target: made where it does not exist.
    """
    target.mkdir(parents=True, exist_ok=True)
    for name in GRAPHS:
        onnx.save(
            _quantized(onnx.load(source / name), embeddings=name == ENCODER_FILE), target / name
        )


def _quantized(model: onnx.ModelProto, embeddings: bool) -> onnx.ModelProto:
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    matrices = {
        node.input[1]: weights[node.input[1]]
        for node in graph.node
        if node.op_type in ("MatMul", "Gemm") and node.input[1] in weights
    }
    for tensor in matrices.values():
        if min(tensor.dims) >= BLOCK_ROWS // 2:  # a few columns are not worth the nodes
            _quantize_matrix(graph, tensor)
    if embeddings:
        _quantize_table(graph, _word_table(graph, weights))
    onnx.checker.check_model(model)
    return model


def _quantize_matrix(graph: onnx.GraphProto, tensor: onnx.TensorProto) -> None:
    """Replace a weight by int8 values times scales; onnxruntime computes it once, at load."""
    name, values = tensor.name, numpy_helper.to_array(tensor)
    rows, columns = values.shape
    block = BLOCK_ROWS if rows % BLOCK_ROWS == 0 else rows
    whole, scale = _to_int8(values.reshape(rows // block, block, columns), axis=1)
    shape = np.array([rows, columns], dtype=np.int64)
    _replace_weights(graph, tensor, {"int8": whole, "scale": scale, "shape": shape})
    nodes = [
        helper.make_node("Cast", [f"{name}.int8"], [f"{name}.float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{name}.float", f"{name}.scale"], [f"{name}.blocks"]),
        helper.make_node("Reshape", [f"{name}.blocks", f"{name}.shape"], [name]),
    ]
    for k, node in enumerate(nodes):
        graph.node.insert(k, node)


def _word_table(
    graph: onnx.GraphProto, weights: Mapping[str, onnx.TensorProto]
) -> tuple[onnx.NodeProto, onnx.TensorProto]:
    """The Gather of the largest table: the words; positions and types are small."""
    tables = [
        (node, weights[node.input[0]])
        for node in graph.node
        if node.op_type == "Gather" and len(getattr(weights.get(node.input[0]), "dims", ())) == 2
    ]
    return max(tables, key=lambda found: int(np.prod(found[1].dims)))


def _quantize_table(graph: onnx.GraphProto, found: tuple[onnx.NodeProto, onnx.TensorProto]) -> None:
    """Look up int8 rows and their scales; only the rows of the input become fp32."""
    node, tensor = found
    name, ids, out = tensor.name, node.input[1], node.output[0]
    whole, scale = _to_int8(numpy_helper.to_array(tensor), axis=1)
    _replace_weights(graph, tensor, {"int8": whole, "scale": scale})
    nodes = [
        helper.make_node("Gather", [f"{name}.int8", ids], [f"{name}.rows"]),
        helper.make_node("Cast", [f"{name}.rows"], [f"{name}.float"], to=TensorProto.FLOAT),
        helper.make_node("Gather", [f"{name}.scale", ids], [f"{name}.scales"]),
        helper.make_node("Mul", [f"{name}.float", f"{name}.scales"], [out]),
    ]
    place = list(graph.node).index(node)
    graph.node.remove(node)
    for k, new in enumerate(nodes):
        graph.node.insert(place + k, new)


def _to_int8(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers in -127..127 and the scales that bring them back, one along `axis`."""
    scale = np.abs(values).max(axis, keepdims=True) / 127
    scale = np.where(scale == 0, 1, scale).astype(np.float32)
    return np.round(values / scale).astype(np.int8), scale


def _replace_weights(
    graph: onnx.GraphProto, tensor: onnx.TensorProto, arrays: Mapping[str, np.ndarray]
) -> None:
    name = tensor.name
    graph.initializer.remove(tensor)
    graph.initializer.extend(
        numpy_helper.from_array(array, f"{name}.{part}") for part, array in arrays.items()
    )


# --- parity -------------------------------------------------------------------------------------

Sizes = tuple[int, int, int, int, int]
"""B chunks, T tokens, S sentences, M mentions, P pairs."""

SIZES: tuple[Sizes, ...] = (
    (1, 4, 1, 1, 1),
    (2, 12, 3, 2, 4),
    (3, 40, 9, 7, 11),
    (1, 96, 20, 15, 20),
)


def parity(
    model: PeacestanceModel, folder: Path, sizes: Iterable[Sizes] = SIZES, seed: int = 0
) -> dict[str, float]:
    """Largest absolute difference between torch and the graphs, for each output.

    Both get the same random ids, mentions and pairs, with padding in every batch of more than
    one chunk; each graph gets the outputs of the graph before it, as in use. Padded tokens do
    not count.
    """
    import onnxruntime

    sessions = {
        name: onnxruntime.InferenceSession(folder / name, providers=["CPUExecutionProvider"])
        for name in GRAPHS
    }
    reference = _on_cpu(model)
    worst: dict[str, float] = {}
    for number, size in enumerate(sizes):
        batch = random_batch(reference, *size, seed=seed + number)
        expected = _run_torch(reference, batch)
        found = {name: tensor.numpy() for name, tensor in batch.items()}
        for name, (inputs, outputs) in GRAPHS.items():
            results = sessions[name].run(list(outputs), {key: found[key] for key in inputs})
            found.update(zip(outputs, results, strict=True))
        seen = batch["attention_mask"].bool().numpy()
        for name, tensor in expected.items():
            gap = np.abs(found[name] - tensor.numpy())
            gap = gap[seen] if _AXES[name] == "BT" else gap
            worst[name] = max(worst.get(name, 0.0), float(gap.max()))
    return worst


def _run_torch(model: PeacestanceModel, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    with torch.no_grad():
        hidden, _ = model.encode(batch["input_ids"], batch["attention_mask"])
        out = model(**batch)
    outputs = ("tag_logits", "link_logits", "antecedent_logits", "stance_logits")
    return {"hidden": hidden, **{name: out[name] for name in outputs}}


def random_batch(
    model: PeacestanceModel, b: int, t: int, s: int, m: int, p: int, seed: int
) -> dict[str, Tensor]:
    """Inputs of `PeacestanceModel.forward`, drawn at random; in a batch the last row is padded."""
    config = model.encoder.config
    generator = torch.Generator().manual_seed(seed)

    def draw(high: int, *shape: int) -> Tensor:
        return torch.randint(0, high, shape, generator=generator)

    pad = config.pad_token_id or 0
    batch = {
        "input_ids": pad + 1 + draw(config.vocab_size - pad - 1, b, t),
        "attention_mask": torch.ones(b, t, dtype=torch.int64),
        "piece_of_token": (torch.arange(t) * s // t).repeat(b, 1),
        "markers": (torch.arange(s) * t // s).repeat(b, 1),
        "mentions": draw(t, b, m, 2).sort(-1).values,
        "kinds": draw(2, b, m),
        "pairs": torch.stack([draw(s, b, p), draw(1 + m, b, p)], dim=-1),
    }
    if b > 1:
        padding = {"input_ids": pad, "attention_mask": 0}
        batch["mentions"][-1] = batch["mentions"][-1].clamp(max=t // 2 - 1)
        batch["pairs"][-1, :, 0] = batch["pairs"][-1, :, 0].clamp(max=s // 2)
        for name in ("input_ids", "attention_mask", "piece_of_token"):
            batch[name][-1, t // 2 :] = padding.get(name, -1)
        batch["markers"][-1, s // 2 + 1 :] = -1
        batch["mentions"][-1, -1] = -1
        batch["pairs"][-1, -1] = -1
    return batch
