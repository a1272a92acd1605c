"""`peacestance train` and `peacestance recipe`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from peacestance.cli.app import app
from peacestance.schema import UserError


@app.command(
    epilog="Example: peacestance train peacestance-mini --data my-corpus --out runs/mine"
    " --set train.epochs=5"
)
def train(
    recipe: Annotated[str, typer.Argument(help="A recipe's file, or the name of a built-in one.")],
    data: Annotated[Path, typer.Option(help="Corpus folder with splits.")],
    out: Annotated[Path, typer.Option(help="Folder for checkpoints and the trained model.")],
    encoder: Annotated[
        str | None, typer.Option(help="Local folder or hub id instead of the recipe's encoder.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint in --out.")
    ] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override a value; may be repeated."),
    ] = None,
) -> None:
    """Train a model on a labelled corpus; the result is a folder that label --model takes."""
    try:
        from peacestance.training.run import train as run_training
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("peacestance"):
            raise
        raise UserError(
            f"training needs an extra ({error.name} is missing): pip install 'peacestance[train]'"
        ) from None
    bundle = run_training(
        recipe, data, out, encoder=encoder, resume=resume, overrides=settings or ()
    )
    typer.echo(str(bundle))


@app.command(epilog="Example: peacestance recipe peacestance-mini > mine.toml")
def recipe(
    name: Annotated[
        str | None, typer.Argument(help="A built-in recipe; without it all names are listed.")
    ] = None,
) -> None:
    """List the built-in training recipes, or print one to start from."""
    from peacestance.training.recipe import builtin_recipes

    recipes = builtin_recipes()
    if name is None:
        for known in sorted(recipes):
            typer.echo(known)
    elif name in recipes:
        typer.echo(recipes[name].read_text(encoding="utf-8"), nl=False)
    else:
        raise UserError(f"no recipe {name!r}; there are: {', '.join(sorted(recipes))}")
