export interface TestAnswer<Body = Record<string, unknown>> {
  status: number;
  headers: Headers;
  text: string;
  /** Of JSON; an empty object for anything else. */
  body: Body;
}

export interface Message {
  /** An object is sent as JSON, a text as it is. */
  body?: unknown;
  /** They win. */
  headers?: Record<string, string>;
}

export function requestOf(method: string, url: string, message: Message = {}): Request {
  const headers = new Headers(message.headers);
  if (message.body === undefined) return new Request(url, { method, headers });
  if (!headers.has("content-type")) headers.set("content-type", "application/json");
  const body = typeof message.body === "string" ? message.body : JSON.stringify(message.body);
  return new Request(url, { method, headers, body });
}

/** Reads an answer whole. */
export async function answerOf<Body = Record<string, unknown>>(
  response: Response,
): Promise<TestAnswer<Body>> {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") ?? false;
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: (isJson && text !== "" ? JSON.parse(text) : {}) as Body,
  };
}
