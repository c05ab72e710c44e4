"""Make `whisper_reference.npz` with OpenAI's own implementation (needs the `train` extra and Debian's flite).

    python tests/golden/make_whisper_reference.py

The clip is synthetic speech; the model is openai-whisper's code filled with the weights that Encore reads, so the file
pins Encore's spectrogram, layout of weights, encoder and decoder to the original.
"""

from __future__ import annotations

import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np
import torch
import whisper
from whisper.model import ModelDimensions, Whisper

from encore_models.whisper.weights import Weights, installed_folder, read_variables

TEXTS = ["Play yesterday once more.", "Play yesterday.", "Pause the music."]
START = (50257, 50362)
END = 50256
FRAMES = slice(0, 300, 7)
"""Encoder frames that are kept."""


def clip() -> np.ndarray:
    """float32 [n] at 16 kHz."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.wav"
        subprocess.run(["flite", "-voice", "slt", "-t", TEXTS[0], "-o", str(path)], check=True)
        with wave.open(str(path)) as file:
            assert file.getframerate() == 16_000
            return np.frombuffer(file.readframes(file.getnframes()), np.int16)


def model(weights: Weights) -> Whisper:
    """OpenAI's tiny.en with these weights."""
    dims = ModelDimensions(80, 1500, 384, 6, 4, 51864, 448, 384, 6, 4)
    found = Whisper(dims)
    state = {name: torch.from_numpy(value) for name, value in renamed(weights).items()}
    missing, unexpected = found.load_state_dict(state, strict=False)
    assert not unexpected, unexpected
    assert all(name.endswith(("mask", "key.bias")) for name in missing), missing
    return found.eval()


def renamed(weights: Weights) -> Weights:
    """The weights under OpenAI's names."""
    out = {
        "encoder.positional_embedding": weights["encoder/position_encodings/encodings"],
        "decoder.positional_embedding": weights["decoder/position_encodings/encodings"],
        "decoder.token_embedding.weight": weights["decoder/embeddings/weight"],
    }
    for theirs, ours in (("encoder.ln_post", "encoder/layer_norm"), ("decoder.ln", "decoder/layer_norm")):
        out |= norm(weights, theirs, ours)
    for name in ("conv1", "conv2"):
        out |= linear(weights, f"encoder.{name}", f"encoder/{name}")
    for part in ("encoder", "decoder"):
        for n in range(4):
            theirs, ours = f"{part}.blocks.{n}", f"{part}/layer_{n}"
            out |= attention(weights, f"{theirs}.attn", f"{ours}/self_attention", ("linear_0",))
            out |= norm(weights, f"{theirs}.attn_ln", f"{ours}/self_attention/layer_norm")
            if part == "decoder":
                out |= attention(weights, f"{theirs}.cross_attn", f"{ours}/attention", ("linear_0", "linear_1"))
                out |= norm(weights, f"{theirs}.cross_attn_ln", f"{ours}/attention/layer_norm")
            out |= norm(weights, f"{theirs}.mlp_ln", f"{ours}/ffn/layer_norm")
            out |= linear(weights, f"{theirs}.mlp.0", f"{ours}/ffn/linear_0")
            out |= linear(weights, f"{theirs}.mlp.2", f"{ours}/ffn/linear_1")
    return out


def norm(weights: Weights, theirs: str, ours: str) -> Weights:
    return {f"{theirs}.weight": weights[f"{ours}/gamma"], f"{theirs}.bias": weights[f"{ours}/beta"]}


def linear(weights: Weights, theirs: str, ours: str) -> Weights:
    return {f"{theirs}.{kind}": weights[f"{ours}/{kind}"] for kind in ("weight", "bias")}


def attention(weights: Weights, theirs: str, ours: str, fused: tuple[str, ...]) -> Weights:
    stacked = {k: np.concatenate([weights[f"{ours}/{name}/{k}"] for name in fused]) for k in ("weight", "bias")}
    parts = {k: np.split(value, 3) for k, value in stacked.items()}
    out = {f"{theirs}.{name}.weight": parts["weight"][i] for i, name in enumerate(("query", "key", "value"))}
    out |= {f"{theirs}.query.bias": parts["bias"][0], f"{theirs}.value.bias": parts["bias"][2]}
    return out | linear(weights, f"{theirs}.out", f"{ours}/linear_{len(fused)}")


@torch.inference_mode()
def main() -> None:
    samples = clip()
    sound = samples.astype(np.float32) / 32768
    reference = model(read_variables(installed_folder() / "model.bin"))
    short = whisper.log_mel_spectrogram(whisper.pad_or_trim(sound, 64_000)).numpy()
    long = whisper.log_mel_spectrogram(whisper.pad_or_trim(sound))
    frames = reference.encoder(long[None])
    tokenizer = whisper.tokenizer.get_tokenizer(multilingual=False)
    logprobs = {}
    for index, text in enumerate(TEXTS):
        ids = [*START, *tokenizer.encode(" " + text), END]
        logits = reference.decoder(torch.tensor([ids[:-1]]), frames)[0]
        rows = torch.log_softmax(logits, -1)[torch.arange(len(ids) - 1), torch.tensor(ids[1:])]
        logprobs[f"logprobs_{index}"] = rows[len(START) - 1 :].numpy()
    greedy = whisper.decode(
        reference, long, whisper.DecodingOptions(language="en", without_timestamps=True, fp16=False)
    )
    path = Path(__file__).with_name("whisper_reference.npz")
    np.savez_compressed(
        path,
        samples=samples,
        mel=short[:, ::4],
        frames=frames[0, FRAMES].numpy(),
        texts=np.array(TEXTS),
        greedy=np.array(greedy.text),
        greedy_logprob=np.array(greedy.avg_logprob),
        **logprobs,
    )
    print(path.stat().st_size, greedy.text, greedy.avg_logprob, logprobs)  # noqa: T201


if __name__ == "__main__":
    main()
