"""Sign-in and its surroundings: passwords, addresses, second factors, rate limits, staff roles."""
