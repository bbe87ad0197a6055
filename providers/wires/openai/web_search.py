"""The forms in which OpenAI-compatible servers are told that a model may search the web.

Source: the API references of OpenAI (web_search_options), Alibaba (enable_search), OpenRouter (plugins, server tools),
Zhipu (tools of type web_search), Moonshot ($web_search) and Baidu (web_search), and DMXAPI's documents. ShengSuanYun's
`online_search` is by hearsay. Perplexity searches unasked.
"""

from __future__ import annotations

import re

from providers.wires.declarations import WebSearch
from providers.wires.refusals.fields import Field

_ZHIPU = {"type": "web_search", "web_search": {"enable": True, "search_engine": "search_std", "search_result": True}}

WEB_SEARCHES = (
    WebSearch(
        "web_search_options",
        "web_search_options (OpenAI)",
        {"web_search_options": {}},
        re.compile(r"[ /]gpt-\S*-search\b"),
    ),
    WebSearch(
        "enable_search",
        "enable_search (Qwen)",
        {"enable_search": True},
        re.compile(r"\baliyuncs\.com |\bdmxapi\.\S+ (\S*/)?qwen"),
    ),
    WebSearch(
        "openrouter:web_search",
        "tools: openrouter:web_search",
        {"tools": ({"type": "openrouter:web_search"},)},
        re.compile(r"^openrouter\.ai "),
    ),
    WebSearch("plugins", "plugins: web (OpenRouter)", {"plugins": [{"id": "web"}]}),
    WebSearch(
        "zhipu:web_search",
        "tools: web_search (Zhipu)",
        {"tools": (_ZHIPU,)},
        re.compile(r"\bbigmodel\.cn |\bapi\.z\.ai "),
    ),
    WebSearch(
        "$web_search",
        "tools: $web_search (Moonshot)",
        {"tools": ({"type": "builtin_function", "function": {"name": "$web_search"}},)},
        re.compile(r"\bapi\.moonshot\.(cn|ai) "),
        echoed="$web_search",
    ),
    WebSearch("tools:web_search", "tools: web_search", {"tools": ({"type": "web_search"},)}),
    WebSearch(
        "baidu:web_search",
        "web_search (Baidu)",
        {"web_search": {"enable": True, "enable_citation": True}},
        re.compile(r"\bqianfan\.baidubce\.com "),
    ),
    WebSearch("online_search", "online_search (ShengSuanYun)", {"online_search": True}),
)
FIELDS = (
    Field(("web_search_options",), "web_search", also=r"\bweb[ _]search(?:[ _]options)? (?:(?:is|are) )?not\b"),
    *(Field((name,), "web_search") for name in ("enable_search", "online_search", "web_search")),
    Field(("plugins",), "web_search", is_common_word=True),
    Field(("tools", "web_search"), "web_search"),
    Field(("tools", "openrouter:web_search"), "web_search", also="no endpoints found that support tool use"),
    Field(("tools", "builtin_function"), "web_search", also=r"\$web_search"),
)
"""The fields of a search that a deployment may refuse."""
