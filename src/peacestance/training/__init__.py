"""From a recipe and labelled articles to a trained model."""
