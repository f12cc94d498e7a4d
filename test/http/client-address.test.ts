import { expect, test } from "vitest";
import { clientAddress } from "../../server/http/client-address.ts";
import { parseBlock } from "../../server/kernel/network.ts";

const trusted = ["10.0.0.0/8", "2001:db8:1::/48"].map((text) => parseBlock(text)!);

test.each([
  ["a direct client", "198.51.100.1", null, "198.51.100.1"],
  ["a direct client that names another", "198.51.100.1", "203.0.113.7", "198.51.100.1"],
  ["a direct client that names a proxy", "198.51.100.1", "10.0.0.1", "198.51.100.1"],
  ["a client behind a proxy", "10.0.0.1", "203.0.113.7", "203.0.113.7"],
  ["a client behind two proxies", "10.0.0.1", "203.0.113.7, 10.0.0.2", "203.0.113.7"],
  ["what a client wrote before it", "10.0.0.1", "192.0.2.1, 203.0.113.7", "203.0.113.7"],
  ["a trusted name before a client", "10.0.0.1", "10.9.9.9, 203.0.113.7, 10.0.0.2", "203.0.113.7"],
  ["a proxy that says nothing", "10.0.0.1", null, "10.0.0.1"],
  ["a proxy that writes no address", "10.0.0.1", "203.0.113.7, unknown", "10.0.0.1"],
  ["a proxy's empty entry", "10.0.0.1", "203.0.113.7, , 10.0.0.2", "10.0.0.2"],
  ["a chain of trusted ones alone", "10.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.3"],
  ["a port behind the address", "10.0.0.1", "203.0.113.7:4711", "203.0.113.7"],
  ["IPv6 with a port", "2001:db8:1::5", "[2001:db8:2::1]:443", "2001:db8:2::1"],
  ["IPv6 in brackets", "2001:db8:1::5", "[2001:db8:2::1]", "2001:db8:2::1"],
  ["IPv4 in IPv6", "::ffff:10.0.0.1", "::ffff:203.0.113.7", "203.0.113.7"],
])("%s", (_, connection, header, expected) => {
  expect(clientAddress(connection, header, trusted)).toBe(expected);
});

test("nobody is trusted unless named", () => {
  expect(clientAddress("10.0.0.1", "203.0.113.7", [])).toBe("10.0.0.1");
});

test("without a connection there is no address, whatever the header says", () => {
  expect(clientAddress(null, "203.0.113.7", trusted)).toBeNull();
  expect(clientAddress("", "203.0.113.7", trusted)).toBeNull();
});
