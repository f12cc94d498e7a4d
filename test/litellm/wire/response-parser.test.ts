import { describe, expect, test } from "vitest";
import { ProtocolError, ResponseParser } from "../../../server/litellm/wire/response-parser.ts";

/** What a parser tells of bytes that come in these pieces; `"cut"` when the connection's end cuts an answer off. */
function told(pieces: readonly string[], answers = 1): unknown[] {
  const events: unknown[] = [];
  const parser = new ResponseParser();
  let left = answers;
  const expectNext = () => {
    if (left-- <= 0) return;
    let body = "";
    parser.expect({
      head: (status, headers) => events.push([status, headers.get("x-note")]),
      body: (bytes) => (body += bytes.toString()),
      end: () => {
        events.push(body, parser.keepAlive ? "kept" : "closed");
        expectNext();
      },
    });
  };
  expectNext();
  for (const piece of pieces) parser.take(Buffer.from(piece));
  if (!parser.close()) events.push("cut");
  return events;
}

/** Byte by byte. */
const single = (text: string) => text.split("");

const sized = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Note: a\r\nx-note: b\r\n\r\nhello";
const chunked =
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nx-trailer: 1\r\n\r\n";

describe("answers, however their bytes are cut", () => {
  const whole: readonly (readonly [name: string, bytes: string, events: unknown[]])[] = [
    ["a length", sized, [[200, "a, b"], "hello", "kept"]],
    ["chunks", chunked, [[200, null], "hello!", "kept"]],
    ["nothing", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", [[200, null], "", "kept"]],
    ["no content", "HTTP/1.1 204 No Content\r\n\r\n", [[204, null], "", "kept"]],
    ["no reason", "HTTP/1.1 200\r\ncontent-length: 1\r\n\r\nx", [[200, null], "x", "kept"]],
    [
      "an interim answer before",
      `HTTP/1.1 100 Continue\r\n\r\n${sized}`,
      [[200, "a, b"], "hello", "kept"],
    ],
    [
      "a connection that is to close",
      "HTTP/1.1 500 No\r\nconnection: Close\r\ncontent-length: 2\r\n\r\nno",
      [[500, null], "no", "closed"],
    ],
    [
      "an older version",
      "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
      [[200, null], "ok", "closed"],
    ],
    ["up to the close", "HTTP/1.1 200 OK\r\n\r\nall of it", [[200, null], "all of it", "closed"]],
  ];
  test.each(whole)("%s", (_name, bytes, events) => {
    expect(told([bytes])).toEqual(events);
    expect(told(single(bytes))).toEqual(events);
    for (let at = 1; at < bytes.length; at += 7) {
      expect(told([bytes.slice(0, at), bytes.slice(at)])).toEqual(events);
    }
  });

  test("one after the other on a connection", () => {
    const both = [[200, "a, b"], "hello", "kept", [200, null], "hello!", "kept"];
    expect(told([sized + chunked], 2)).toEqual(both);
    expect(told(single(sized + chunked), 2)).toEqual(both);
  });
});

describe("an answer that breaks off", () => {
  test.each([
    ["", ["cut"]],
    ["HTTP/1.1 200 OK\r\n", ["cut"]],
    ["HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell", [[200, null], "cut"]],
    ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", [[200, null], "cut"]],
    ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", [[200, null], "cut"]],
  ])("%j is not taken for a whole one", (bytes, events) => {
    expect(told([bytes])).toEqual(events);
  });
});

describe("what is no answer", () => {
  test.each(
    (
      [
        ["SSH-2.0-OpenSSH_9.2\r\n\r\n", /begin/],
        ["HTTP/2 200\r\n\r\n", /begin/],
        ["HTTP/1.1 2000 OK\r\n\r\n", /begin/],
        ["HTTP/1.1 200 OK\r\n: x\r\n\r\n", /header/],
        ["HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", /length -1/],
        ["HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n", /length 5, 6/],
        ["HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n", /gzip, chunked/],
        ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n", /size/],
        ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n", /longer/],
        [`HTTP/1.1 200 OK\r\nx: ${"y".repeat(70_000)}`, /too large/],
        [`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${"1".repeat(2_000)}`, /too long/],
        [`${sized}HTTP/1.1 200 OK\r\n\r\n`, /nobody asked/],
      ] as const
    ).map(([bytes, reason]) => ({ bytes, reason, name: bytes.slice(0, 70) })),
  )("$name", ({ bytes, reason }) => {
    expect(() => told([bytes])).toThrow(ProtocolError);
    expect(() => told([bytes])).toThrow(reason);
  });
});
