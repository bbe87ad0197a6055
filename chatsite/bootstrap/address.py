"""The address of `start`: its options, the check of the port, and the origins that browsers may use."""

import argparse
import errno
import fcntl
import ipaddress
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from chatsite.version import VERSION

_EVERYWHERE = ("0.0.0.0", "::", "")
_SIOCGIFADDR = 0x8915  # Linux, netdevice(7): the IPv4 address of an interface
_IPV6_ADDRESSES = Path("/proc/net/if_inet6")  # Linux, proc_net(5): one per line, first the address as 32 digits


@dataclass(frozen=True, slots=True)
class StartOptions:
    host: str
    port: int
    fetch_model: bool
    restore: Path | None = None
    keys: Path | None = None

    def as_arguments(self) -> list[str]:
        """Return the options as words of a command line."""
        files = {"--restore": self.restore, "--keys": self.keys}
        given = [word for name, path in files.items() if path for word in (name, str(path))]
        model = [] if self.fetch_model else ["--no-local-model"]
        return ["--host", self.host, "--port", str(self.port), *model, *given]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `start`, the same for the bootstrap and for Django's command."""
    parser.add_argument("--host", default="127.0.0.1", help="address to serve on (%(default)s)")
    parser.add_argument("--port", default=8000, type=_port, help="port to serve on, 0 for any free one (%(default)s)")
    parser.add_argument(
        "--no-local-model", dest="fetch_model", action="store_false", help="do not fetch the small local model"
    )
    parser.add_argument("--restore", metavar="FILE", type=Path, help="first restore this backup, into an empty site")
    parser.add_argument("--keys", metavar="FILE", type=Path, help="the encryption keys of the site that was backed up")


def parse(arguments: list[str]) -> StartOptions:
    """Return the options, with a port that is free now. Raises SystemExit with the reason."""
    parser = argparse.ArgumentParser(prog="manage.py start", description="Serve the site.")
    parser.add_argument("--version", action="version", version=f"Chatsite {VERSION}")
    add_options(parser)
    given = parser.parse_args(arguments)
    for path in (given.restore, given.keys):
        if path and not path.is_file():
            parser.error(f"there is no file {path}")
    return StartOptions(given.host, free_port(given.host, given.port), given.fetch_model, given.restore, given.keys)


def free_port(host: str, port: int) -> int:
    """Return `port` if `host` can serve there (0: some free port). Raises SystemExit with the reason."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            return int(probe.getsockname()[1])
    except OSError as error:
        raise SystemExit(why_not(host, port, error)) from None


def origins(host: str, port: int) -> list[str]:
    """Return the origins that a browser may use for a site over plain http, the best to show first."""
    names = ["localhost", "127.0.0.1"]
    if host in _EVERYWHERE:
        names = [*_own_addresses(), *names, *([] if host == "0.0.0.0" else ["::1"])]
    elif host not in names:
        names = [host, *names]
    elif host == "127.0.0.1":
        names.reverse()
    return [f"http://{_bracketed(name)}:{port}" for name in dict.fromkeys(names)]


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach `host`."""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return port


def why_not(host: str, port: int, error: OSError) -> str:
    """Return a sentence for a person whose site cannot be served at this address."""
    match error.errno:
        case errno.EADDRINUSE:
            return f"Port {port} on {host} is taken by another program: choose another one with --port."
        case errno.EACCES:
            return f"Port {port} is reserved for the administrator: choose one above 1023 with --port."
    return f"Cannot serve on {host}: {error.strerror}."


def _own_addresses() -> list[str]:
    """Return this machine's addresses, that of the default route first."""
    found = [
        *_addresses_outwards(), *_addresses_of_interfaces(), *_ipv6_addresses_of_interfaces(), *_addresses_of_name()
    ]  # fmt: skip
    return list(dict.fromkeys(address for address in found if not ipaddress.ip_address(address).is_loopback))


def _addresses_outwards() -> Iterator[str]:
    # Connecting a datagram socket sends nothing: it only asks the routing table. RFC 5737 and 3849 addresses.
    for family, target in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((target, 9))
            yield probe.getsockname()[0]


def _addresses_of_interfaces() -> Iterator[str]:
    for _, name in socket.if_nameindex():
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            answer = fcntl.ioctl(probe, _SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
            yield socket.inet_ntoa(answer[20:24])


def _ipv6_addresses_of_interfaces() -> Iterator[str]:
    with suppress(OSError):
        for line in _IPV6_ADDRESSES.read_text(encoding="ascii").splitlines():
            found = ipaddress.IPv6Address(int(line[:32], 16))
            if not found.is_link_local:  # no browser can name its interface
                yield str(found)


def _addresses_of_name() -> Iterator[str]:
    with suppress(OSError):
        for *_, where in socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM):
            yield str(where[0]).partition("%")[0]


def _bracketed(name: str) -> str:
    return f"[{name}]" if ":" in name else name
