"""Formulas: where they begin and end, and LaTeX to MathML."""
