"""The screen, microphone and input devices, one backend each."""
