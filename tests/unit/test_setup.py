"""What training does to a model before its first step."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from peacestance.modeling import PeacestanceConfig, PeacestanceModel  # noqa: E402
from peacestance.schema import UserError  # noqa: E402
from peacestance.training.setup import freeze_layers  # noqa: E402


@pytest.fixture
def model() -> PeacestanceModel:
    encoder = {
        "model_type": "bert",
        "vocab_size": 50,
        "hidden_size": 16,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "intermediate_size": 32,
    }
    return PeacestanceModel(PeacestanceConfig(encoder=encoder, head_dim=8))


def trained_layers(model: PeacestanceModel) -> list[bool]:
    layers = model.encoder.encoder.layer
    return [all(p.requires_grad for p in layer.parameters()) for layer in layers]


def test_the_lowest_layers_and_the_embeddings_are_frozen(model: PeacestanceModel) -> None:
    freeze_layers(model, 2)
    assert trained_layers(model) == [False, False, True]
    assert not any(p.requires_grad for p in model.encoder.embeddings.parameters())
    assert all(p.requires_grad for p in model.stances.parameters())


def test_nothing_is_frozen_without_being_told(model: PeacestanceModel) -> None:
    freeze_layers(model, 0)
    assert all(p.requires_grad for p in model.parameters())


def test_more_layers_than_there_are_is_an_error(model: PeacestanceModel) -> None:
    with pytest.raises(UserError, match=r"frozen_layers is 4, but there are 3"):
        freeze_layers(model, 4)


def test_frozen_layers_have_no_dropout(model: PeacestanceModel) -> None:
    freeze_layers(model, 2)
    rates = [
        {m.p for m in layer.modules() if isinstance(m, torch.nn.Dropout) and m.p}
        for layer in model.encoder.encoder.layer
    ]
    assert rates == [set(), set(), {0.1}]
