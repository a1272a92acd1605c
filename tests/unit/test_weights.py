"""A model read back from a bundle is the model that the bundle runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("transformers")

from peacestance.chunking import ChunkingConfig  # noqa: E402
from peacestance.modeling import PeacestanceConfig, PeacestanceModel  # noqa: E402
from peacestance.schema import UserError  # noqa: E402
from peacestance.training import export, weights  # noqa: E402

SIZES = {
    "vocab_size": 200,
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 128,
}


@pytest.fixture(scope="module", params=["bert", "mpnet"])
def model(request: pytest.FixtureRequest) -> PeacestanceModel:
    torch.manual_seed(0)
    encoder = {"model_type": request.param, **SIZES}
    model = PeacestanceModel(PeacestanceConfig(encoder=encoder, head_dim=16))
    with torch.no_grad():  # what starts at zero would be found right wherever it was put
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return model


@pytest.fixture(scope="module")
def bundles(model: PeacestanceModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of each precision, and the encoder's configuration beside them."""
    folder = tmp_path_factory.mktemp("bundles")
    encoder = folder / "encoder"
    model.encoder.save_pretrained(encoder)
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    for precision in ("fp32", "int8", "int6"):
        export.export_bundle(
            model,
            folder / "tokenizer.json",
            folder / precision,
            id="tiny",
            encoder=str(encoder),
            guide="none",
            chunking=ChunkingConfig(64, 2, 1, 2, 0, 198, 199),
            precision=precision,  # type: ignore[arg-type]
        )
    return folder


def test_fp32_weights_come_back_as_they_were(model: PeacestanceModel, bundles: Path) -> None:
    found = weights.read_model(bundles / "fp32").state_dict()
    for name, value in model.state_dict().items():
        if not name.endswith("token_type_embeddings.weight"):  # rows that no graph holds
            torch.testing.assert_close(found[name], value, msg=name)


@pytest.mark.parametrize("precision", ["fp32", "int8", "int6"])
def test_a_model_read_back_computes_what_its_bundle_does(bundles: Path, precision: str) -> None:
    found = weights.read_model(bundles / precision)
    gaps = export.parity(found, bundles / precision)
    assert max(gaps.values()) < 1e-3, gaps


def test_a_start_may_have_all_layers_or_the_kept_ones(bundles: Path) -> None:
    found = weights.read_weights(bundles / "int8")
    assert weights.layer_count(found) == SIZES["num_hidden_layers"]


def test_weights_of_other_sizes_are_refused(bundles: Path, model: PeacestanceModel) -> None:
    other = PeacestanceModel(PeacestanceConfig(encoder=model.config.encoder, head_dim=8))
    found = weights.read_weights(bundles / "int8")
    with pytest.raises(UserError, match=r"^here was trained .* another head_dim; set"):
        weights.load_weights(other, found, "here")


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"give the folder of a finished run or a model folder"):
        weights.read_weights(tmp_path)


def test_a_damaged_bundle_is_refused(bundles: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(bundles / "int8", copy)
    with (copy / "links.onnx").open("ab") as file:
        file.write(b"x")
    with pytest.raises(UserError, match=r"links\.onnx"):
        weights.read_weights(copy)


def test_every_number_is_finite(bundles: Path) -> None:
    for name, value in weights.read_weights(bundles / "int6").items():
        assert np.isfinite(value.numpy()).all(), name
