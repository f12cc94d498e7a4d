"""LiteLLM's `custom_auth` hook: lets a call in when its internal key proves which team it is for.

A key is `sk-internal.<team id, base64url>.<expiry, seconds since the epoch>.<HMAC-SHA256, base64url>`; the HMAC is over
everything after `sk-` and before the last dot, with the secret in SAAS_LITELLM_INTERNAL_SECRET. `internal-key.ts` makes
them. A key proves identity and nothing else: access, limits and money are decided before LiteLLM is called.

LiteLLM is imported only inside the hook, so that `team_of_key` can be tested with any Python.
"""

import base64
import hashlib
import hmac
import os
import time


def team_of_key(key: str, secret: str, now_seconds: float) -> str | None:
    """The team id that a key carries; None when it is malformed, forged or expired."""
    parts = key.split(".")
    if not secret or len(parts) != 4 or parts[0] != "sk-internal":
        return None
    _, team, expiry, signature = parts
    signed = f"internal.{team}.{expiry}".encode("utf-8", "replace")
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    expected = base64.urlsafe_b64encode(digest).rstrip(b"=")
    if not hmac.compare_digest(expected, signature.encode("utf-8", "replace")):
        return None
    # Past this line the text is our own, so that parsing cannot fail.
    if int(expiry) <= now_seconds:
        return None
    return base64.urlsafe_b64decode(team + "=" * (-len(team) % 4)).decode()


async def user_api_key_auth(request, api_key: str):
    """Called by LiteLLM for each request. Only ProxyException becomes a 401; any other exception would be a 500."""
    import litellm
    from litellm.proxy._types import LitellmUserRoles, ProxyException, UserAPIKeyAuth

    team_id = team_of_key(api_key or "", os.environ.get("SAAS_LITELLM_INTERNAL_SECRET", ""), time.time())
    if team_id is None:
        raise ProxyException(
            message="The internal key is missing, forged or expired.",
            type="authentication_error",
            param=None,
            code=401,
        )
    for callback in litellm.callbacks:
        # `saas_litellm_attempts.py`; LiteLLM loads that file itself, so that importing it here would make a second one.
        if hasattr(callback, "begin_request"):
            callback.begin_request()
    return UserAPIKeyAuth(
        api_key=f"team-{team_id}",
        team_id=team_id,
        user_role=LitellmUserRoles.INTERNAL_USER,
    )
