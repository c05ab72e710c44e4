"""Seeing and hearing with numpy and onnxruntime."""
