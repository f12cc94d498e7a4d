"""LiteLLM's callback that tells which targets a request has tried, in one header of its answer.

The header `x-saas-litellm-attempts` lists them in order as `<target id>/<status>/<milliseconds>`, comma-separated;
`attempts.ts` reads it. 200 = it answered, or began to stream; 0 = it failed without a status. A call whose first target answered
has no such header: `x-litellm-model-id` says all there is to say. A stream always has it, since it may yet be begun anew.

The `retry-after` of the last failure, which LiteLLM keeps to itself, goes out as the provider said it.

A request's list lives in a context variable, so that concurrent requests never meet and nothing is left when one ends.
"""

import time
from contextvars import ContextVar

from litellm.integrations.custom_logger import CustomLogger


# Clients read some 16 KB of headers; an attempt has about 50 bytes.
MOST_TOLD = 64


class Attempt:
    """One target asked once. Open until it has failed, or until the answer goes out."""

    __slots__ = ("target", "started", "status", "milliseconds", "retry_after")

    def __init__(self, target: str):
        self.target = target
        self.started = time.monotonic()
        self.status: int | None = None
        self.milliseconds = 0
        self.retry_after: str | None = None

    def end(self, status: int) -> None:
        if self.status is None:
            self.status = status
            self.milliseconds = round((time.monotonic() - self.started) * 1000)

    def told(self) -> str:
        return f"{self.target}/{self.status}/{self.milliseconds}"


def retry_after_of(exception) -> str | None:
    """What the provider's answer said, in seconds; it is kept in one place or the other, by the form of the call."""
    answer = getattr(exception, "response", None)
    for headers in (getattr(exception, "litellm_response_headers", None), getattr(answer, "headers", None)):
        value = headers.get("retry-after") if headers else None
        if isinstance(value, str) and value.isascii() and value.isdigit():
            return value
    return None


tried: ContextVar[list[Attempt] | None] = ContextVar("saas_litellm_tried", default=None)


class Attempts(CustomLogger):
    def begin_request(self) -> None:
        """Called by our `custom_auth` hook, in the task that serves the request: its children share the list."""
        tried.set([])

    async def async_pre_call_check(self, deployment, parent_otel_span):
        """Called by the router each time it has chosen a deployment."""
        attempts = tried.get()
        if attempts is None:
            return
        # A stream that breaks before its first chunk is given up without a word to any hook.
        if attempts:
            attempts[-1].end(0)
        attempts.append(Attempt(deployment["model_info"]["id"].rpartition("#")[2]))

    async def async_post_call_failure_deployment_hook(self, request_data, exception, call_type):
        """Called for each failure; twice, inside and outside, where one form of call is made of another."""
        attempts = tried.get()
        if attempts:
            status = getattr(exception, "status_code", None)
            attempts[-1].end(status if isinstance(status, int) else 0)
            attempts[-1].retry_after = retry_after_of(exception) or attempts[-1].retry_after

    async def async_post_call_response_headers_hook(self, data, user_api_key_dict, response, request_headers=None):
        """Called before the answer goes out; `response` is None where it is a failure."""
        attempts = tried.get()
        if not attempts or (len(attempts) == 1 and response is not None and not data.get("stream")):
            return None
        attempts[-1].end(0 if response is None else 200)
        told = {"x-saas-litellm-attempts": ",".join(attempt.told() for attempt in attempts[-MOST_TOLD:])}
        if response is None and attempts[-1].retry_after is not None:
            told["retry-after"] = attempts[-1].retry_after
        return told


attempts = Attempts()
