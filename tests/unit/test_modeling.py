"""The joint model at a tiny size: shapes, losses, and what a head must not see."""

import numpy as np
import pytest
import torch
from transformers import AutoModel, BertConfig

from peacestance.modeling import PeacestanceConfig, PeacestanceModel, marginal_loss, sentence_means


@pytest.fixture(scope="module")
def model() -> PeacestanceModel:
    torch.manual_seed(0)
    encoder = BertConfig(
        vocab_size=100,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    return PeacestanceModel(PeacestanceConfig(encoder.to_dict(), head_dim=16)).eval()


def batch(**changes: torch.Tensor) -> dict[str, torch.Tensor]:
    """One chunk of two sentences, 3 and 4 tokens with their markers, and two mentions."""
    return {
        "input_ids": torch.tensor([[1, 98, 10, 11, 99, 12, 13, 14, 2]]),
        "attention_mask": torch.ones(1, 9, dtype=torch.long),
        "piece_of_token": torch.tensor([[-1, 0, 0, 0, 1, 1, 1, 1, -1]]),
        "markers": torch.tensor([[1, 4]]),
        "mentions": torch.tensor([[[2, 3], [6, 6]]]),
        "kinds": torch.tensor([[0, 1]]),
        "pairs": torch.tensor([[[0, 1], [1, 0], [1, 2]]]),
    } | changes


LABELS = {
    "tag_labels": torch.tensor([[-100, -100, 1, 2, -100, 0, 3, 0, -100]]),
    "link_labels": torch.tensor([[[0, 1, 0], [1, 0, 0], [0, 0, 0]]]),
    "antecedent_labels": torch.tensor([[[1, 0, 0], [0, 1, 0]]]),
    "stance_labels": torch.tensor([[0, 3, -100]]),
}


def test_shapes(model: PeacestanceModel) -> None:
    out = model(**batch())
    assert out.loss is None
    assert out.tag_logits.shape == (1, 9, 5)
    assert out.link_logits.shape == (1, 2, 3)
    assert out.antecedent_logits.shape == (1, 2, 3)
    assert out.stance_logits.shape == (1, 3, 4)


def test_loss_is_the_weighted_sum_of_its_parts(model: PeacestanceModel) -> None:
    out = model(**batch(), **LABELS)
    weights = model.config.loss_weights
    assert set(out.losses) == set(weights)
    expected = sum(weights[name] * loss for name, loss in out.losses.items())
    assert out.loss.item() == pytest.approx(expected.item())


def test_every_part_of_the_loss_can_be_learnt(model: PeacestanceModel) -> None:
    copy = PeacestanceModel(model.config)
    copy.load_state_dict(model.state_dict())
    optimiser = torch.optim.Adam(copy.parameters(), lr=5e-3)
    for _ in range(60):
        out = copy(**batch(), **LABELS)
        optimiser.zero_grad()
        out.loss.backward()
        optimiser.step()
    assert all(loss.item() < 0.2 for loss in out.losses.values()), out.losses


def test_padding_changes_nothing(model: PeacestanceModel) -> None:
    plain = model(**batch())
    padded = model(
        **batch(
            input_ids=torch.cat([batch()["input_ids"], torch.zeros(1, 3, dtype=torch.long)], 1),
            attention_mask=torch.tensor([[1] * 9 + [0] * 3]),
            piece_of_token=torch.cat([batch()["piece_of_token"], torch.full((1, 3), -1)], 1),
            markers=torch.tensor([[1, 4, -1]]),
            mentions=torch.tensor([[[2, 3], [6, 6], [-1, -1]]]),
            kinds=torch.tensor([[0, 1, 0]]),
        )
    )
    torch.testing.assert_close(padded.tag_logits[:, :9], plain.tag_logits)
    torch.testing.assert_close(padded.link_logits[:, :2, :3], plain.link_logits)
    torch.testing.assert_close(padded.stance_logits, plain.stance_logits)
    assert (padded.link_logits[..., 3] < -1000).all()


def test_antecedents_are_earlier_mentions(model: PeacestanceModel) -> None:
    logits = model(**batch()).antecedent_logits
    assert (logits[0, 0, 1:] < -1000).all()
    assert logits[0, 1, 1] > -1000
    assert logits[0, 1, 2] < -1000


def test_stance_depends_on_the_words_of_its_own_sentence_alone(model: PeacestanceModel) -> None:
    inputs = batch()
    hidden = torch.randn(1, 9, 32)
    changed = hidden.clone()
    changed[0, 5] += 1.0  # a token of the second sentence
    rest = [inputs[k] for k in ("piece_of_token", "markers", "mentions", "pairs")]
    before, after = model.stances(hidden, *rest), model.stances(changed, *rest)
    torch.testing.assert_close(before[0, 0], after[0, 0])
    assert not torch.allclose(before[0, 1], after[0, 1])


def test_sentence_means_leave_special_tokens_out() -> None:
    hidden = torch.arange(4.0).view(1, 4, 1)
    means = sentence_means(hidden, torch.tensor([[-1, 0, 0, 1]]), 2)
    assert means.flatten().tolist() == [1.5, 3.0]


def test_marginal_loss_counts_the_mass_on_all_right_columns() -> None:
    logits = torch.log(torch.tensor([[[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]]]))
    right = torch.tensor([[[0, 1, 1], [0, 0, 0]]])  # the second row has no right column
    assert marginal_loss(logits, right).item() == pytest.approx(-np.log(0.8), abs=1e-5)


def test_chunks_without_targets_give_a_loss_of_zero() -> None:
    assert marginal_loss(torch.zeros(1, 2, 3), torch.zeros(1, 2, 3)).item() == 0.0


def test_saved_model_loads_with_automodel(model: PeacestanceModel, tmp_path) -> None:  # type: ignore[no-untyped-def]
    model.save_pretrained(tmp_path)
    assert (tmp_path / "model.safetensors").is_file()
    again = AutoModel.from_pretrained(tmp_path).eval()
    assert isinstance(again, PeacestanceModel)
    torch.testing.assert_close(again(**batch()).stance_logits, model(**batch()).stance_logits)
