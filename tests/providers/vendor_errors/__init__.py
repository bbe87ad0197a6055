"""Tables of the errors that vendors and gateways really send: a new row is a new test.

Each row has its source: a page of documents or an issue of a public repository.
"""

from tests.providers.vendor_errors import (
    alibaba_to_minimax,
    anthropic_to_hugging_face,
    gateways,
    mistral_to_zenmux,
    moonshot_to_zhipu,
    openai_responses,
    openrouter,
    refusals,
    reports,
    seen,
    servers,
)

_TABLES = (
    seen, alibaba_to_minimax, anthropic_to_hugging_face, mistral_to_zenmux, moonshot_to_zhipu, gateways, openrouter,
    openai_responses, servers, refusals, reports,
)  # fmt: skip
CASES = [case for table in _TABLES for case in table.CASES]
