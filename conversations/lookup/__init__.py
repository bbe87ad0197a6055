"""The looking up of a project's files: cutting passages, finding those that fit a question, telling a model."""
