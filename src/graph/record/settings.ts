import type { IdCache, Mapping, SyncCache } from "../../bitrix/index.ts";
import type { Kind } from "../../catalog/index.ts";
import type { ConnectionSpec } from "./connection-spec.ts";
import type { RequiredFields } from "./required-level.ts";

/** Logs an error that no caller may see, with the id of the request in which it occurred. */
export type ReportError = (error: unknown, requestId: string) => void;

/** What Bitrix items mean, and how many items and files one sync may take on. */
export interface BitrixSettings {
  readonly mapping: Mapping;
  readonly maxItems: number;
  readonly maxFiles: number;
}

/** What the gateway is set to, as far as resolvers need it. */
export interface GraphSettings {
  readonly report: ReportError;
  /** The largest page of a connection. */
  readonly maxPage: number;
  /** Bytes of an answer, at most. */
  readonly maxResponse: number;
  /** Today's date, `YYYY-MM-DD`, where the portfolio is. */
  readonly today: () => string;
  /** What can be asked of each kind's connections. */
  readonly connectionSpecs: Readonly<Record<Kind, ConnectionSpec>>;
  /** What the fields of each type need of their records. */
  readonly requiredFields: RequiredFields;
  /** The Bitrix side, and what earlier syncs have found. */
  readonly bitrix: BitrixSettings & {
    readonly knownIds: IdCache;
    readonly uploadedFileIds: SyncCache<number>;
    readonly unshownValues: SyncCache<string>;
  };
}
