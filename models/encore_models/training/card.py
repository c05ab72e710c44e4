"""The model card of UI-CLIP, written with the weights it describes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from encore_models.training.evaluate_ui_clip import SCREEN, UI_CONCEPTS, SetScores
from encore_models.training.icon_sets import TAG_PACKAGES, TEST_SETS, TRAIN_SETS


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured on the six test sets."""

    images_seen: int
    recall: SetScores
    recall_int8: SetScores
    concepts: SetScores
    concepts_int8: SetScores
    same_drawing: float
    same_drawing_int8: float
    same_label: float
    same_label_int8: float

    def as_metrics(self) -> dict[str, float]:
        """The means, for a manifest."""
        return {
            "images_seen": float(self.images_seen),
            "icon_r1_of_100": self.recall.mean,
            "icon_r1_of_100_int8": self.recall_int8.mean,
            "ui_concepts_top1": self.concepts.mean,
            "ui_concepts_top1_int8": self.concepts_int8.mean,
            "same_drawing_top1": self.same_drawing,
            "same_drawing_top1_int8": self.same_drawing_int8,
            "same_label_top1": self.same_label,
            "same_label_top1_int8": self.same_label_int8,
        }


def model_card(figures: Figures, cosines: dict[str, float]) -> str:
    """Markdown: what the model is, what it learned from, how good it is, how to make it again."""
    return "\n".join(
        [
            HEAD.format(sets=len(TRAIN_SETS), images=figures.images_seen),
            *_figures(figures, cosines),
            *_data(),
            TAIL,
        ]
    )


HEAD = """# UI-CLIP

A CLIP for user interfaces, trained from scratch by Encore. The image tower (a ResNet of 1.7 million parameters)
sees one icon at 48x48 or one strip of text at 24x192, after a fixed front end without colours, and gives two unit
vectors of length 192: `semantic`, which lies near the text tower's vector of what the icon is called, and
`instance`, which lies near the same drawing under another theme, size or place. It is exported twice, since icons and
strips have batch-norm statistics of their own. The text tower (2.8 million parameters, most of them a table of
character n-grams) reads names and labels of up to 8 words.

It is meant for finding controls on a screen from one example or from their name. It has seen {images:,} augmented
pictures of icons of {sets} open icon sets and of rendered labels, no screenshot, and nothing of any user. It knows
English names only. It does not read text reliably (that is the text reader's part), it knows no photographs, and
its cosines are no probabilities.
"""

TAIL = """
## Made with

    pip install -e '.[train]'
    python -m encore_models.training.icons
    python -m encore_models.training.train_ui_clip --folder runs/ui_clip
    python -m encore_models.training.export_ui_clip --model runs/ui_clip/model --images-seen N

npm is needed for the icon packages. Labels are rendered with the fonts that are installed where it is trained; these
weights saw DejaVu, Noto and the URW base fonts.

The weights of 21 November 2026 took 7,000 steps and about two hours on one shared core. The first 2,133 steps were
begun with `--steps 3600` and gone on with `--steps 2650`; from there the length was set to 6,700, then 8,200, then
7,000 steps, so the learning rate began to fall a little early. The test sets were watched on the way; the last step was
taken, not the best one. Which drawing of a test set stands for a concept was corrected once, after looking at the
pictures.
"""


def _figures(figures: Figures, cosines: dict[str, float]) -> list[str]:
    lines = [
        "## Figures",
        "",
        "Measured on icon sets that were never trained on: given the name of an icon, how often it is the nearest of "
        "100 icons of its set (chance: 1 %); and how often the right one of the concepts below is nearest to the mean "
        "of its names.",
        "",
        "| test set | R@1 of 100, % | int8 | queries | UI concepts top-1, % | int8 | concepts |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in figures.recall.scores:
        columns = [
            _percent(figures.recall.scores, name),
            _percent(figures.recall_int8.scores, name),
            str(figures.recall.queries[name]),
            _percent(figures.concepts.scores, name),
            _percent(figures.concepts_int8.scores, name),
            str(figures.concepts.queries.get(name, 0)),
        ]
        lines.append(f"| {name} | " + " | ".join(columns) + " |")
    metrics = figures.as_metrics()
    means = [f"{100 * metrics[key]:.1f}" for key in list(metrics)[1:]]
    lines += [f"| **mean** | {means[0]} | {means[1]} | | {means[2]} | {means[3]} | |", ""]
    same = f"{100 * figures.same_drawing:.1f} % (int8: {100 * figures.same_drawing_int8:.1f} %)"
    lines += [f"The same drawing in another theme, size and place is the nearest of {SCREEN}: {same}."]
    same = f"{100 * figures.same_label:.1f} % (int8: {100 * figures.same_label_int8:.1f} %)"
    lines += [f"The same label, half of the time in another font too, is the nearest of {SCREEN}: {same}.", ""]
    lines += ["Mean cosine between int8 in ONNX Runtime and float32 in torch, on augmented icons and labels:", ""]
    lines += [f"- {name.removeprefix('int8_cosine_')}: {value:.5f}" for name, value in cosines.items()]
    return [*lines, "", "Concepts: " + ", ".join(UI_CONCEPTS) + ".", ""]


def _percent(scores: dict[str, float], name: str) -> str:
    return f"{100 * scores[name]:.1f}" if name in scores else "-"


def _data() -> list[str]:
    by_licence: dict[str, list[str]] = defaultdict(list)
    for icon_set in TRAIN_SETS:
        by_licence[icon_set.licence].append(f"{icon_set.name} {icon_set.version}")
    lines = [
        "## Data and licences",
        "",
        "The weights are MIT-licensed. They were trained on the icon packages `@iconify-json/*` of npm; no icon is "
        "part of Encore. "
        "Attribution, as CC-BY-4.0 asks for it, is this list with the authors that each package names:",
        "",
    ]
    lines += [f"- {licence}: {', '.join(names)}" for licence, names in sorted(by_licence.items())]
    lines += ["", "Words that icons are searched by:", ""]
    lines += [f"- {name} {version} ({licence})" for name, (version, licence) in TAG_PACKAGES.items()]
    tested = ", ".join(f"{s.name} {s.version} ({s.licence})" for s in TEST_SETS)
    return [*lines, "", f"Tested on, never trained on: {tested}."]
