import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Role } from "../../server/accounts/roles.ts";
import { startChromium, takeScreenshot } from "./browser.ts";
import { type Executable, startExecutable } from "./executable.ts";
import { fastGateway } from "./gateway-mode.ts";
import { createOwner, owner } from "./owner.ts";
import { choose, dialog, gone, heading, press } from "./page-parts.ts";
import { navigation, rolePages, type RolePage } from "./role-table.ts";
import { addModel, createTenant } from "./tenant.ts";

/** Each role below the owner, through the screens of the executable: what it may do it does, the rest it is neither offered nor given. */

const gateway = await fastGateway();
const roles: readonly Role[] = ["viewer", "support", "billing", "admin"];
let server: Executable;
let browser: Browser;
let page: Page;
let pages: readonly RolePage[];
let jobId: string;
const refusals: string[] = [];

beforeAll(async () => {
  [browser, server] = await Promise.all([startChromium(), startExecutable({ env: gateway.env })]);
  const { send } = await createTenant(server, "Support");
  await addModel(server, "chat-fast");
  const job = async () =>
    (await send<{ job_id: string }>("POST", "/api/jobs/create", { job_type: "check" })).body.job_id;
  jobId = await job();
  await send("POST", `/api/jobs/${jobId}/complete`, { status: "completed" });
  pages = rolePages(jobId, await job());
  const { cookie } = await createOwner(server);
  for (const role of roles) await join(cookie, role);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

afterEach(async ({ task }) => {
  if (task.result?.state === "fail") await takeScreenshot(page, "roles-failed");
});

/** Makes an account of a role by an invitation, as its link does. */
async function join(cookie: string, role: Role) {
  const post = async (path: string, body: object, headers = {}) => {
    const response = await fetch(server.adminUrl + path, {
      method: "POST",
      headers: { "content-type": "application/json", origin: server.adminUrl, ...headers },
      body: JSON.stringify(body),
    });
    expect(response.ok).toBe(true);
    return response;
  };
  const invited = await post("/api/invitations", { email: emailOf(role), role }, { cookie });
  const { url } = (await invited.json()) as { url: string };
  await post("/api/invitation/accept", {
    token: url.split("#token=")[1],
    name: `The ${role}`,
    password: owner.password,
  });
}

const emailOf = (role: Role) => `${role}@example.com`;

async function signIn(role: Role) {
  await page?.context().close();
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: "reduce",
  });
  page = await context.newPage();
  page.setDefaultTimeout(15_000);
  refusals.length = 0;
  page.on("response", (response) => {
    if (response.status() === 403) refusals.push(new URL(response.url()).pathname);
  });
  await page.goto(server.adminUrl);
  await page.getByLabel("E-mail").fill(emailOf(role));
  await page.getByLabel("Password").fill(owner.password);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Latest jobs" }).waitFor();
}

/** Goes there as a link does, without loading the application anew. */
async function go(path: string) {
  await page.evaluate((to) => {
    history.pushState(null, "", to);
    dispatchEvent(new PopStateEvent("popstate"));
  }, path);
}

/** Which of the parts that the table names are there. */
async function offered({ path, shows, offers }: RolePage): Promise<string[]> {
  await go(path);
  await page.getByText(shows).filter({ visible: true }).first().waitFor();
  const found: string[] = [];
  for (const { part, in: menu } of offers) {
    if (menu === undefined) {
      const named = { name: part, exact: true } as const;
      const there = page.getByRole("button", named).or(page.getByRole("link", named));
      if (await there.first().isVisible()) found.push(part);
      continue;
    }
    const opener = page.getByRole("button", { name: menu, exact: true });
    if (!(await opener.isVisible())) continue;
    await opener.click();
    await page.getByRole("menu").waitFor();
    if (await page.getByRole("menuitem", { name: part, exact: true }).isVisible()) found.push(part);
    await page.keyboard.press("Escape");
    await page.getByRole("menu").waitFor({ state: "hidden" });
  }
  return found;
}

describe.each(roles)("as %s", (role) => {
  it("the screens offer what the role may do, and read nothing that it may not", async () => {
    await signIn(role);
    const links = page.getByRole("navigation", { name: "Main" });
    for (const [name, who] of Object.entries(navigation)) {
      const count = await links.getByRole("link", { name, exact: true }).count();
      expect([name, count]).toEqual([name, who.includes(role) ? 1 : 0]);
    }
    for (const each of pages) {
      const expected = each.offers.filter(({ who }) => who.includes(role)).map(({ part }) => part);
      expect({ path: each.path, offered: await offered(each) }).toEqual({
        path: each.path,
        offered: expected,
      });
    }
    expect(refusals).toEqual([]);
  });

  it("the API refuses what is not offered when it is asked all the same", async () => {
    const answers = await page.evaluate(
      async (asked) => {
        const found: string[] = [];
        for (const [method, path, body] of asked) {
          const response = await fetch(path, {
            method,
            ...(method !== "DELETE" && {
              headers: { "content-type": "application/json" },
              body: JSON.stringify(body ?? {}),
            }),
          });
          const { code } = (await response.json()) as { code: string };
          found.push(`${method} ${path}: ${response.status} ${code}`);
        }
        return found;
      },
      pages
        .flatMap(({ offers }) => offers)
        .filter(({ who }) => !who.includes(role))
        .flatMap(({ asks }) => (asks ? [asks] : [])),
    );
    // An admin may ask the gateway to restart; this one has no processes.
    const other = role === "admin" ? /: 409 / : /: 403 role_required$/;
    expect(answers.filter((answer) => !other.test(answer))).toEqual([]);
    expect(answers.length).toBeGreaterThan(role === "admin" ? 0 : 8);
  });
});

it("support refunds a job, suspends the team and resumes it, and makes a key", async () => {
  await signIn("support");
  await go(`/jobs/${jobId}`);
  await press(page, "Refund");
  const refund = await dialog(page, "Refund this job");
  await refund.getByRole("textbox", { name: "Amount" }).fill("0.5");
  await refund.getByRole("textbox", { name: "Reason" }).fill("of no use");
  await press(refund, "Refund 0.5 credits");
  await page.getByText("0.5 given back").waitFor();
  await go("/teams/support");
  await choose(page, "Actions for Support", "Suspend…");
  await press(await dialog(page, "Suspend Support?"), "Suspend Support");
  await page.getByText("Suspended", { exact: true }).waitFor();
  await choose(page, "Actions for Support", "Resume…");
  await press(await dialog(page, "Resume Support?"), "Resume Support");
  await gone(page.getByText("Suspended", { exact: true }));
  await press(page, "Create key");
  const creation = await dialog(page, "Create a key");
  await creation.getByLabel("Name").fill("Of support");
  await press(creation, "Create the key");
  expect(await (await dialog(page, "The new key")).locator("code").textContent()).toMatch(/^sk-/);
  expect(refusals).toEqual([]);
});

it("billing allocates credits and makes and assigns a plan", async () => {
  await signIn("billing");
  await go("/teams/support");
  await press(page, "Allocate credits");
  const allocation = await dialog(page, "Allocate credits");
  await allocation.getByLabel("Amount").fill("25");
  await press(allocation, "Allocate 25 credits");
  await gone(allocation);
  await go("/plans/_new");
  await page.getByRole("textbox", { name: "Name" }).fill("Volume");
  await press(page, "Create the plan");
  await heading(page, "Volume");
  await press(page, "Assign");
  const assignment = await dialog(page, "Assign Volume");
  await assignment.getByRole("combobox", { name: "Team" }).fill("supp");
  await page.getByRole("option", { name: /Support/ }).click();
  await press(assignment, "Assign to support");
  await page.getByText("Used by: 1 team").waitFor();
  expect(refusals).toEqual([]);
});

it("an admin changes a model and a setting, and the log says who did all this", async () => {
  await signIn("admin");
  await go("/models/chat-fast");
  await page.getByLabel("Keep answers for").fill("60");
  await press(page, "Save model");
  await page.getByText("saved").first().waitFor();
  await go("/settings");
  await page.getByLabel("Name of the service").fill("Freight AI");
  await press(page, "Save the settings");
  await page.getByText("The settings are saved").waitFor();
  await go("/audit");
  for (const [role, action] of [
    ["support", "wallet.refund"],
    ["billing", "plan.assign"],
    ["admin", "model.update"],
  ] as const) {
    const row = page.getByRole("row").filter({ hasText: emailOf(role) });
    await row.filter({ hasText: action }).first().waitFor();
  }
  expect(refusals).toEqual([]);
});
