"""What the bench is doing, for who waits; results go to the standard output."""

import sys


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
