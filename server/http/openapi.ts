import type { TSchema } from "@sinclair/typebox";
import { idempotencyKeyPattern } from "./idempotency.ts";
import { JsonSchemas, plainJson } from "./openapi-schemas.ts";
import { openApiHeaders, problemCodes, ProblemResponses } from "./openapi-problems.ts";
import type { Operation, SuccessSpec } from "./operation.ts";

export interface ApiDescription {
  title: string;
  version: string;
  /** Markdown; the first paragraph of the page. */
  description: string;
  /** Headings of the page, in order. */
  tags: readonly { name: string; description: string }[];
  /** How a caller proves itself; public operations ask for nothing. */
  security: { name: string; description: string };
}

/**
 * The OpenAPI 3.1 document of operations: the schemas that validate, their examples, and every problem that each can answer.
 * Built once, from data alone.
 */
export function openApiDocument(
  operations: readonly Operation[],
  api: ApiDescription,
): Record<string, unknown> {
  const schemas = new JsonSchemas();
  const problems = new ProblemResponses(schemas);
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    const path = operation.path.replace(/:(\w+)/g, "{$1}");
    const item = (paths[path] ??= {});
    item[operation.method.toLowerCase()] = describe(operation, schemas, problems);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: api.title,
      version: api.version,
      description: api.description,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/", description: "This server" }],
    tags: api.tags,
    security: [{ [api.security.name]: [] }],
    paths,
    components: {
      securitySchemes: {
        [api.security.name]: {
          type: "http",
          scheme: "bearer",
          description: api.security.description,
        },
      },
      schemas: schemas.components,
      examples: problems.examples,
    },
  };
}

function describe(operation: Operation, schemas: JsonSchemas, problems: ProblemResponses): object {
  const { spec, access } = operation;
  const parameters = parametersOf(operation, schemas);
  return {
    operationId: spec.operationId,
    summary: spec.summary,
    description: spec.description,
    tags: [spec.tag],
    ...(access === "public" ? { security: [] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(spec.body ? { requestBody: requestBody(operation, spec.body, schemas) } : {}),
    responses: {
      [spec.success.status ?? 200]: success(spec.success, schemas),
      ...elsewhere(spec.success, schemas),
      ...problems.of(problemCodes(operation), { openAi: operation.path.startsWith("/v1/") }),
    },
  };
}

function requestBody({ spec }: Operation, body: TSchema, schemas: JsonSchemas): object {
  const example = spec.bodyExample ?? firstExample(body);
  const required = (body["required"] as string[] | undefined) ?? [];
  return {
    required: required.length > 0,
    content: {
      "application/json": {
        schema: schemas.toJson(body),
        ...(example === undefined ? {} : { example }),
      },
    },
  };
}

function success(spec: SuccessSpec, schemas: JsonSchemas): object {
  const content: Record<string, object> = {};
  if (spec.schema) {
    content[spec.mediaType ?? "application/json"] = {
      schema: schemas.toJson(spec.schema),
      example: spec.example ?? firstExample(spec.schema),
    };
  }
  if (spec.also) {
    const { mediaType, schema, example } = spec.also;
    content[mediaType] = { schema: schemas.toJson(schema), example };
  }
  return {
    description: spec.description,
    headers: openApiHeaders(spec.headers),
    ...(Object.keys(content).length > 0 ? { content } : {}),
  };
}

function elsewhere(spec: SuccessSpec, schemas: JsonSchemas): Record<string, object> {
  return Object.fromEntries(
    Object.entries(spec.elsewhere ?? {}).map(([status, description]) => [
      status,
      success({ ...spec, description }, schemas),
    ]),
  );
}

const idempotencyKey = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description:
    "1 to 255 visible ASCII characters of your choice. The same key with the same body gets the first answer again for 24 hours, with the header `idempotency-replayed: true`. For example `order-4711`.",
  schema: { type: "string", pattern: idempotencyKeyPattern },
};

function parametersOf({ spec }: Operation, schemas: JsonSchemas): object[] {
  const from = (place: string, fields: Readonly<Record<string, TSchema>>, required: string[]) =>
    Object.entries(fields).map(([name, schema]) => {
      const { description, examples, ...json } = schemas.toJson(schema);
      return {
        name,
        in: place,
        required: required.includes(name),
        description: withExample(description, examples),
        schema: json,
      };
    });
  const params = (spec.params ?? {}) as Record<string, TSchema>;
  const query = (spec.query?.["properties"] ?? {}) as Record<string, TSchema>;
  return [
    ...from("path", params, Object.keys(params)),
    ...from("query", query, (spec.query?.["required"] as string[] | undefined) ?? []),
    ...from("header", spec.headers ?? {}, []),
    ...(spec.idempotent ? [idempotencyKey] : []),
  ];
}

/** In words: Swagger UI fills its form with an `example`, so that an optional filter or key would be sent unasked. */
function withExample(description: unknown, examples: unknown): string {
  const said = typeof description === "string" ? description : "";
  const example: unknown = Array.isArray(examples) ? examples[0] : undefined;
  return example === undefined
    ? said
    : `${said} For example \`${typeof example === "string" ? example : JSON.stringify(example)}\`.`.trim();
}

function firstExample(schema: TSchema): unknown {
  const examples: unknown = schema["examples"];
  return Array.isArray(examples) ? plainJson(examples[0]) : undefined;
}
