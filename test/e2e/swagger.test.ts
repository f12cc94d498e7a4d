import { afterAll, expect, test } from "vitest";
import { startChromium, takeScreenshot } from "./browser.ts";
import { startExecutable } from "./executable.ts";
import { fastGateway, seedByCommands } from "./gateway-mode.ts";

const gateway = await fastGateway();
const server = await startExecutable({ env: gateway.env });
const tenant = await seedByCommands(server);
const browser = await startChromium();
afterAll(() => browser.close());

test(
  "the Swagger page authorizes with a key and carries an operation out, without the internet",
  { timeout: 60_000 },
  async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 1600 } });
    page.setDefaultTimeout(15_000);
    const problems: string[] = [];
    const elsewhere: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(server.apiUrl) && !request.url().startsWith("data:"))
        elsewhere.push(request.url());
    });

    await page.goto(`${server.apiUrl}/docs`);
    await page.getByRole("button", { name: "Authorize" }).first().click();
    await page.locator(".auth-container input").fill(tenant.key);
    await page.locator(".auth-btn-wrapper .authorize").click();
    await page.locator(".auth-btn-wrapper .btn-done").click();

    await takeScreenshot(page, "swagger-page");
    const create = page.locator(".opblock", { hasText: "/api/jobs/create" }).first();
    await create.locator(".opblock-summary-control").click();
    await create.getByRole("button", { name: "Execute" }).click();
    const answer = create.locator(".live-responses-table tbody .response-col_status").first();
    await answer.waitFor();
    expect((await answer.innerText()).trim()).toMatch(/^201/);
    expect(await create.locator(".live-responses-table").innerText()).toContain(
      `"team_id": "${tenant.teamId}"`,
    );
    await takeScreenshot(page, "swagger-create");
    expect(problems).toEqual([]);
    expect(elsewhere).toEqual([]);
  },
);
