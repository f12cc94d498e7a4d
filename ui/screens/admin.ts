import type { ScreenGroup } from "./screen.ts";

export const admin: ScreenGroup = { name: "Admin", screens: [] };
