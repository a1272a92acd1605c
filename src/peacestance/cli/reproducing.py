"""`peacestance reproduce`: an output made again from its manifest, and compared."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peacestance.cli.app import app, complain
from peacestance.schema import UserError

if TYPE_CHECKING:
    from peacestance.manifests import Manifest

STATUS_DIFFERS = 1


@app.command(epilog="Example: peacestance reproduce labelled.jsonl")
def reproduce(
    run: Annotated[
        Path, typer.Argument(help="An output of `label -o`, or its .manifest.json file.")
    ],
    model: Annotated[
        str | None, typer.Option(help="Model folder, where it is not where it was.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Processor threads; by default all.")
    ] = None,
) -> None:
    """Label the same inputs again and compare byte by byte with what was written.

    Exit status 1 if the result differs, 2 if the inputs or the model are not the same any more.
    """
    from peacestance.manifests import changed_inputs, file_record, read_manifest

    manifest = read_manifest(run)
    for problem in (problems := changed_inputs(manifest)):
        complain(problem)
    if problems:
        raise UserError(f"{run}: cannot be made again; each line above names a reason")
    with tempfile.TemporaryDirectory() as folder:
        again = Path(folder) / Path(manifest.output["path"]).name
        _label_again(manifest, again, model, threads)
        found = file_record(again)
    expected = {key: manifest.output[key] for key in found}
    if found == expected:
        typer.echo(f"the same {found['bytes']:,} bytes, SHA-256 {found['sha256']}")
        return
    complain(
        f"differs: {found['bytes']:,} bytes, SHA-256 {found['sha256']}; the manifest says "
        f"{expected['bytes']:,} bytes, {expected['sha256']}"
    )
    raise typer.Exit(STATUS_DIFFERS)


def _label_again(manifest: Manifest, output: Path, model: str | None, threads: int | None) -> None:
    from peacestance import labeler
    from peacestance.exchange import write_labelled
    from peacestance.readers import ReadOptions, read_articles

    options = manifest.options
    loaded = labeler.load(
        model or manifest.model["asked_for"],
        aliases=options["aliases"],
        threads=threads,
        min_confidence=options["min_confidence"],
    )
    if loaded.model_name != manifest.model["name"]:
        raise UserError(
            f"the model is {loaded.model_name}, but the output was made with "
            f"{manifest.model['name']}; name its folder with --model"
        )
    read = ReadOptions(
        text_field=options["text_column"],
        id_field=options["id_column"],
        encoding=options["encoding"],
        skip_bad=options["skip_bad"],
    )
    articles = read_articles(manifest.inputs, read)
    write_labelled(loaded.label_many(articles), output, manifest.output["form"])
