"""The cost of many replies in what all processes of a site share: PostgreSQL and Redis. No vendors, no browsers."""
