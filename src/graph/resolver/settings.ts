import type { RentSettings } from "../rent/rent.ts";
import type { ConnectionName, GroupedConnectionSpec } from "../spec/connection-spec.ts";
import type { RequiredFields, ScopeByField } from "./required-level.ts";

/** Logs an error that callers must not see, with the request id. */
export type ReportError = (error: unknown, requestId: string) => void;

/** A typed key for a value that a capability offers. */
export interface InjectionKey<T> {
  /** The name of the capability. */
  readonly of: string;
  readonly what: string;
  readonly type?: T;
}

/** Used if no capability offers anything. */
export const nothingProvided = ({ of, what }: InjectionKey<unknown>): never => {
  throw new Error(`There is no ${what} of ${of}.`);
};

/** The settings and shared state that resolvers need. */
export interface GraphSettings {
  readonly report: ReportError;
  /** Returns a value that a capability offers to its own resolvers and to those that require it. */
  inject<T>(key: InjectionKey<T>): T;
  /** The maximum page size of a connection. */
  readonly maxPage: number;
  /** The maximum size of an answer, in bytes of JSON. */
  readonly maxResponse: number;
  /** Returns today's date, `YYYY-MM-DD`, in the portfolio's time zone. */
  readonly today: () => string;
  /** The currency of all amounts; undefined if CURRENCY is not set. */
  readonly currency: string | undefined;
  /** The time zone of the portfolio. */
  readonly timeZone: string;
  /** The period and decimals of prices. */
  readonly rent: RentSettings;
  /** The spec of each connection. */
  readonly connectionSpecs: Readonly<Record<ConnectionName, GroupedConnectionSpec>>;
  /** The scopes that fields of records require. */
  readonly requiredScopes: ScopeByField;
  /** The record fields that the computed fields of each type need. */
  readonly requiredFields: RequiredFields;
}
