"""The action model: its data, training, evaluation and export."""
