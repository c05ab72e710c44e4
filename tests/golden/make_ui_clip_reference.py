"""Write what torch sees in the drawn controls: `python -m tests.golden.make_ui_clip_reference runs/ui_clip/model`.

To be run with the model that the committed weights were exported from, and on the machine where that was done: the
statistics of strips depend on its fonts.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch

from encore_models.perception.crops import cut_out, fit_icon, front_end
from encore_models.perception.wording import text_ids
from encore_models.training.batches import IconBatches
from encore_models.training.icons import open_icons
from encore_models.training.settle import settle
from encore_models.training.train_ui_clip import label_batches
from encore_models.training.ui_clip import UiClipModel
from tests.golden.drawn_controls import DRAWN, toolbar

GOLDEN = Path(__file__).parent / "ui_clip_reference.npz"


@torch.no_grad()
def main(model_folder: Path) -> None:
    icons = IconBatches(open_icons("train"))
    model = settle(UiClipModel.from_pretrained(model_folder), icons, label_batches(icons))
    (_, crops), _ = cut_out(*toolbar())
    semantic, instance = model.image(torch.from_numpy(front_end(np.stack([fit_icon(crop) for crop in crops]))))
    words = model.text(torch.from_numpy(text_ids(list(DRAWN))))
    np.savez(GOLDEN, semantic=semantic.numpy(), instance=instance.numpy(), words=words.numpy())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
