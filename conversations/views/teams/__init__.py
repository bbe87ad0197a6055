"""The pages of teams: plain forms with one action each; only leads can change a team."""
