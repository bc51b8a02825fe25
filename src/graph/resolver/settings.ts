import type { RentSettings } from "../rent/rent.ts";
import type { ConnectionName, GroupedConnectionSpec } from "../spec/connection-spec.ts";
import type { RequiredFields, ScopeByField } from "./required-level.ts";

/** Logs an error that callers must not see, with the id of the request in which it occurred. */
export type ReportError = (error: unknown, requestId: string) => void;

/** A name for what a capability offers, with its type. */
export interface Offer<T> {
  /** The name of the capability. */
  readonly of: string;
  readonly what: string;
  readonly type?: T;
}

/** Where no capability offers anything. */
export const nothingOffered = ({ of, what }: Offer<unknown>): never => {
  throw new Error(`There is no ${what} of ${of}.`);
};

/** The settings and shared state of the process that resolvers need. */
export interface GraphSettings {
  readonly report: ReportError;
  /** What a capability offers, for its resolvers and for those of others that require it. */
  offered<T>(offer: Offer<T>): T;
  /** The largest page of a connection. */
  readonly maxPage: number;
  /** The largest answer, in bytes of JSON. */
  readonly maxResponse: number;
  /** Today's date, `YYYY-MM-DD`, in the portfolio's time zone. */
  readonly today: () => string;
  /** The currency of all amounts; undefined if CURRENCY is not set. */
  readonly currency: string | undefined;
  /** The portfolio's. */
  readonly timeZone: string;
  /** What prices are paid for, and in what decimals. */
  readonly rent: RentSettings;
  /** What each connection offers. */
  readonly connectionSpecs: Readonly<Record<ConnectionName, GroupedConnectionSpec>>;
  /** The scopes that fields of records require. */
  readonly requiredScopes: ScopeByField;
  /** The record fields that the computed fields of each type need. */
  readonly requiredFields: RequiredFields;
}
