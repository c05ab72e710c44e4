"""The action model in its combinations: `make bench-action`, or `make bench-action ARGS=--quick` for a trial.

Each combination is trained on the same samples with the same options, or taken as it lies in its folder if it was
finished before, and measured on the test split: decisions, size, time; the rule alone and the default also play
episodes in closed loop. Then: what each variant of the default costs and loses, success against the number of
demonstrations, what fine-tuning changes, and other towers on a small set of their own. Results: `results/action.json`,
and beside it Markdown and a picture.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from rich.console import Console

from encore_models.training.action.fusion import FUSIONS
from encore_models.training.action.model import ActionConfig, ActionModel
from encore_models.training.action.stream import Shards
from encore_models.training.action.train import MODEL, sizes_of, train
from encore_models.training.action.trainer import TrainOptions
from tests.benchmarks.action.learning import curve, tuned
from tests.benchmarks.action.material import Material, quick_material, whole_material
from tests.benchmarks.action.report import write_report
from tests.benchmarks.action.rows import Row, log_of, measure, training_seconds
from tests.benchmarks.action.towers import Small, aligned, compared

RESULTS = Path(__file__).parent / "results" / "action.json"
RUNS = Path("runs/bench_action")
OPTIONS = TrainOptions(steps=1200, batch=32, learning_rate=1e-3, warmup=60, evaluate_every=100, patience=6)
FEW = TrainOptions(steps=120, batch=16, learning_rate=1e-3, warmup=10, evaluate_every=120)
"""Of the runs on a few demonstrations."""
QUICK = TrainOptions(steps=6, batch=8, learning_rate=1e-3, warmup=2, evaluate_every=3)
RULE = "the rule alone"
KEYS = (
    "next_step_accuracy target_hit_model target_hit_evidence wrong state_macro_f1 episode_success episode_false_done "
    "open_set_auroc int8_loss_points"
).split()
"""Of the default's row, that the file tells at its top too."""


def combinations(sizes: ActionConfig) -> dict[str, ActionConfig]:
    """What is compared, by its name; the default first."""
    return {f"ui_clip+whisper+{fusion}": replace(sizes, fusion=fusion) for fusion in FUSIONS}


def bench(
    material: Material,
    configs: dict[str, ActionConfig],
    options: TrainOptions,
    few: TrainOptions,
    runs: Path,
    small: Small | None = None,
) -> dict[str, Any]:
    """Train and measure each combination; all that `action.json` holds.

    Args:
        material: The same for all.
        configs: By name, the default first.
        options: Of each run.
        few: Of the runs on a few demonstrations.
        runs: Folder of the runs; finished ones of the same options are taken as they are.
        small: How other towers are trained, where there is material for them.

    Raises:
        OtherRun: A folder holds a run of other options.
    """
    console = Console(stderr=True)
    rows: list[Row] = []
    for name, config in configs.items():
        console.print(name)
        start = material.start(config, options.seed)
        train(runs / name, options, material.corpus, config, start)
        model = ActionModel.from_pretrained(runs / name / MODEL)
        first = not rows
        rows.append(
            measure(
                name,
                model,
                training_seconds(log_of(runs / name)),
                material,
                play=first,
                variants="all" if first else "int8",
            )
        )
    name, config = next(iter(configs.items()))
    default, start = ActionModel.from_pretrained(runs / name / MODEL), material.start(config, options.seed)
    console.print(RULE)
    rule = ActionModel(config)
    rule.load_state_dict(start)
    rows.append(measure(RULE, rule.eval(), 0.0, material, play=True, variants="no"))
    console.print("demonstrations of one's own")
    points, tuning = curve(material, default, start, few, runs), tuned(material, default)
    return told_of(rows, points, tuning, options, material) | _other_towers(material, config, small)


def told_of(
    rows: list[Row], points: list[dict[str, Any]], tuning: dict[str, Any], options: TrainOptions, material: Material
) -> dict[str, Any]:
    """The figures of the default, and all rows."""
    default = rows[0].told()
    ledger = rows[0].ledger
    hard = rows[0].figures.groups.get("hard", {})
    return {
        "about": (
            f"{len(material.test)} decisions of the test split; {options.steps} steps of {options.batch} samples "
            f"each; {default['episodes']} episodes in closed loop."
        ),
        "default": default["name"],
        **{key: default[key] for key in KEYS},
        "decision_ms_int8": default["int8_ms"],
        "int8_size_ratio": ledger["fp32"].megabytes / ledger[rows[0].int8].megabytes,
        "fine_tune_seconds": tuning["one"]["seconds"],
        "samples": len(material.test),
        "rows": [row.told() for row in rows],
        "hard": [{"case": kind, "samples": one.samples, **one.as_metrics()} for kind, one in hard.items()],
        "ledger": [{"variant": variant, **entry.as_metrics()} for variant, entry in ledger.items()],
        "demonstrations": points,
        "fine_tuning": tuning,
    }


def _other_towers(material: Material, config: ActionConfig, small: Small | None) -> dict[str, Any]:
    """Rows of other towers, and of speech brought to texts; none where there is nothing to train them on."""
    if material.raw is None or material.clip is None:
        return {"towers": [], "alignment": []}
    train, test = material.raw
    small = small or Small()
    rows = compared(train, test, config, small)
    told = [
        {
            "name": row.name,
            "screen": row.screen,
            "voice": row.voice,
            **row.figures.as_metrics(),
            "parameters": row.parameters,
            "milliseconds_torch": row.milliseconds,
            "training_seconds": row.training_seconds,
        }
        for row in rows
    ]
    return {"towers": told, "alignment": aligned(train, test, material.clip, small.steps)}


def main(
    data: Annotated[Path, typer.Option(help="Folder of the shards.")] = Path("runs/action-data"),
    runs: Annotated[Path, typer.Option(help="Folder of the runs; finished ones are not trained again.")] = RUNS,
    out: Annotated[Path, typer.Option(help="JSON file; Markdown and picture beside it.")] = RESULTS,
    steps: Annotated[int, typer.Option(help="Of each run.")] = OPTIONS.steps,
    width: Annotated[int, typer.Option(help="Of the transformers.")] = 128,
    episodes: Annotated[int, typer.Option(help="Played in closed loop.")] = 100,
    towers: Annotated[int, typer.Option(help="Episodes that other towers are trained on; 0 leaves them out.")] = 30,
    tower_steps: Annotated[int, typer.Option(help="Of each other tower's run.")] = 150,
    only: Annotated[str, typer.Option(help="Of the combinations, those with this in their name.")] = "",
    threads: Annotated[int, typer.Option(help="CPU threads.")] = 2,
    quick: Annotated[bool, typer.Option(help="A trial of all that is done here, on a task of no meaning.")] = False,
) -> None:
    """Train, measure and compare the combinations of the action model."""
    torch.set_num_threads(threads)
    if quick:
        with tempfile.TemporaryDirectory(prefix="encore-bench-") as scratch:
            material = quick_material()
            sizes = replace(sizes_of(material.corpus), width=32, heads=2)
            told = bench(material, _chosen(sizes, only), QUICK, QUICK, Path(scratch))
            write_report(Path(scratch) / "action.json", told)
            typer.echo(json.dumps(told, indent=2))
        return
    sizes = replace(sizes_of(Shards(data)), width=width)
    options = replace(OPTIONS, steps=steps)
    material = whole_material(data, episodes, towers, sizes, options.seed)
    told = bench(material, _chosen(sizes, only), options, FEW, runs, Small(steps=tower_steps))
    write_report(out, told)
    typer.echo(f"{out}, and beside it {out.with_suffix('.md').name} and {out.with_suffix('.svg').name}")


def _chosen(sizes: ActionConfig, only: str) -> dict[str, ActionConfig]:
    return {name: config for name, config in combinations(sizes).items() if only in name}


if __name__ == "__main__":
    typer.run(main)
