"""Charts and images as one HTML page, which needs no network."""

import json
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from html import escape
from typing import NamedTuple

from gto.plots import vega_bundle
from gto.plots.chart import Chart, colours
from gto.plots.templates import Spec

_STYLE = """\
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem; color: #1b1b1b; background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; overflow-wrap: anywhere; }
ul.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; }
ul.legend span { display: inline-block; width: 1em; height: 1em; border-radius: 2px; margin-right: .5em; }
main { display: flex; flex-wrap: wrap; gap: 2rem; align-items: flex-start; }
section { border: 1px solid #d0d0d0; border-radius: 6px; padding: 1rem; max-width: 100%; overflow-x: auto; }
.images { display: flex; flex-wrap: wrap; gap: 1rem; } figure { margin: 0; } img { max-width: 480px; height: auto; }
.failed { color: #a40000; }
"""
_DRAW = """\
(function () {
  var charts = JSON.parse(document.getElementById("charts").textContent);
  var refuse = function () { return Promise.reject(new Error("a chart leads nowhere")); };
  var loader = { load: refuse, sanitize: refuse, http: refuse, file: refuse };
  var options = { ast: true, actions: false, defaultStyle: false, renderer: "canvas", mode: "vega-lite",
    loader: loader };
  var drawn = charts.map(function (spec, place) {
    var box = document.getElementById("chart-" + place);
    return window.vegaEmbed(box, spec, options).catch(function (error) {
      box.className = "failed";
      box.textContent = "This chart cannot be drawn: " + error.message;
    });
  });
  Promise.all(drawn).then(function () { document.body.setAttribute("data-drawn", charts.length); });
})();
"""


_POLICY = "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


class Picture(NamedTuple):
    """An image of one version."""

    rev: str
    media: str
    data: bytes


class PageContent(NamedTuple):
    """What a page shows."""

    revs: tuple[str, ...]
    charts: tuple[tuple[Chart, Spec], ...]
    pictures: tuple[tuple[str, tuple[Picture, ...]], ...]
    """By name."""
    notes: tuple[str, ...]
    """What is not shown, and why."""


def render_page(sheet: PageContent) -> str:
    """Return the page; whatever came from the repository is escaped, and nothing in the page may load anything."""
    scripts = [vega_bundle.load_bundle(), _DRAW] if sheet.charts else []
    allowed = " ".join(f"'sha256-{_hash(script)}'" for script in scripts) or "'none'"
    policy = f"default-src 'none'; script-src {allowed}; {_POLICY}"
    title = f"Plots of {', '.join(sheet.revs)}"
    charts = [_chart(place, chart) for place, (chart, _) in enumerate(sheet.charts)]
    pictures = [_pictures(name, found) for name, found in sheet.pictures]
    lines = [
        "<!doctype html>",
        *([f"<!--\n{vega_bundle.NOTICE}-->"] if scripts else []),
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(title)}</h1>",
        _legend(sheet.revs),
        "<main>",
        *charts,
        *pictures,
        "</main>",
        _notes(sheet.notes),
        f'<script type="application/json" id="charts">{script_json([spec for _, spec in sheet.charts])}</script>',
        *(f"<script>{script}</script>" for script in scripts),
        "</body></html>",
    ]
    return "\n".join(line for line in lines if line) + "\n"


def _hash(script: str) -> str:
    return b64encode(sha256(script.encode()).digest()).decode()


def script_json(value: object) -> str:
    """Return JSON for an element `script`: nothing in it can end that element."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _legend(revs: Sequence[str]) -> str:
    items = (
        f'<li><span style="background: {colour}"></span>{escape(rev)}</li>' for rev, colour in colours(revs).items()
    )
    return f'<ul class="legend">{"".join(items)}</ul>'


def _chart(place: int, chart: Chart) -> str:
    label = escape(f"{chart.title}: {chart.y_label} by {chart.x_label}")
    box = f'<div id="chart-{place}" role="group" aria-label="{label}"></div>'
    return f"<section><h2>{escape(chart.title)}</h2>{box}</section>"


def _pictures(name: str, found: Sequence[Picture]) -> str:
    figures = (
        f'<figure><img alt="{escape(f"{name} of {one.rev}")}" src="{data_url(one)}">'
        f"<figcaption>{escape(one.rev)}</figcaption></figure>"
        for one in found
    )
    return f'<section><h2>{escape(name)}</h2><div class="images">{"".join(figures)}</div></section>'


def data_url(picture: Picture) -> str:
    """Return an image as an address that holds it."""
    return f"data:{picture.media};base64,{b64encode(picture.data).decode()}"


def _notes(notes: Sequence[str]) -> str:
    if not notes:
        return ""
    return f"<h2>Not shown</h2><ul>{''.join(f'<li>{escape(note)}</li>' for note in notes)}</ul>"
