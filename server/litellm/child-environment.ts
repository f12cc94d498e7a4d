/** What a child may see of our environment: how to find programs, a home, certificates and proxies. */
const inherited = [
  "PATH",
  "HOME",
  "LANG",
  "LC_ALL",
  "TZ",
  "TMPDIR",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "REQUESTS_CA_BUNDLE",
  "CURL_CA_BUNDLE",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "ALL_PROXY",
  "http_proxy",
  "https_proxy",
  "all_proxy",
  // Windows starts nothing without these.
  "SystemRoot",
  "USERPROFILE",
  "TEMP",
  "TMP",
  "APPDATA",
  "LOCALAPPDATA",
] as const;

const loopback = "127.0.0.1,localhost,::1";

type Environment = Readonly<Record<string, string | undefined>>;

/** Our environment cut down to what every child needs; proxies never apply to loopback. */
function inheritedEnvironment(environment: Environment): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of inherited) {
    const value = environment[name];
    if (value !== undefined) kept[name] = value;
  }
  const exceptions = environment["NO_PROXY"] ?? environment["no_proxy"];
  const noProxy = exceptions ? `${exceptions},${loopback}` : loopback;
  return { ...kept, NO_PROXY: noProxy, no_proxy: noProxy };
}

/** The installer's: an operator's mirror, cache and certificates for pip and uv count too. */
export function installerEnvironment(environment: Environment): Record<string, string> {
  const tools = Object.entries(environment).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && /^(PIP_|UV_|XDG_CACHE_HOME$|XDG_CONFIG_HOME$)/.test(entry[0]),
  );
  return { ...inheritedEnvironment(environment), ...Object.fromEntries(tools) };
}

export interface ProxySecrets {
  /** New at each start; nothing of ours uses it, but without one LiteLLM counts as open to everybody. */
  masterKey: string;
  /** The same for a data directory's whole life: LiteLLM encrypts the ids of responses with it. */
  saltKey: string;
  /** New at each start: signs the internal keys. */
  internalSecret: string;
}

/** The proxy's: offline where it would call home, quiet, and with the secrets that its config names. */
export function proxyEnvironment(
  environment: Environment,
  secrets: ProxySecrets,
  credentials: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    ...inheritedEnvironment(environment),
    PYTHONUNBUFFERED: "1",
    LITELLM_MODE: "PRODUCTION",
    LITELLM_LOCAL_MODEL_COST_MAP: "True",
    // Known to newer releases only, which would otherwise fetch more than the price map.
    LITELLM_OFFLINE_MODE: "true",
    LITELLM_LOG: "ERROR",
    LITELLM_DONT_SHOW_FEEDBACK_BOX: "true",
    LITELLM_MASTER_KEY: secrets.masterKey,
    LITELLM_SALT_KEY: secrets.saltKey,
    SAAS_LITELLM_INTERNAL_SECRET: secrets.internalSecret,
    ...credentials,
  };
}
