"""A trained model to a bundle: ONNX graphs, and a check that nothing changed."""

from __future__ import annotations

import copy
import tempfile
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
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
from peacestance.training.quantize import Precision, quantize

OPSET = 17
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
    precision: Precision = "int8",
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
        if precision != "fp32":
            quantize(graphs, Path(name) / precision, GRAPHS, precision)
            graphs = Path(name) / precision
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
