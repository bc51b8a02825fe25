import type { CachedRecord } from "../record/cached-record.ts";
import { IdIndex } from "./id-index.ts";
import { RecordStates } from "./record-states.ts";

/** The records of one kind, by state and by Bitrix id; as of the last settling (see `createStateKeeper`). */
export class RecordSets {
  /** The records that the newest list names. */
  readonly listed = new RecordStates();
  /** The unlisted records that listed records refer to, directly or through other unlisted ones. */
  readonly referred = new RecordStates();
  /** All remembered records by a Bitrix id: their own, and that of what a unit represents (Alma: Apartments). */
  readonly byId = {
    externalId: new IdIndex("externalId"),
    additionalExternalId: new IdIndex("additionalExternalId"),
  };

  /** Puts a changed record where it belongs. `previous`: its membership until now. */
  settle(cached: CachedRecord, previous: CachedRecord["membership"]): void {
    const { membership } = cached;
    if (previous && previous !== membership) this[previous].delete(cached);
    if (membership) this[membership].update(cached);
    for (const index of Object.values(this.byId)) index.update(cached);
  }

  /** Takes out a record that is about to lose its slot: one without membership. */
  delete(cached: CachedRecord): void {
    for (const index of Object.values(this.byId)) index.delete(cached);
  }
}
