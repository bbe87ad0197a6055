"""Forms of what people keep for their questions: assistants, projects, prompts."""
