import type { AlmaOptions, LinkNetwork } from "./alma/index.ts";
import type { BackendOptions } from "./backend.ts";
import { createBackendHost, type TestSharing } from "./backend-host.ts";
import { capabilities as allCapabilities } from "./capabilities.ts";
import type { Capability } from "./capability.ts";
import { loadConfigFor, prepareAll, settingsOf, sortByRequirements } from "./compose.ts";
import { type Config, createCalendar, findMisspeltSettings, type Log, watchAlmaKey } from "./config/index.ts";
import { buildExecutableSchema, type ExecutableSchema } from "./graph/index.ts";
import { createMetrics, createServer, findSettingFileErrors } from "./server/index.ts";

/** A gateway with all its parts, in this process. */
export type Gateway = Awaited<ReturnType<typeof createGateway>>;

/** Reads the settings of the gateway and its capabilities. Throws a ConfigError with every error. */
export const readConfig = (env: Readonly<Record<string, string | undefined>>): Config =>
  loadConfigFor(allCapabilities, env, findSettingFileErrors);

/** Returns the variables whose names are nearly those of settings. */
export const findMisspelt = (env: Readonly<Record<string, string | undefined>>) =>
  findMisspeltSettings(env, settingsOf(allCapabilities));

/** Options for tests, which operators cannot set. */
export interface TestOptions {
  /** Replaces the system's name resolution and certificates for file links. */
  readonly linkNetwork?: Omit<LinkNetwork, "networks">;
  /** The shortest time, in milliseconds, for which `close` keeps idle connections open. */
  readonly shutdownGrace?: number;
  readonly sharing?: TestSharing;
  /** Replaces the capabilities of src/capabilities.ts. */
  readonly capabilities?: readonly Capability[];
  /** The complete schema, so that each gateway need not build it again. */
  readonly executable?: ExecutableSchema;
  /** Replaces the connections to Alma. */
  readonly dispatcher?: AlmaOptions["dispatcher"];
  /** Replaces the version of the entries that several processes share. */
  readonly entryFormat?: string;
}

/** Composes a gateway: the client of Alma, the catalog, the graph and the server. */
export async function createGateway(config: Config, log: Log, forTests: TestOptions = {}) {
  const {
    linkNetwork,
    shutdownGrace,
    sharing,
    dispatcher,
    entryFormat,
    capabilities = allCapabilities,
    executable = buildExecutableSchema(sortByRequirements(capabilities)),
  } = forTests;
  const metrics = createMetrics();
  const context = {
    config,
    log,
    metrics,
    apiKey: watchAlmaKey(config, log),
    calendar: createCalendar(config.timeZone),
  };
  const { ports, prepared, inject } = prepareAll(capabilities, context);
  const options: BackendOptions = {
    ...context,
    ports,
    inject,
    executable,
    linkNetwork,
    dispatcher,
  };
  const host = await createBackendHost(options, sharing, entryFormat);
  const creating = createServer({
    config,
    log,
    metrics,
    ...ports,
    addRoutes: prepared.flatMap(({ routes }) => routes ?? []),
    ...host.served,
    shutdownGrace,
  });
  // Meanwhile, the store's thread opens the file.
  const [server] = await Promise.all([creating, host.opened]);
  const { succession } = host;
  const giveUpLeadership = async () => {
    if (!succession) return;
    succession.leave();
    await server.whenMutationsEnd();
    await succession.handOver();
  };
  let leaving: Promise<void> | undefined;
  /** Gives up leadership, if there are several processes, after the writes in progress have ended. */
  const handOver = () => {
    leaving ??= giveUpLeadership();
    return leaving;
  };
  return {
    get catalog() {
      return host.backend().catalog;
    },
    /** Where its watchdog leaves notes of blocking operations. */
    fatalRequestStorage: host.fatalRequestStorage,
    /** Starts listening and the warm-up. Resolves with the address. */
    async listen() {
      const address = await server.listen();
      await host.start(server.listenForPeers);
      for (const { start } of prepared) start?.();
      return address;
    },
    /** Becomes unready, and answers as before for DRAIN_DELAY, in which load balancers notice. */
    async drain() {
      // Refuse requests that others still forward to this process, so that they look for the next leader.
      const whenFollowed = handOver().then(() => succession?.whenFollowed());
      for (const { drain } of prepared) drain?.();
      await Promise.all([whenFollowed, server.drain()]);
    },
    /** Answers the requests in flight, then stops everything. */
    async close() {
      await handOver();
      for (const { drain } of prepared) drain?.();
      await server.close();
      for (const { stop } of prepared.toReversed()) await stop?.();
      await host.close();
    },
  };
}
