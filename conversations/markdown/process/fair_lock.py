"""A fair lock: its waiters get it in the order in which they asked."""

import threading
from collections import deque


class Turns:
    """A lock with one holder at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_taken = False
        self._waiting: deque[threading.Lock] = deque()

    def acquire(self, seconds: float) -> bool:
        """Wait for the lock; returns False if it was not free within so many seconds."""
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return True
            if seconds <= 0:
                return False
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        if turn.acquire(timeout=seconds):
            return True
        with self._lock:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return False
        return True  # handed over between the timeout and here

    def give(self) -> None:
        """Release the lock to the next waiter."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False
