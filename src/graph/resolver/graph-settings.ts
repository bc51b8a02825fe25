import type { RentSettings } from "../rent/rent.ts";
import type { ConnectionName, ConnectionSpec } from "./connection-spec.ts";
import type { ScopeByField } from "./field-scope.ts";

/** Logs an error that callers must not see, with the request id. */
export type ReportError = (error: unknown, requestId: string) => void;

/** The name of a capability, with the type of the value that it provides. */
export type InjectionKey<T> = string & { readonly type?: T };

/** Returns the value that a capability provides. Throws if it provides none. */
export type Inject = <T>(key: InjectionKey<T>) => T;

/** The settings and shared state that resolvers need. */
export interface GraphSettings {
  readonly report: ReportError;
  readonly inject: Inject;
  /** The maximum page size of a connection. */
  readonly maxPage: number;
  /** The maximum size of an answer, in bytes of JSON. */
  readonly maxResponse: number;
  /** Returns today's date, `YYYY-MM-DD`, in the portfolio's time zone. */
  readonly today: () => string;
  /** The currency of all amounts; undefined if CURRENCY is not set. */
  readonly currency?: string | undefined;
  /** The time zone of the portfolio. */
  readonly timeZone: string;
  /** The period and decimals of prices. */
  readonly rent: RentSettings;
  /** The spec of each connection. */
  readonly connectionSpecs: Readonly<Record<ConnectionName, ConnectionSpec>>;
  /** The scopes that fields of records require. */
  readonly requiredScopes: ScopeByField;
  /**
   * The record fields that computed fields need, by type and field. Any other field needs the record field of its own
   * name.
   */
  readonly requiredFields: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}
