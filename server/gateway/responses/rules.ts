import { DomainError } from "../../kernel/errors.ts";
import type { ResponseItem } from "./parameters.ts";
import type { OpenAiResponse } from "./schema.ts";

/** Fields that need something kept upstream, or run there, by what to send instead. */
const refusedFields: Readonly<Record<string, string>> = {
  previous_response_id:
    "responses are not kept: send the earlier input and output items again in `input`.",
  conversation: "conversations are not kept: send the items so far in `input`.",
  prompt: "prompt templates are not kept: send their text as `instructions` and `input`.",
  context_management:
    "conversations are not shortened here: send in `input` what the model should see.",
  moderation: "moderation does not run here: check `input` before it is sent.",
};

/** Items that a client may send, each by the fields that it needs. */
const itemFields: Readonly<Record<string, readonly (keyof ResponseItem)[]>> = {
  message: ["role", "content"],
  function_call: ["call_id", "name", "arguments"],
  function_call_output: ["call_id", "output"],
  custom_tool_call: ["call_id", "name", "input"],
  custom_tool_call_output: ["call_id", "output"],
  reasoning: ["summary"],
};

const partFields: Readonly<Record<string, string>> = {
  input_text: "text",
  output_text: "text",
  input_image: "image_url",
  input_file: "file_data",
  input_audio: "input_audio",
  refusal: "refusal",
};

const runHere =
  "declare a tool of the type function, run it yourself and send its output as an item.";
const ownTools: ReadonlySet<string> = new Set(["function", "custom"]);
const toolChoices: ReadonlySet<string> = new Set(["function", "custom", "allowed_tools"]);

/** Throws `invalid_request` for what a service that keeps nothing cannot do, and for items that lack a field. */
export function requireStatelessResponse(body: OpenAiResponse): void {
  const fields = body as Readonly<Record<string, unknown>>;
  for (const [field, instead] of Object.entries(refusedFields)) {
    if ((fields[field] ?? null) !== null) throw refused(field, `is not supported: ${instead}`);
  }
  if (body.background) {
    throw refused(
      "background",
      "must be false: leave it out and wait for the answer, or stream it.",
    );
  }
  if (Array.isArray(body.input)) {
    body.input.forEach((item, index) => requireItem(item, `input[${index}]`));
  }
  body.tools?.forEach((tool, index) => {
    if (!ownTools.has(tool.type)) throw hostedTool(`tools[${index}].type`, tool.type);
    if (!tool.name) throw missing(`tools[${index}].name`, "a tool is called by it");
  });
  const choice = body.tool_choice;
  if (choice && typeof choice !== "string" && !toolChoices.has(choice.type)) {
    throw hostedTool("tool_choice.type", choice.type);
  }
  if (body.text?.format?.type === "json_schema") {
    if (!body.text.format.schema) throw missing("text.format.schema", "the type needs it");
    if (!body.text.format.name) throw missing("text.format.name", "the type needs it");
  }
}

function requireItem(item: ResponseItem, path: string): void {
  const type = item.type ?? (item.role ? "message" : "item_reference");
  const needed = Object.hasOwn(itemFields, type) ? itemFields[type] : undefined;
  if (type === "item_reference") {
    throw refused(path, "refers to an item, and none is kept: send the item itself.");
  }
  if (!needed) throw hostedTool(`${path}.type`, type);
  for (const field of needed) {
    if ((item[field] ?? null) === null)
      throw missing(`${path}.${field}`, `an item of the type ${type} needs it`);
  }
  const parts = type === "message" ? item.content : item.output;
  if (Array.isArray(parts)) {
    parts.forEach((part, index) =>
      requirePart(part, `${path}.${type === "message" ? "content" : "output"}[${index}]`),
    );
  }
}

function requirePart(part: Readonly<Record<string, unknown>>, path: string): void {
  const type = String(part["type"]);
  const field = Object.hasOwn(partFields, type) ? partFields[type]! : undefined;
  if (field === undefined) {
    const known = Object.keys(partFields).join(", ");
    throw refused(`${path}.type`, `is ${shown(type)}; it must be one of ${known}.`);
  }
  if ((part["file_id"] ?? null) !== null) {
    throw refused(
      `${path}.file_id`,
      "names a file, and none is kept: send an image as `image_url`, a file as `file_data`, both also as data: URLs.",
    );
  }
  if ((part["file_url"] ?? null) !== null) {
    throw refused(
      `${path}.file_url`,
      "names a file whose size is not known before it is charged: send it as `file_data`.",
    );
  }
  if ((part[field] ?? null) === null) {
    throw missing(`${path}.${field}`, `a part of the type ${type} needs it`);
  }
}

const shown = (text: string) => JSON.stringify(text.slice(0, 100));

const hostedTool = (field: string, type: string) =>
  refused(field, `is ${shown(type)}, which runs at the provider and is not supported: ${runHere}`);

const missing = (field: string, reason: string) => refused(field, `is missing: ${reason}.`);

function refused(field: string, rest: string): DomainError {
  const message = `${field} ${rest}`;
  return new DomainError("invalid_request", message, {
    hints: { field, errors: [{ field, message }] },
  });
}
