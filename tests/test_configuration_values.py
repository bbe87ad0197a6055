"""Settings that can be wrong without breaking anything at once."""

import pytest

from chatsite.configuration import values


def test_a_number_that_cannot_work_is_refused() -> None:
    assert values.number(None, 400, least=1) == 400
    assert values.number("0", 2048, least=0) == 0
    for given, least in (("0", 1), ("-5", 0)):
        with pytest.raises(ValueError, match=f"{given} is too small, the least is {least}"):
            values.number(given, 7, least=least)


def test_private_hosts_are_hosts_with_ports() -> None:
    assert values.places(["Ollama:11434", "[fd00::1]:80"]) == {"ollama:11434", "[fd00::1]:80"}
    for wrong in ("http://10.0.0.1:11434/", "10.0.0.1", "ollama:", "fd00::1:80", "a/b:1"):
        with pytest.raises(ValueError, match="is no host:port"):
            values.places([wrong])


def test_a_redis_has_a_scheme() -> None:
    for right in ("", "redis://:pw@redis:6379/0", "rediss://redis", "unix:///run/redis.sock"):
        assert values.redis_address(right) == right
    with pytest.raises(ValueError, match="it must look like redis://"):
        values.redis_address("redis:6379")


def test_a_secret_key_is_long() -> None:
    assert (values.secret(None), values.secret("s" * 32)) == (None, "s" * 32)
    with pytest.raises(ValueError, match="it has 8 characters; 32 at least"):
        values.secret("changeme")


def test_a_time_zone_is_one_that_there_is() -> None:
    assert values.time_zone("Asia/Shanghai") == "Asia/Shanghai"
    for wrong in ("Mars/Olympus", "", "../etc/passwd", "Asia", "+08:00"):
        with pytest.raises(ValueError, match="it must be a name like Asia/Shanghai"):
            values.time_zone(wrong)
