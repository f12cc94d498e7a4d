import { useLocation } from "preact-iso";
import type { JobPage } from "../../server/admin/schema.ts";
import type { TeamView } from "../../server/teams/schema.ts";
import { Button } from "../base/button.tsx";
import { Switch } from "../base/choices.tsx";
import { SearchCombobox } from "../base/combobox.tsx";
import { Field, TextArea, TextInput, toAmount } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { FormProblem } from "../base/formProblem.tsx";
import { PauseIcon, PlayIcon } from "../base/icons.tsx";
import { Panel } from "../base/panel.tsx";
import type { ModelView } from "../models/models.ts";
import { useRead } from "../query.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { playground as words } from "../strings/models.ts";
import { Answer } from "./answer.tsx";
import { type Ask, usePlayground } from "./playground.ts";

/** A call of a model in a team's name: what the team would get, and what it costs both sides. */
export function PagePlayground() {
  const { query } = useLocation();
  const { outcome, running, stopped, start, stop } = usePlayground();
  const lastTeam = useLastTeam();
  const form = useForm({
    initial: {
      teamId: query["team"] ?? "",
      model: query["model"] ?? "",
      system: "",
      message: "",
      temperature: "",
      maxTokens: "",
      stream: true,
    },
    change: {
      ...{ run: start, running, error: undefined, conflict: false, reset: () => {} },
      done: outcome !== undefined,
    },
    check: (values) => ({
      ...(values.teamId === "" && !lastTeam ? { teamId: words.teamMissing } : {}),
      ...(values.message.trim() === "" ? { message: words.messageMissing } : {}),
      ...(isTemperature(values.temperature) ? {} : { temperature: words.temperatureWrong }),
      ...(/^([1-9]\d*)?$/.test(values.maxTokens) ? {} : { maxTokens: words.maxTokensWrong }),
    }),
    toInput: (values): Ask => ({
      ...values,
      teamId: values.teamId || (lastTeam ?? ""),
      temperature: toAmount(values.temperature),
      maxTokens: values.maxTokens === "" ? undefined : Number(values.maxTokens),
    }),
  });
  const { values } = form;
  return (
    <>
      <PageHead title={words.title} facts={words.facts} />
      <div class="grid items-start gap-4 lg:grid-cols-2">
        <Panel title={words.request}>
          <form
            noValidate
            class="grid gap-4"
            onSubmit={(event) => {
              event.preventDefault();
              form.submit();
            }}
          >
            <div class="grid gap-4 sm:grid-cols-2">
              <Field label={words.team} hint={words.teamHint} error={form.problem("teamId")}>
                {(ids) => (
                  <SearchCombobox<TeamView>
                    {...ids}
                    label={words.team}
                    path="/api/teams"
                    toChoice={(team) => ({
                      value: team.team_id,
                      label: team.name,
                      note: team.organization_id,
                    })}
                    value={values.teamId || (lastTeam ?? "")}
                    onChange={(teamId) => form.set("teamId", teamId)}
                  />
                )}
              </Field>
              <Field label={words.model} hint={words.modelHint} error={form.problem("model")}>
                {(ids) => (
                  <SearchCombobox<ModelView>
                    {...ids}
                    label={words.model}
                    path="/api/models"
                    toChoice={({ alias }) => ({ value: alias, label: alias })}
                    value={values.model}
                    onChange={(model) => form.set("model", model)}
                  />
                )}
              </Field>
            </div>
            <Field optional label={words.system} error={form.problem("system")}>
              {(ids) => (
                <TextArea
                  {...ids}
                  rows={2}
                  value={values.system}
                  onInput={(text) => form.set("system", text)}
                />
              )}
            </Field>
            <Field label={words.message} error={form.problem("message")}>
              {(ids) => (
                <TextArea
                  {...ids}
                  rows={6}
                  value={values.message}
                  onInput={(text) => form.set("message", text)}
                />
              )}
            </Field>
            <div class="grid gap-4 sm:grid-cols-2">
              <Field optional label={words.temperature} error={form.problem("temperature")}>
                {(ids) => (
                  <TextInput
                    {...ids}
                    inputMode="decimal"
                    value={values.temperature}
                    onInput={(text) => form.set("temperature", text.trim())}
                  />
                )}
              </Field>
              <Field optional label={words.maxTokens} error={form.problem("maxTokens")}>
                {(ids) => (
                  <TextInput
                    {...ids}
                    inputMode="numeric"
                    after={words.tokensUnit}
                    value={values.maxTokens}
                    onInput={(text) => form.set("maxTokens", text.trim())}
                  />
                )}
              </Field>
            </div>
            <Switch
              label={words.stream}
              checked={values.stream}
              onChange={(stream) => form.set("stream", stream)}
            />
            <FormProblem error={form.error} />
            <div class="flex justify-end gap-2">
              {running && (
                <Button onClick={stop}>
                  <PauseIcon />
                  {words.stop}
                </Button>
              )}
              <Button type="submit" look="primary" disabled={running}>
                <PlayIcon />
                {words.send}
              </Button>
            </div>
          </form>
        </Panel>
        <Answer outcome={outcome} running={running} stopped={stopped} />
      </div>
    </>
  );
}

function isTemperature(text: string): boolean {
  const value = toAmount(text);
  return text === "" || (value !== undefined && value >= 0 && value <= 2);
}

/** Whose job was last made: mostly whom one wants to look at. */
function useLastTeam(): string | undefined {
  const { data } = useRead<JobPage>("/api/jobs", { parameters: { limit: 1 } });
  return data?.data[0]?.team_id;
}
