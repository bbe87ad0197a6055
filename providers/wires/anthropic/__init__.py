"""The Messages wire of Anthropic, which gateways and other vendors speak too."""
