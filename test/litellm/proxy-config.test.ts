import { describe, expect, it } from "vitest";
import {
  answeringTarget,
  deploymentId,
  modelName,
  renderProxyConfig,
} from "../../server/litellm/proxy-config.ts";
import { noPrices } from "../../server/pricing/cost.ts";
import type { GatewayConfig, GatewayTarget } from "../../server/litellm/upstream.ts";

const target: GatewayTarget = {
  id: "one",
  model: "openai/gpt-5-mini",
  apiKey: "the-provider-key",
  apiBase: undefined,
  weight: 1,
  order: 1,
  timeoutMs: 2_500,
  retries: 2,
  prices: undefined,
};

const configOf = (...targets: GatewayTarget[]): GatewayConfig => ({
  version: 1,
  models: [{ alias: "chat", targets }],
});

interface Rendered {
  model_list: { model_name: string; litellm_params: Record<string, unknown>; model_info: object }[];
  router_settings: Record<string, unknown>;
  general_settings: Record<string, unknown>;
}

/** Plain ASCII without emoji is JSON as well, so that the text can be read without a YAML parser. */
const rendered = (config: GatewayConfig) => JSON.parse(renderProxyConfig(config).text) as Rendered;
const params = (config: GatewayConfig) =>
  rendered(config).model_list.map((deployment) => deployment.litellm_params);

describe("the config of LiteLLM", () => {
  it("has a deployment for each target, with its limits", () => {
    const second = {
      ...target,
      id: "two",
      model: "azure/x",
      apiBase: "https://azure.example",
      weight: 3,
    };
    const { model_list } = rendered(configOf(target, second));
    expect(model_list.map((deployment) => deployment.model_name)).toEqual(["chat", "chat"]);
    expect(model_list.map((deployment) => deployment.model_info)).toEqual([
      { id: "chat#one" },
      { id: "chat#two" },
    ]);
    expect(model_list[1]?.litellm_params).toEqual({
      model: "azure/x",
      api_key: "os.environ/SAAS_LITELLM_CREDENTIAL_0",
      api_base: "https://azure.example",
      weight: 3,
      order: 1,
      timeout: 2.5,
      stream_timeout: 2.5,
      num_retries: 2,
      max_retries: 0,
    });
  });

  it("holds no secret: keys are named, equal ones once, and handed over apart", () => {
    const { text, secrets } = renderProxyConfig(
      configOf(target, { ...target, model: "openai/other" }, { ...target, apiKey: "second-key" }),
    );
    expect(secrets).toEqual({
      SAAS_LITELLM_CREDENTIAL_0: "the-provider-key",
      SAAS_LITELLM_CREDENTIAL_1: "second-key",
    });
    expect(text).not.toContain("the-provider-key");
    expect(text).not.toContain("second-key");
    expect(text).toContain("os.environ/SAAS_LITELLM_CREDENTIAL_1");
  });

  it("writes prices without an exponent, cached input at the input price", () => {
    const priced = { ...target, prices: { ...noPrices, input: 100_000_000n, output: 1n } };
    const { text } = renderProxyConfig(configOf(priced));
    expect(text).toContain('"input_cost_per_token": 0.0000001,');
    expect(text).toContain('"cache_read_input_token_cost": 0.0000001,');
    expect(text).toContain('"output_cost_per_token": 0.000000000000001}');
  });

  it("writes a price of zero, and dollars", () => {
    const priced = {
      ...target,
      prices: { ...noPrices, input: 0n, output: 2_500_000_000_000_000n },
    };
    const { text } = renderProxyConfig(configOf(priced));
    expect(text).toContain('"input_cost_per_token": 0.0,');
    expect(text).toContain('"output_cost_per_token": 2.5}');
  });

  it("writes a price of every kind that has one, and those of long calls as LiteLLM names them", () => {
    const dollar = 1_000_000_000n;
    const prices = {
      ...{ input: dollar, output: 2n * dollar, cachedInput: dollar / 2n, cacheWrite: undefined },
      ...{ reasoning: 3n * dollar, audioInput: 4n * dollar, audioOutput: 5n * dollar },
      imageInput: 6n * dollar,
      longContext: {
        ...{ aboveTokens: 200_000, input: 7n * dollar, output: undefined },
        ...{ cachedInput: undefined, cacheWrite: undefined },
      },
    };
    const [rendered] = params(configOf({ ...target, prices }));
    expect(
      Object.fromEntries(Object.entries(rendered!).filter(([key]) => /cost/.test(key))),
    ).toEqual({
      input_cost_per_token: 1e-6,
      cache_read_input_token_cost: 5e-7,
      cache_creation_input_token_cost: 1e-6,
      input_cost_per_audio_token: 4e-6,
      input_cost_per_image_token: 6e-6,
      output_cost_per_token: 2e-6,
      output_cost_per_reasoning_token: 3e-6,
      output_cost_per_audio_token: 5e-6,
      input_cost_per_token_above_200k_tokens: 7e-6,
      cache_read_input_token_cost_above_200k_tokens: 5e-7,
      cache_creation_input_token_cost_above_200k_tokens: 7e-6,
      output_cost_per_token_above_200k_tokens: 2e-6,
    });
  });

  it("names no price that nobody gave", () => {
    expect(renderProxyConfig(configOf(target)).text).not.toContain("cost");
  });

  it("always sets retries, allowed fails and cooldown, the latter to none for a single target", () => {
    const { router_settings } = rendered(configOf(target));
    expect(router_settings).toMatchObject({ num_retries: 0, cooldown_time: 5 });
    // 3 is LiteLLM's default, which it takes for "not set".
    expect(router_settings["allowed_fails"]).not.toBe(3);
    expect(params(configOf(target))[0]).toMatchObject({ cooldown_time: 0 });
    expect(params(configOf(target, target))[0]).not.toHaveProperty("cooldown_time");
  });

  it("sends a placeholder to an OpenAI-compatible server that needs no key, and to nobody else", () => {
    const open = { ...target, apiKey: undefined };
    const own = { ...open, apiBase: "http://127.0.0.1:11434/v1" };
    const other = { ...own, model: "ollama/llama" };
    expect(params(configOf(open, own, other)).map((each) => each["api_key"])).toEqual([
      undefined,
      "none",
      undefined,
    ]);
  });

  it("checks calls by our hook", () => {
    expect(rendered(configOf(target)).general_settings).toEqual({
      master_key: "os.environ/LITELLM_MASTER_KEY",
      custom_auth: "saas_litellm_auth.user_api_key_auth",
    });
  });

  it("escapes everything beyond ASCII as YAML does", () => {
    const odd = { ...target, apiBase: 'https://x/\u2028\u0085é"\\#: {}😀' };
    const { text } = renderProxyConfig(configOf(odd));
    expect(text).toContain(String.raw`"https://x/\u2028\u0085\u00e9\"\\#: {}\U0001f600"`);
    expect(/^[\n\x20-\x7e]*$/.test(text)).toBe(true);
  });
});

describe("the name of an alias", () => {
  it("is itself when plain, else without any character of meaning", () => {
    expect(modelName("chat-fast/v2.1:free @eu")).toBe("chat-fast/v2.1:free @eu");
    for (const alias of ["gpt-*", "a,b", "é", "", " lead", "os.environ/$X"]) {
      expect(modelName(alias)).toMatch(/^alias-[0-9a-f]*$/);
    }
    expect(modelName("a*")).not.toBe(modelName("b*"));
  });

  it("is part of the id by which an answer names its target", () => {
    expect(answeringTarget(deploymentId("gpt-#7*", "a-b"))).toBe("a-b");
    expect(answeringTarget("a-hash-of-somebody-else")).toBeUndefined();
    expect(answeringTarget(null)).toBeUndefined();
  });
});
