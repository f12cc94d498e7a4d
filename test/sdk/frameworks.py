"""LangChain over either endpoint, and Instructor: a chat, a stream, a tool that is called and answered, an object by a schema, a model
that is busy at first, and one that refuses; all in one job."""

import json
import sys
import time
from functools import partial

from pydantic import BaseModel

MODEL = "chat-fast"


class Ticket(BaseModel):
    """A ticket of support."""

    title: str
    urgent: bool


class Weather(BaseModel):
    """The weather of a city."""

    city: str


def saying(**script):
    return "Please. #loopback " + json.dumps({"input_tokens": 1000, "output_tokens": 100, **script})


def joined(pieces):
    assert len(pieces) > 1, "it came in one piece"
    return "".join(pieces)


def text_of(message):
    """Of the one endpoint a text, of the other a list of parts."""
    return message.text if isinstance(message.text, str) else message.text()


def after_a_second(ask):
    """What comes of a model that is busy for a second: without `retry-after` an SDK tries again sooner."""
    begun = time.monotonic()
    # The same text is refused once only, and each framework has a text of its own.
    answer = ask(saying(text="At last.", status=429, status_times=1, retry_after=1, error_message=framework))
    assert time.monotonic() - begun >= 1, "it did not wait"
    return answer


def refused(ask):
    """The class of the exception, by the name that a program catches it by."""
    import openai

    try:
        ask(saying(status=400))
    except openai.BadRequestError as error:
        assert error.status_code == 400 and error.code == "upstream_bad_request"
        return "BadRequestError"


def langchain(url, key, headers, **endpoint):
    from langchain_core.messages import HumanMessage, ToolMessage
    from langchain_openai import ChatOpenAI

    model = ChatOpenAI(model=MODEL, base_url=url, api_key=key, default_headers=headers, stream_usage=True, **endpoint)

    chat = model.invoke(saying(text="Hello there."))
    assert chat.usage_metadata["total_tokens"] == 1100

    chunks = list(model.stream(saying(text="One two three four five.")))
    assert sum(chunk.usage_metadata["total_tokens"] for chunk in chunks if chunk.usage_metadata) == 1100

    tool = {"name": "get_weather", "description": "The weather.", "parameters": Weather.model_json_schema()}
    able = model.bind_tools([{"type": "function", "function": tool}])
    asked = HumanMessage(saying(tool_call={"name": "get_weather", "arguments": {"city": "Oslo"}}))
    calling = able.invoke([asked])
    call = calling.tool_calls[0]
    answered = ToolMessage(saying(text="It snows in Oslo."), tool_call_id=call["id"])
    answer = able.invoke([asked, calling, answered])

    structured = model.with_structured_output(Ticket, method="json_schema").invoke(
        saying(text='{"title":"Export fails","urgent":true}')
    )
    return {
        "chat": text_of(chat),
        "stream": joined([text_of(chunk) for chunk in chunks if text_of(chunk)]),
        "tool_call": {"name": call["name"], "arguments": call["args"]},
        "answer": text_of(answer),
        "structured": structured.model_dump(),
        "retried": text_of(after_a_second(model.invoke)),
        "refused": refused(model.invoke),
    }


def instructor(url, key, headers):
    import instructor as library
    import openai

    client = openai.OpenAI(base_url=url, api_key=key, default_headers=headers)
    by_tools = library.from_openai(client, mode=library.Mode.TOOLS)
    by_schema = library.from_openai(client, mode=library.Mode.JSON_SCHEMA)

    def ask(of, response_model, **script):
        messages = [{"role": "user", "content": saying(**script)}]
        return of.create(model=MODEL, response_model=response_model, messages=messages, max_retries=0)

    chat = ask(by_tools, None, text="Hello there.")

    partials = list(
        by_schema.create_partial(
            model=MODEL,
            response_model=Ticket,
            messages=[{"role": "user", "content": saying(text='{"title":"One two three four five.","urgent":false}', chunks=6)}],
            max_retries=0,
        )
    )
    titles = [partial.title or "" for partial in partials]
    assert len(set(titles)) > 2, "it came in one piece"

    weather = ask(by_tools, Weather, tool_call={"name": "Weather", "arguments": {"city": "Oslo"}})
    several = list(
        by_tools.create_iterable(
            model=MODEL,
            response_model=Weather,
            messages=[{"role": "user", "content": saying(tool_call={"name": "Weather", "arguments": {"tasks": [{"city": "It snows in Oslo."}]}})}],
            max_retries=0,
        )
    )
    structured = ask(by_schema, Ticket, text='{"title":"Export fails","urgent":true}')

    def plainly(text):
        messages = [{"role": "user", "content": text}]
        return by_tools.create(model=MODEL, response_model=None, messages=messages, max_retries=0)

    return {
        "chat": chat.choices[0].message.content,
        "stream": titles[-1],
        "tool_call": {"name": "get_weather", "arguments": weather.model_dump()},
        "answer": several[0].city,
        "structured": structured.model_dump(),
        "retried": after_a_second(plainly).choices[0].message.content,
        "refused": refused(plainly),
    }


asked = json.load(sys.stdin)
framework = asked["framework"]
headers = {"X-Job-Ref": framework, "X-Job-Type": framework}
run = {
    "langchain": langchain,
    "langchain-responses": partial(langchain, use_responses_api=True, store=False),
    "instructor": instructor,
}[framework]
json.dump(run(asked["url"], asked["key"], headers), sys.stdout)
