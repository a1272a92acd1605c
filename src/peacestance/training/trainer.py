"""`transformers.Trainer` for the joint model: optimiser groups, new names, scores on dev."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_pt_utils import LengthGroupedSampler

from peacestance.modeling import PeacestanceModel
from peacestance.training.distill import distillation_loss
from peacestance.training.examples import ChunkDataset
from peacestance.training.targets import Example, collate

if TYPE_CHECKING:
    from peacestance.training.recipe import DistillRecipe, TrainRecipe

NO_DECAY = ("bias", "LayerNorm.weight", "layer_norm.weight")


class NewNames(TrainerCallback):
    """Tells the dataset which epoch it is, so that names are drawn anew; also after a resume."""

    def __init__(self, dataset: ChunkDataset) -> None:
        self.dataset = dataset

    def on_epoch_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Draw the names of the epoch that begins."""
        self.dataset.set_epoch(math.floor((state.epoch or 0) + 1e-6))


class SaveByTheClock(TrainerCallback):
    """Saves a checkpoint every so many minutes, so that a long epoch can be interrupted."""

    def __init__(self, minutes: float) -> None:
        self.seconds = 60 * minutes
        self.saved_at = time.monotonic()

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Ask for a checkpoint when the last one is old enough."""
        control.should_save |= time.monotonic() - self.saved_at > self.seconds

    def on_save(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Start the clock again."""
        self.saved_at = time.monotonic()


class JointTrainer(Trainer):
    """Trains a `PeacestanceModel` and evaluates whole articles, decoded as in use.

    Args:
        model: the model.
        args: arguments of `transformers.Trainer`.
        dataset: training chunks.
        pad_id: padding token.
        recipe: learning rates and decay.
        distill: how much a teacher's answers count, where the examples have them.
        score: takes the model, returns scores of the dev split.
    """

    def __init__(
        self,
        model: PeacestanceModel,
        args: TrainingArguments,
        dataset: ChunkDataset,
        pad_id: int,
        recipe: TrainRecipe,
        distill: DistillRecipe,
        score: Callable[[PeacestanceModel], dict[str, float]],
        callbacks: Sequence[TrainerCallback] = (),
    ) -> None:
        self._recipe = recipe
        self._distill = distill
        self._score = score
        self._joint_model = model
        self._chunks = dataset
        self._parts: dict[str, list[float]] = {}

        def to_batch(examples: list[Example]) -> dict[str, torch.Tensor]:
            return {name: torch.from_numpy(x) for name, x in collate(examples, pad_id).items()}

        super().__init__(
            model=model,
            args=args,
            train_dataset=dataset,
            eval_dataset=dataset,  # asked for by the base class; `evaluate` reads whole articles
            data_collator=to_batch,
            callbacks=[NewNames(dataset), *callbacks],
        )

    def _get_train_sampler(self, train_dataset: Any = None) -> LengthGroupedSampler:
        generator = torch.Generator().manual_seed(self.args.seed)
        return LengthGroupedSampler(
            self.args.train_batch_size, lengths=self._chunks.lengths, generator=generator
        )

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """AdamW with one group per encoder layer (smaller steps further down) and the heads."""
        if self.optimizer is None:
            groups = parameter_groups(self._joint_model, self._recipe)
            self.optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), eps=1e-6, fused=True)
        return self.optimizer

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """The model's own loss; keeps its parts for the log."""
        out = model(**inputs)
        for name, value in out.losses.items():
            self._parts.setdefault(f"loss_{name}", []).append(float(value.detach()))
        loss = out.loss
        if "teacher_stances" in inputs:
            answers = distillation_loss(out, inputs, self._distill.temperature)
            self._parts.setdefault("loss_teacher", []).append(float(answers.detach()))
            loss = (1 - self._distill.weight) * loss + self._distill.weight * answers
        return (loss, out) if return_outputs else loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Log, with the mean of each part of the loss since the last time."""
        if "loss" in logs:
            logs |= {name: sum(x) / len(x) for name, x in self._parts.items()}
            self._parts.clear()
        super().log({k: round(v, 4) if v > 1e-3 else v for k, v in logs.items()}, start_time)

    def evaluate(
        self, eval_dataset: Any = None, ignore_keys: Any = None, metric_key_prefix: str = "eval"
    ) -> dict[str, float]:
        """Scores of the dev split, decoded from text to labels."""
        was_training = self._joint_model.training
        scores = {f"{metric_key_prefix}_{k}": v for k, v in self._score(self._joint_model).items()}
        self._joint_model.train(was_training)
        self.log(dict(scores))
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, scores
        )
        return scores


def parameter_groups(model: PeacestanceModel, recipe: TrainRecipe) -> list[dict[str, Any]]:
    """Optimiser groups: heads, encoder layers, and of each what weight decay spares.

    Heads learn at `head_learning_rate`, an encoder layer at
    `learning_rate * layer_decay ** (layers above it)`; biases and norms have no weight decay.
    """
    layers = model.encoder.config.num_hidden_layers
    groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        decay = 0.0 if name.endswith(NO_DECAY) else recipe.weight_decay
        rate = recipe.head_learning_rate
        if name.startswith("encoder."):
            rate = recipe.learning_rate * recipe.layer_decay ** _layers_above(name, layers)
        groups.setdefault((rate, decay), []).append(parameter)
    return [
        {"params": parameters, "lr": rate, "weight_decay": decay}
        for (rate, decay), parameters in groups.items()
    ]


def _layers_above(name: str, layers: int) -> int:
    """How many encoder layers lie above the one that a parameter belongs to."""
    parts = name.split(".")
    if "layer" in parts:
        return layers - 1 - int(parts[parts.index("layer") + 1])
    return layers
