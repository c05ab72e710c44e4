"""What the decision makes of the sound of a phrase; written by `make bench-hearing ARGS='--split dev --calibrate'`."""

PER_LOSS = 0.185
"""Likeness that each nat is worth which tokens of the phrase lose by the sound."""
PER_OTHERWISE = -0.728
"""Likeness that other words are worth, where the decoder is sure of them."""
PER_LOG_P = 0.178
"""Likeness that the mean log p of its tokens is worth."""
BASE = 0.664
"""Likeness that a phrase is given besides, so that commands fire from `decide.ACCEPT`."""
ALONE = 0.553
"""The same where there is no print."""
SHORT = 0.674
"""How much more likeness a short command asks for."""
