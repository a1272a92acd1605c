"""Learning from a teacher's answers as well as from the labels (Hinton, Vinyals and Dean 2015).

The teacher answers once, before training: names are hidden from both models, so a chunk has the
same tokens in every epoch. Teacher and student must cut words alike (the encoders of BERT's and
MPNet's families share one vocabulary, in another order); this is checked token by token.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from peacestance.bundle import SETTINGS_FILE, TOKENIZER_FILE, load_bundle
from peacestance.chunking import ChunkingConfig
from peacestance.labeler import load_tokenizer
from peacestance.modeling import PeacestanceModel, PeacestanceOutput
from peacestance.schema import UserError
from peacestance.training.setup import uses_bf16
from peacestance.training.targets import Example, collate
from peacestance.training.weights import read_model

if TYPE_CHECKING:
    from tokenizers import Tokenizer


SPECIAL = ("cls_id", "sep_id", "pad_id", "paragraph_id", "sentence_id")


@dataclasses.dataclass(frozen=True, slots=True)
class Teacher:
    """A trained model and the token ids it has for the student's.

    Shape:
        ids: [V], the teacher's id of each of the student's ids
    """

    model: PeacestanceModel
    ids: np.ndarray
    chunking: ChunkingConfig


def load_teacher(run: str | Path, tokenizer: Tokenizer, chunking: ChunkingConfig) -> Teacher:
    """Read the teacher of a finished run and match its vocabulary with the student's.

    Args:
        run: folder of the run, which holds `model/` and `bundle/`, or a bundle.
        tokenizer: the student's.
        chunking: the student's.

    Raises:
        UserError: no finished run there, or the two do not cut words alike.
    """
    run = Path(run)
    model = read_model(run)
    bundle = load_bundle(run if (run / SETTINGS_FILE).is_file() else run / "bundle")
    vocabulary = load_tokenizer(bundle.path / TOKENIZER_FILE).get_vocab()
    ids = match_ids(tokenizer.get_vocab(), chunking, vocabulary, bundle.chunking)
    return Teacher(model.train(False), ids, bundle.chunking)


def match_ids(
    student: Mapping[str, int],
    student_chunking: ChunkingConfig,
    teacher: Mapping[str, int],
    teacher_chunking: ChunkingConfig,
) -> np.ndarray:
    """The teacher's id for each of the student's; the unknown word where it has no such word.

    Raises:
        UserError: more than one word in a hundred is in one vocabulary only.
    """
    missing = [word for word in student if word not in teacher]
    if len(missing) > len(student) / 100:
        raise UserError(
            f"distill.teacher cuts words otherwise than the student: {len(missing)} of "
            f"{len(student)} words are unknown to it; take a teacher with the same vocabulary"
        )
    unknown = teacher.get("[UNK]", teacher.get("<unk>", 0))
    ids = np.full(student_chunking.sentence_id + 1, unknown, dtype=np.int64)
    for word, number in student.items():
        ids[number] = teacher.get(word, unknown)
    for name in SPECIAL:
        ids[getattr(student_chunking, name)] = getattr(teacher_chunking, name)
    return ids


@torch.inference_mode()
def ask(teacher: Teacher, example: Example) -> Example:
    """The example with the teacher's answers."""
    chunk = dataclasses.replace(example.chunk, token_ids=teacher.ids[example.chunk.token_ids])
    batch = collate([dataclasses.replace(example, chunk=chunk)], teacher.chunking.pad_id)
    with torch.autocast("cpu", torch.bfloat16, enabled=uses_bf16("auto")):
        out = teacher.model(**{name: torch.from_numpy(x) for name, x in batch.items()})
    answers = (out.tag_logits, out.link_logits, out.stance_logits)
    return dataclasses.replace(example, answers=tuple(x[0].float().numpy() for x in answers))


def distillation_loss(
    out: PeacestanceOutput, batch: Mapping[str, Tensor], temperature: float
) -> Tensor:
    """Divergence of the student's distributions from the teacher's, summed over the three heads.

    Shape:
        batch: as `targets.collate` makes it, with teacher_tags, teacher_links, teacher_stances
    """
    assert out.tag_logits is not None
    assert out.link_logits is not None
    assert out.stance_logits is not None
    parts = (
        (out.tag_logits, batch["teacher_tags"], batch["tag_labels"] >= 0),
        (out.link_logits, batch["teacher_links"], batch["markers"] >= 0),
        (out.stance_logits, batch["teacher_stances"], batch["stance_labels"] >= 0),
    )
    losses = [
        functional.kl_div(
            (student[counted].float() / temperature).log_softmax(-1),
            (teacher[counted].float() / temperature).log_softmax(-1),
            reduction="batchmean",
            log_target=True,
        )
        for student, teacher, counted in parts
        if counted.any()
    ]
    return torch.stack(losses).sum() * temperature**2
