import ipaddr from "ipaddr.js";

/** An IPv4 or IPv6 address. An IPv4 address within IPv6 (`::ffff:192.0.2.1`) is the IPv4 address. */
export type NetworkAddress = ReturnType<typeof ipaddr.process>;

/** The addresses that share their first bits with one. */
export interface NetworkBlock {
  readonly address: NetworkAddress;
  /** How many bits: 0 to 32 for IPv4, 0 to 128 for IPv6. */
  readonly bits: number;
}

/** Bits of an IPv6 address before the IPv4 address in it. */
const MAPPED_BITS = 96;

/** Undefined for what is no address. Only the usual forms count: never `10.1`, `0x0a.0.0.1` or a number. */
export function parseAddress(text: string): NetworkAddress | undefined {
  const isUsual = ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
  return isUsual && !text.includes("%") ? ipaddr.process(text) : undefined;
}

/** A block in CIDR form, or a single address; undefined for anything else. Bits beyond the prefix do not count. */
export function parseBlock(text: string): NetworkBlock | undefined {
  const [, host = "", prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = parseAddress(host);
  if (!address) return undefined;
  const size = address.kind() === "ipv4" ? 32 : 128;
  const mapped = address.kind() === "ipv4" && host.includes(":");
  const bits = prefix === undefined ? size : Number(prefix) - (mapped ? MAPPED_BITS : 0);
  return bits >= 0 && bits <= size ? { address, bits } : undefined;
}

/** Blocks with commas between them; undefined when one of them is none. */
export function parseBlocks(text: string): NetworkBlock[] | undefined {
  const blocks = text.split(",").map((part) => parseBlock(part.trim()));
  const good = blocks.filter((block) => block !== undefined);
  return good.length === blocks.length ? good : undefined;
}

/** Whether an address lies in one of the blocks. */
export function covers(blocks: readonly NetworkBlock[], address: NetworkAddress): boolean {
  return blocks.some(
    (block) => block.address.kind() === address.kind() && address.match(block.address, block.bits),
  );
}
