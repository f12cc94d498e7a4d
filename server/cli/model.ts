import { environment } from "../config.ts";
import { connect } from "./admin-client.ts";
import { readOptionalNumber } from "./amount.ts";
import { CliError } from "./cli-error.ts";
import { clientSettings, jsonOption, type Command } from "./command.ts";
import { print } from "./output.ts";

interface AddedModel {
  alias: string;
  group: string;
  price_source: string;
  input_price: number;
  output_price: number;
}

export const addModelCommand: Command = {
  name: "model add",
  about:
    "Adds a model under a name of your own, which is all that teams see. Its price is taken from LiteLLM's price book unless given.",
  words: ["ALIAS"],
  options: {
    model: { value: "MODEL", about: "LiteLLM's name of it, provider/model", required: true },
    "api-base": { value: "URL", about: "The provider's base URL, where it is not the usual one" },
    "api-key-env": {
      value: "NAME",
      about: "The variable of this command's environment that holds the provider's key",
    },
    "input-price": { value: "USD", about: "Per million input tokens" },
    "output-price": { value: "USD", about: "Per million output tokens" },
    group: { value: "GROUP", about: "Model access group [default default]" },
    mode: { value: "MODE", about: "chat or embedding" },
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
      input_price: readOptionalNumber(options["input-price"], "--input-price"),
      output_price: readOptionalNumber(options["output-price"], "--output-price"),
      group: options["group"],
      mode: options["mode"],
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

/** Never an argument: those stand in the shell's history and in the list of processes. */
function keyFrom(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const key = environment[name];
  if (key) return key;
  throw new CliError(`--api-key-env names ${name}, which is not set: export it first.`, 2);
}

interface ListedModel {
  alias: string;
  mode: string;
  status: string;
  groups: string[];
  targets: { model: string; input_price: number | null; output_price: number | null }[];
}

export const listModelsCommand: Command = {
  name: "model list",
  about: "Lists models with what is behind them and what they cost.",
  words: [],
  options: { json: jsonOption },
  settings: clientSettings,
  examples: ["saas-litellm model list", "saas-litellm model list --json"],
  async run({ json, ...given }) {
    const answer = await connect(given).request<{ data: ListedModel[] }>("GET", "/api/models");
    const usd = (price: number | null) => (price === null ? "unpriced" : `$${price}`);
    const lines = answer.data.flatMap((model) =>
      model.targets.map(
        (target) =>
          `${model.alias}  ${model.mode}, ${model.status}, groups ${model.groups.join(", ")}  ${target.model}  ${usd(target.input_price)} in, ${usd(target.output_price)} out per million tokens`,
      ),
    );
    const none = "There is no model yet: saas-litellm model add --help shows how to add one.";
    print(json, answer, lines.length > 0 ? lines : [none]);
    return 0;
  },
};
