import type { CachedRecord, Kind } from "../../catalog/index.ts";
import { describeItem, recordKindOf } from "../item/item-kind.ts";
import type { ItemError, MappedField, MappedItem } from "../item/mapped-item.ts";
import type { SyncError } from "./sync-error.ts";
import type { Fields } from "./writer.ts";

/** What is done with an item; `SyncAction` of the graph. */
export type SyncAction = "CREATED" | "UPDATED" | "UNCHANGED" | "ATTACHED_TO_UNIT" | "SKIPPED" | "FAILED";

/** One field of a record that was changed. */
export interface Change {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** One record to be brought into Alma, and how far that is. */
export class Task {
  readonly kind: Kind;
  /** What is said of it, by the name of its field: the value and the Bitrix field that it comes from. */
  readonly fields = new Map<string, Pick<MappedField, "value" | "from">>();
  /** The record in Alma as it was before the sync touched it; undefined if none was found. */
  before: Fields | undefined;
  record: CachedRecord | undefined;
  /** The ids that its files were given, by field. */
  readonly fileIds = new Map<string, number | readonly number[] | "planned">();
  action: SyncAction | undefined;
  changes: readonly Change[] = [];
  /** Whether Alma was, or may have been, changed for it. */
  hasWritten = false;
  readonly errors: SyncError[] = [];

  constructor(kind: Kind) {
    this.kind = kind;
  }

  /** Takes the record as it is in Alma. */
  setExisting(record: CachedRecord): void {
    this.record = record;
    this.before = record.detail ?? record.value;
  }

  /** The code of the Bitrix field that gives a field. */
  bitrixFieldOf(field: string): string | undefined {
    return this.fields.get(field)?.from;
  }

  /** The value that the item gives a field; undefined if it gives none. */
  value(field: string): unknown {
    return this.fields.get(field)?.value;
  }

  /** Whether the record shows nothing in a field. */
  isFieldEmpty(field: string): boolean {
    const shown = this.before?.[field];
    return shown == null || shown === "" || (Array.isArray(shown) && shown.length === 0);
  }

  get hasFailed(): boolean {
    return this.action === "FAILED";
  }

  /** Whether nothing more is to be done. */
  get isDone(): boolean {
    return this.action !== undefined;
  }

  fail(...errors: readonly SyncError[]): void {
    this.action = "FAILED";
    this.errors.push(...errors);
  }

  /** Forgets that it failed, so that it can be tried again. */
  reset(): void {
    this.action = undefined;
    this.errors.length = 0;
  }
}

/** The task of a Bitrix item. */
export class ItemTask extends Task {
  readonly item: MappedItem;
  /** The item's place among those of the caller, from 0. */
  readonly index: number;
  /** What is wrong with fields of a unit: it matters only if the unit becomes a room, which its apartment decides. */
  readonly deferredErrors: readonly ItemError[];
  /** Whether the item itself was not sent: its record is not created, and only given what it lacks. */
  readonly isImplied: boolean;

  constructor(item: MappedItem, index: number, isImplied = false) {
    super(recordKindOf[item.kind]);
    this.item = item;
    this.index = index;
    this.isImplied = isImplied;
    for (const field of item.fields) {
      if (field.record === this.kind && field.value !== undefined) this.fields.set(field.field, field);
    }
    const fieldErrors = new Set(item.fields.map(({ error }) => error));
    const isDeferred = item.kind === "unit" && item.errors.every((error) => fieldErrors.has(error));
    this.deferredErrors = isDeferred ? item.errors : [];
    if (item.errors.length > this.deferredErrors.length) this.fail(...item.errors);
  }

  override setExisting(record: CachedRecord): void {
    super.setExisting(record);
    if (!this.isImplied) return;
    for (const field of this.fields.keys()) if (!this.isFieldEmpty(field)) this.fields.delete(field);
    if (this.fields.size === 0) this.action = "UNCHANGED";
  }

  /** Also of a field of which the item says nothing: that is the first code that the mapping has for it. */
  override bitrixFieldOf(field: string): string | undefined {
    const { bitrixFields = {} } = this.item;
    // An apartment's building is known by its name.
    return (
      super.bitrixFieldOf(field) ?? bitrixFields[`${this.kind}.${field}`] ?? bitrixFields[`${field}.name`]
    );
  }

  /** How a message names it: `the apartment 12 (items.0)`. */
  get label(): string {
    const label = describeItem(this.item.kind, this.item.id);
    return this.isImplied ? label : `${label} (items.${this.index})`;
  }
}

/** That an item hangs on another one which failed. All of the reason stands there; its first sentence is told again. */
export function parentFailedError(parent: ItemTask | Task, label: string): SyncError {
  const reason = /^.*?\.(?=\s|$)/s.exec(parent.errors[0]?.message ?? "")?.[0] ?? "";
  return { code: "PARENT_FAILED", message: `It hangs on ${label}, which failed: ${reason}` };
}
