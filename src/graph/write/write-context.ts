import type { Alma } from "../../alma/index.ts";
import type { Catalog, WriteIntent, WriteJournal } from "../../catalog/index.ts";
import { GraphContext } from "../resolver/context.ts";
import type { GraphRequest } from "../resolver/graph-request.ts";
import type { GraphSettings } from "../resolver/settings.ts";
import type { IdempotencyStore } from "./idempotency.ts";
import type { KeyedLock } from "./keyed-lock.ts";
import type { MutationResult } from "./mutation-result.ts";
import type { UnsettledWrites } from "./unsettled-writes.ts";
import type { WrittenValues } from "./written-values.ts";

/** What all writes of this process share. */
export interface WriteServices {
  readonly alma: Alma;
  /** The Alma id of the project of a new building whose input names none. */
  readonly projectId: number;
  /** Milliseconds for which an unacknowledged write is polled: ALMA_TIMEOUT. */
  readonly timeout: number;
  readonly lock: KeyedLock;
  readonly idempotency: IdempotencyStore<MutationResult>;
  readonly unsettled: UnsettledWrites;
  readonly writtenValues: WrittenValues;
  readonly journal: WriteJournal;
}

/** The context of an operation that may write. Queries get it too, typed as GraphContext. */
export class WriteContext extends GraphContext {
  readonly services: WriteServices;
  /** That of a request which another process has handed on. */
  readonly forwardingId: string | undefined;
  /** The key under which the present mutation runs; mutations run one after the other. */
  idempotency: WriteIntent["idempotency"];
  /** The present mutation. */
  mutation = "";
  /** Whether anything was sent to Alma that may have changed it. */
  hasSent = false;

  constructor(catalog: Catalog, settings: GraphSettings, services: WriteServices, request: GraphRequest) {
    super(catalog, settings, request);
    this.services = services;
    this.forwardingId = request.forwardingId;
  }
}
