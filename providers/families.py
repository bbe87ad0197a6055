"""Families of models, as people know them, by the names that vendors give their models."""

import re

_WORDS = {
    "Claude": "claude",
    "Command": "command",
    "DeepSeek": "deepseek",
    "Doubao": "doubao seed seedream",
    "ERNIE": "ernie",
    "Gemini": "gemini",
    "Gemma": "gemma",
    "GLM": "glm chatglm cogview",
    "GPT": "gpt chatgpt o codex dall",
    "Grok": "grok",
    "Hunyuan": "hunyuan",
    "Kimi": "kimi moonshot",
    "Llama": "llama",
    "MiniMax": "minimax abab",
    "Mistral": "mistral mixtral ministral magistral codestral devstral pixtral voxtral",
    "Phi": "phi",
    "Qwen": "qwen qwq qvq",
    "Step": "step",
    "Yi": "yi",
}
_FAMILIES = {word: family for family, words in _WORDS.items() for word in words.split()}


_HEARS = re.compile(r"whisper|transcri|sensevoice|paraformer|(^|[-/_])(asr|stt)([-/_]|$)", re.IGNORECASE)


_SPEAKS = re.compile(r"cosyvoice|fish-speech|(^|[-/_])tts([-/_]|$)", re.IGNORECASE)


def reads_aloud(name: str) -> bool:
    """Return whether the name is that of a model which reads aloud and does nothing else."""
    return _SPEAKS.search(name) is not None


def writes_down_speech(name: str) -> bool:
    """Return whether the name is that of a model which writes down speech and does nothing else."""
    return _HEARS.search(name) is not None


def family_of(name: str) -> str:
    """Return the family of the model with this name, or "" if none is known.

    "Pro/deepseek-ai/DeepSeek-R1-Distill-Qwen-7B" is a DeepSeek: the first word that is known decides.
    """
    words = re.findall("[a-z]+", name.lower())
    return next((_FAMILIES[word] for word in words if word in _FAMILIES), "")
