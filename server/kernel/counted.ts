/** How numbers of things are written in English, in every text of the API and of the commands. */

/** "1 call", "2,000 calls"; without a plural of its own, the noun with an s. */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString("en-US", { maximumFractionDigits: 6 })} ${Math.abs(number) === 1 ? one : many}`;
}

/** "1 credit", "-1 credit", "0.5 credits"; exact to the micro-credit. */
export function inCredits(amount: number): string {
  return counted(amount, "credit");
}
