/** Who is told of an answer as it arrives. */
export interface ResponseSink {
  head(status: number, headers: HeaderFields): void;
  body(bytes: Buffer): void;
  end(): void;
}

/** Lower-case names; several fields of one name are joined with ", ". */
export class HeaderFields {
  readonly #fields: ReadonlyMap<string, string>;

  constructor(fields: ReadonlyMap<string, string>) {
    this.#fields = fields;
  }

  get(name: string): string | null {
    return this.#fields.get(name) ?? null;
  }
}

/** An answer that is not HTTP/1.1 as RFC 9112 has it. */
export class ProtocolError extends Error {}

/** More is taken for a broken upstream. */
const LARGEST_HEAD_BYTES = 64 * 1024;
const LARGEST_LINE_BYTES = 1024;

type State = "head" | "sized" | "chunk size" | "chunk" | "chunk end" | "trailers" | "to close";

/**
 * Takes the bytes of one connection apart into answers (RFC 9112), however they are cut. States: head → body, by the framing
 * that the head names (sized, chunked or up to the close of the connection) → end, after which the next head may come.
 */
export class ResponseParser {
  #state: State = "head";
  /** Bytes of a head or line whose end has not come yet. */
  #begun: Buffer | undefined;
  /** Bytes that the body, or the chunk, still has to come. */
  #left = 0;
  #sink: ResponseSink | undefined;
  #keepAlive = false;

  /** Whether another request may go out on the connection; told once an answer has ended. */
  get keepAlive(): boolean {
    return this.#keepAlive;
  }

  /** Whether some of a head has come, and not all of it. */
  get isInHead(): boolean {
    return this.#state === "head" && this.#begun !== undefined;
  }

  /** The answer that comes next goes to `sink`. */
  expect(sink: ResponseSink): void {
    this.#sink = sink;
  }

  /** Throws ProtocolError. */
  take(arrived: Buffer): void {
    const bytes = this.#begun === undefined ? arrived : Buffer.concat([this.#begun, arrived]);
    this.#begun = undefined;
    let at = 0;
    while (at < bytes.length) {
      const next = this.#step(bytes, at);
      if (next === undefined) {
        this.#begun = bytes.subarray(at);
        return;
      }
      at = next;
    }
  }

  /** The connection has ended: false when an answer is cut off by that. */
  close(): boolean {
    if (this.#state === "to close") {
      this.#end(false);
      return true;
    }
    return this.#sink === undefined;
  }

  /** How far it got; undefined = more bytes are needed. */
  #step(bytes: Buffer, at: number): number | undefined {
    switch (this.#state) {
      case "head":
        return this.#head(bytes, at);
      case "sized":
      case "chunk":
        return this.#content(bytes, at);
      case "to close":
        this.#sink!.body(bytes.subarray(at));
        return bytes.length;
      case "chunk size":
        return this.#line(bytes, at, (line) => this.#chunkSize(line));
      case "chunk end":
        return this.#line(bytes, at, (line) => {
          if (line !== "") throw new ProtocolError("a chunk is longer than it says");
          this.#state = "chunk size";
        });
      case "trailers":
        return this.#line(bytes, at, (line) => {
          if (line === "") this.#end(this.#keepAlive);
        });
    }
  }

  #head(bytes: Buffer, at: number): number | undefined {
    if (this.#sink === undefined) throw new ProtocolError("an answer that nobody asked for");
    const end = bytes.indexOf("\r\n\r\n", at);
    if (end < 0) {
      if (bytes.length - at > LARGEST_HEAD_BYTES) throw new ProtocolError("its head is too large");
      return undefined;
    }
    const { status, version, fields } = parseHead(bytes.toString("latin1", at, end));
    const after = end + 4;
    // Interim answers (RFC 9110, 15.2) come before the one that counts.
    if (status < 200) return after;
    const connection = fields.get("connection")?.toLowerCase();
    this.#keepAlive =
      version === "1.1" ? connection !== "close" : connection?.includes("keep-alive") === true;
    this.#frame(status, fields);
    this.#sink.head(status, new HeaderFields(fields));
    if (this.#state === "sized" && this.#left === 0) this.#end(this.#keepAlive);
    return after;
  }

  /** What the head says of the body's length (RFC 9112, 6.3). */
  #frame(status: number, fields: ReadonlyMap<string, string>): void {
    const codings = fields.get("transfer-encoding");
    const length = fields.get("content-length");
    this.#left = 0;
    if (status === 204 || status === 304) {
      this.#state = "sized";
    } else if (codings !== undefined) {
      if (codings.toLowerCase() !== "chunked") {
        throw new ProtocolError(`its transfer coding ${codings} is not known`);
      }
      this.#state = "chunk size";
    } else if (length !== undefined) {
      if (!/^\d{1,15}$/.test(length)) throw new ProtocolError(`its length ${length} is no number`);
      this.#state = "sized";
      this.#left = Number(length);
    } else {
      this.#state = "to close";
    }
  }

  #content(bytes: Buffer, at: number): number {
    const upTo = Math.min(at + this.#left, bytes.length);
    this.#left -= upTo - at;
    this.#sink!.body(at === 0 && upTo === bytes.length ? bytes : bytes.subarray(at, upTo));
    if (this.#left === 0) {
      if (this.#state === "chunk") this.#state = "chunk end";
      else this.#end(this.#keepAlive);
    }
    return upTo;
  }

  #chunkSize(line: string): void {
    const digits = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i.exec(line)?.[1];
    if (digits === undefined) throw new ProtocolError("the size of a chunk is no number");
    this.#left = Number.parseInt(digits, 16);
    this.#state = this.#left === 0 ? "trailers" : "chunk";
  }

  #line(bytes: Buffer, at: number, take: (line: string) => void): number | undefined {
    const end = bytes.indexOf("\r\n", at);
    if (end < 0) {
      if (bytes.length - at > LARGEST_LINE_BYTES) throw new ProtocolError("a line is too long");
      return undefined;
    }
    take(bytes.toString("latin1", at, end));
    return end + 2;
  }

  #end(keepAlive: boolean): void {
    const sink = this.#sink!;
    this.#sink = undefined;
    this.#state = "head";
    this.#keepAlive = keepAlive;
    sink.end();
  }
}

function parseHead(head: string) {
  const [statusLine = "", ...lines] = head.split("\r\n");
  const [, version, status] = /^HTTP\/(1\.[01]) (\d{3})(?: |$)/.exec(statusLine) ?? [];
  if (status === undefined) throw new ProtocolError("it does not begin as HTTP/1.1 does");
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 1) throw new ProtocolError("a header has no name");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return { status: Number(status), version, fields };
}
