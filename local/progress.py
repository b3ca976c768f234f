"""What the terminal shows while a stack comes up: one line per step, the running step rewritten in place."""

import sys
import time
from typing import TextIO

WIDTH = 110


class Progress:
    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._live = out.isatty()
        self._started = time.monotonic()
        self._shown = ""

    def say(self, text: str) -> None:
        """A step is done."""
        self._erase()
        print(f"{time.monotonic() - self._started:5.0f} s  {text}", file=self._out, flush=True)
        self._shown = ""

    def show(self, text: str) -> None:
        """A step is going on; said once where lines cannot be rewritten."""
        if self._live:
            self._erase()
            line = f"{time.monotonic() - self._started:5.0f} s  {text} …"
            print(line[:WIDTH], end="", file=self._out, flush=True)
        elif text != self._shown:
            self.say(f"{text} …")
        self._shown = text

    def _erase(self) -> None:
        if self._live and self._shown:
            print("\r\033[K", end="", file=self._out)
