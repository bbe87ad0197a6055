"""The benchmark of the streaming path: a vendor, a bare relay, the real server and its viewers, each a process.

    vendor ──▶ relay  ──▶ viewers        forwards every delta, keeps nothing: the limit
    vendor ──▶ server ──▶ viewers        the real one: sessions, checkpoints, a fresh database

Same vendor, same viewers, same machine, same run. Every delta carries the time at which the vendor wrote it. It is
CLOCK_MONOTONIC, which all processes of a machine share, so a latency needs no second clock.
"""
