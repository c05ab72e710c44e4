"""Record a demonstration: screen, microphone and input on one clock."""
