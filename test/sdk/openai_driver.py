"""OpenAI's SDK for Python carries out the scenarios that it reads, and writes what it saw, one JSON document each."""

import json
import sys

import openai

asked = json.load(sys.stdin)


def methods(client):
    return {
        "chat": client.chat.completions.with_raw_response.create,
        "embeddings": client.embeddings.with_raw_response.create,
        "responses": client.responses.with_raw_response.create,
        "models": client.models.with_raw_response.list,
        "model": client.models.with_raw_response.retrieve,
    }


def observe(scenario):
    """A status and a body or frames; of a refusal the class of the exception, and the frames before it."""
    client = openai.OpenAI(base_url=asked["url"], api_key=scenario["key"], max_retries=0)
    seen = {}
    try:
        raw = methods(client)[scenario["endpoint"]](**scenario["params"])
        seen["status"] = raw.status_code
        answer = raw.parse()
        if scenario["params"].get("stream"):
            seen["frames"] = []
            for frame in answer:
                seen["frames"].append(frame.model_dump(mode="json", exclude_unset=True))
        else:
            seen["body"] = answer.model_dump(mode="json", exclude_unset=True)
    except openai.APIError as error:
        seen["error"] = type(error).__name__
        seen["status"] = getattr(error, "status_code", seen.get("status"))
    return seen


json.dump([observe(scenario) for scenario in asked["scenarios"]], sys.stdout)
