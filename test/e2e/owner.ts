import type { Page } from "playwright-core";
import type { Executable } from "./executable.ts";

/** Who opens the admin UI in tests. */
export const owner = {
  email: "ada@example.com",
  name: "Ada Byron",
  password: "correct horse battery staple",
};

/** A link at which the first owner is created. */
export async function setupUrl(server: Executable): Promise<string> {
  return (await server.cli("admin", "setup-url", "--json")).json<{ url: string }>().url;
}

/** Makes the first owner by a set-up link, without a browser; gives the link's token and the session's cookie. */
export async function createOwner(
  server: Executable,
): Promise<{ setupToken: string; cookie: string }> {
  const setupToken = (await setupUrl(server)).split("#token=")[1]!;
  const response = await fetch(`${server.adminUrl}/api/setup`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ setup_token: setupToken, ...owner }),
  });
  if (!response.ok) throw new Error(`no owner: ${response.status} ${await response.text()}`);
  return { setupToken, cookie: response.headers.get("set-cookie")!.split(";")[0]! };
}

/** Signs the owner in through the page, making them first if nobody has; ends on the overview. */
export async function signInAsOwner(page: Page, server: Executable): Promise<void> {
  const setup = await fetch(`${server.adminUrl}/api/setup`);
  if (!((await setup.json()) as { owner_exists: boolean }).owner_exists) await createOwner(server);
  await page.goto(server.adminUrl);
  await page.getByLabel("E-mail").fill(owner.email);
  await page.getByLabel("Password").fill(owner.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Latest jobs" }).waitFor();
}
