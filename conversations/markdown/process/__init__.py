"""The process that renders Markdown, its pipes, and its limits of time and memory."""
