import type { BookModelView } from "../admin/schema.ts";
import { connect } from "./admin-client.ts";
import { clientSettings, jsonOption, type Command } from "./command.ts";
import { queryOf } from "./listing.ts";
import { print } from "./output.ts";

interface Book {
  data: BookModelView[];
  total: number;
  known: boolean;
}

export const listPricesCommand: Command = {
  name: "model prices",
  about:
    "Lists models with what they cost by the gateway's price book: what model add takes when it is given no price.",
  words: [],
  options: {
    search: { value: "WORDS", about: "Only those with all of these in their name" },
    mode: { value: "MODE", about: "Only chat or embedding models" },
    limit: { value: "N", about: "Models at most, up to 200 [default 50]" },
    json: jsonOption,
  },
  settings: clientSettings,
  examples: [
    "saas-litellm model prices --search gpt-5",
    "saas-litellm model prices --mode embedding --json",
  ],
  async run({ options, json, ...given }) {
    const { search, mode, limit } = options;
    const book = await connect(given).request<Book>(
      "GET",
      `/api/price-book${queryOf({ search, mode, limit })}`,
    );
    print(json, book, linesOf(book));
    return 0;
  },
};

function linesOf({ data, total, known }: Book): string[] {
  if (!known) return ["The price book cannot be read before the gateway is ready."];
  if (total === 0) return ["The book has no such model."];
  const more = total - data.length;
  return [...data.map(lineOf), ...(more === 0 ? [] : [`and ${more} more: narrow the search`])];
}

const lineOf = ({ model, input_price, output_price, mode }: BookModelView) =>
  `${model}  $${input_price} in, $${output_price} out per million tokens${mode === null ? "" : `  (${mode})`}`;
