import { DomainError } from "../kernel/errors.ts";
import type { ChatMessage } from "./chat-parameters.ts";

/** A thing whose `type` names the field that says the rest. */
type Tagged = { type: string };

/**
 * What the schema of a chat body cannot say: which field another one needs. Throws `invalid_request` by the path of the field
 * that is missing. Without it the provider would refuse, after attempts at every target.
 */
export function requireCompleteChat(body: {
  messages: readonly ChatMessage[];
  tools?: readonly Tagged[];
  response_format?: Tagged;
}): void {
  body.messages.forEach((message, index) => requireCompleteMessage(message, `messages[${index}]`));
  body.tools?.forEach((tool, index) => requireFieldOfType(tool, `tools[${index}]`));
  if (body.response_format?.type === "json_schema") {
    requireFieldOfType(body.response_format, "response_format");
  }
}

function requireCompleteMessage(message: ChatMessage, path: string): void {
  const { role, content } = message;
  if (role === "tool" && !message.tool_call_id) {
    throw missing(`${path}.tool_call_id`, "a message of the role tool names the call it answers");
  }
  if (role !== "assistant" && role !== "function" && (content ?? undefined) === undefined) {
    throw missing(`${path}.content`, `a message of the role ${role} has content`);
  }
  if (!Array.isArray(content)) return;
  content.forEach((part, index) => {
    requireFieldOfType(part, `${path}.content[${index}]`);
    requireOwnFile(part, `${path}.content[${index}].file.file_id`);
  });
}

function requireFieldOfType(tagged: Tagged, path: string): void {
  const value = (tagged as Readonly<Record<string, unknown>>)[tagged.type];
  if (value !== undefined && value !== null) return;
  throw missing(`${path}.${tagged.type}`, `the type ${tagged.type} needs it`);
}

/** A file at the provider is of no team, and could be anybody's. */
function requireOwnFile(part: Tagged & { file?: object | null }, field: string): void {
  const { file_id: id = null } = (part.file ?? {}) as { file_id?: unknown };
  if (id === null) return;
  const message = `${field} names a file, and none is kept: send its content as file_data.`;
  throw new DomainError("invalid_request", message, {
    hints: { field, errors: [{ field, message }] },
  });
}

function missing(field: string, reason: string): DomainError {
  const message = `${field} is missing: ${reason}.`;
  return new DomainError("invalid_request", message, {
    hints: { field, errors: [{ field, message }] },
  });
}
