"""What the decision makes of the sound of a phrase; written by `make bench-hearing ARGS='--split dev --calibrate'`."""

PER_LOSS = 0.352
"""Likeness that each nat is worth which tokens of the phrase lose by the sound."""
PER_REGRET = -0.018
"""Likeness that each nat is worth by which other tokens were likelier: that much of the losses is the noise's."""
BASE = 0.445
"""Likeness that a phrase is given besides, so that commands fire from `decide.ACCEPT`."""
ALONE = 2.298
"""Nats that a phrase may lose and still fire where there is no print."""
