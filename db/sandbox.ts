/** The organization that sandboxes belong to; no slug has a colon. The migration makes it. */
export const SANDBOX_ORGANIZATION = ":test";
