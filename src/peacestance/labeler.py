"""The inference API: raw articles in, labelled articles out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from peacestance.bundle import TOKENIZER_FILE, Bundle, load_bundle
from peacestance.chunking import ChunkingConfig
from peacestance.engines import Engine, OnnxEngine
from peacestance.finding import find_bundle
from peacestance.predicting import Settings, predict
from peacestance.schema import (
    UNSURE_LABEL,
    Article,
    Label,
    LabelledArticle,
    Notice,
    UserError,
)
from peacestance.speakers import Aliases, load_aliases
from peacestance.text import guess_language, split_sentences

if TYPE_CHECKING:
    from tokenizers import Tokenizer


def load(
    model: str | Path | None = None,
    *,
    aliases: Aliases | str | Path | None = None,
    threads: int | None = None,
    min_confidence: float = 0.0,
) -> Labeler:
    """Load a model for labelling.

    Args:
        model: `None` for the shipped model, a model folder, the id of a shipped model, or a hub id
            (the only case that uses the network).
        aliases: names and sides of speakers, or the path of an alias file.
        threads: threads of ONNX Runtime; `None` lets it take every core.
        min_confidence: labels below this confidence become notices (`unsure-label`); their
            sentence keeps the others, or none.

    Raises:
        UserError: no such model, a damaged or foreign model folder, a wrong alias file.
    """
    if threads is not None and threads < 1:
        raise UserError(f"threads is {threads}; give 1 or more, or leave it out for every core")
    if not 0 <= min_confidence <= 1:
        raise UserError(f"min_confidence is {min_confidence}; give a number from 0 to 1")
    bundle = load_bundle(find_bundle(model))
    if isinstance(aliases, str | Path):
        aliases = load_aliases(aliases)
    labeler = Labeler.from_bundle(bundle, OnnxEngine(bundle.path, threads), aliases)
    labeler.min_confidence = min_confidence
    return labeler


class Labeler:
    """Labels articles with one model. The same input always gives the same labels."""

    def __init__(
        self,
        engine: Engine,
        tokenizer: Tokenizer,
        chunking: ChunkingConfig,
        settings: Settings,
        model_name: str,
        aliases: Aliases | None = None,
    ) -> None:
        self.engine = engine
        self.tokenizer = tokenizer
        self.chunking = chunking
        self.settings = settings
        self.model_name = model_name
        self.aliases = aliases
        self.min_confidence = 0.0
        self.bundle: Bundle | None = None

    @classmethod
    def from_bundle(cls, bundle: Bundle, engine: Engine, aliases: Aliases | None = None) -> Labeler:
        """A labeler with a bundle's tokenizer and settings, run by any engine."""
        labeler = cls(
            engine,
            load_tokenizer(bundle.path / TOKENIZER_FILE),
            bundle.chunking,
            Settings.from_bundle(bundle.decode, bundle.temperatures, bundle.path),
            bundle.model_name,
            aliases,
        )
        labeler.bundle = bundle
        return labeler

    def describe(self) -> dict[str, str | None]:
        """Name, fingerprint and annotation guide of the model, for a manifest."""
        bundle = self.bundle
        return {
            "name": self.model_name,
            "fingerprint": bundle.fingerprint if bundle else None,
            "guide": bundle.guide if bundle else None,
        }

    def label(self, article: str | Article) -> LabelledArticle:
        """Label one article, given as its text or as an `Article`.

        A text without any sentence gives no labels and the notice `no-sentence`.
        """
        if isinstance(article, str):
            article = Article(id="text", text=article)
        sentences = split_sentences(article.text)
        language = guess_language(article.text)
        labelled = predict(
            article,
            sentences,
            self.engine,
            self.tokenizer,
            self.chunking,
            self.settings,
            self.aliases,
        )
        labelled = dataclasses.replace(
            labelled,
            model=self.model_name,
            language=language,
            notices=tuple(self._notices(labelled, language)),
        )
        return without_unsure(labelled, self.min_confidence)

    def label_many(
        self, articles: Iterable[str | Article], *, progress: bool = False
    ) -> Iterator[LabelledArticle]:
        """Label articles one by one, in order; plain texts get the ids `1`, `2`, ...

        Args:
            articles: texts or articles; read lazily, so a generator stays a stream.
            progress: show a progress bar on stderr.
        """
        for number, article in enumerate(_with_progress(articles) if progress else articles, 1):
            if isinstance(article, str):
                article = Article(id=str(number), text=article)
            yield self.label(article)

    def _notices(self, labelled: LabelledArticle, language: str | None) -> Iterator[Notice]:
        if not labelled.sentences:
            yield Notice("no-sentence", "the article holds no sentence; nothing was labelled")
        elif language is None:
            yield Notice(
                "language-not-english",
                "the text does not look English; the model knows English only",
            )
        for number, sentence in enumerate(labelled.sentences):
            if sentence.end - sentence.start < self.chunking.capacity:
                continue  # no token is shorter than a character
            words = labelled.text[sentence.start : sentence.end]
            tokens = len(self.tokenizer.encode(words, add_special_tokens=False).ids)
            if tokens >= self.chunking.capacity:
                yield Notice(
                    "sentence-longer-than-chunk",
                    f"sentence {number} (characters {sentence.start} to {sentence.end}) has "
                    f"{tokens} tokens and was read in parts of {self.chunking.capacity - 1}",
                )


def without_unsure(labelled: LabelledArticle, min_confidence: float) -> LabelledArticle:
    """The article with a notice in place of each label whose confidence is lower.

    Its speakers stay, so that ids mean the same with and without.
    """
    kept, notices = [], list(labelled.notices)
    for number, sentence in enumerate(labelled.sentences):
        sure = tuple(x for x in sentence.labels if (x.confidence or 0.0) >= min_confidence)
        notices += [_unsure(labelled, number, x) for x in sentence.labels if x not in sure]
        kept.append(dataclasses.replace(sentence, labels=sure))
    return dataclasses.replace(labelled, sentences=tuple(kept), notices=tuple(notices))


def _unsure(labelled: LabelledArticle, number: int, label: Label) -> Notice:
    speaker = labelled.speaker_of(label)
    who = speaker.name if speaker else "the reporter"
    return Notice(
        UNSURE_LABEL,
        f"sentence {number}: {who} may be {label.stance} (confidence {label.confidence:.4f}); "
        "label it by hand",
    )


def load_tokenizer(path: str | Path) -> Tokenizer:
    """A tokenizer that neither cuts nor pads, whatever its file says."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _with_progress(articles: Iterable[str | Article]) -> Iterable[str | Article]:
    from rich.console import Console
    from rich.progress import track

    return track(articles, description="Labelling", console=Console(stderr=True))
