"""The `encore` command's first step: loads everything else, and ends at once where it is interrupted meanwhile."""

from __future__ import annotations

import signal


def main() -> None:
    """Entry point of the `encore` command."""
    # Loading takes a while, and there is nothing to tidy yet; Python would end with a traceback.
    handler = signal.signal(signal.SIGINT, signal.SIG_DFL)
    from encore_gui.start import app

    signal.signal(signal.SIGINT, handler)
    app()


if __name__ == "__main__":
    main()
