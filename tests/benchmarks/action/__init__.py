"""Parts of the benchmark of the action model."""
