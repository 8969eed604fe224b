"""The marks that stand in every row of a page: icons, times, and the colours of stages."""

from collections.abc import Mapping, Sequence

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from gto.studio import words

_OWN = ("dev", "staging", "prod", "shadow")
"""Stages that have colours of their own in the style sheet."""
_HUES = 6
_USUAL_SIZE = 16


def icon(name: str, size: int = _USUAL_SIZE, title: str = "", css: str = "") -> Markup:
    """Return an icon of the sprite; one with a title is read aloud."""
    sized = "" if size == _USUAL_SIZE else f" width={size} height={size}"
    told = f"role=img><title>{escape(words.visible(title))}</title>" if title else "aria-hidden=true>"
    classes = f'"glyph {css}"' if css else "glyph"
    text = f'<svg class={classes}{sized} {told}<use href="/static/icons.svg#{name}"/></svg>'
    return Markup(text)  # noqa: S704  the title is escaped, the rest is of templates; Markup.format() is ten times slower


@pass_context
def when(context: Context, seconds: float) -> Markup:
    """Return how long a moment is past; the moment itself is its title."""
    past = words.ago(seconds, context["now"])
    text = f'<time datetime="{words.iso(seconds)}" title="{words.moment(seconds)}">{past}</time>'
    return Markup(text)  # noqa: S704  no text of others is in it; Markup.format() is ten times slower


def stage_classes(stages: Sequence[str]) -> Mapping[str, str]:
    """Return the class that gives each of these stages its colour: one of its own, or the next of six."""
    others = (stage for stage in stages if stage not in _OWN)
    return {**{stage: f"hue-{place % _HUES}" for place, stage in enumerate(others)}, **_own_classes()}


def stage_class(stage: str, stages: Sequence[str]) -> str:
    """Return the class of one stage among these; empty for one that is not among them."""
    return stage_classes(stages).get(stage, "")


def _own_classes() -> dict[str, str]:
    return {stage: f"stage-{stage}" for stage in _OWN}
