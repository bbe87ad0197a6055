"""Formulas: their delimiters, and LaTeX to MathML."""
