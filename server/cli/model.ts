import type { Limits } from "../keys/schema.ts";
import { type AdminClient, connect } from "./admin-client.ts";
import { CliError } from "./cli-error.ts";
import { type Arguments, clientSettings, jsonOption, type Command } from "./command.ts";
import { givesLimits, limitOptions, limitsText, readLimits } from "./limits.ts";
import { type ListedPage, pageLines, pageOptions, queryOf } from "./listing.ts";
import {
  changeFrom,
  givenPrices,
  givenSettings,
  givenTarget,
  priceFields,
  priceOptions,
  settingOptions,
  targetOptions,
  targetsFrom,
} from "./model-options.ts";
import { print } from "./output.ts";
import { keyFrom, keyOption } from "./provider-key.ts";

interface AddedModel {
  alias: string;
  group: string;
  price_source: string;
  input_price: number;
  output_price: number;
}

interface Target {
  target_id: string;
  model: string;
  price_source: string;
  input_price: number | null;
  output_price: number | null;
  enabled: boolean;
  weight: number;
  order: number;
  [field: string]: unknown;
}

interface Model {
  alias: string;
  mode: string;
  status: string;
  groups: string[];
  targets: Target[];
  limits: Partial<Limits>;
  version: number;
}

const pathOf = (alias: string) => `/api/models/${encodeURIComponent(alias)}`;

export const addModelCommand: Command = {
  name: "model add",
  about:
    "Adds a model under a name of your own, which is all that teams see. Its price is taken from LiteLLM's price book unless given.",
  words: ["ALIAS"],
  options: {
    model: { value: "MODEL", about: "LiteLLM's name of it, provider/model", required: true },
    "api-base": { value: "URL", about: "The provider's base URL, where it is not the usual one" },
    "api-key-env": keyOption,
    ...priceOptions,
    group: { value: "GROUP", about: "Model access group [default default]" },
    ...settingOptions,
    ...limitOptions,
    ...targetOptions,
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm model add chat-fast --model openai/gpt-5-mini --api-key-env OPENAI_API_KEY",
    "saas-litellm model add local --model openai/qwen3 --api-base http://10.0.0.5:8000/v1 --input-price 0 --output-price 0",
  ],
  async run({ words: [alias], options, json, ...given }) {
    const model = {
      alias,
      model: options["model"],
      api_base: options["api-base"],
      api_key: keyFrom(options["api-key-env"]),
      group: options["group"],
      ...givenPrices(options),
      ...givenSettings(options),
      ...givenTarget(options),
      limits: readLimits(options),
    };
    const { alias: added, ...rest } = await connect(given).request<AddedModel>(
      "POST",
      "/api/models",
      { json: model },
    );
    const source = rest.price_source === "book" ? "from LiteLLM's price book" : "as given";
    print(json, { alias: added, ...rest }, [
      `model ${added} in group ${rest.group}`,
      `price $${rest.input_price} in, $${rest.output_price} out per million tokens, ${source}`,
    ]);
    return 0;
  },
};

export const listModelsCommand: Command = {
  name: "model list",
  about: "Lists models with what is behind them and what they cost, by name.",
  words: [],
  options: {
    search: { value: "TEXT", about: "Only those with this in their name or a model's behind them" },
    ...pageOptions,
    group: { value: "GROUP", about: "Only those in this group" },
    status: { value: "STATUS", about: "Only active or disabled ones" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: ["saas-litellm model list", "saas-litellm model list --group default --json"],
  async run({ options, json, ...given }) {
    const { search, group, status, limit, cursor } = options;
    const query = queryOf({ search, group, status, limit, cursor });
    const page = await connect(given).request<ListedPage<Model>>("GET", `/api/models${query}`);
    const none = "There is no such model: saas-litellm model add --help shows how to add one.";
    print(json, page, pageLines(page, lineOf, none));
    return 0;
  },
};

export const showModelCommand: Command = {
  name: "model show",
  about: "Shows a model with its settings and targets.",
  words: ["ALIAS"],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm model show chat-fast", "saas-litellm model show chat-fast --json"],
  async run({ words: [alias], json, ...given }) {
    const model = await connect(given).request<Model>("GET", pathOf(alias!));
    print(json, model, linesOf(model));
    return 0;
  },
};

export const updateModelCommand: Command = {
  name: "model update",
  about:
    "Changes a model; what is not named stays. Prices and other options of a target are for a model with one target; more take --targets, a file with the list as model show --json prints it. The gateway moves over without failing a call.",
  words: ["ALIAS"],
  options: {
    status: { value: "STATUS", about: "active or disabled" },
    model: { value: "MODEL", about: "LiteLLM's name of what answers" },
    ...priceOptions,
    ...targetOptions,
    ...settingOptions,
    ...limitOptions,
    targets: { value: "FILE", about: "A JSON list of all targets, in order" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm model update chat-fast --input-price 0.3 --output-price 2.4",
    "saas-litellm model update chat-fast --status active --cache-ttl 3600",
    "saas-litellm model update chat-fast --tokens-per-minute 2000000",
    "saas-litellm model update chat-fast --targets targets.json",
  ],
  async run({ words: [alias], options, json, ...given }) {
    const client = connect(given);
    const target = {
      ...(options["model"] === undefined ? {} : { model: options["model"] }),
      ...givenTarget(options),
      ...givenPrices(options),
    };
    const change = {
      ...givenSettings(options),
      ...(givesLimits(options) ? await newLimits(client, alias!, options) : {}),
      ...(options["status"] === undefined ? {} : { status: options["status"] }),
      ...(Object.keys(target).length === 0 ? {} : await onlyTarget(client, alias!, target)),
    };
    const targets = targetsFrom(options["targets"]);
    const body = targets === undefined ? change : { ...change, targets };
    const model = await client.request<Model>("PATCH", pathOf(alias!), { json: body });
    print(json, model, linesOf(model));
    return 0;
  },
};

/** The limits of a model with those named in place of the old ones, and the version that they were read at. */
async function newLimits(client: AdminClient, alias: string, options: Arguments["options"]) {
  const { limits, version } = await client.request<Model>("GET", pathOf(alias));
  return { limits: readLimits(options, limits), version };
}

/** The one target of a model with some of its fields changed, and the version that it was read at. */
async function onlyTarget(client: AdminClient, alias: string, change: Record<string, unknown>) {
  const { targets, version } = await client.request<Model>("GET", pathOf(alias));
  const [target, ...others] = targets;
  if (!target || others.length > 0) {
    throw new CliError(
      `${alias} has ${targets.length} targets: give all of them with --targets, as model show ${alias} --json prints them.`,
      2,
    );
  }
  // New prices replace all old ones.
  const reprices = priceFields.some((field) => change[field] !== undefined);
  const old = changeFrom(reprices ? { ...target, price_source: "book" } : target);
  return { version, targets: [{ ...old, ...change }] };
}

export const disableModelCommand: Command = {
  name: "model disable",
  about: "Takes a model away from every team at once; model update --status active gives it back.",
  words: ["ALIAS"],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm model disable chat-fast"],
  async run({ words: [alias], json, ...given }) {
    const model = await connect(given).request<Model>("PATCH", pathOf(alias!), {
      json: { status: "disabled" },
    });
    print(json, model, [`model ${model.alias} is disabled`]);
    return 0;
  },
};

export const deleteModelCommand: Command = {
  name: "model delete",
  about: "Deletes a model that is in no group, no team's default and set for no job type.",
  words: ["ALIAS"],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm model delete chat-old"],
  async run({ words: [alias], json, ...given }) {
    await connect(given).request("DELETE", pathOf(alias!));
    print(json, { alias, deleted: true }, [`model ${alias} is deleted`]);
    return 0;
  },
};

const lineOf = ({ alias, mode, status, groups, targets }: Model) =>
  `${alias}  ${mode}, ${status}, groups ${groups.join(", ")}  ${targets.map(priced).join("; ")}`;

function priced(target: Target): string {
  const usd = (price: number | null) => (price === null ? "unpriced" : `$${price}`);
  return `${target.model}  ${usd(target.input_price)} in, ${usd(target.output_price)} out per million tokens`;
}

const linesOf = (model: Model) => [
  `model ${model.alias}  ${model.mode}, ${model.status}, version ${model.version}`,
  `groups ${model.groups.join(", ") || "none"}, limits ${limitsText(model.limits)}`,
  ...model.targets.map(
    (target) =>
      `target ${target.target_id}  ${priced(target)}, ${target.order === 1 ? `weight ${target.weight}` : `fallback ${target.order - 1}`}${target.enabled ? "" : ", credential switched off"}`,
  ),
];
