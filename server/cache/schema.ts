import { Type } from "@sinclair/typebox";

/** What a request may say of the response cache; see `directives.ts`. */
export const cacheHeader = {
  "cache-control": Type.String({
    description:
      "For models that keep answers for equal requests of your team: `no-cache` asks for a fresh answer, `no-store` for one that is not kept either, `max-age=60` for one at most a minute old.",
    examples: ["no-cache"],
  }),
};

/** What an answer says of it. */
export const cacheAnswerHeaders = {
  "x-cache":
    "`hit` where an equal request of your team had this answer, else `miss`; only of models that keep answers.",
  age: "Seconds since an answer from the cache was given.",
};
