/** Put in by the build; absent when the server runs from source. */
declare const SAAS_LITELLM_VERSION: string | undefined;

/** Of this program. */
export const version: string =
  typeof SAAS_LITELLM_VERSION === "string" ? SAAS_LITELLM_VERSION : "0.0.0-source";
