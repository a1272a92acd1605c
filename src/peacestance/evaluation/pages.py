"""A report as a page that needs nothing else, and as Markdown."""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping
from typing import Any

from peacestance.corpus.card import markdown_table
from peacestance.evaluation.sections import Section, Table, sections
from peacestance.schema import UserError

TEMPLATE = "report.html.jinja"


def html_page(report: Mapping[str, Any]) -> str:
    """The report as one HTML file without scripts or links to elsewhere; all text is escaped.

    Raises:
        UserError: Jinja or matplotlib is missing.
    """
    try:
        import jinja2
    except ImportError:
        raise UserError("a report needs an extra: pip install 'peacestance[report]'") from None
    source = importlib.resources.files("peacestance.evaluation").joinpath(TEMPLATE)
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    template = environment.from_string(source.read_text(encoding="utf-8"))
    return template.render(title=title(report), about=about(report), sections=sections(report))


def markdown_page(report: Mapping[str, Any]) -> str:
    """The report as Markdown, without its pictures."""
    parts = [f"# {title(report)}\n", f"{about(report)}\n"]
    for section in sections(report):
        parts += [_markdown_section(section)]
    return "\n".join(parts)


def title(report: Mapping[str, Any]) -> str:
    """What was evaluated on what."""
    names = ", ".join(model["name"] for model in report["models"])
    return f"Evaluation of {names}"


def about(report: Mapping[str, Any]) -> str:
    """The gold data in a sentence."""
    data = report["data"]
    split = f", split {data['split']}" if data.get("split") else ""
    return (
        f"On {data['path']}{split}: {data['articles']:,} articles, {data['sentences']:,} "
        f"sentences, {data['labels']:,} labels by hand."
    )


def _markdown_section(section: Section) -> str:
    lines = [f"## {section.title}\n"]
    if section.text:
        lines.append(f"{section.text}\n")
    for table in section.tables:
        if table.caption:
            lines.append(f"**{_cell(table.caption)}**\n")
        lines += _markdown_rows(table)
    return "\n".join(lines)


def _markdown_rows(table: Table) -> list[str]:
    rows = [[_cell(cell) for cell in row] for row in table.rows]
    return markdown_table([_cell(cell) for cell in table.header], rows)


def _cell(text: str) -> str:
    r"""A text as it is, whatever Markdown or HTML it looks like.

    >>> print(_cell("a|b <i>\n*c*"))
    a\|b &lt;i&gt; \*c\*
    """
    text = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for mark in "\\`*_[]|":
        text = text.replace(mark, f"\\{mark}")
    return text
