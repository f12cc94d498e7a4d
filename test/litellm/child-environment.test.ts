import { describe, expect, it } from "vitest";
import { installerEnvironment, proxyEnvironment } from "../../server/litellm/child-environment.ts";

const ours = {
  PATH: "/bin",
  HOME: "/root",
  DATABASE_URL: "postgres://secret",
  SAAS_LITELLM_KEY: "secret",
  OPENAI_API_KEY: "secret",
  LITELLM_MASTER_KEY: "another",
  PYTHONPATH: "/elsewhere",
  HTTPS_PROXY: "http://proxy:3128",
  NO_PROXY: "internal.example",
  PIP_INDEX_URL: "mirror",
  UV_CACHE_DIR: "/cache",
  REDIS_URL: undefined,
};
const secrets = { masterKey: "sk-master", saltKey: "salt", internalSecret: "internal" };

describe("the environment of LiteLLM", () => {
  const environment = proxyEnvironment(ours, secrets, { SAAS_LITELLM_CREDENTIAL_0: "key" });

  it("has nothing of ours but the way to programs, certificates and proxies", () => {
    expect(environment).toMatchObject({ PATH: "/bin", HTTPS_PROXY: "http://proxy:3128" });
    for (const name of ["DATABASE_URL", "SAAS_LITELLM_KEY", "OPENAI_API_KEY", "PYTHONPATH"]) {
      expect(environment).not.toHaveProperty(name);
    }
    expect(environment).not.toHaveProperty("PIP_INDEX_URL");
  });

  it("has the secrets that we made and those that the config names", () => {
    expect(environment).toMatchObject({
      LITELLM_MASTER_KEY: "sk-master",
      LITELLM_SALT_KEY: "salt",
      SAAS_LITELLM_INTERNAL_SECRET: "internal",
      SAAS_LITELLM_CREDENTIAL_0: "key",
    });
  });

  it("reaches loopback without a proxy, beside what the operator excepts", () => {
    expect(environment["NO_PROXY"]).toBe("internal.example,127.0.0.1,localhost,::1");
    expect(environment["no_proxy"]).toBe(environment["NO_PROXY"]);
  });

  it("never calls home", () => {
    expect(environment).toMatchObject({
      LITELLM_MODE: "PRODUCTION",
      LITELLM_LOCAL_MODEL_COST_MAP: "True",
      LITELLM_OFFLINE_MODE: "true",
    });
  });
});

it("lets the installer use the operator's mirrors, and no more", () => {
  const environment = installerEnvironment(ours);
  expect(environment).toMatchObject({ PIP_INDEX_URL: "mirror", UV_CACHE_DIR: "/cache" });
  expect(environment).not.toHaveProperty("SAAS_LITELLM_KEY");
});
