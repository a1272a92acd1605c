"""The joint model: one encoder pass over a chunk, then sources, links and stances.

Importing this module registers the model with `transformers.AutoModel`.

Letters in shapes: B chunks, T tokens, S sentences (pieces) of a chunk, M mentions of a chunk,
P (sentence, mention) pairs, H hidden size of the encoder, D head size. A *column* names who speaks
in a link: column 0 is the reporter, column 1 + m is mention m.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel
from transformers.utils.generic import ModelOutput

TAGS = ("O", "B-SOURCE", "I-SOURCE", "B-NAME", "I-NAME")
"""BIO tags: spans that are the source of a sentence, and other places where a speaker is named."""

MAX_DISTANCE = 10
"""Sentence distances are clamped to +-10 before the learned bias is looked up."""

_BLOCKED = -1e4  # finite, so that a row without any mention has no NaN, in float16 too


class PeacestanceConfig(PretrainedConfig):  # type: ignore[no-untyped-call]
    """Encoder, head sizes and loss weights of a `PeacestanceModel`.

    Attributes:
        encoder: the configuration of the encoder as a dictionary, with its `model_type`.
        head_dim: D.
        head_dropout: dropout before the heads.
        loss_weights: weight of each part of the loss: source, link, coreference, stance.
        stance_weights: weight of each stance in its cross-entropy, in the order of `STANCES`.
        label_smoothing: label smoothing of the stance's cross-entropy.
    """

    model_type = "peacestance"

    def __init__(
        self,
        encoder: dict[str, Any] | None = None,
        head_dim: int = 128,
        head_dropout: float = 0.1,
        loss_weights: dict[str, float] | None = None,
        stance_weights: list[float] | None = None,
        label_smoothing: float = 0.0,
        **kwargs: Any,
    ) -> None:
        self.encoder = encoder or {"model_type": "bert"}
        self.head_dim = head_dim
        self.head_dropout = head_dropout
        self.loss_weights = loss_weights or {
            "source": 1.0,
            "link": 1.0,
            "coreference": 0.5,
            "stance": 1.0,
        }
        self.stance_weights = stance_weights or [1.0] * 4
        self.label_smoothing = label_smoothing
        super().__init__(**kwargs)

    def encoder_config(self) -> PretrainedConfig:
        """The encoder's own configuration."""
        settings = dict(self.encoder)
        return AutoConfig.for_model(settings.pop("model_type"), **settings)


@dataclasses.dataclass
class PeacestanceOutput(ModelOutput):
    """What a forward pass returns; the loss and its parts only where labels were given.

    Shape:
        tag_logits: [B, T, 5]
        link_logits: [B, S, 1 + M]
        antecedent_logits: [B, M, 1 + M], column 0: a new entity
        stance_logits: [B, P, 4]
    """

    loss: Tensor | None = None
    losses: dict[str, Tensor] | None = None
    tag_logits: Tensor | None = None
    link_logits: Tensor | None = None
    antecedent_logits: Tensor | None = None
    stance_logits: Tensor | None = None


def gather_tokens(hidden: Tensor, positions: Tensor) -> Tensor:
    """Rows of `hidden` at token positions; a position of -1 gives some row, to be masked later.

    Shape:
        hidden: [B, T, H]; positions: [B, N]; returns [B, N, H].
    """
    index = positions.clamp(min=0).unsqueeze(-1).expand(-1, -1, hidden.size(-1))
    return hidden.gather(1, index)


def sentence_means(hidden: Tensor, piece_of_token: Tensor, n_sentences: int) -> Tensor:
    """Mean of the hidden states of each sentence, its marker included.

    Shape:
        hidden: [B, T, H]; piece_of_token: [B, T]; returns [B, S, H].
    """
    numbers = torch.arange(n_sentences, device=hidden.device).view(1, -1, 1)
    members = (piece_of_token.unsqueeze(1) == numbers).to(hidden.dtype)  # [B, S, T]
    return members @ hidden / members.sum(-1, keepdim=True).clamp(min=1.0)


class LinkHead(nn.Module):
    """Scores who speaks in each sentence, and which mentions are one entity.

    The link of a sentence to a mention is a scaled dot product plus a learned bias per distance in
    sentences; a mention's antecedents are scored in the same way (Lee et al. 2017, section 3).
    """

    def __init__(self, hidden_size: int, dim: int, dropout: float) -> None:
        super().__init__()
        self.dim = dim
        self.dropout = nn.Dropout(dropout)
        self.kind = nn.Embedding(2, hidden_size * 2)
        self.mention = nn.Sequential(nn.Linear(hidden_size * 2, hidden_size), nn.GELU())
        self.key = nn.Linear(hidden_size, dim)
        self.query = nn.Linear(hidden_size * 2, dim)
        self.reporter = nn.Linear(hidden_size * 2, 1)
        self.later = nn.Linear(hidden_size, dim)
        self.earlier = nn.Linear(hidden_size, dim)
        self.new_entity = nn.Linear(hidden_size, 1)
        self.link_distance = nn.Embedding(2 * MAX_DISTANCE + 1, 1)
        self.antecedent_distance = nn.Embedding(2 * MAX_DISTANCE + 1, 1)
        for table in (self.kind, self.link_distance, self.antecedent_distance):
            nn.init.zeros_(table.weight)

    def forward(
        self,
        hidden: Tensor,
        piece_of_token: Tensor,
        markers: Tensor,
        mentions: Tensor,
        kinds: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Link and antecedent logits.

        Shape:
            hidden: [B, T, H]; piece_of_token: [B, T]; markers: [B, S]
            mentions: [B, M, 2], first and last token of each, -1 for padding
            kinds: [B, M], 0 = source, 1 = other name
            returns [B, S, 1 + M] and [B, M, 1 + M]
        """
        hidden = self.dropout(hidden)
        sentences = torch.cat(
            [
                gather_tokens(hidden, markers),
                sentence_means(hidden, piece_of_token, markers.size(1)),
            ],
            dim=-1,
        )
        spans = torch.cat(
            [gather_tokens(hidden, mentions[..., 0]), gather_tokens(hidden, mentions[..., 1])],
            dim=-1,
        )
        vectors = self.mention(spans + self.kind(kinds.clamp(min=0)))
        where = piece_of_token.gather(1, mentions[..., 0].clamp(min=0))  # [B, M]
        absent = (mentions[..., 0] < 0).unsqueeze(1)  # [B, 1, M]
        links = self._links(sentences, vectors, where).masked_fill(absent, _BLOCKED)
        antecedents = self._antecedents(vectors, where).masked_fill(absent, _BLOCKED)
        return (
            torch.cat([self.reporter(sentences), links], dim=-1),
            torch.cat([self.new_entity(vectors), antecedents], dim=-1),
        )

    def _links(self, sentences: Tensor, vectors: Tensor, where: Tensor) -> Tensor:
        scores = self.query(sentences) @ self.key(vectors).transpose(1, 2) / self.dim**0.5
        numbers = torch.arange(sentences.size(1), device=where.device).view(1, -1, 1)
        biased: Tensor = scores + self._bias(self.link_distance, numbers - where.unsqueeze(1))
        return biased

    def _antecedents(self, vectors: Tensor, where: Tensor) -> Tensor:
        scores: Tensor = self.later(vectors) @ self.earlier(vectors).transpose(1, 2)
        scores = scores / self.dim**0.5
        distance = where.unsqueeze(2) - where.unsqueeze(1)
        order = torch.arange(where.size(1), device=where.device)
        not_earlier = order.view(1, 1, -1) >= order.view(1, -1, 1)
        scores = scores + self._bias(self.antecedent_distance, distance)
        return scores.masked_fill(not_earlier, _BLOCKED)

    @staticmethod
    def _bias(table: nn.Embedding, distance: Tensor) -> Tensor:
        rows: Tensor = table(distance.clamp(-MAX_DISTANCE, MAX_DISTANCE) + MAX_DISTANCE)
        return rows.squeeze(-1)


class StanceHead(nn.Module):
    """The stance of a (sentence, speaker) pair, read from the sentence's own words.

    The speaker's mention only steers which tokens of the sentence are attended to, and says
    whether it stands in the sentence at all: the class is not computed from the name itself.
    """

    def __init__(self, hidden_size: int, dim: int, dropout: float) -> None:
        super().__init__()
        self.dim = dim
        self.dropout = nn.Dropout(dropout)
        self.reporter = nn.Parameter(torch.zeros(1, 1, hidden_size))
        self.query = nn.Linear(hidden_size, dim)
        self.key = nn.Linear(hidden_size, dim)
        self.salience = nn.Linear(hidden_size, 1)
        self.relation = nn.Embedding(3, hidden_size)
        self.hidden = nn.Linear(hidden_size * 3, hidden_size)
        self.out = nn.Linear(hidden_size, 4)

    def forward(
        self,
        hidden: Tensor,
        piece_of_token: Tensor,
        markers: Tensor,
        mentions: Tensor,
        pairs: Tensor,
    ) -> Tensor:
        """Stance logits.

        Shape:
            hidden: [B, T, H]; piece_of_token: [B, T]; markers: [B, S]; mentions: [B, M, 2]
            pairs: [B, P, 2], (sentence, column), -1 for padding; returns [B, P, 4]
        """
        hidden = self.dropout(hidden)
        sentence = pairs[..., 0].clamp(min=0)
        column = pairs[..., 1].clamp(min=0)
        first = mentions[..., 0].gather(1, (column - 1).clamp(min=0))
        is_reporter = (column == 0).unsqueeze(-1)
        speaker = torch.where(
            is_reporter, self.reporter.to(hidden.dtype), gather_tokens(hidden, first)
        )
        inside = piece_of_token.unsqueeze(1) == sentence.unsqueeze(-1)  # [B, P, T]
        scores = self.query(speaker) @ self.key(hidden).transpose(1, 2) / self.dim**0.5
        scores = scores + self.salience(hidden).transpose(1, 2)
        weights = scores.masked_fill(~inside, _BLOCKED).softmax(-1)
        elsewhere = piece_of_token.gather(1, first.clamp(min=0)) != sentence
        relation = torch.where(column == 0, 0, 1 + elsewhere.long())
        marker = gather_tokens(hidden, markers.gather(1, sentence))
        means = sentence_means(hidden, piece_of_token, markers.size(1))
        mean = gather_tokens(means, sentence)
        features = torch.cat([weights @ hidden, marker + self.relation(relation), mean], dim=-1)
        logits: Tensor = self.out(self.dropout(nn.functional.gelu(self.hidden(features))))
        return logits


class PeacestanceModel(PreTrainedModel):  # type: ignore[no-untyped-call]
    """Encoder with a source head, a link head and a stance head."""

    config_class = PeacestanceConfig
    base_model_prefix = "peacestance"
    main_input_name = "input_ids"
    _supports_sdpa = True
    _supports_attention_backend = True

    def __init__(self, config: PeacestanceConfig, encoder: PreTrainedModel | None = None) -> None:
        super().__init__(config)
        if encoder is None:
            settings = config.encoder_config()
            encoder = AutoModel.from_config(settings, add_pooling_layer=False)  # type: ignore[no-untyped-call]
        self.encoder = encoder
        size = encoder.config.hidden_size
        self.source = nn.Linear(size, len(TAGS))
        self.links = LinkHead(size, config.head_dim, config.head_dropout)
        self.stances = StanceHead(size, config.head_dim, config.head_dropout)
        self.dropout = nn.Dropout(config.head_dropout)
        self.post_init()  # type: ignore[no-untyped-call]

    def _init_weights(self, module: nn.Module) -> None:
        """Heads keep PyTorch's own initialisation; the encoder brings its weights."""

    def encode(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Hidden states [B, T, H] and tag logits [B, T, 5]. Shape: both arguments [B, T]."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask)[0]
        return hidden, self.source(self.dropout(hidden))

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        piece_of_token: Tensor,
        markers: Tensor,
        mentions: Tensor,
        kinds: Tensor,
        pairs: Tensor,
        tag_labels: Tensor | None = None,
        link_labels: Tensor | None = None,
        antecedent_labels: Tensor | None = None,
        stance_labels: Tensor | None = None,
        **_: Any,
    ) -> PeacestanceOutput:
        """All heads over given mentions and pairs, with the loss where labels are given.

        Shape:
            input_ids, attention_mask, piece_of_token: [B, T]; markers: [B, S]
            mentions: [B, M, 2]; kinds: [B, M]; pairs: [B, P, 2]; padding: -1
            tag_labels: [B, T], -100 where not counted
            link_labels: [B, P, 1 + M], 1 in every column that is right for the pair's speaker
            antecedent_labels: [B, M, 1 + M], 1 for every right antecedent; all 0: not counted
            stance_labels: [B, P], -100 where not counted
        """
        hidden, tag_logits = self.encode(input_ids, attention_mask)
        link_logits, antecedent_logits = self.links(
            hidden, piece_of_token, markers, mentions, kinds
        )
        stance_logits = self.stances(hidden, piece_of_token, markers, mentions, pairs)
        out = PeacestanceOutput(
            tag_logits=tag_logits,
            link_logits=link_logits,
            antecedent_logits=antecedent_logits,
            stance_logits=stance_logits,
        )
        if tag_labels is None:
            return out
        assert link_labels is not None
        assert antecedent_labels is not None
        assert stance_labels is not None
        sentence = pairs[..., 0].clamp(min=0)
        index = sentence.unsqueeze(-1).expand(-1, -1, link_logits.size(-1))
        out.losses = {
            "source": _cross_entropy(tag_logits, tag_labels),
            "link": marginal_loss(link_logits.gather(1, index), link_labels),
            "coreference": marginal_loss(antecedent_logits, antecedent_labels),
            "stance": self._stance_loss(stance_logits, stance_labels),
        }
        out.loss = torch.stack(
            [loss * self.config.loss_weights[name] for name, loss in out.losses.items()]
        ).sum()
        return out

    def _stance_loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        weights = torch.tensor(self.config.stance_weights, device=logits.device)
        return _cross_entropy(logits, labels, weights, self.config.label_smoothing)


def _cross_entropy(
    logits: Tensor, labels: Tensor, weights: Tensor | None = None, smoothing: float = 0.0
) -> Tensor:
    if not (labels >= 0).any():
        return logits.sum() * 0.0
    return nn.functional.cross_entropy(
        logits.float().flatten(0, -2), labels.flatten(), weights, label_smoothing=smoothing
    )


def marginal_loss(logits: Tensor, right: Tensor) -> Tensor:
    """Mean negative log of the probability mass on the right columns, over rows that have one.

    Several columns may be right at once: a speaker is named by any of its mentions (the marginal
    likelihood of Lee et al. 2017, section 4).

    Shape:
        logits, right: [B, N, C]; returns a scalar.
    """
    counted = right.bool().any(-1)
    if not counted.any():
        return logits.sum() * 0.0
    log_p = logits.float().log_softmax(-1)
    mass = log_p.masked_fill(~right.bool(), float("-inf"))[counted].logsumexp(-1)
    return -mass.mean()


AutoConfig.register(PeacestanceConfig.model_type, PeacestanceConfig)
AutoModel.register(PeacestanceConfig, PeacestanceModel)
