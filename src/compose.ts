import type { Capability, Given, Offer, Ports, Prepared } from "./capability.ts";
import {
  type Config,
  ConfigError,
  type Constants,
  loadConfig,
  type Settings,
  type SettingValues,
} from "./config/index.ts";

/**
 * Sorts capabilities so that each comes after the ones it requires; otherwise the order is unchanged. Throws a
 * ConfigError for each missing one.
 */
export function inOrder(given: readonly Capability[]): readonly Capability[] {
  const names = given.map(({ name }) => name);
  const faults = given.flatMap(({ name, requires = [] }) =>
    requires
      .filter((other) => !names.includes(other))
      .map((other) => `The capability ${name} requires ${other}, which is not in src/capabilities.ts.`),
  );
  if (faults.length > 0) throw new ConfigError(faults);
  const ordered: Capability[] = [];
  const place = (capability: Capability, trail: readonly string[]) => {
    if (ordered.includes(capability)) return;
    const { name, requires = [] } = capability;
    if (trail.includes(name))
      throw new ConfigError([`Capabilities require each other: ${[...trail, name].join(", ")}.`]);
    for (const other of given) if (requires.includes(other.name)) place(other, [...trail, name]);
    ordered.push(capability);
  };
  for (const capability of given) place(capability, []);
  return ordered;
}

/** Returns the settings of all capabilities. */
export const settingsOf = (capabilities: readonly Capability[]): Settings =>
  Object.assign({}, ...capabilities.map(({ settings }) => settings));

/** Returns the constants of all capabilities. */
export const constantsOf = (capabilities: readonly Capability[]): Constants =>
  Object.assign({}, ...capabilities.map(({ constants }) => constants));

/** Reads a Config with the settings of capabilities. Throws a ConfigError with every error. */
export const loadConfigFor = (
  capabilities: readonly Capability[],
  env: Readonly<Record<string, string | undefined>>,
  findFaults: (values: Partial<SettingValues>) => readonly string[] = () => [],
  overrides: Constants = {},
): Config =>
  loadConfig(
    env,
    (values) => [
      ...findFaults(values),
      ...inOrder(capabilities).flatMap(({ faultsOf }) => faultsOf?.(values as Partial<Config>) ?? []),
    ],
    settingsOf(capabilities),
    { ...constantsOf(capabilities), ...overrides },
  );

/**
 * Prepares capabilities without the core, each after those it requires. Nothing starts. `offered` returns an offer, and
 * throws if no capability provides it.
 */
export function prepareAll(capabilities: readonly Capability[], given: Omit<Given, "offered">) {
  const offers = new Map<Offer<unknown>, unknown>();
  const find = <T>(offer: Offer<T>) => {
    // Safe: the offer carries the type of its value.
    if (offers.has(offer)) return offers.get(offer) as T;
    throw new Error(`${offer.of} offers no ${offer.what}.`);
  };
  const ports: Record<string, unknown> = {};
  const giver: Record<string, string> = {};
  const prepared: (Prepared & { readonly name: string })[] = [];
  for (const { name, requires = [], prepare } of inOrder(capabilities)) {
    const offered = <T>(offer: Offer<T>) => {
      if (requires.includes(offer.of)) return find(offer);
      throw new Error(`The capability ${name} uses ${offer.what} of ${offer.of}, which it does not require.`);
    };
    const made = prepare?.({ ...given, offered });
    if (!made) continue;
    for (const [offer, value] of made.offers ?? []) offers.set(offer, value);
    for (const [port, value] of Object.entries(made.ports ?? {})) {
      if (giver[port]) throw new Error(`The capabilities ${giver[port]} and ${name} both give ${port}.`);
      giver[port] = name;
      ports[port] = value;
    }
    prepared.push({ ...made, name });
  }
  return { ports: ports as Ports, prepared, offered: find };
}
