"""Metrics as a person says them."""

from __future__ import annotations

METRIC_NAMES = {
    "roc_auc": "ROC AUC",
    "average_precision": "average precision",
    "brier": "Brier score",
    "log_loss": "log loss",
    "f1_macro": "F1 (mean of classes)",
    "balanced_accuracy": "balanced accuracy",
    "roc_auc_ovr": "AUC of a class against the others",
    "rmse": "RMSE",
    "mae": "mean absolute error",
    "median_absolute_error": "median absolute error",
    "r2": "R²",
}
LOSSES = ("brier", "log_loss", "rmse", "mae", "median_absolute_error")
"""The metrics of which less is better."""
