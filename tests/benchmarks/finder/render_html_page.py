"""A sheet as a page of HTML: flexible boxes, controls, and three style sheets."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from string import Template

from tests.benchmarks.finder.sheet import Look, Part, Shot

_STYLE = Template("""
@font-face { font-family: shown; src: url("$regular"); font-weight: 400; }
@font-face { font-family: shown; src: url("$bold"); font-weight: 700; }
* { box-sizing: border-box; margin: 0; font-family: shown; font-size: ${size}px; outline: none; }
html, body { width: 100%; height: 100%; overflow: hidden; background: $window; color: $text; }
body { display: flex; line-height: 1.35; }
.row, .column { display: flex; min-width: 0; min-height: 0; }
.row { align-items: center; } .column { flex-direction: column; align-items: stretch; }
.row.body, .row.cards { align-items: stretch; }
.stack { display: grid; min-width: 0; min-height: 0; overflow: hidden; position: relative; }
.stack > * { grid-area: 1 / 1; min-width: 0; min-height: 0; position: relative; z-index: 1; }
.space { flex: 1 1 0; } .scroll { overflow: hidden; min-height: 120px; flex: 1 1 0; position: relative; }
.window { background: $window; } .panel { background: $panel; } .side { background: $side; }
.bar { background: $bar; border-bottom: 1px solid $line; } .header { border-bottom: 1px solid $line; }
.side { border-right: $sideline; border-left: $sideline; }
.group, .card { border: 1px solid $line; border-radius: ${radius}px; background: $panel; box-shadow: $shadow; }
.card { overflow: hidden; } .mine { background: $selected; border-radius: ${radius}px; }
.dialog { background: $panel; border: 1px solid $line; border-radius: ${radius}px; box-shadow: 0 10px 40px #0009; }
.item { border-radius: ${radius}px; } .lined { border-bottom: 1px solid $line; }
.item.chosen, .lined.chosen { background: $selected; } .item.hover, .lined.hover { background: $hover; }
.card.hover { border-color: $accent; }
.text { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; flex-shrink: 0; }
.text.grows { flex-basis: 0; flex-shrink: 1; min-width: 40px; }
.dim { color: $dim; } .strong, .title { font-weight: $weight; } .heading { font-weight: 700; font-size: ${large}px; }
.over, .overbig { color: white; } .overbig { font-size: ${huge}px; font-weight: 700; text-shadow: 0 1px 4px #000a; }
button, .field, .check { flex-shrink: 0; }
button { border: 1px solid transparent; border-radius: ${radius}px; background: transparent; color: $text;
         display: inline-flex; align-items: center; justify-content: center; gap: 7px; white-space: nowrap; }
button.icon { padding: ${inset}px; } button.icon.focused, button.focused { box-shadow: 0 0 0 2px $accent; }
button.icon.hover { background: $hover; } button.icon.pressed { background: $selected; }
button.round { border-radius: 50%; background: $accent; color: $on_accent; padding: 0; }
button.round.hover { filter: brightness(1.25); } button.round.pressed { filter: brightness(.75); }
button.icon.over { color: white; background: $glass; border-radius: ${half}px; }
button.icon.over.hover { background: #000c; } button.icon.over.pressed { background: #444d; }
button.labelled { padding: ${inset}px 13px; background: $raised; border-color: $edge; font-weight: $weight; }
button.labelled.filled { background: $accent; color: $on_accent; border-color: $accent; }
button.labelled.flat, button.labelled.menu { background: transparent; border-color: transparent; padding: ${inset}px 8px; }
button.labelled.hover { filter: brightness($lighter); text-decoration: $under; } button.labelled.pressed { filter: brightness(.8); }
.nav { justify-content: flex-start; padding: ${inset}px 10px; } .nav.chosen { background: $selected; }
.nav.hover { background: $hover; } .nav.pressed { background: $line; }
.tabs { display: flex; flex-shrink: 0; gap: $tabgap; border-bottom: $tabline; }
.tab { padding: 6px 12px; border-radius: $tabradius; border-bottom: 2px solid transparent; color: $dim; }
.tab.chosen { color: $text; border-bottom-color: $accent; background: $tabback; } .tab.hover { color: $text; background: $hover; }
.field { display: flex; align-items: center; gap: 8px; padding: 0 9px; height: ${tall}px; border: 1px solid $edge;
         border-radius: $fieldradius; background: $field; color: $dim; min-width: 80px; }
.field.grows { flex-shrink: 1; } .field.focused { border-color: $accent; box-shadow: 0 0 0 1px $accent; }
.field.hover { border-color: $dim; } .field input { border: 0; background: transparent; color: $text; width: 100%; min-width: 0; }
.field input::placeholder { color: $dim; opacity: 1; }
.slider { position: relative; height: 20px; min-width: 60px; flex-shrink: 0; } .slider.grows { flex-shrink: 1; }
.slider i { position: absolute; left: 0; right: 0; top: 8px; height: 4px; border-radius: 2px; background: $line; }
.slider b { position: absolute; left: 0; top: 8px; height: 4px; border-radius: 2px; background: $accent; }
.slider u { position: absolute; top: 4px; width: 12px; height: 12px; margin-left: -6px; border-radius: $knob; background: $handle; box-shadow: 0 1px 3px #0006; }
.slider.hover u, .slider.focused u { box-shadow: 0 0 0 4px $selected; }
.check { display: inline-flex; align-items: center; gap: 7px; white-space: nowrap; }
.check i { width: 16px; height: 16px; border: 1px solid $dim; border-radius: min(${radius}px, 4px); display: inline-block; }
.check.chosen i { background: $accent; border-color: $accent; box-shadow: inset 0 0 0 3px $panel; } .check.focused i { outline: 2px solid $accent; }
.photo { object-fit: cover; border-radius: ${radius}px; min-width: 0; min-height: 0; flex-shrink: 0; display: block; }
.stack > .photo { width: 100%; height: 100%; border-radius: 0; position: absolute; inset: 0; z-index: 0; } .photo.round { border-radius: 50%; }
.line { background: $line; height: 1px; flex-shrink: 0; } .line.upright { width: 1px; height: 22px; margin: 0 4px; }
.progress { height: 6px; border-radius: 3px; background: $line; overflow: hidden; } .progress b { display: block; height: 100%; background: $accent; }
.canvas { position: relative; overflow: hidden; min-height: 200px; background: $field radial-gradient($line 1px, transparent 1.2px) 0 0 / 22px 22px; }
.shape { position: absolute; border: 1.5px solid $text; display: flex; align-items: center; justify-content: center; font-size: 11px; overflow: hidden; color: #222; }
.shape.circle { border-radius: 50%; } .shape.box, .shape.note { border-radius: ${radius}px; } .shape.blank { border: 0; }
.shape.arrow { border-width: 0 0 2px 2px; background: none !important; }
.sign { display: inline-flex; color: $dim; flex-shrink: 0; }
.stack > .dimmer { background: #0008; z-index: 4; } .stack > .overlay { position: absolute; display: flex; z-index: 5; }
svg { display: block; flex-shrink: 0; }
.thumb { position: absolute; right: 2px; top: 2px; width: 6px; height: 45%; border-radius: 3px; background: $line; }
""")


def page(shot: Shot, photos: Sequence[Path]) -> str:
    """The whole document of a shot."""
    writer = _Writer(shot.look, photos)
    return f'<!doctype html><meta charset="utf-8"><style>{_style(shot.look)}</style><body>{writer.write(shot.root, "grow")}'


def _style(look: Look) -> str:
    colors, soft, outlined = look.colors, look.skin == "soft", look.skin == "outlined"
    names = colors | {
        "regular": look.face.regular.as_uri(), "bold": look.face.bold.as_uri(), "size": str(look.size),
        "large": str(look.size + 4), "huge": str(look.size + 13), "radius": str(look.radius), "half": str(max(4, look.radius)),
        "bar": colors["panel" if soft else "window"], "side": colors["raised" if soft else "window"],
        "sideline": f"1px solid {colors['line']}" if outlined else "0 solid transparent",
        "shadow": "0 2px 8px #0003" if soft else "none", "edge": colors["line" if outlined else "raised"] if not soft else "transparent",
        "weight": "700" if soft else "400", "inset": "7" if soft else "5", "glass": "#0007" if soft else "transparent" if outlined else "#000a",
        "lighter": "1.3" if look.dark else "0.92", "under": "underline" if outlined else "none", "tall": "34" if soft else "29",
        "tabgap": "0" if outlined else "4px", "tabline": f"1px solid {colors['line']}" if outlined else "0 solid transparent",
        "tabradius": f"{look.radius}px" if soft else "0", "tabback": colors["selected"] if soft else "transparent",
        "fieldradius": "17px" if soft else f"{look.radius}px", "knob": "3px" if outlined else "50%",
        "handle": colors["text"] if outlined else colors["accent"],
    }  # fmt: skip
    return _STYLE.substitute(names)


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
        return f'<div {self._attributes(part, along, style)}><i></i><b style="width:{share}"></b><u style="left:{share}"></u></div>'

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
