"""Checks of ours beside those of Schemathesis: what a refusal tells, and that only known rules refuse what a schema allows."""

from urllib.parse import urlencode

import schemathesis

# Rules about what a request is about, not about its form: by code, why no schema can say them.
RULES = {
    "amount_invalid": "digits and decimals of amounts, and what a wallet holds",
    "budget_exists": "what is there already",
    "idempotency_mismatch": "an earlier request",
    "insufficient_credits": "a balance",
    "model_ambiguous": "the models of a team",
    "model_unpriced": "the price of a model",
    "name_taken": "what is there already",
    "upstream_bad_request": "what a model takes",
}

# The same for `invalid_request`, by the last name of its field.
FIELDS = {
    "alias": "what a name may be beside others",
    "api_base": "a URL that can be reached",
    "api_key": "excludes credential_id",
    "cursor": "a page that was given out",
    "default_alias": "the models of a team",
    "default_output_tokens": "max_output_tokens",
    "expires_at": "the time",
    "extra_params": "parameters that would go past access and price",
    "from": "to, and the time",
    "groups": "the groups that there are",
    "idempotency_key": "the header Idempotency-Key",
    "input": "what a model takes",
    "input_price": "output_price",
    "ip_allow_list": "addresses",
    "job_type_aliases": "the models of a team",
    "max_cost_usd": "min_cost_usd",
    "max_credits": "min_credits",
    "max_output_tokens": "min_output_tokens",
    "messages": "roles and what belongs to each",
    "metadata": "16 KiB",
    "min_output_tokens": "max_output_tokens",
    "model": "the kind of a model",
    "model_group": "model",
    "output_price": "input_price",
    "period": "from",
    "plan_id": "the plans that there are",
    "rules": "the kind of a plan",
    "targets": "the targets of a model",
    "team_id": "the key",
    "timeouts": "one another",
    "to": "from",
    "tool_choice": "the kinds of tools that run with whoever asks",
    "tools": "the kinds of tools that run with whoever asks",
    "to_team_id": "the organization of a team",
    "until": "the time",
    "x-job-ref": "excludes x-job-id",
}


# The same by what is said of any field of a call.
SENTENCES = {
    "costs more than this model's prices say": "the prices of a model",
    "is not a field of this request": "the extra parameters of a model, where the document leaves more fields open",
    "needs it.": "the type of a tool, a part or a format",
}

# What Bun takes of a request's line and headers; it refuses more by itself, without a body.
LONGEST_HEAD = 12_000


@schemathesis.hook
def before_load_schema(ctx, raw_schema):
    """To OpenAPI 3.1 the schema of a stream is that of its whole text, to Schemathesis that of each event."""
    for path in raw_schema["paths"].values():
        for operation in path.values():
            for response in operation["responses"].values():
                events = response.get("content", {}).get("text/event-stream")
                if events:
                    events["schema"] = {"type": "object", "properties": {"data": {"type": "string"}}}


@schemathesis.hook
def filter_case(ctx, case):
    return len(urlencode(case.query or {}, doseq=True)) < LONGEST_HEAD and arrives_as_sent(case.headers)


def arrives_as_sent(headers):
    """HTTP takes spaces and tabs around a value for none of it: what a pattern forbids would arrive as what it allows."""
    return all(str(value).strip(" \t") == str(value) for value in (headers or {}).values())


def problem_of(response):
    try:
        body = response.json()
    except ValueError:
        return None
    if not isinstance(body, dict):
        return None
    return body.get("error") if isinstance(body.get("error"), dict) else body


def field_of(problem):
    return problem.get("field") or problem.get("param") or problem.get("parameter")


def last_name(field):
    return str(field).split(".")[-1].split("[")[0]


def first_name(field):
    return str(field).split(".")[0].split("[")[0]


@schemathesis.check
def refusals_are_told(ctx, response, case):
    """A refusal carries a code that the document names for its status, a sentence, and the field that it is about."""
    if response.status_code < 400 or response.status_code == 405:
        return
    problem = problem_of(response)
    assert problem, f"{response.status_code} without a problem document"
    documented = case.operation.definition.raw.get("responses", {}).get(str(response.status_code))
    if documented is not None:
        content = next(iter(documented.get("content", {}).values()), {})
        names = set(content.get("examples", {}))
        assert not names or problem.get("code") in names, (
            f"{problem.get('code')} is not among the codes documented for {response.status_code}: {sorted(names)}"
        )
    sentence = problem.get("detail") or problem.get("message")
    assert isinstance(sentence, str) and sentence.strip(), "a refusal without a sentence"
    if problem.get("code") == "amount_invalid":
        assert field_of(problem), f"no field is named: {sentence}"


@schemathesis.check
def refused_by_a_known_rule(ctx, response, case):
    """What the schema allows is refused only by a rule that no schema can say."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if response.status_code not in (400, 402, 413, 415, 422):
        return
    problem = problem_of(response) or {}
    code = problem.get("code")
    sentence = problem.get("detail") or problem.get("message") or ""
    if code in RULES or any(words in sentence for words in SENTENCES):
        return
    field = field_of(problem)
    assert code == "invalid_request" and (last_name(field) in FIELDS or first_name(field) in FIELDS), (
        f"refused though the document allows it, as {code} of {field}: {sentence}"
    )
