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
 * Something that the gateway can do besides reading and writing records. It is data: nothing happens when it is
 * imported. `compose.ts` asks all of them for faults, then for ports, makes the core, and creates them with it.
 *
 * What is its own stands in folders of its name: `src/capabilities/NAME`, `schema/NAME`, `test/NAME`. Without these and
 * its line in `capabilities.ts`, the gateway is the same but for what it does.
 */
export interface Capability<S extends Settings = Settings, C extends Constants = Constants>
  extends GraphExtension {
  /** The names of those that it stands on: it is created after them, and may import what their `offer.ts` exports. */
  readonly requires?: readonly string[];
  /** By their keys in the Config. Each is a row in docs/settings.md. */
  readonly settings?: S;
  /** By their keys in the Config. Tests replace them. */
  readonly constants?: C;
  /** A sentence for each fault of what its settings say or name; values that are invalid themselves are missing. */
  faultsOf?(values: Partial<Config & ValuesOf<S>>): readonly string[];
  /** Reads what a link to it opens, for the command that makes links, which reads no Config. */
  readLink?(env: Readonly<Record<string, string | undefined>>, rules: () => DocumentRules): ReadLink;
  /** Called before the core is made. Must start nothing. */
  prepare?(given: Given<S, C>): Prepared;
}

export type { Offer } from "./graph/index.ts";

/** What a capability is made from. */
export interface Given<S extends Settings = Settings, C extends Constants = Constants> {
  readonly config: Config & ValuesOf<S> & C;
  readonly log: Log;
  readonly metrics: Metrics;
  /** The portfolio's. */
  readonly calendar: Calendar;
  /** Alma's key, as it is now. */
  readonly apiKey: () => string;
  /** What another one offers. Throws if none of `requires` does. */
  offered<T>(offer: Offer<T>): T;
}

/** What the core is made from. A port that no capability gives does nothing; two cannot give the same. */
export interface Ports {
  /** Records the changes that readings show. One for each catalog. */
  readonly createRecorder?: CreateRecorder;
  /** Finds what an operation is answered from in place of the present catalog. */
  readonly findOtherCatalog?: FindOtherCatalog;
  readonly isFollowed?: IsFollowed;
  /** The links to files, in the answer to a request. */
  readonly filesOf?: FilesOf;
  /** Documents that callers ask for by an id. */
  readonly documents?: KnownDocuments;
  /** What a browser gets at `/`. */
  readonly startPage?: StartPage;
  /** Answers queries at `/graphql` as tables. */
  readonly answerAsTable?: CreateTableAnswer;
}

/** A capability that is made as far as it can be without the core. */
export interface Prepared {
  readonly ports?: Ports;
  readonly offers?: readonly (readonly [offer: Offer<unknown>, offered: unknown])[];
  /** Adds its routes. Each has hooks that ask who may, or is `config: { isPublic: true }`. */
  readonly routes?: AddRoutes;
  /** Begins its work, once the server listens. */
  start?(): void;
  /** Ends what would keep the server from closing. */
  drain?(): void;
  /** Ends the rest, once the server has closed. Called even if it was not started. */
  stop?(): Promise<void>;
}

/** Declares a capability; the compiler finds the types of its settings. */
export const defineCapability = <S extends Settings, C extends Constants>(
  capability: Capability<S, C>,
): Capability =>
  // Safe: `compose.ts` calls each with the values of its own settings.
  capability as unknown as Capability;
