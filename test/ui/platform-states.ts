import { credentials, groups, models, page } from "./platform-answers.ts";
import * as answers from "./answers.ts";
import type { State } from "./states.ts";

const ok = (body: unknown) => ({ status: 200, body });
const choices = {
  "GET /api/credentials?limit=200": ok(page(credentials)),
  "GET /api/groups?limit=200": ok(page(groups)),
};

/** The screens of models, credentials, access groups and the playground. */
export const platformStates: State[] = [
  {
    name: "models",
    path: "/models",
    given: { ...choices, "GET /api/models": ok(page(models)) },
    shows: "3 models shown",
  },
  {
    name: "models-empty",
    path: "/models",
    given: { ...choices, "GET /api/models": ok(page([])) },
    shows: "No models yet",
  },
  {
    name: "model",
    path: "/models/chat-fast",
    given: { ...choices, "GET /api/models/chat-fast": ok(models[0]) },
    shows: "Target 2",
  },
  {
    name: "credentials",
    path: "/credentials",
    given: { "GET /api/credentials": ok(page(credentials)) },
    shows: "Own cluster",
  },
  {
    name: "groups",
    path: "/groups",
    given: { ...choices, "GET /api/models?limit=200": ok(page(models)) },
    shows: "1 team",
  },
  {
    name: "playground",
    path: "/playground?model=chat-fast",
    given: {
      "GET /api/jobs?limit=1": ok({ ...answers.jobPage, data: answers.jobPage.data.slice(0, 1) }),
      "GET /api/models?limit=20": ok(page(models)),
    },
    shows: "The answer appears here",
  },
];
