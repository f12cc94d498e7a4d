import { admin } from "./admin.ts";
import { billing } from "./billing.ts";
import { customers } from "./customers.ts";
import { overview } from "./overview.ts";
import { platform } from "./platform.ts";
import type { ScreenGroup } from "./screen.ts";

/** The navigation from top to bottom; the router and the palette go by it too. */
export const screenGroups: readonly ScreenGroup[] = [overview, customers, billing, platform, admin];
