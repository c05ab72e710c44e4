"""A sheet as a page of HTML: flexible boxes, controls, and three style sheets."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from string import Template

from tests.benchmarks.finder.sheet import Look, Part, Shot

_STYLE = Template(Path(__file__).with_name("render_html.css").read_text(encoding="utf-8"))


def page(shot: Shot, photos: Sequence[Path]) -> str:
    """The whole document of a shot."""
    writer = _Writer(shot.look, photos)
    head = f'<!doctype html><meta charset="utf-8"><style>{_style(shot.look)}</style>'
    return f"{head}<body>{writer.write(shot.root, 'grow')}"


def _style(look: Look) -> str:
    colors, soft, outlined = look.colors, look.skin == "soft", look.skin == "outlined"
    letters = {"size": look.size, "large": look.size + 4, "huge": look.size + 13, "weight": 700 if soft else 400}
    measures = {
        "radius": look.radius,
        "half": max(4, look.radius),
        "inset": 7 if soft else 5,
        "tall": 34 if soft else 29,
    }
    line, none = f"1px solid {colors['line']}", "0 solid transparent"
    names = {
        "regular": look.face.regular.as_uri(),
        "bold": look.face.bold.as_uri(),
        "bar": colors["panel" if soft else "window"],
        "side": colors["raised" if soft else "window"],
        "sideline": line if outlined else none,
        "shadow": "0 2px 8px #0003" if soft else "none",
        "edge": "transparent" if soft else colors["line" if outlined else "raised"],
        "glass": {"soft": "#0007", "outlined": "transparent"}.get(look.skin, "#000a"),
        "lighter": "1.3" if look.dark else "0.92",
        "under": "underline" if outlined else "none",
        "tabgap": "0" if outlined else "4px",
        "tabline": line if outlined else none,
        "tabradius": f"{look.radius}px" if soft else "0",
        "tabback": colors["selected"] if soft else "transparent",
        "fieldradius": "17px" if soft else f"{look.radius}px",
        "knob": "3px" if outlined else "50%",
        "handle": colors["text" if outlined else "accent"],
    }
    return _STYLE.substitute(colors | names, **letters, **measures)


class _Writer:
    """Writes parts as elements."""

    def __init__(self, look: Look, photos: Sequence[Path]) -> None:
        self._look, self._photos = look, photos

    def write(self, part: Part, along: str) -> str:
        """The element of a part; `along` is the direction of the box it is in: row, column or grow."""
        method = getattr(self, f"_{part.what}", None)
        if method is not None:
            return str(method(part, along))
        inner = "".join(self.write(p, part.what) for p in part.parts)
        cards = " cards" if part.parts and all(p.tone == "card" for p in part.parts) else ""
        body = " body" if part.grow and part.what == "row" and any(p.grow and p.parts for p in part.parts) else ""
        style = f"gap:{part.gap}px;padding:{part.pad}px;"
        return f"<div {self._attributes(part, along, style, cards + body)}>{inner}</div>"

    def _attributes(self, part: Part, along: str, style: str = "", more: str = "") -> str:
        classes = [
            part.what,
            part.tone,
            part.state,
            "chosen" if part.chosen else "",
            "grows" if part.grow else "",
            more,
        ]
        if part.grow:
            style += f"flex-grow:{part.grow};" + ("flex-basis:0;" if part.parts else "")
        elif part.parts and along in ("row", "column"):
            style += "flex-shrink:0;"
        if part.width:
            style += f"width:{part.width}px;flex-shrink:0;"
        if part.height:
            style += f"height:{part.height}px;flex-shrink:0;"
        if along == "grow":
            style += "width:100%;height:100%;"
        number = f' data-id="{html.escape(part.id)}"' if part.id else ""
        return f'class="{" ".join(c for c in classes if c)}"{number} style="{style}"'

    def _svg(self, part: Part, side: float) -> str:
        drawing = self._look.icons.svg(part.icon)
        return drawing.replace('width="24" height="24"', f'width="{side:g}" height="{side:g}"', 1)

    def _space(self, part: Part, along: str) -> str:
        return '<div class="space"></div>'

    def _stack(self, part: Part, along: str) -> str:
        inner = "".join(self.write(p, "stack") for p in part.parts)
        return f"<div {self._attributes(part, along)}>{inner}</div>"

    def _overlay(self, part: Part, along: str) -> str:
        left, top, width, height = part.at
        place = f"left:{left}px;top:{top}px;width:{width}px;height:{height}px"
        dimmer = '<div class="dimmer"></div>' if part.value > 0 else ""
        return f'{dimmer}<div class="overlay" style="{place}">{self.write(part.parts[0], "row")}</div>'

    def _scroll(self, part: Part, along: str) -> str:
        return (
            f'<div {self._attributes(part, along)}>{self.write(part.parts[0], "block")}<div class="thumb"></div></div>'
        )

    def _icon(self, part: Part, along: str) -> str:
        side = part.width * 0.52 if part.width else self._look.icon
        if part.tone == "sign":
            return f'<span class="sign">{self._svg(part, side)}</span>'
        style = f"width:{part.width}px;height:{part.width}px;" if part.width else ""
        style += "border-radius:50%;" if part.width else ""
        return f"<button {self._attributes(part, along, style)}>{self._svg(part, side)}</button>"

    def _button(self, part: Part, along: str) -> str:
        icon = self._svg(part, self._look.icon - 2) if part.icon else ""
        style = "align-self:flex-start;" if along == "column" else ""
        return f"<button {self._attributes(part, along, style, 'labelled')}>{icon}{html.escape(part.text)}</button>"

    def _tab(self, part: Part, along: str) -> str:
        return f"<button {self._attributes(part, along)}>{html.escape(part.text)}</button>"

    def _nav(self, part: Part, along: str) -> str:
        icon = self._svg(part, self._look.icon) if part.icon else ""
        return f"<button {self._attributes(part, along)}>{icon}{html.escape(part.text)}</button>"

    def _field(self, part: Part, along: str) -> str:
        icon = self._svg(part, self._look.icon - 2) if part.icon else ""
        style = "" if along == "row" else "flex-grow:0 !important;"
        return f'<div {self._attributes(part, along, style)}>{icon}<input placeholder="{html.escape(part.text)}"></div>'

    def _slider(self, part: Part, along: str) -> str:
        share, style = f"{100 * part.value:.1f}%", "flex-grow:0 !important;" if along == "column" else ""
        inner = f'<i></i><b style="width:{share}"></b><u style="left:{share}"></u>'
        return f"<div {self._attributes(part, along, style)}>{inner}</div>"

    def _check(self, part: Part, along: str) -> str:
        style = "align-self:flex-start;" if along == "column" else ""
        return f"<label {self._attributes(part, along, style)}><i></i>{html.escape(part.text)}</label>"

    def _text(self, part: Part, along: str) -> str:
        style = "flex-grow:0;flex-basis:auto;" if along == "column" else ""
        return f'<div {self._attributes(part, along)[:-1]}{style}">{html.escape(part.text)}</div>'

    def _line(self, part: Part, along: str) -> str:
        return f'<div class="line {part.tone}"></div>'

    def _photo(self, part: Part, along: str) -> str:
        style = "" if part.width or along != "column" else "width:100%;"
        return f'<img {self._attributes(part, along, style)} src="{self._photos[int(part.value)].as_uri()}">'

    def _progress(self, part: Part, along: str) -> str:
        return f'<div {self._attributes(part, along)}><b style="width:{100 * part.value:.0f}%"></b></div>'

    def _shape(self, part: Part, along: str) -> str:
        left, top, width, height = part.at
        hue = (self._look.hue + round(part.value * 70)) % 360
        place = f"left:{left}px;top:{top}px;width:{width}px;height:{height}px;"
        tone = "blank" if part.kind == "blank" else "circle" if part.tone == "round" else part.tone
        fill = "" if tone == "blank" else f"background:hsl({hue} 55% {45 if self._look.dark else 78}%)"
        number = f' data-id="{html.escape(part.id)}"' if part.id else ""
        word = html.escape(part.text.split()[0]) if part.text else ""
        return f'<div class="shape {tone}"{number} style="{place}{fill}">{word}</div>'
