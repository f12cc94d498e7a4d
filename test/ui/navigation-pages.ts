import { readdirSync, readFileSync } from "node:fs";

const folder = new URL("../../ui/screens/", import.meta.url);

/** Every page behind the session, as the router reads its address: "/teams/:teamId". Read from the source, because the pages themselves need a browser. */
export function navigationPages(): string[] {
  return readdirSync(folder).flatMap((file) =>
    [...readFileSync(new URL(file, folder), "utf8").matchAll(/^ +"(\/[^"]*)": page\(/gm)].map(
      ([, path]) => path!,
    ),
  );
}

/** Pages that none of the addresses opens. */
export function unopenedPages(addresses: readonly string[]): string[] {
  const paths = addresses.map((address) => address.split(/[?#]/)[0]!);
  return navigationPages().filter((page) => {
    const pattern = new RegExp(`^${page.replaceAll(/:\w+/g, "[^/]+")}$`);
    return !paths.some((path) => pattern.test(path));
  });
}
