"""The action model in its combinations: `make bench-action`, or `make bench-action ARGS=--quick` for a trial.

The model that Encore comes with is measured as the default. Fusions are trained on the same samples with the same
options, shorter than the default was, and the default's own sizes are among them: these rows are to be compared with
each other. So are those of other towers, which learn from a small set of their own. Then: what each variant of the
default costs and loses, success against the number of demonstrations, what fine-tuning changes and how long it takes,
and speech brought to texts. Each part is kept in a folder as soon as it is measured, so a run that was stopped goes on.

Results: `results/action.json`, and beside it Markdown and a picture.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from platformdirs import user_cache_path
from rich.console import Console

from encore_models.bundle import MANIFEST, file_sha256
from encore_models.perception.action import WEIGHTS
from encore_models.perception.action import ActionModel as RuntimeModel
from encore_models.perception.text import RapidOcrReader
from encore_models.perception.ui_clip import UiClip
from encore_models.training import icons
from encore_models.training.action import make
from encore_models.training.action.closed_loop import numbers_of, telling
from encore_models.training.action.episodes import Episodes
from encore_models.training.action.fusion import FUSIONS
from encore_models.training.action.glyphs import FONT_PACKAGES
from encore_models.training.action.model import ActionConfig, ActionModel, torch_outputs
from encore_models.training.action.samples import FORMAT_VERSION
from encore_models.training.action.shipped import NUMBERS, read_weights
from encore_models.training.action.stream import Shards
from encore_models.training.action.train import MODEL, sizes_of, train
from encore_models.training.action.trainer import TrainOptions
from tests.benchmarks.action.learning import curve, tuned
from tests.benchmarks.action.library import learned_beside
from tests.benchmarks.action.material import Material, played_world, quick_material, whole_material
from tests.benchmarks.action.played import play_together
from tests.benchmarks.action.replayed import Replaying
from tests.benchmarks.action.report import write_report
from tests.benchmarks.action.rows import measure
from tests.benchmarks.action.stored import Stored, apart
from tests.benchmarks.action.told import NOT_PLAYED, seconds_in, told_of
from tests.benchmarks.action.towers import Small, aligned, compared

RESULTS = Path(__file__).parent / "results" / "action.json"
RUNS, DATA = Path("runs/bench_action"), Path("runs/action-data")
EPISODES, SEED = 2000, 8
"""Of the samples, where none are given."""
OPTIONS = TrainOptions(steps=120, batch=32, learning_rate=1e-3, warmup=12, evaluate_every=60, patience=4)
FEW = TrainOptions(steps=60, batch=16, learning_rate=1e-3, warmup=6, evaluate_every=20)
"""Of the runs on a few demonstrations; see `learning.steps_for`."""
QUICK = TrainOptions(steps=6, batch=8, learning_rate=1e-3, warmup=2, evaluate_every=3)
DEFAULT, RULE = "the default", "the rule alone"
READ = 4096
"""Labels whose text is kept."""
OLD = 20
"""Demonstrations that were learned before a new one."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much is done."""

    options: TrainOptions = OPTIONS
    """Of the fusions."""
    few: TrainOptions = FEW
    small: Small = field(default_factory=Small)
    """Of other towers."""
    aligning: int = 400
    """Steps that bring speech to texts."""
    played: int = 60
    """Episodes that the default plays in closed loop."""
    replayed: int = 120
    """Episodes that are gone through as replays: those, and more."""
    played_by_others: int = 24


def combinations(sizes: ActionConfig) -> dict[str, ActionConfig]:
    """What is compared, by its name."""
    return {f"ui_clip+whisper+{fusion}": replace(sizes, fusion=fusion) for fusion in FUSIONS}


def bench(
    material: Material,
    configs: Mapping[str, ActionConfig],
    budget: Budget,
    runs: Path,
    made_with: Any,
    model: Path | None = None,
    hearing: Path | None = None,
    seconds: float | None = None,
) -> dict[str, Any]:
    """Train and measure each combination; all that `action.json` holds.

    Args:
        material: The same for all.
        configs: By name.
        budget: How much is done.
        runs: Folder of the runs and of what was measured.
        made_with: What the material is, so that what was measured on another one is not taken.
        model: Folder of the default, which is not trained again; None takes the first of the configs.
        hearing: Folder of the hearing models, which `encore learn` needs; None leaves it out.
        seconds: That the default's training took; None where that is not known.

    Raises:
        OtherRun: A folder holds a run of other options.
    """
    tell = Console(stderr=True).print
    stored = Stored(runs)
    given = [made_with, asdict(budget)]
    rows = [_trained(name, config, material, budget, stored, given, tell) for name, config in configs.items()]
    sizes = next(iter(configs.values()))
    rule = ActionModel(sizes)
    rule.load_state_dict(material.start(sizes, budget.options.seed))
    tell(RULE)
    rows.append(stored.part("rows/rule", given, partial(measure, RULE, rule.eval(), 0.0, material, "none")))
    tell("episodes")
    models = {name: partial(read_weights, runs / name / MODEL) for name in configs} | {RULE: lambda: rule}
    ends = stored.part("played", [given, list(configs)], partial(_play, models, material, budget.played_by_others))
    towers = _other_towers(material, sizes, budget, stored, tell)

    folder = model or runs / next(iter(configs)) / MODEL
    network, given = read_weights(folder), [*given, file_sha256(folder / NUMBERS)]
    tell(DEFAULT)
    default = stored.part("rows/default", given, partial(measure, DEFAULT, network, None, material, "all"))
    default = {**default, "training_seconds": seconds}
    ends |= stored.part("played_default", given, partial(_play, {DEFAULT: lambda: network}, material, budget.played))
    tell("demonstrations of one's own")
    points = curve(material, network, budget.few, stored, given)
    tuning = stored.part("tuning", given, partial(tuned, material, network))
    tell("encore learn")
    learned = partial(learned_beside, folder, material, hearing) if hearing else partial(dict[str, Any], seconds=None)
    tuning = {**tuning, "beside": stored.part("library", given, learned)}
    rows = [{**row, **NOT_PLAYED, **ends[row["name"]]} for row in (default, *rows)]
    tell("replays")
    replayed = stored.part("replayed", given, partial(_replay, folder, material.world, budget.replayed))
    frozen = stored.part("frozen", made_with, material.frozen)
    measured = {"replayed": replayed, "demonstrations": points, "fine_tuning": tuning}
    return told_of(rows, towers, frozen, measured, budget.options, budget.small)


def _trained(
    name: str,
    config: ActionConfig,
    material: Material,
    budget: Budget,
    stored: Stored,
    made_with: Any,
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """The row of a combination."""

    def make() -> dict[str, Any]:
        start = material.start(config, budget.options.seed, material.corpus)
        result, cost = apart(train, stored.folder / name, budget.options, material.corpus, config, start)
        # A run that was stopped before has taken the rest of its steps at the same pace.
        seconds = cost.seconds * result.steps / max(1, len(result.losses))
        return measure(name, read_weights(stored.folder / name / MODEL), seconds, material)

    tell(name)
    return stored.part(f"rows/{name}", [made_with, asdict(config)], make)


def _play(
    models: Mapping[str, Callable[[], ActionModel]], material: Material, episodes: int
) -> dict[str, dict[str, Any]]:
    """How the episodes end that each of some models plays, with evidence."""
    tells = {name: telling(partial(torch_outputs, model()), evidence=True) for name, model in models.items()}
    if material.world is None:
        return {name: {} for name in tells}
    return play_together(tells, material.world, list(numbers_of("test", episodes)))


def _replay(folder: Path, world: Episodes | None, episodes: int) -> dict[str, dict[str, Any]]:
    """How episodes end as replays, with the default's advice and by the finder's evidence alone."""
    if world is None or not (folder / MANIFEST).is_file():
        return {}
    clip, reader, numbers = UiClip.load(threads=1), RapidOcrReader(1, READ), list(numbers_of("test", episodes))
    models = {"model and finder": RuntimeModel.load(folder, threads=1), "finder alone": None}
    return {name: Replaying(world, clip, reader, model).play_all(numbers).figures() for name, model in models.items()}


def _other_towers(
    material: Material,
    config: ActionConfig,
    budget: Budget,
    stored: Stored,
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """Rows of other towers, and of speech brought to texts; none where there is nothing to train them on."""
    if material.senses is None:
        return {"towers": [], "alignment": []}
    given = [FORMAT_VERSION, material.senses.what]
    return {
        "towers": compared(material.senses, config, budget.small, stored, [given, asdict(config)], tell),
        "alignment": aligned(material.senses, budget.aligning, stored, given),
    }


def main(
    data: Annotated[Path | None, typer.Option(help="Folder of the shards; without one, they are made.")] = None,
    model: Annotated[
        Path, typer.Option(help="Folder of the default; where none lies there, the first combination stands for it.")
    ] = WEIGHTS,
    log: Annotated[
        Path | None, typer.Option(help="Log of the default's training, which tells how long it took.")
    ] = None,
    runs: Annotated[Path, typer.Option(help="Folder of the runs; what is finished is not done again.")] = RUNS,
    out: Annotated[Path, typer.Option(help="JSON file; Markdown and picture beside it.")] = RESULTS,
    steps: Annotated[int, typer.Option(help="Of each fusion's run.")] = OPTIONS.steps,
    width: Annotated[int, typer.Option(help="Of the fusions.")] = 128,
    episodes: Annotated[int, typer.Option(help="Played in closed loop by the default.")] = 60,
    replays: Annotated[int, typer.Option(help="Episodes that are gone through as replays.")] = Budget().replayed,
    replays_only: Annotated[
        bool, typer.Option(help="Put the replays into --out and its report, and leave all else there as it is.")
    ] = False,
    towers: Annotated[int, typer.Option(help="Episodes that other towers are trained on; 0 leaves them out.")] = 20,
    tower_steps: Annotated[int, typer.Option(help="Of each other tower's run.")] = 60,
    utterances: Annotated[int, typer.Option(help="That bring speech to texts.")] = 400,
    only: Annotated[str, typer.Option(help="Of the fusions, those with this in their name.")] = "",
    threads: Annotated[int, typer.Option(help="CPU threads of what is measured; training takes one.")] = 1,
    quick: Annotated[
        bool, typer.Option(help="A trial of all that is done here, on a task of no meaning; kept where --out says.")
    ] = False,
    packages: Annotated[bool, typer.Option(help="Only name the Debian packages that are needed.")] = False,
) -> None:
    """Train, measure and compare the combinations of the action model."""
    if packages:
        typer.echo(" ".join([*FONT_PACKAGES, *(["npm"] if shutil.which("npm") is None else [])]))
        return
    torch.set_num_threads(threads)
    if quick:
        with tempfile.TemporaryDirectory(prefix="encore-bench-") as scratch:
            quick_told = quick_bench(Path(scratch) / "runs", only)
            # A trial never takes the place of what was measured.
            write_report(out if out != RESULTS else Path(scratch) / RESULTS.name, quick_told)
            typer.echo(json.dumps(quick_told, indent=2))
        return
    icons.prepare()  # fetched once, with npm; the episodes that are played are drawn with them, too
    hearing = user_cache_path("encore") / "models" / "whisper-tiny.en"
    if replays_only:
        replayed = _replay(model, played_world(UiClip.load(), hearing), replays)
        write_report(out, json.loads(out.read_text(encoding="utf-8")) | {"replayed": replayed})
        return
    data = data or _made()
    sizes = replace(sizes_of(Shards(data)), width=width)
    budget = Budget(
        replace(OPTIONS, steps=steps),
        small=Small(steps=tower_steps),
        played=episodes,
        replayed=replays,
        played_by_others=min(episodes, Budget().played_by_others),
    )
    material = whole_material(data, hearing, towers, utterances, OLD)
    made_with = [FORMAT_VERSION, sorted(path.name for path in data.glob("*.npz"))]
    default = model if (model / NUMBERS).is_file() else None
    seconds = seconds_in(log) if log else None
    told = bench(material, _chosen(sizes, only), budget, runs, made_with, default, hearing, seconds)
    write_report(out, told)
    typer.echo(f"{out}, and beside it {out.with_suffix('.md').name} and {out.with_suffix('.svg').name}")


def _made() -> Path:
    """The shards of this benchmark; those that are there are kept."""
    if code := make.main(["--out", str(DATA), "--episodes", str(EPISODES), "--seed", str(SEED)]):
        raise typer.Exit(code)
    return DATA


def quick_bench(scratch: Path, only: str = "") -> dict[str, Any]:
    """The trial."""
    material = quick_material()
    sizes = replace(sizes_of(material.corpus), width=32, heads=2)
    return bench(material, _chosen(sizes, only), Budget(QUICK, QUICK), scratch, "a trial")


def _chosen(sizes: ActionConfig, only: str) -> dict[str, ActionConfig]:
    return {name: config for name, config in combinations(sizes).items() if only in name}


if __name__ == "__main__":
    typer.run(main)
