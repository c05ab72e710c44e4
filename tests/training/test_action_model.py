"""The action model's network: every fusion reads every input, padding changes nothing, losses add up."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

MISSING = [name for name in ("torch", "safetensors", "accelerate") if find_spec(name) is None]
if MISSING:
    pytest.skip(f"{', '.join(MISSING)} missing: pip install -e '.[train]'", allow_module_level=True)

import torch

from encore_models.perception.action import FIELD, INPUTS, feeds
from encore_models.perception.action_evidence import SPELT
from encore_models.perception.effects import EFFECT_WIDTH
from encore_models.perception.situation import STATES
from encore_models.training.action.compare import written
from encore_models.training.action.fusion import FUSIONS
from encore_models.training.action.losses import losses_of
from encore_models.training.action.model import ActionConfig, ActionModel
from encore_models.training.action.prune import pruned
from encore_models.training.action.samples import Sample
from encore_models.training.action.stream import part_of, tensors_of
from tests.training.action_task import FRAME, LOOK, TEXT, nudged, samples

TINY = ActionConfig(LOOK, TEXT, FRAME, width=32, heads=2, dropout=0.0)


def model(fusion: str = "cross") -> ActionModel:
    torch.manual_seed(1)
    trained: ActionModel = nudged(ActionModel(replace(TINY, fusion=fusion)).eval())
    return trained


@pytest.mark.parametrize("fusion", FUSIONS)
def test_every_input_reaches_the_decision(fusion: str) -> None:
    batch = tensors_of(samples(4, seed=1))
    batch["step_texts"], batch["candidate_texts"] = (
        torch.randn_like(batch[name]) for name in ("step_texts", "candidate_texts")
    )
    network = model(fusion)
    before = torch.cat(list(network(batch)), dim=1)
    for name in INPUTS:
        if name.endswith("mask"):
            continue
        values = batch[name]
        changed = (values + 1) % 3 if values.dtype == torch.int64 else values + torch.randn_like(values)
        after = torch.cat(list(network({**batch, name: changed})), dim=1)
        assert (after - before).abs().max() > 1e-5, f"{fusion} does not read {name}"


@pytest.mark.parametrize("fusion", FUSIONS)
def test_padding_changes_nothing(fusion: str) -> None:
    some = samples(6, seed=2)
    network = model(fusion)
    together = network(tensors_of(some))
    for row, one in enumerate(some):
        alone = network(tensors_of([one]))
        shown, count = len(one.steps), len(one.candidates)
        torch.testing.assert_close(together.state[row], alone.state[0], atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(together.step[row, :shown], alone.step[0], atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(together.candidate[row, :count], alone.candidate[0, :-1], atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(together.candidate[row, -1], alone.candidate[0, -1], atol=1e-4, rtol=1e-4)
        assert together.attention[row, shown:].max() < 1e-6 if shown < together.attention.shape[1] else True


@pytest.mark.parametrize("fusion", FUSIONS)
def test_the_order_of_candidates_is_no_information(fusion: str) -> None:
    batch = tensors_of(samples(1, seed=3))
    order = torch.randperm(batch["candidates"].shape[1], generator=torch.manual_seed(0))
    mixed = {name: values[:, order] if name.startswith("candidate") and values.ndim > 1 else values
             for name, values in batch.items()}  # fmt: skip
    network = model(fusion)
    straight, turned = network(batch), network(mixed)
    torch.testing.assert_close(straight.candidate[:, :-1][:, order], turned.candidate[:, :-1], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(straight.state, turned.state, atol=1e-4, rtol=1e-4)


def test_fusions_are_of_about_the_same_size() -> None:
    sizes = {name: sum(p.numel() for p in ActionModel(ActionConfig(fusion=name)).parameters()) for name in FUSIONS}
    assert all(1e6 < size < 2e6 for size in sizes.values()), sizes
    assert max(sizes.values()) < 1.06 * min(sizes.values()), sizes


def test_attention_over_the_steps_is_what_the_candidate_is_read_from() -> None:
    heads = model()(tensors_of(samples(5, seed=4)))
    torch.testing.assert_close(heads.attention.sum(dim=1), torch.ones(5))
    torch.testing.assert_close(heads.attention, heads.step.softmax(dim=1))


def test_nothing_said_and_nothing_there_is_still_finite() -> None:
    one = samples(1, seed=5)[0]
    empty = replace(
        one, utterance=one.utterance[:0], candidates=one.candidates[:0], candidate_texts=one.candidate_texts[:0],
        candidate_places=one.candidate_places[:0], candidate_alike=one.candidate_alike[:0],
        candidate_known=one.candidate_known[:0], candidate_out=one.candidate_out[:0],
        step_matches=one.step_matches[:, :0],
        shown_utterance=one.shown_utterance[:0],
        state=STATES.index("wait"), step=-1, candidate=-1, argument=0,
    )  # fmt: skip
    for fusion in FUSIONS:
        heads = model(fusion)({name: torch.from_numpy(array) for name, array in feeds(empty).items()})
        assert all(torch.isfinite(head).all() for head in heads)
        assert heads.candidate.argmax() == heads.candidate.shape[1] - 1  # only "absent" is left


def test_losses_of_parts_add_up_and_leave_out_what_is_not_asked() -> None:
    some = samples(12, seed=6)
    batch = tensors_of(some)
    network = model()
    heads = network(batch)
    whole = losses_of(heads, batch)
    parts = [losses_of(network(part), part) for part in (part_of(batch, slice(0, 5)), part_of(batch, slice(5, 12)))]
    torch.testing.assert_close(whole.sums, parts[0].sums + parts[1].sums, atol=1e-3, rtol=1e-4)
    due, waiting = (sum(STATES[one.state] == name for one in some) for name in ("step", "wait"))
    assert whole.counts.tolist() == [12, due, due + waiting, due]
    # The step head is asked nothing where no step is due.
    other = {**batch, "step": torch.where(batch["state"] == 0, batch["step"], torch.tensor(1))}
    assert torch.equal(losses_of(heads, other).sums, whole.sums)


def test_parts_of_the_target_are_all_right() -> None:
    (one,) = [s for s in samples(40, seed=6) if s.candidate >= 0 and STATES[s.state] == "step"][:1]
    one.candidate_places[:, :2] = np.linspace(0.1, 0.9, len(one.candidates))[:, None]
    one.candidate_places[:, 2:4] = 0.01
    other = (one.candidate + 1) % len(one.candidates)
    heads = model()(tensors_of([one]))
    alone = losses_of(heads, tensors_of([one])).sums[2]
    one.candidate_places[other, :2] = one.candidate_places[one.candidate, :2]
    both = losses_of(heads, tensors_of([one])).sums[2]
    shares = heads.candidate[0].softmax(dim=0)
    torch.testing.assert_close(alone, -shares[one.candidate].log())
    torch.testing.assert_close(both, -(shares[one.candidate] + shares[other]).log())


def test_what_is_typed_already_is_told_by_the_field() -> None:
    due = next(s for s in samples(40, seed=6) if len(s.steps) > 1)
    due.step_places[1] = 0
    due.step_texts[:] = 1
    due.step_matches[..., SPELT] = 0.9
    due.candidate_places[:, FIELD] = 0
    assert not written(tensors_of([due])).any(), "rows may read so, too"
    due.candidate_places[0, FIELD] = 1
    told = written(tensors_of([due]))[0].tolist()
    assert told[1] == pytest.approx(0.9, abs=1e-3)
    assert told[0] == 0, "a click types nothing"


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    network = model("late")
    network.save_pretrained(tmp_path)
    again = ActionModel.from_pretrained(tmp_path)
    batch = tensors_of(samples(3, seed=7))
    assert again.config == network.config
    assert torch.equal(again(batch).state, network(batch).state)


def test_an_unknown_fusion_and_a_width_that_does_not_split_are_refused() -> None:
    with pytest.raises(ValueError, match="no fusion 'warm'; there are cross, single"):
        ActionConfig(fusion="warm")
    with pytest.raises(ValueError, match="100 cannot be split among 3"):
        ActionConfig(width=100, heads=3)


@pytest.mark.parametrize("fusion", FUSIONS)
def test_pruning_takes_out_whole_heads_and_units(fusion: str) -> None:
    network, batch = model(fusion), tensors_of(samples(3, seed=8))
    same, half = pruned(network, 1.0), pruned(network, 0.5)
    before = network(batch)
    torch.testing.assert_close(same(batch).candidate, before.candidate)
    assert torch.isfinite(half(batch).candidate).all()
    sizes = [sum(p.numel() for p in one.parameters()) for one in (network, half)]
    assert sizes[1] < 0.75 * sizes[0]
    assert torch.equal(network(batch).candidate, before.candidate)  # the trained one stays as it is


def test_pruning_takes_what_says_the_least() -> None:
    network = model()
    block = network.fusion.voice
    with torch.no_grad():
        block.narrow.weight[:, ::2] = 0  # every other unit says nothing
        block.attention.out.weight[:, :16] = 0  # nor does the first head
    batch = tensors_of(samples(3, seed=9))
    lean = pruned(network, 0.5).fusion.voice
    tokens = torch.randn(2, 5, 32)
    from encore_models.training.action.fusion import Tokens

    bias = torch.zeros(2, 1, 1, 5)
    torch.testing.assert_close(lean(Tokens(tokens, bias)).x, block(Tokens(tokens, bias)).x, atol=1e-5, rtol=1e-5)
    assert lean.attention.heads == 1
    assert np.isfinite(pruned(network, 0.5)(batch).state.detach().numpy()).all()
    with pytest.raises(ValueError, match="not 0"):
        pruned(network, 0)


def first_due(seed: int) -> Sample:
    """A first step is due whose target is where it was, nothing was said, and no effect is there."""
    due = next(s for s in samples(40, seed) if STATES[s.state] == "step" and not s.progress.any())
    places = due.candidate_places.copy()
    for step, look in enumerate(due.steps.astype(np.float32)):
        places[(due.candidates.astype(np.float32) @ look).argmax()] = due.step_places[step]
    seen = np.zeros((len(due.steps), EFFECT_WIDTH), np.float16)
    unsaid = np.zeros(9, np.float32)
    return replace(
        due, candidate_places=places, spoken_alike=unsaid, step_seen=seen, step_effects=np.zeros_like(due.steps)
    )


def test_before_training_it_is_the_rule() -> None:
    nothing = due = first_due(10)
    seen = due.step_seen
    torch.manual_seed(1)
    network = ActionModel(TINY).eval()
    heads = network(tensors_of([nothing]))
    assert STATES[heads.state.argmax()] == "step"
    assert heads.step.argmax() == 0
    assert heads.candidate.argmax() == due.candidate
    assert heads.argument.argmax() == due.step_arguments[0]
    # The effect of the first step is there already: the second one is next, and where all are, all is done.
    there = np.tile(np.array([1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1], np.float16), (len(seen), 1))
    first = replace(nothing, step_seen=np.concatenate([there[:1], seen[1:]]))
    assert network(tensors_of([first])).step.argmax() == 1
    assert STATES[network(tensors_of([replace(nothing, step_seen=there)])).state.argmax()] == "done"
    # What was done is not gone back to.
    done = replace(nothing, progress=np.eye(len(seen), dtype=np.int8)[-1])
    assert STATES[network(tensors_of([done])).state.argmax()] == "done"
    other = np.array([1, -1, 0, 0.2, 0.2, 0, 1, 0.3, 0], np.float32)
    assert STATES[network(tensors_of([replace(nothing, spoken_alike=other)])).state.argmax()] == "stop"


def test_words_that_tell_of_waiting_and_asking_are_looked_out_for() -> None:
    due = first_due(11)
    texts = due.candidate_texts.copy()
    texts[0, 0] = 1
    said = replace(due, candidate_texts=texts, candidate_known=due.candidate_known * 0)
    network = ActionModel(TINY).eval()
    cue, other = torch.eye(TEXT)[:1], torch.eye(TEXT)[1:2]
    network.look_out_for(passing=other, asking=cue)
    assert STATES[network(tensors_of([said])).state.argmax()] == "stop"
    known = said.candidate_known.copy()
    known[0, 1] = 1  # the demonstration showed it too
    assert STATES[network(tensors_of([replace(said, candidate_known=known)])).state.argmax()] == "step"
    network.look_out_for(passing=cue, asking=other)
    gone = replace(said, candidates=said.candidates * 0, candidate_places=said.candidate_places * 0)
    assert STATES[network(tensors_of([gone])).state.argmax()] == "wait"


def test_a_note_over_a_target_that_has_its_own_ground_is_waited_for() -> None:
    due = first_due(11)
    texts, places = due.candidate_texts.copy(), due.candidate_places.copy() * 0
    texts[0, 0] = 1
    places[0] = due.step_places[0]
    known = due.candidate_known.copy() * 0
    gone = replace(
        due, candidates=due.candidates * 0, candidate_texts=texts, candidate_places=places, candidate_known=known
    )
    torch.manual_seed(1)
    network = ActionModel(TINY).eval()

    def state(**changed: np.ndarray) -> str:
        return STATES[network(tensors_of([replace(gone, **changed)])).state.argmax()]

    stands_out = np.zeros(len(texts), np.float32)
    stands_out[0] = 0.8
    assert state() == "stop"
    assert state(candidate_out=stands_out) == "wait"
    elsewhere = places.copy()
    elsewhere[0, :2] = (places[0, :2] + 0.5) % 1
    assert state(candidate_out=stands_out, candidate_places=elsewhere) == "stop"
    known = known.copy()
    known[0, 1] = 1  # the demonstration showed it too
    assert state(candidate_out=stands_out, candidate_known=known) == "stop"


def test_a_logarithm_of_a_probability_is_that_of_the_library_far_out_too() -> None:
    from encore_models.training.action.outcome import log_sigmoid

    x = torch.tensor([-200.0, -30.0, -1.0, 0.0, 1.0, 30.0, 200.0])
    torch.testing.assert_close(log_sigmoid(x), torch.nn.functional.logsigmoid(x))
