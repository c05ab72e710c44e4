"""What can go wrong while the agent listens and acts.

Each leaf also inherits the builtin that a caller would expect, and builds its own message: what happened,
where, and what to do.
"""

from __future__ import annotations


class AgentError(Exception):
    """Root of everything this package raises on purpose."""
