"""The graphs say what the model says, in fp32 to 1e-3 and in int8 nearly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")
pytest.importorskip("transformers")

from peacestance.bundle import load_bundle  # noqa: E402
from peacestance.chunking import ChunkingConfig  # noqa: E402
from peacestance.modeling import PeacestanceConfig, PeacestanceModel  # noqa: E402
from peacestance.training import export  # noqa: E402
from peacestance.training.quantize import (  # noqa: E402
    PLANES,
    quantize,
    to_bits,
    to_int8,
)

CHUNKING = ChunkingConfig(64, 2, 1, 2, 0, 3, 4)


def tiny(kind: str) -> PeacestanceModel:
    torch.manual_seed(0)
    encoder = {
        "model_type": kind,
        "vocab_size": 200,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "max_position_embeddings": 128,
    }
    model = PeacestanceModel(PeacestanceConfig(encoder=encoder, head_dim=16))
    with torch.no_grad():  # a bias of zero would hide a wrong distance
        for parameter in model.links.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return model


@pytest.fixture(scope="module", params=["bert", "mpnet"])
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    model = tiny(request.param)
    folder = tmp_path_factory.mktemp(request.param)
    export.export_onnx(model, folder)
    return model, folder


def test_fp32_graphs_equal_torch(exported) -> None:
    model, folder = exported
    gaps = export.parity(model, folder)
    assert set(gaps) == {
        "hidden",
        "tag_logits",
        "link_logits",
        "antecedent_logits",
        "stance_logits",
    }
    assert max(gaps.values()) < 1e-3, gaps


def test_parity_sees_a_changed_weight(exported) -> None:
    model, folder = exported
    changed = PeacestanceModel(model.config)
    changed.load_state_dict(model.state_dict())
    with torch.no_grad():
        changed.stances.out.bias += 0.01
    assert export.parity(changed, folder)["stance_logits"] > 5e-3


def test_int8_is_close_and_stores_int8(exported, tmp_path: Path) -> None:
    model, folder = exported
    quantize(folder, tmp_path, export.GRAPHS)
    gaps = export.parity(model, tmp_path)
    assert 0 < max(gaps.values()) < 0.1, gaps
    encoder = onnx.load(tmp_path / "encoder.onnx")
    stored = {tensor.name: tensor for tensor in encoder.graph.initializer}
    table = [t for t in stored.values() if tuple(t.dims) == (200, 32)]
    assert [t.data_type for t in table] == [onnx.TensorProto.INT8]
    big = [t for t in stored.values() if len(t.dims) == 3 and t.data_type == onnx.TensorProto.INT8]
    assert len(big) == 2 * 6 + 1  # attention 4 and feed-forward 2 in each layer; the source head


@pytest.mark.parametrize(("precision", "bits"), [("int6", 6), ("int7", 7)])
def test_packed_weights_are_close_and_store_so_many_bits(
    exported, tmp_path: Path, precision: str, bits: int
) -> None:
    model, folder = exported
    quantize(folder, tmp_path, export.GRAPHS, precision)
    gaps = export.parity(model, tmp_path)
    assert 0 < max(gaps.values()) < 0.2, gaps
    encoder = onnx.load(tmp_path / "encoder.onnx")
    packed = [t for t in encoder.graph.initializer if ".bits" in t.name]
    assert len(packed) == len(PLANES[precision]) * 2 * 6  # attention 4, feed-forward 2, two layers
    stored = sum(8 * int(np.prod(t.dims)) for t in packed)
    values = sum(2 * int(np.prod(t.dims)) for t in packed if t.name.endswith("bits4"))
    assert stored == bits * values


@pytest.mark.parametrize("precision", ["int6", "int7"])
def test_packed_values_come_back_within_half_a_step(precision: str) -> None:
    planes = PLANES[precision]
    values = np.random.default_rng(0).normal(size=(5, 32, 8)).astype(np.float32)
    packed, scale = to_bits(values, planes)
    whole = np.zeros(values.shape, dtype=int)
    for width, plane in zip(planes, packed, strict=True):
        shifts = [8 - width * (k + 1) for k in range(8 // width)]
        parts = [(plane >> shift) % 2**width for shift in shifts]
        whole = whole * 2**width + np.concatenate(parts, axis=1)
    back = (whole - 2 ** (sum(planes) - 1)) * scale.astype(np.float32)
    assert (np.abs(back - values) <= scale.astype(np.float32) * 0.52).all()


def test_what_was_learnt_since_a_bundle_is_not_rounded_away() -> None:
    rng = np.random.default_rng(0)
    first = rng.normal(size=(4, 64, 16)).astype(np.float32)

    def stored(values: np.ndarray) -> np.ndarray:
        (upper, lower), scale = to_bits(values, PLANES["int6"])
        high = np.concatenate([upper >> 4, upper % 16], axis=1).astype(int)
        low = np.concatenate([(lower >> k) % 4 for k in (6, 4, 2, 0)], axis=1)
        return (high * 4 + low - 32) * scale.astype(np.float32)

    start = stored(first)
    step = np.abs(start).max(1, keepdims=True) / 31
    learnt = start + 0.05 * step  # far less than half a step, the same way everywhere
    moved = (stored(learnt) - start).mean() / step.mean()
    assert moved == pytest.approx(0.05, abs=0.02)


def test_a_padded_mention_stands_for_no_mention(exported) -> None:
    model, folder = exported
    batch = export.random_batch(model, 1, 12, 3, 1, 3, seed=5)
    batch["mentions"][:] = -1
    batch["pairs"][..., 1] = 0
    with torch.no_grad():
        hidden, _ = model.eval().encode(batch["input_ids"], batch["attention_mask"])
    feed = {name: tensor.numpy() for name, tensor in {**batch, "hidden": hidden}.items()}
    results = {}
    for name in ("links.onnx", "stances.onnx"):
        inputs, outputs = export.GRAPHS[name]
        session = ort.InferenceSession(folder / name)
        values = session.run(list(outputs), {key: feed[key] for key in inputs})
        results.update(zip(outputs, values, strict=True))
    assert np.isfinite(results["stance_logits"]).all()
    assert (results["link_logits"].argmax(-1) == 0).all()


def test_export_leaves_the_model_as_it_was(tmp_path: Path) -> None:
    model = tiny("bert").train()
    before = model.encoder.config._attn_implementation
    export.export_onnx(model, tmp_path)
    assert model.training
    assert model.encoder.config._attn_implementation == before


@pytest.mark.parametrize("rows", [64, 40])
def test_every_weight_is_within_half_a_step(rows: int) -> None:
    values = np.random.default_rng(0).normal(size=(rows, 8)).astype(np.float32)
    whole, scale = to_int8(values, axis=0)
    assert np.abs(whole * scale - values).max() <= scale.max() / 2 + 1e-6


def test_a_row_of_zeros_stays_zero() -> None:
    whole, scale = to_int8(np.zeros((2, 4), dtype=np.float32), axis=1)
    assert (whole * scale == 0).all()


def test_export_bundle_writes_a_folder_that_loads(tmp_path: Path) -> None:
    tokenizer = tmp_path / "t.json"
    tokenizer.write_text("{}")
    out = tmp_path / "small"
    names = {"id": "small", "encoder": "bert-tiny", "guide": "1"}
    written = export.export_bundle(tiny("bert"), tokenizer, out, chunking=CHUNKING, **names)
    loaded = load_bundle(out)
    assert loaded == written
    assert loaded.precision == "int8"
    assert loaded.chunking == CHUNKING
