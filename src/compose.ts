import type { Capability, CapabilityContext, Ports, PreparedCapability } from "./capability.ts";
import {
  type Config,
  ConfigError,
  type Constants,
  loadConfig,
  type Settings,
  type SettingValues,
} from "./config/index.ts";
import type { InjectionKey } from "./graph/index.ts";

/**
 * Sorts capabilities so that each comes after the ones it requires; otherwise the order is unchanged. Throws a
 * ConfigError for each missing one.
 */
export function sortByRequirements(capabilities: readonly Capability[]): readonly Capability[] {
  const names = capabilities.map(({ name }) => name);
  const faults = capabilities.flatMap(({ name, requires = [] }) =>
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
    for (const other of capabilities) if (requires.includes(other.name)) place(other, [...trail, name]);
    ordered.push(capability);
  };
  for (const capability of capabilities) place(capability, []);
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
      ...sortByRequirements(capabilities).flatMap(
        ({ faultsOf }) => faultsOf?.(values as Partial<Config>) ?? [],
      ),
    ],
    settingsOf(capabilities),
    { ...constantsOf(capabilities), ...overrides },
  );

/** Prepares capabilities without the core, each after those it requires. Nothing starts. */
export function prepareAll(capabilities: readonly Capability[], context: Omit<CapabilityContext, "inject">) {
  const provided = new Map<string, unknown>();
  const inject = <T>(key: InjectionKey<T>) => {
    // Safe: the key carries the type of its value.
    if (provided.has(key)) return provided.get(key) as T;
    throw new Error(`The capability ${key} provides nothing.`);
  };
  const ports: Record<string, unknown> = {};
  const providerOf: Record<string, string> = {};
  const prepared: PreparedCapability[] = [];
  for (const { name, prepare } of sortByRequirements(capabilities)) {
    const made = prepare?.({ ...context, inject });
    if (!made) continue;
    if (made.provides) provided.set(name, made.provides);
    for (const [port, value] of Object.entries(made.ports ?? {})) {
      if (providerOf[port])
        throw new Error(`The capabilities ${providerOf[port]} and ${name} both provide ${port}.`);
      providerOf[port] = name;
      ports[port] = value;
    }
    prepared.push(made);
  }
  return { ports: ports as Ports, prepared, inject };
}
