import { Type } from "@sinclair/typebox";
import { authorOf } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { adminOperation, Reply, type Operation } from "../http/operation.ts";
import {
  CredentialChange,
  CredentialCreate,
  CredentialList,
  CredentialQuery,
  CredentialTest,
  CredentialTestResult,
  CredentialView,
} from "../models/credential-schema.ts";
import { testCredential } from "../models/credential-test.ts";
import {
  changeCredential,
  createCredential,
  deleteCredential,
  listCredentials,
  readCredential,
} from "../models/credentials.ts";

const tag = "Provider credentials";
const params = {
  credential_id: Type.String({
    description: "Id of a credential.",
    examples: ["019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
  }),
};

/** Keys and base URLs of providers. Keys go in and never come out. */
export function credentialOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "POST",
      "/api/credentials",
      {
        operationId: "createCredential",
        needs: "admin",
        summary: "Add a provider credential",
        description:
          "A provider's key and base URL, for targets of models. One of an organization serves only calls of that organization's teams.",
        tag,
        body: CredentialCreate,
        success: { status: 201, description: "The credential.", schema: CredentialView },
        problems: ["name_taken", "not_found"],
      },
      async (input) => {
        const { body } = input;
        const created = await createCredential(context, authorOf(input), {
          name: body.name,
          apiKey: body.api_key,
          apiBase: body.api_base,
          organizationId: body.organization_id,
          enabled: body.enabled,
        });
        return new Reply(created, { status: 201 });
      },
    ),

    adminOperation(
      "GET",
      "/api/credentials",
      {
        operationId: "listCredentials",
        needs: "viewer",
        summary: "List provider credentials",
        description: "By name, with the models that use them. Keys are never shown.",
        tag,
        query: CredentialQuery,
        success: { description: "A page of credentials.", schema: CredentialList },
      },
      ({ query }) => listCredentials(context, query),
    ),

    adminOperation(
      "GET",
      "/api/credentials/:credential_id",
      {
        operationId: "getCredential",
        needs: "viewer",
        summary: "Get a provider credential",
        description: "Of the key only the last four characters.",
        tag,
        params,
        success: { description: "The credential.", schema: CredentialView },
        problems: ["not_found"],
      },
      ({ params: { credential_id } }) => readCredential(context, credential_id),
    ),

    adminOperation(
      "PATCH",
      "/api/credentials/:credential_id",
      {
        operationId: "changeCredential",
        needs: "admin",
        summary: "Change a provider credential",
        description:
          "Fields that are absent stay, the key too. A credential that is switched off takes its targets out of use within seconds; a model without any other target answers 503. Calls that run go on.",
        tag,
        params,
        body: CredentialChange,
        success: { description: "The credential.", schema: CredentialView },
        problems: ["not_found", "version_conflict", "name_taken"],
      },
      (input) => {
        const { body } = input;
        return changeCredential(context, authorOf(input), {
          credentialId: input.params.credential_id,
          name: body.name,
          apiKey: body.api_key,
          apiBase: body.api_base,
          enabled: body.enabled,
          version: body.version,
        });
      },
    ),

    adminOperation(
      "DELETE",
      "/api/credentials/:credential_id",
      {
        operationId: "deleteCredential",
        needs: "admin",
        summary: "Delete a provider credential",
        description: "Refused while a target of a model uses it.",
        tag,
        params,
        success: { status: 204, description: "It is gone." },
        problems: ["not_found", "credential_in_use"],
      },
      (input) => deleteCredential(context, authorOf(input), input.params.credential_id),
    ),

    adminOperation(
      "POST",
      "/api/credentials/:credential_id/test",
      {
        operationId: "testCredential",
        needs: "admin",
        summary: "Test a provider credential",
        description:
          "Asks the provider for its list of models with the key, which costs nothing. Changes nothing.",
        tag,
        params,
        body: CredentialTest,
        success: { description: "What came of it.", schema: CredentialTestResult },
        problems: ["not_found"],
      },
      ({ params: { credential_id }, body }) =>
        testCredential(context, { credentialId: credential_id, provider: body.provider }),
    ),
  ];
}
