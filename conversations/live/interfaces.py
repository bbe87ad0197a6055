"""What the hub needs of others."""

from typing import Protocol
from uuid import UUID


class Viewer(Protocol):
    """A socket, as the hub sees it."""

    user_id: UUID
    person_name: str

    def push(self, frame: bytes) -> None: ...

    def make_room(self) -> None: ...
