"""What a model predicts: labels, folds, metrics, gates and curves of each task."""
