import { readFileSync } from "node:fs";
import { type Constants, constants } from "./constant.ts";
import { findMisspeltSettings } from "./misspelt-setting.ts";
import { isLoopback, type Setting } from "./setting-schema.ts";
import { settings } from "./settings.ts";

export { findMisspeltSettings, isLoopback, settings };

/** Settings by their keys in the Config. */
export type Settings = Readonly<Record<string, Setting<unknown>>>;

/** The parsed values of these settings. */
export type ValuesOf<S extends Settings> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never;
};

/** The parsed values of the core's settings. */
export type SettingValues = ValuesOf<typeof settings>;

/** The settings of a gateway, frozen. Durations are in milliseconds. */
export type Config = ReturnType<typeof loadConfig>;

/** An invalid environment, with a sentence for each error. */
export class ConfigError extends Error {
  readonly errors: readonly string[];
  constructor(errors: readonly string[]) {
    super(
      `The configuration has ${errors.length === 1 ? "a fault" : `${errors.length} faults`}:\n- ${errors.join("\n- ")}`,
    );
    this.errors = errors;
  }
}

/** The environment of this process. */
export const readEnvironment = (): Readonly<Record<string, string | undefined>> => process.env;

/**
 * Reads a Config from an environment. White space around a value, such as the newline at the end of a secret file, is
 * ignored, and an empty variable counts as unset. `validate` returns further errors, such as those in files that values
 * name; its argument omits invalid settings. `more`: settings besides those of the core. `moreConstants` extends and,
 * in tests, replaces the constants. Throws a ConfigError with every error.
 */
export function loadConfig(
  env: Readonly<Record<string, string | undefined>>,
  validate: (values: Partial<SettingValues>) => readonly string[] = () => [],
  more: Settings = {},
  moreConstants: Constants = {},
) {
  const errors: string[] = [];
  const values: Partial<SettingValues> = {};
  for (const [key, setting] of Object.entries<Setting<unknown>>({ ...settings, ...more })) {
    const rawValue = readSetting(setting, env, errors);
    if (rawValue === undefined) continue;
    const parsed = setting.schema.safeParse(rawValue);
    if (parsed.success) Object.assign(values, { [key]: parsed.data });
    else {
      const reasons = [...new Set(parsed.error.issues.map((issue) => issue.message))].join(" and ");
      const phrase = setting.isSecret ? "has an invalid value:" : `is "${hideCredentials(rawValue)}", but`;
      errors.push(`${setting.name} ${phrase} it ${reasons}.`);
    }
  }
  for (const { variable, setting, isCritical } of findMisspeltSettings(env, more))
    if (isCritical)
      errors.push(
        `${variable} is not a setting, but looks like ${setting}, which decides who may use the gateway: rename it to ${setting}, or remove it from the gateway's environment.`,
      );
  // Invalid settings are omitted here, so that conflicts between valid ones are still reported.
  errors.push(...findConflicts(values), ...validate(values));
  if (errors.length > 0) throw new ConfigError(errors);
  const settingValues = values as SettingValues;
  const { auth, introspection, writeSettlingTime, maxCalls, storeKey } = settingValues;
  const open = auth === "off" || (auth === "auto" && !canAuthenticate(settingValues));
  // All callers have keys or are on this machine.
  const isForKnownCallers = !open || isLoopback(settingValues.host);
  const allowsIntrospection = introspection === "auto" ? isForKnownCallers : introspection === "on";
  return Object.freeze({
    ...constants,
    ...moreConstants,
    ...settingValues,
    /** The file of Alma's API key, reloaded when it changes; undefined if ALMA_API_KEY is set. */
    almaApiKeyFile: env.ALMA_API_KEY_FILE?.trim() || undefined,
    /** The key that encrypts the store; undefined if it is stored in clear. */
    storeKey: storeKey === "off" ? undefined : storeKey,
    /** Whether the operator decided to store in clear. */
    acceptsClearStore: storeKey === "off",
    writeSettlingTime: writeSettlingTime ?? 4 * settingValues.almaTimeout,
    maxCalls: maxCalls ?? (settingValues.catalog ? 1000 : 20_000),
    introspection: allowsIntrospection,
    /** Whether there is no authentication, so that anyone who reaches the gateway may do everything. */
    open,
  });
}

/** Hides the user and password in a URL. A password may contain any character. */
function hideCredentials(text: string) {
  const [start, end] = [text.indexOf("://") + 3, text.lastIndexOf("@")];
  return start > 2 && end > start ? `${text.slice(0, start)}…${text.slice(end)}` : text;
}

function readSetting(
  setting: Setting<unknown>,
  env: Readonly<Record<string, string | undefined>>,
  errors: string[],
) {
  const { name, isSecret } = setting;
  const value = env[name]?.trim() || undefined;
  const filePath = isSecret ? env[`${name}_FILE`]?.trim() || undefined : undefined;
  if (value !== undefined && filePath !== undefined) {
    errors.push(`${name} and ${name}_FILE are both set: keep one.`);
    return undefined;
  }
  if (filePath !== undefined) {
    try {
      const content = readFileSync(filePath, "utf8").trim();
      if (content !== "") return content;
      errors.push(`${name}_FILE names ${filePath}, which is empty.`);
    } catch (error) {
      errors.push(`${name}_FILE names ${filePath}, which cannot be read: ${(error as Error).message}.`);
    }
    return undefined;
  }
  if (value === undefined && setting.isRequired) {
    const alternative = isSecret ? ` (or ${name}_FILE)` : "";
    errors.push(`${name}${alternative} is not set. ${setting.description}`);
  }
  return value ?? setting.defaultText;
}

const canAuthenticate = (values: Partial<SettingValues>) =>
  Boolean(values.apiKeysFile || values.apiKeys || values.jwksUrl);

function findShareConflicts(values: Partial<SettingValues>) {
  const { storeUrl, storePassword, peerSecret, storeKey } = values;
  if (storeUrl?.postgres === undefined) return [];
  const { hostname, password } = new URL(storeUrl.postgres);
  const isLocal = isLoopback(hostname);
  return [
    password !== "" &&
      !isLocal &&
      "STORE_URL has a password, which logs and process lists show: put it into STORE_PASSWORD_FILE.",
    password !== "" &&
      storePassword !== undefined &&
      "STORE_URL has a password, and STORE_PASSWORD is set too: keep the latter.",
    peerSecret === undefined &&
      "STORE_URL names PostgreSQL, which several processes share, but PEER_SECRET (or PEER_SECRET_FILE) is not set: give all of them the same 32 characters or more.",
    values.port === 65535 &&
      values.peerPort === undefined &&
      "PORT is 65535, and PEER_PORT is not set, which would be one more: set it to a free port.",
    storeKey === undefined &&
      !isLocal &&
      "STORE_URL names another machine, but STORE_KEY (or STORE_KEY_FILE) is not set, so the database would contain personal data and door codes unencrypted: set it to a key of 32 bytes, or to off.",
  ];
}

function findConflicts(values: Partial<SettingValues>) {
  const { auth, host, jwksUrl } = values;
  const { writeSettlingTime = Infinity, almaTimeout = 0 } = values;
  const hasKeys = canAuthenticate(values);
  return [
    auth === "on" &&
      !hasKeys &&
      "AUTH is on, but no keys or tokens are configured: set API_KEYS_FILE, API_KEYS or JWT_JWKS_URL.",
    auth === "auto" &&
      host !== undefined &&
      !isLoopback(host) &&
      !hasKeys &&
      `HOST is ${host}, so others could read personal data and door codes without a key: set API_KEYS_FILE, API_KEYS or JWT_JWKS_URL, or say AUTH=off if something in front of the gateway authenticates.`,
    jwksUrl &&
      !values.jwtIssuer &&
      "JWT_JWKS_URL is set, but JWT_ISSUER is not: name the issuer of the tokens.",
    jwksUrl &&
      !values.jwtAudience &&
      "JWT_JWKS_URL is set, but JWT_AUDIENCE is not: name the audience of tokens for this gateway.",
    writeSettlingTime < almaTimeout &&
      `WRITE_SETTLING_TIME is ${writeSettlingTime / 1000} s, but ALMA_TIMEOUT lets one call take ${almaTimeout / 1000} s: make it at least as long.`,
    ...findShareConflicts(values),
    values.apiKeysFile && values.apiKeys && "API_KEYS and API_KEYS_FILE are both set: keep one.",
  ].filter((fault) => typeof fault === "string");
}
