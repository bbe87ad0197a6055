"""The model behind llama.cpp's own HTTP server, which speaks the OpenAI wire on loopback."""

import importlib
import sys
from typing import Any

from providers.local_model import place

MODEL_ID = "smollm2-135m"
DEFAULT_PORT = 8135

_MAX_CONTEXT_TOKENS = 2048  # tokens of one conversation, question and answer together; each token takes 23 KB of memory
_MAX_REPLY_TOKENS = 512  # tokens; a longer reply of so small a model makes no sense
_MAX_REPLIES = 2  # replies at a time; further ones wait in the server
_IDLE_SECONDS = 600  # seconds until the model leaves memory; the next question loads it again, in half a second

# The model's own turns (ChatML). Its file's template opens with a system prompt that makes it play roles at random.
_CHAT_TEMPLATE = """\
{%- if messages[0]['role'] != 'system' -%}
{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}
{%- endif -%}
{%- for message in messages -%}
{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{ '<|im_start|>assistant\n' }}
{%- endif -%}
"""


def serve(port: int) -> Any:
    """Load the model and answer on that port of 127.0.0.1, until the returned server is destroyed.

    Raises RuntimeError when the port is taken.
    """
    sys.path.insert(0, str(place.packages()))
    return _with_our_parameters(importlib.import_module("xllamacpp"), port)


def _with_our_parameters(engine: Any, port: int) -> Any:
    parameters = engine.CommonParams()
    parameters.model.path = str(place.weights())
    parameters.model_alias = {MODEL_ID}
    parameters.chat_template = _CHAT_TEMPLATE
    _stay_small(parameters)
    _keep_to_ourselves(parameters, port)
    _do_not_ramble(parameters.sampling)
    return engine.Server(parameters)


def _stay_small(parameters: Any) -> None:
    """Limit threads and memory. One thread is quickest for so small a model, and leaves the others to the site."""
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    parameters.n_threads_http = 4
    parameters.n_gpu_layers = 0
    parameters.n_parallel = _MAX_REPLIES
    parameters.n_ctx = _MAX_CONTEXT_TOKENS * _MAX_REPLIES
    parameters.n_predict = _MAX_REPLY_TOKENS
    parameters.cache_ram_mib = 0
    parameters.fit_params = False
    parameters.sleep_idle_seconds = _IDLE_SECONDS


def _keep_to_ourselves(parameters: Any, port: int) -> None:
    """Close every way to read questions or answers: no CORS for pages of other sites, no slots, no log."""
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = port
    parameters.cors_origins = ""
    parameters.endpoint_slots = False
    parameters.ui = False
    parameters.verbosity = 0


def _do_not_ramble(sampling: Any) -> None:
    """Set the makers' sampling (temperature 0.2, top-p 0.9) and a penalty on the phrases that it repeats."""
    sampling.temp = 0.2
    sampling.top_p = 0.9
    sampling.dry_multiplier = 0.8
    sampling.dry_allowed_length = 3
    sampling.dry_penalty_last_n = _MAX_REPLY_TOKENS
