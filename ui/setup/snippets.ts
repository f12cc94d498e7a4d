import type { Snippet } from "../base/snippet.tsx";

/** The first call in three languages, ready to run: address and key stand in them. */
export function firstCall({
  url,
  key,
  model,
}: {
  url: string;
  key: string;
  model: string;
}): Snippet[] {
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Say hello" }] });
  return [
    {
      language: "curl",
      code: [
        `curl ${url}/v1/chat/completions \\`,
        `  -H "Authorization: Bearer ${key}" \\`,
        `  -H "Content-Type: application/json" \\`,
        // A single quote would end the shell's text.
        `  -d '${body.replaceAll("'", String.raw`'\''`)}'`,
      ].join("\n"),
    },
    {
      language: "Python",
      code: [
        "from openai import OpenAI",
        "",
        `client = OpenAI(base_url=${JSON.stringify(`${url}/v1`)}, api_key=${JSON.stringify(key)})`,
        "answer = client.chat.completions.create(",
        `    model=${JSON.stringify(model)},`,
        '    messages=[{"role": "user", "content": "Say hello"}],',
        ")",
        "print(answer.choices[0].message.content)",
      ].join("\n"),
    },
    {
      language: "TypeScript",
      code: [
        'import OpenAI from "openai";',
        "",
        `const client = new OpenAI({ baseURL: ${JSON.stringify(`${url}/v1`)}, apiKey: ${JSON.stringify(key)} });`,
        "const answer = await client.chat.completions.create({",
        `  model: ${JSON.stringify(model)},`,
        '  messages: [{ role: "user", content: "Say hello" }],',
        "});",
        "console.log(answer.choices[0]?.message.content);",
      ].join("\n"),
    },
  ];
}
