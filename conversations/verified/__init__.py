"""The verified answers that are close to a question which somebody is writing."""
