import type { CreateRecorder } from "./catalog/index.ts";
import type { Calendar, Config, Constants, Log, Settings, ValuesOf } from "./config/index.ts";
import type { FindOtherCatalog, GraphExtension, Inject, IsFollowed } from "./graph/index.ts";
import type { AddRoutes, DocumentRules, Metrics, ReadLink, ServerPorts } from "./server/index.ts";

/**
 * A feature of the gateway besides reading and writing records. It is data: importing it has no side effects.
 * `compose.ts` collects the configuration errors of all capabilities, then their ports, creates the core, and passes it
 * to the capabilities.
 *
 * A capability's own files are in `src/capabilities/NAME`, `schema/NAME` and `test/NAME`. To remove it, delete these
 * and its line in `capabilities.ts`.
 */
export interface Capability<S extends Settings = Settings, C extends Constants = Constants>
  extends GraphExtension {
  /** The capabilities that it requires. They are created first, and it may import from their `api.ts`. */
  readonly requires?: readonly string[];
  /** The settings by their keys in the Config. Each is a row in docs/settings.md. */
  readonly settings?: S;
  /** The constants by their keys in the Config. Tests replace them. */
  readonly constants?: C;
  /** Returns a sentence for each error in its settings, or in files they name. `values` omits invalid settings. */
  faultsOf?(values: Partial<Config & ValuesOf<S>>): readonly string[];
  /** Parses the target of a link for the command that creates links. The command has no Config. */
  readLink?(env: Readonly<Record<string, string | undefined>>, rules: () => DocumentRules): ReadLink;
  /** Called before the core is created. Must start nothing. */
  prepare?(context: CapabilityContext<S, C>): PreparedCapability;
}

/** The values and functions that a capability uses. */
export interface CapabilityContext<S extends Settings = Settings, C extends Constants = Constants> {
  readonly config: Config & ValuesOf<S> & C;
  readonly log: Log;
  readonly metrics: Metrics;
  /** The calendar of the portfolio. */
  readonly calendar: Calendar;
  /** Returns Alma's current key. */
  readonly apiKey: () => string;
  /** Returns the value that a capability provides; those in `requires` are prepared first. */
  readonly inject: Inject;
}

/**
 * Functions that the core calls. At most one capability provides each; otherwise the core uses a default that does
 * nothing.
 */
export interface Ports extends ServerPorts {
  /** Creates a recorder of the changes that readings show, one per catalog. */
  readonly createRecorder?: CreateRecorder;
  /** Selects the catalog of an operation, if not the current one. */
  readonly findOtherCatalog?: FindOtherCatalog;
  /** Returns whether an operation's answer is sent again when it changes; it may be as old as the catalog. */
  readonly isFollowed?: IsFollowed;
}

/** A capability, prepared as far as possible without the core. */
export interface PreparedCapability {
  readonly ports?: Ports;
  /** The value for its own resolvers and for the capabilities that require it. */
  readonly provides?: unknown;
  /** Adds its routes. Each route must have authenticating hooks or `config: { isPublic: true }`. */
  readonly routes?: AddRoutes;
  /** Starts its work when the server listens. */
  start?(): void;
  /**
   * Stops everything that would keep the server from closing. Called when the process begins to drain and again when it
   * closes.
   */
  drain?(): void;
  /** Stops the rest when the server has closed. Called even if `start` was not. */
  stop?(): Promise<void>;
}

/** Declares a capability and infers the types of its settings. */
export const defineCapability = <S extends Settings, C extends Constants>(
  capability: Capability<S, C>,
): Capability =>
  // Safe: `compose.ts` calls each with the values of its own settings.
  capability as unknown as Capability;
