import { expect, test } from "vitest";
import { covers, parseAddress, parseBlock } from "../../server/kernel/network.ts";

test.each([
  ["203.0.113.0/24", "203.0.113.7", true],
  ["203.0.113.0/24", "203.0.114.7", false],
  ["203.0.113.9/24", "203.0.113.7", true],
  ["203.0.113.7", "203.0.113.7", true],
  ["203.0.113.7", "203.0.113.8", false],
  ["203.0.113.6/31", "203.0.113.7", true],
  ["0.0.0.0/0", "198.51.100.1", true],
  ["0.0.0.0/0", "2001:db8::1", false],
  ["::/0", "2001:db8::1", true],
  ["::/0", "198.51.100.1", false],
  ["2001:db8::/32", "2001:db8:ffff::1", true],
  ["2001:db8::/32", "2001:db9::1", false],
  ["2001:DB8::1", "2001:0db8:0:0::1", true],
  ["203.0.113.0/24", "::ffff:203.0.113.7", true],
  ["::ffff:203.0.113.0/120", "203.0.113.7", true],
  ["::ffff:203.0.113.0/120", "203.0.114.7", false],
])("%s covers %s: %s", (block, address, expected) => {
  expect(covers([parseBlock(block)!], parseAddress(address)!)).toBe(expected);
});

test.each([
  "",
  "10.1",
  "0x0a.0.0.1",
  "010.0.0.1/8",
  "167772161",
  "10.0.0.0/33",
  "10.0.0.0/-1",
  "10.0.0.0/",
  "10.0.0.0/8/8",
  "10.0.0.0/8 ",
  "2001:db8::/129",
  "::ffff:10.0.0.0/64",
  "fe80::1%eth0",
  "example.com",
])("%j is no block", (text) => {
  expect(parseBlock(text)).toBeUndefined();
});
