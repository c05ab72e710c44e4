"""Prepare Whisper for Encore: from the installed weights to a bundle of int8 ONNX graphs, without torch."""
