"""Learn a macro from a demonstration; see and hear without torch."""
