import type { ScreenGroup } from "./screen.ts";

export const billing: ScreenGroup = { name: "Billing", screens: [] };
