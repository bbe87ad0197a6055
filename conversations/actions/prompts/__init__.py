"""Acts on kept prompts: write, propose, publish, restore, delete."""
