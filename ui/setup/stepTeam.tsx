import type { SettingsView } from "../../server/settings/schema.ts";
import { post } from "../api.ts";
import { Button } from "../base/button.tsx";
import { AmountInput, Field, TextInput, toAmount } from "../base/field.tsx";
import { useForm } from "../base/form.tsx";
import { FormProblem } from "../base/formProblem.tsx";
import * as format from "../format.ts";
import { useChange, useRead } from "../query.ts";
import { setup } from "../strings/setup.ts";

/** A customer, its first team, and credits to begin with. */
export function StepTeam({ onDone }: { onDone: (team: string, key: string) => void }) {
  const { data: settings } = useRead<SettingsView>("/api/settings");
  const change = useChange({
    send: async (input: { organization: string; team: string; credits: number }, sending) => {
      const organization = await post<{ organization_id: string }>(
        "/api/organizations",
        { name: input.organization },
        sending,
      );
      return post<{ team_id: string; key: string }>(
        "/api/teams",
        {
          name: input.team,
          organization_id: organization.organization_id,
          credits: input.credits,
        },
        { idempotencyKey: `${sending.idempotencyKey}-team` },
      );
    },
    refreshes: ["/api/teams", "/api/organizations", "status"],
    done: (_, { team }) => setup.teamCreated(team),
    onDone: ({ key }, { team }) => onDone(team, key),
  });
  const form = useForm({
    initial: { organization: "", team: "", credits: "1,000" },
    change,
    check: ({ organization, team, credits }) => ({
      ...(organization.trim() === "" ? { organization: setup.organizationMissing } : {}),
      ...(team.trim() === "" ? { team: setup.teamMissing } : {}),
      ...(toAmount(credits) === undefined ? { credits: setup.creditsMissing } : {}),
    }),
    toInput: ({ organization, team, credits }) => ({
      organization: organization.trim(),
      team: team.trim(),
      credits: toAmount(credits) ?? 0,
    }),
  });
  const { values } = form;
  const credits = toAmount(values.credits);
  return (
    <form
      noValidate
      class="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        form.submit();
      }}
    >
      <div class="grid gap-4 sm:grid-cols-2">
        <Field
          label={setup.organization}
          hint={setup.organizationHint}
          error={form.problem("organization")}
        >
          {(ids) => (
            <TextInput
              {...ids}
              placeholder={setup.organizationExample}
              value={values.organization}
              onInput={(text) => form.set("organization", text)}
            />
          )}
        </Field>
        <Field label={setup.team} error={form.problem("team")}>
          {(ids) => (
            <TextInput
              {...ids}
              placeholder={setup.teamExample}
              value={values.team}
              onInput={(text) => form.set("team", text)}
            />
          )}
        </Field>
      </div>
      <Field
        label={setup.credits}
        error={form.problem("credits")}
        hint={
          settings &&
          credits !== undefined &&
          setup.creditsHint(
            format.inCredits(credits),
            format.usd(credits * settings.credit_price_usd),
          )
        }
      >
        {(ids) => (
          <AmountInput
            {...ids}
            unit="credits"
            value={values.credits}
            onInput={(text) => form.set("credits", text)}
          />
        )}
      </Field>
      <FormProblem error={form.error} />
      <div>
        <Button type="submit" look="primary" disabled={form.running}>
          {setup.createTeam}
        </Button>
      </div>
    </form>
  );
}
