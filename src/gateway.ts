import { type AlmaOptions, type LinkNetwork, mediaSource } from "./alma/index.ts";
import type { BackendOptions } from "./backend.ts";
import { mappingErrors } from "./bitrix/index.ts";
import type { Catalog } from "./catalog/index.ts";
import type { Config, Log, SettingValues } from "./config/index.ts";
import { createCalendar, findReadErrors, readAlmaKey } from "./config/index.ts";
import { addImports, listImports } from "./import/index.ts";
import { createPart } from "./part.ts";
import { addReports, listReports } from "./report/index.ts";
import {
  createMetrics,
  createServer,
  findSettingFileErrors,
  loadTracing,
  type Sharing,
} from "./server/index.ts";

/** A gateway with all its parts, in this process. */
export interface Gateway {
  readonly catalog: Catalog;
  /** Starts listening and the warm-up; resolves with the address. */
  listen(): Promise<string>;
  /** Becomes unready, and answers as before for DRAIN_DELAY, in which balancers learn to look elsewhere. */
  drain(): Promise<void>;
  /** Answers the requests in flight, then stops everything. */
  close(): Promise<void>;
}

/** A sentence for each fault of the files that a configuration names. */
export const findFileErrors = (values: Partial<SettingValues>): readonly string[] => [
  ...mappingErrors(values),
  ...findSettingFileErrors(values),
  ...findReadErrors("REPORTS", values.reports, listReports),
  ...findReadErrors("IMPORTS", values.imports, listImports),
];

/** Options for tests, which an operator cannot set. */
export interface GatewayOptions {
  /** Replaces the system's name resolution and certificates for links to files. */
  readonly linkNetwork?: Omit<LinkNetwork, "networks">;
  /** The minimum time, in milliseconds, for which `close` keeps idle connections open. */
  readonly shutdownGrace?: number;
  /** Shares the work with other processes; `start` gets the address at which they reach this one. */
  readonly sharing?: Sharing & { start(peerAddress: string): void };
  /** Replaces the connections to Alma. */
  readonly dispatcher?: AlmaOptions["dispatcher"];
  /** Replaces the name of the form in which several processes share what they know. */
  readonly entryFormat?: string;
}

/** Composes a gateway: the client of Alma, the catalog, the graph and the server. */
export async function createGateway(
  config: Config,
  log: Log,
  { linkNetwork, shutdownGrace, sharing, dispatcher, entryFormat }: GatewayOptions = {},
): Promise<Gateway> {
  const metrics = createMetrics();
  const tracing = config.otel ? await loadTracing() : undefined;
  const options: BackendOptions = {
    config,
    log,
    metrics,
    tracing,
    apiKey: readAlmaKey(config, log),
    calendar: createCalendar(config.timeZone),
    linkNetwork,
    dispatcher,
  };
  const part = await createPart(options, sharing, entryFormat);
  const creating = createServer({
    config,
    log,
    metrics,
    tracing,
    addReports(app, parts) {
      addImports(app, parts);
      return addReports(app, parts);
    },
    media: mediaSource(config, options.apiKey, config.almaTimeout),
    ...part.served,
    shutdownGrace,
  });
  // A file is opened meanwhile, by its own thread.
  const [server] = await Promise.all([creating, part.opened]);
  const leaveLead = async () => {
    if (!part.handOver) return;
    part.leave?.();
    await server.whenMutationsEnd();
    await part.handOver();
  };
  let leaving: Promise<void> | undefined;
  /** Leaves the lead to another process, if there are several, once the writes under way have ended. */
  const handOver = () => {
    leaving ??= leaveLead();
    return leaving;
  };
  return {
    get catalog() {
      return part.catalog();
    },
    async listen() {
      const address = await server.listen();
      part.start(part.served.sharing ? await server.listenForPeers() : "");
      return address;
    },
    async drain() {
      // What others hand on to this process until they know the next leader, it refuses, so that they ask that one.
      const whenFollowed = handOver().then(() => part.whenFollowed?.());
      await Promise.all([whenFollowed, server.drain()]);
    },
    async close() {
      await handOver();
      await server.close();
      await part.close();
    },
  };
}
