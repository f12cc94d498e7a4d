export * from "./admin.ts";
export * from "./credits.ts";
export * from "./instances.ts";
export * from "./jobs.ts";
export * from "./models.ts";
export * from "./organizations.ts";
