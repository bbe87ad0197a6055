"""The refusals of parameters and parts: how vendors word them, and what a request leaves out or changes then."""
