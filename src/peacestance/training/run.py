"""One training run: recipe and corpus in; checkpoints, a bundle and its scores out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from rich.console import Console
from transformers import EarlyStoppingCallback, TrainingArguments, set_seed
from transformers.trainer_utils import get_last_checkpoint

from peacestance.chunking import ChunkingConfig
from peacestance.corpus import load_split
from peacestance.evaluation.metrics import evaluate
from peacestance.modeling import PeacestanceModel
from peacestance.predicting import Settings, predict
from peacestance.schema import LabelledArticle, UserError
from peacestance.torch_engine import TorchEngine
from peacestance.training.distill import load_teacher
from peacestance.training.encoders import find_encoder
from peacestance.training.examples import ChunkDataset
from peacestance.training.recipe import (
    ALL_ARTICLES,
    NO_TEACHER,
    ResolvedRecipe,
    load_recipe,
)
from peacestance.training.setup import make_chunking, make_model, make_tokenizer, uses_bf16
from peacestance.training.trainer import JointTrainer, SaveByTheClock

if TYPE_CHECKING:
    from tokenizers import Tokenizer


def train(
    recipe: str | Path,
    data: str | Path,
    out: str | Path,
    *,
    encoder: str | Path | None = None,
    resume: bool = False,
    overrides: Sequence[str] = (),
) -> Path:
    """Train a model and write it as a bundle.

    Args:
        recipe: path of a TOML recipe, or the name of a built-in one.
        data: corpus folder with a `splits.json`.
        out: run folder; made if it is not there.
        encoder: local folder or hub id to use in place of the recipe's.
        resume: go on from the last checkpoint in `out`.
        overrides: `table.key=value` settings that win over the recipe.

    Returns:
        The folder of the bundle, `out/bundle`.

    Raises:
        UserError: a wrong recipe, a corpus without the needed splits, a missing encoder, a run
            folder that holds another run.
    """
    resolved = load_recipe(recipe, overrides, encoder)
    out = Path(out)
    checkpoint = _checkpoint(out, resume)
    train_articles = chosen(load_split(data, "train"), resolved.recipe.train.articles)
    dev_articles = load_split(data, "dev")
    folder = find_encoder(resolved.recipe.model.encoder)
    out.mkdir(parents=True, exist_ok=True)
    (out / "recipe.toml").write_text(resolved.to_toml(), encoding="utf-8")
    Console(stderr=True).print(resolved.to_toml(), markup=False, highlight=False)

    settings = resolved.recipe
    set_seed(settings.train.seed)
    tokenizer = make_tokenizer(folder, out / "tokenizer.json")
    chunking = make_chunking(folder, settings)
    model = make_model(folder, settings, train_articles, chunking)
    dataset = ChunkDataset(
        train_articles, tokenizer, chunking, settings.augment, settings.train.seed
    )
    if settings.distill.teacher != NO_TEACHER:
        dataset.ask(load_teacher(settings.distill.teacher, tokenizer, chunking))
    trainer = JointTrainer(
        model,
        training_arguments(resolved, out / "checkpoints"),
        dataset,
        chunking.pad_id,
        settings.train,
        settings.distill,
        dev_scorer(dev_articles, tokenizer, chunking, decode_settings(resolved)),
        callbacks=[
            EarlyStoppingCallback(settings.train.early_stopping_patience),
            SaveByTheClock(settings.train.save_minutes),
        ],
    )
    trainer.train(resume_from_checkpoint=checkpoint)
    _keep_log(trainer, out)
    from peacestance.training.release import release

    return release(model, resolved, chunking, Path(data), out)


def chosen(articles: Sequence[LabelledArticle], prefixes: str) -> list[LabelledArticle]:
    """The articles whose ids start with one of the comma-separated prefixes, or all of them.

    Raises:
        UserError: no id starts so.
    """
    if prefixes == ALL_ARTICLES:
        return list(articles)
    starts = tuple(start.strip() for start in prefixes.split(",") if start.strip())
    kept = [article for article in articles if article.article.id.startswith(starts)]
    if not kept:
        raise UserError(
            f"train.articles is {prefixes!r}, but no id of the {len(articles)} training articles "
            f"starts so (the first is {articles[0].article.id!r}); set it to {ALL_ARTICLES!r} or "
            "to first letters of your ids"
        )
    return kept


def _checkpoint(out: Path, resume: bool) -> str | None:
    """The checkpoint to go on from; refuses to mix two runs in one folder."""
    checkpoints = out / "checkpoints"
    last = _last_in(checkpoints) if checkpoints.is_dir() else None
    if resume and last is None:
        raise UserError(f"{checkpoints}: no checkpoint to resume from; leave out --resume")
    if not resume and last is not None:
        raise UserError(
            f"{out} holds a run already ({Path(last).name}); add --resume to go on with it, or "
            "name another folder with --out"
        )
    return last


def _last_in(checkpoints: Path) -> str | None:
    """The newest checkpoint of a folder."""
    last: str | None = get_last_checkpoint(str(checkpoints))  # type: ignore[no-untyped-call]
    return last


def decode_settings(resolved: ResolvedRecipe) -> Settings:
    """How arrays are read, as the recipe says."""
    decode = resolved.recipe.decode
    return Settings(decode.second_speaker_threshold, decode.reporter_bias)


def training_arguments(resolved: ResolvedRecipe, checkpoints: Path) -> TrainingArguments:
    """The recipe's values as `transformers.TrainingArguments`."""
    recipe = resolved.recipe.train
    return TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=recipe.batch_chunks,
        learning_rate=recipe.learning_rate,
        warmup_steps=recipe.warmup_fraction,
        weight_decay=recipe.weight_decay,
        max_grad_norm=recipe.max_grad_norm,
        lr_scheduler_type=recipe.schedule,
        bf16=uses_bf16(recipe.bf16),
        use_cpu=not torch.cuda.is_available(),
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model=recipe.best_metric.replace("dev_", "eval_"),
        greater_is_better=True,
        logging_steps=20,
        seed=recipe.seed,
        report_to=[],
        remove_unused_columns=False,
    )


def dev_scorer(
    articles: Sequence[LabelledArticle],
    tokenizer: Tokenizer,
    chunking: ChunkingConfig,
    settings: Settings,
) -> Callable[[PeacestanceModel], dict[str, float]]:
    """Scores of a model on articles, read with their own sentence boundaries."""

    def score(model: PeacestanceModel) -> dict[str, float]:
        engine = TorchEngine(model)
        predicted = [
            predict(
                gold.article,
                [(s.start, s.end) for s in gold.sentences],
                engine,
                tokenizer,
                chunking,
                settings,
            )
            for gold in articles
        ]
        scores = evaluate(articles, predicted)
        return scores | {"selection": (scores["joint_f1"] + scores["stance_macro_f1"]) / 2}

    return score


def _keep_log(trainer: JointTrainer, out: Path) -> None:
    lines = [json.dumps(entry) for entry in trainer.state.log_history]
    (out / "log.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
