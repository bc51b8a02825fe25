import { readFileSync } from "node:fs";
import type { Setting } from "./setting.ts";
import { settings } from "./setting-table.ts";

export { settings };

/** What the environment says of each setting, as its kind reads it. */
export type Values = {
  readonly [K in keyof typeof settings]: (typeof settings)[K] extends Setting<infer T> ? T : never;
};

/** The settings' values, frozen. Durations are in milliseconds. */
export interface Config extends Omit<Values, "introspection" | "explorers" | "maxCalls"> {
  readonly maxCalls: number;
  readonly introspection: boolean;
  readonly explorers: boolean;
  /** No key and no token is asked for: everybody who reaches the address may do everything. */
  readonly open: boolean;
}

/** What is wrong with the environment: one sentence for each fault. */
export class ConfigError extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(
      `The configuration has ${faults.length === 1 ? "a fault" : `${faults.length} faults`}:\n- ${faults.join("\n- ")}`,
    );
    this.faults = faults;
  }
}

/** The environment of this process. */
export const environment = (): Readonly<Record<string, string | undefined>> => process.env;

/**
 * The Config that an environment gives. White space around a value, such as the end of the line that a secret's file
 * has, is no part of it; an empty variable counts as none. `lookInto` tells what is wrong with what the values name,
 * such as what stands in a file. Throws a ConfigError with every fault.
 */
export function loadConfig(
  env: Readonly<Record<string, string | undefined>>,
  lookInto: (values: Partial<Values>) => readonly string[] = () => [],
): Config {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries<Setting<unknown>>(settings)) {
    const found = lookUp(setting, env, faults);
    if (found === undefined) continue;
    const parsed = setting.kind.safeParse(found);
    if (parsed.success) values[key] = parsed.data;
    else {
      const reasons = [...new Set(parsed.error.issues.map((issue) => issue.message))].join(" and ");
      const shown = setting.secret
        ? "has a value that does not fit:"
        : `is "${found.replace(/(?<=:\/\/)[^/]*@/, "…@")}", but`;
      faults.push(`${setting.name} ${shown} it ${reasons}.`);
    }
  }
  // Settings at fault are missing here; what the others contradict is still told.
  faults.push(...contradictions(values as Partial<Values>), ...lookInto(values as Partial<Values>));
  if (faults.length > 0) throw new ConfigError(faults);
  const known = values as Values;
  const loopback = isLoopback(known.host);
  return Object.freeze({
    ...known,
    maxCalls: known.maxCalls ?? (known.catalog ? 1000 : 20_000),
    introspection: known.introspection === "auto" ? loopback : known.introspection === "on",
    explorers:
      known.explorers === "auto"
        ? loopback && known.persistedDocuments !== "required"
        : known.explorers === "on",
    open: known.auth === "off" || (known.auth === "auto" && !canAuthenticate(known)),
  });
}

function lookUp(
  setting: Setting<unknown>,
  env: Readonly<Record<string, string | undefined>>,
  faults: string[],
) {
  const given = env[setting.name]?.trim() || undefined;
  const file = setting.secret ? env[`${setting.name}_FILE`]?.trim() || undefined : undefined;
  if (given !== undefined && file !== undefined) {
    faults.push(`${setting.name} and ${setting.name}_FILE are both set: keep one.`);
    return undefined;
  }
  if (file !== undefined) {
    try {
      const content = readFileSync(file, "utf8").trim();
      if (content !== "") return content;
      faults.push(`${setting.name}_FILE names ${file}, which is empty.`);
    } catch (error) {
      faults.push(`${setting.name}_FILE names ${file}, which cannot be read: ${(error as Error).message}.`);
    }
    return undefined;
  }
  if (given === undefined && setting.mandatory) {
    const or = setting.secret ? ` (or ${setting.name}_FILE)` : "";
    faults.push(`${setting.name}${or} is not set. ${setting.effect}`);
  }
  return given ?? setting.fallback;
}

/** Whether an address to listen on is reached from this machine only. */
export const isLoopback = (host: string) => /^(localhost|127\.\d+\.\d+\.\d+|::1)$/i.test(host);

const canAuthenticate = (known: Partial<Values>) =>
  Boolean(known.apiKeysFile || known.apiKeys || known.jwksUrl);

function contradictions(known: Partial<Values>): string[] {
  const faults: string[] = [];
  if (known.auth === "on" && !canAuthenticate(known)) {
    faults.push("AUTH is on, but nothing can be checked: set API_KEYS_FILE, API_KEYS or JWT_JWKS_URL.");
  }
  if (
    known.auth === "auto" &&
    known.host !== undefined &&
    !isLoopback(known.host) &&
    !canAuthenticate(known)
  ) {
    faults.push(
      `HOST is ${known.host}, so others could read people's data and door codes without a key: set API_KEYS_FILE, ` +
        "API_KEYS or JWT_JWKS_URL, or say AUTH=off if something in front of the gateway authenticates.",
    );
  }
  if (known.jwksUrl && !known.jwtIssuer)
    faults.push("JWT_JWKS_URL is set, but JWT_ISSUER is not: say whose tokens count.");
  if (known.jwksUrl && !known.jwtAudience) {
    faults.push("JWT_JWKS_URL is set, but JWT_AUDIENCE is not: say which tokens are meant for this gateway.");
  }
  if (known.apiKeysFile && known.apiKeys) faults.push("API_KEYS and API_KEYS_FILE are both set: keep one.");
  if (
    known.persistedDocuments !== undefined &&
    known.persistedDocuments !== "off" &&
    !known.persistedManifest
  ) {
    faults.push(`PERSISTED_DOCUMENTS is ${known.persistedDocuments}, but PERSISTED_MANIFEST names no file.`);
  }
  if (known.persistedDocuments === "required" && known.explorers === "on") {
    faults.push(
      "PERSISTED_DOCUMENTS is required, so nothing that is typed into an explorer would be answered, but EXPLORERS is on: " +
        "set it to off or auto.",
    );
  }
  return faults;
}
