import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ConfigError, defaultDataDir, loadConfig } from "../../server/config.ts";
import { shownValue } from "../../server/config/settings.ts";

const folder = mkdtempSync(join(tmpdir(), "config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const load = (input: Parameters<typeof loadConfig>[0] = {}) =>
  loadConfig({ environment: { SAAS_LITELLM_DATA_DIR: folder }, ...input });

function withFile(content: string): string {
  const path = join(folder, "settings.json");
  writeFileSync(path, content);
  return path;
}

describe("precedence", () => {
  const environment = { SAAS_LITELLM_DATA_DIR: folder, PORT: "9002" };
  const file = withFile('{"port": 9003, "admin_port": 9103}');

  test("a flag wins over the environment and the file", () => {
    const config = load({ flags: { port: "9001" }, environment, file });
    expect([config.port, config.sources.port]).toEqual([9001, "flag"]);
  });

  test("the environment wins over the file", () => {
    const config = load({ environment, file });
    expect([config.port, config.sources.port]).toEqual([9002, "environment"]);
  });

  test("the file wins over the default", () => {
    const config = load({ environment, file });
    expect([config.adminPort, config.sources.adminPort]).toEqual([9103, "file"]);
    expect([config.litellmPort, config.sources.litellmPort]).toEqual([8002, "default"]);
  });

  test("an empty variable counts as unset", () => {
    const config = load({ environment: { SAAS_LITELLM_DATA_DIR: folder, PORT: "" } });
    expect(config.sources.port).toBe("default");
  });

  test("config.json of the data directory is read without being named", () => {
    const dataDir = mkdtempSync(join(folder, "data-"));
    writeFileSync(join(dataDir, "config.json"), '{"host": "0.0.0.0"}');
    const config = load({ flags: { dataDir } });
    expect([config.host, config.sources.host]).toEqual(["0.0.0.0", "file"]);
  });

  test("nothing can be changed afterwards", () => {
    expect(Object.isFrozen(load())).toBe(true);
  });
});

describe("a wrong value is refused in one line that names it, its value and the rule", () => {
  test.each([
    [{ flags: { port: "http" } }, '--port is "http": it must be a port from 0 to 65535'],
    [{ flags: { port: "65536" } }, "--port"],
    [{ environment: { PORT: "-1" } }, 'PORT is "-1": it must be a port'],
    [{ environment: { LITELLM_URL: "localhost:4000" } }, "it must be an http or https URL"],
    [{ environment: { LITELLM_WORKERS: "0" } }, "a whole number from 1 to 64"],
    [
      { flags: { maxBodyMb: "0.5" } },
      '--max-body-mb is "0.5": it must be a whole number of megabytes',
    ],
    [{ environment: { MAX_BODY_MB: "257" } }, "megabytes from 1 to 256"],
    [{ flags: { logFormat: "xml" } }, "auto, pretty or json"],
    [{ environment: { SAAS_LITELLM_LEASE_SECONDS: "soon" } }, "seconds from 1 to 3600"],
    [{ flags: { trustedProxies: "10.0.0.0/8,proxy" } }, "CIDR blocks or addresses with commas"],
    [{ environment: { TRUSTED_PROXIES: "10.0.0.0/33" } }, 'TRUSTED_PROXIES is "10.0.0.0/33"'],
  ])("%j", (input, part) => {
    let message = "";
    try {
      load({ ...input, flags: { dataDir: folder, ...("flags" in input ? input.flags : {}) } });
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      message = (error as Error).message;
    }
    expect(message).toContain(part);
    expect(message).not.toContain("\n");
  });

  test.each([
    ["DATABASE_URL", "mysql://root:hunter2@db/x"],
    ["SAAS_LITELLM_KEY", "hunter2"],
  ])("%s, without showing the secret", (name, value) => {
    const environment = { SAAS_LITELLM_DATA_DIR: folder, [name]: value };
    expect(() => load({ environment })).toThrow(new RegExp(`^${name} must be `));
    expect(() => load({ environment })).not.toThrow(/hunter2/);
  });

  test.each([
    ['{"prot": 1}', /^prot in .* is no setting; there are host, port/],
    ['{"port": true}', /^port in .* must be a text or a number/],
    ["[]", /must hold one JSON object/],
    ["{", /is not valid JSON/],
    ['{"data_dir": "/x"}', /^data_dir in .* is no setting/],
  ])("config file %s", (content, message) => {
    expect(() => load({ file: withFile(content) })).toThrow(message);
  });

  test("a config file that is named and not there", () => {
    expect(() => load({ file: join(folder, "none.json") })).toThrow(/none.json cannot be read/);
  });
});

test("a key of 32 bytes is accepted in hex and base64", () => {
  for (const key of ["ab".repeat(32), Buffer.alloc(32, 7).toString("base64")]) {
    const environment = { SAAS_LITELLM_DATA_DIR: folder, SAAS_LITELLM_KEY: key };
    expect(load({ environment }).key).toBe(key);
  }
  const short = Buffer.alloc(31).toString("base64");
  expect(() =>
    load({ environment: { SAAS_LITELLM_DATA_DIR: folder, SAAS_LITELLM_KEY: short } }),
  ).toThrow(/32 random bytes/);
});

test("data lies where each kind of user expects it", () => {
  expect(defaultDataDir({ HOME: "/h", XDG_DATA_HOME: "/x" }, true)).toBe("/var/lib/saas-litellm");
  expect(defaultDataDir({ HOME: "/h", XDG_DATA_HOME: "/x" }, false)).toBe("/x/saas-litellm");
  expect(defaultDataDir({ HOME: "/h" }, false)).toBe("/h/.local/share/saas-litellm");
});

test("secrets are hidden where settings are shown", () => {
  expect(shownValue("databaseUrl", "postgres://app:hunter2@db:5432/x")).toBe(
    "postgres://app:***@db:5432/x",
  );
  expect(shownValue("key", "hunter2")).toBe("***");
  expect(shownValue("litellmApiKey", "sk-hunter2")).toBe("***");
  expect(shownValue("litellmUrl", "http://user:hunter2@proxy:4000")).not.toContain("hunter2");
  expect(shownValue("publicUrl", undefined)).toBeNull();
});
