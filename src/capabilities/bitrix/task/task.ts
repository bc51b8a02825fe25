import type { AlmaError } from "../../../alma/index.ts";
import type { CachedRecord, Kind } from "../../../catalog/index.ts";
import type { InputFields } from "../../../graph/index.ts";
import { describeItem, recordKindOf } from "../item/item-kind.ts";
import type { ItemError, MappedField, MappedItem } from "../item/mapped-item.ts";

/** The action that a sync took for an item; `SyncAction` in the graph. */
type SyncAction = "CREATED" | "UPDATED" | "UNCHANGED" | "ATTACHED_TO_UNIT" | "SKIPPED" | "FAILED";

/** One field of a record that was changed. */
export interface TaskChange {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** A record to create or update in Alma, with progress and outcome. */
export class Task {
  readonly kind: Kind;
  /** The requested values by Alma field, each with its Bitrix field. */
  readonly fields = new Map<string, Pick<MappedField, "value" | "from">>();
  /** The fields of the record before the sync; undefined if no record was found. */
  before: InputFields | undefined;
  /** The record in Alma, if there is one. */
  record: CachedRecord | undefined;
  /** The ids of uploaded files by field; "planned" in a dry run. */
  readonly fileIds = new Map<string, number | readonly number[] | "planned">();
  /** The outcome; undefined while the task is open. */
  action: SyncAction | undefined;
  changes: readonly TaskChange[] = [];
  /** Whether a write was attempted, whatever its outcome; false in a dry run. */
  wasSent = false;
  readonly errors: ItemError[] = [];
  /** Why nothing was written, if the item is not the cause. */
  obstacle: AlmaError | undefined;
  /** Problems that did not prevent the task. */
  readonly warnings: ItemError[] = [];

  constructor(kind: Kind) {
    this.kind = kind;
  }

  /** Sets the record that exists in Alma. */
  setExisting(record: CachedRecord): void {
    this.record = record;
    this.before = record.detail ?? record.value;
  }

  /** Describes the item in messages; a task without one writes a building. */
  get label(): string {
    return `the building ${JSON.stringify(this.value("name"))}`;
  }

  /** Returns the Bitrix field that an Alma field comes from. */
  bitrixFieldOf(field: string): string | undefined {
    return this.fields.get(field)?.from;
  }

  /** Returns the requested value of an Alma field; undefined if the item has none. */
  value(field: string): unknown {
    return this.fields.get(field)?.value;
  }

  /** Returns whether Alma shows no value in a field of the record. */
  isFieldEmpty(field: string): boolean {
    const shown = this.before?.[field];
    return shown == null || shown === "" || (Array.isArray(shown) && shown.length === 0);
  }

  get hasFailed(): boolean {
    return this.action === "FAILED";
  }

  /** Whether the outcome is known. */
  get isDone(): boolean {
    return this.action !== undefined;
  }

  fail(...errors: readonly ItemError[]): void {
    this.action = "FAILED";
    this.errors.push(...errors);
  }

  /** Reopens a failed task. */
  reset(): void {
    this.action = undefined;
    this.obstacle = undefined;
    this.errors.length = 0;
  }
}

/** The task of a Bitrix item. */
export class ItemTask extends Task {
  readonly item: MappedItem;
  /** The item's index in the caller's list. */
  readonly index: number;
  /** Errors in the fields of a Bitrix unit. They matter only if the unit becomes a room. */
  readonly deferredErrors: readonly ItemError[];
  /** Whether the item was not sent, but a contract contains its data. Its record is only updated, never created. */
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

  /** If the item lacks the field, returns the first Bitrix field in the mapping. */
  override bitrixFieldOf(field: string): string | undefined {
    const { bitrixFields = {} } = this.item;
    // An apartment's building is mapped by its name: `building.name`.
    return (
      super.bitrixFieldOf(field) ?? bitrixFields[`${this.kind}.${field}`] ?? bitrixFields[`${field}.name`]
    );
  }

  /** Describes the item in messages: `the apartment "12" (items.0)`. */
  override get label(): string {
    const label = describeItem(this.item.kind, this.item.id);
    return this.isImplied ? label : `${label} (items.${this.index})`;
  }
}

/** Creates the error of an item whose parent failed. It repeats the first sentence of the parent's error. */
export function parentFailedError({ label, errors }: Task): ItemError {
  const reason = /^.*?\.(?=\s|$)/s.exec(errors[0]?.message ?? "")?.[0] ?? "";
  return { code: "PARENT_FAILED", message: `It depends on ${label}, which failed: ${reason}` };
}
