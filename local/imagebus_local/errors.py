"""Errors of the local AWS, each with a code for programs and advice for people."""

from __future__ import annotations


class LocalError(Exception):
    """`message` says what happened, `advice` what to do about it; `detail` is the tool's last output."""

    def __init__(self, code: str, message: str, advice: str, detail: str = "") -> None:
        super().__init__(f"{message} {advice}")
        self.code = code
        self.message = message
        self.advice = advice
        self.detail = detail
