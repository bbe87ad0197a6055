"""Money in vendors' JSON: lists of prices, and balances of keys."""
