import type { CreateRecorder } from "./catalog/index.ts";
import type { Calendar, Config, Constants, Log, Settings, ValuesOf } from "./config/index.ts";
import type { FindOtherCatalog, GraphExtension, IsFollowed, Offer } from "./graph/index.ts";
import type {
  AddRoutes,
  CreateTableAnswer,
  DocumentRules,
  FilesOf,
  KnownDocuments,
  Metrics,
  ReadLink,
  StartPage,
} from "./server/index.ts";

/**
 * A feature of the gateway besides reading and writing records. It is data: importing it has no effect. `compose.ts`
 * collects the faults of all capabilities, then their ports, creates the core, and creates the capabilities with it.
 *
 * A capability's own files are in `src/capabilities/NAME`, `schema/NAME` and `test/NAME`. To remove it, delete these
 * and its line in `capabilities.ts`.
 */
export interface Capability<S extends Settings = Settings, C extends Constants = Constants>
  extends GraphExtension {
  /**
   * The capabilities that it requires: it is created after them, and may import what their `offer.ts`
   * exports.
   */
  readonly requires?: readonly string[];
  /** By their keys in the Config. Each is a row in docs/settings.md. */
  readonly settings?: S;
  /** By their keys in the Config. Tests replace them. */
  readonly constants?: C;
  /** Returns a sentence for each fault of its settings, or of files they name. Invalid values are missing. */
  faultsOf?(values: Partial<Config & ValuesOf<S>>): readonly string[];
  /** Parses the target of a link, for the command that creates links, which reads no Config. */
  readLink?(env: Readonly<Record<string, string | undefined>>, rules: () => DocumentRules): ReadLink;
  /** Called before the core is created. Must start nothing. */
  prepare?(given: Given<S, C>): Prepared;
}

export type { Offer } from "./graph/index.ts";

/** The dependencies of a capability. */
export interface Given<S extends Settings = Settings, C extends Constants = Constants> {
  readonly config: Config & ValuesOf<S> & C;
  readonly log: Log;
  readonly metrics: Metrics;
  /** The calendar of the portfolio. */
  readonly calendar: Calendar;
  /** Returns Alma's present key. */
  readonly apiKey: () => string;
  /** Returns the offer of another capability. Throws if none of `requires` provides it. */
  offered<T>(offer: Offer<T>): T;
}

/** The ports of the core. One that no capability provides does nothing; two cannot provide the same. */
export interface Ports {
  /** Records the changes that readings show. One per catalog. */
  readonly createRecorder?: CreateRecorder;
  /** Selects the catalog of an operation, if not the present one. */
  readonly findOtherCatalog?: FindOtherCatalog;
  readonly isFollowed?: IsFollowed;
  /** Creates the links to files in the answer to a request. */
  readonly filesOf?: FilesOf;
  /** Documents that callers request by id. */
  readonly documents?: KnownDocuments;
  /** The page at `/` in a browser. */
  readonly startPage?: StartPage;
  /** Answers queries at `/graphql` as tables. */
  readonly answerAsTable?: CreateTableAnswer;
}

/** A capability, prepared as far as possible without the core. */
export interface Prepared {
  readonly ports?: Ports;
  readonly offers?: readonly (readonly [offer: Offer<unknown>, offered: unknown])[];
  /** Adds its routes. Each has authenticating hooks, or `config: { isPublic: true }`. */
  readonly routes?: AddRoutes;
  /** Starts its work, once the server listens. */
  start?(): void;
  /** Ends everything that would keep the server from closing. */
  drain?(): void;
  /** Ends the rest, once the server has closed. Called even if it was not started. */
  stop?(): Promise<void>;
}

/** Declares a capability and infers the types of its settings. */
export const defineCapability = <S extends Settings, C extends Constants>(
  capability: Capability<S, C>,
): Capability =>
  // Safe: `compose.ts` calls each with the values of its own settings.
  capability as unknown as Capability;
