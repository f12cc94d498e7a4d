import type { ScreenGroup } from "./screen.ts";

export const platform: ScreenGroup = { name: "Platform", screens: [] };
