import { type Field, isObject } from "./field.ts";

type FieldValues = Readonly<Record<string, unknown>>;

/** The field of a record that shows what is sent in a field, where their names differ (Alma: Contracts). */
export function shownField(field: string): string {
  return field === "rentalObject" ? "unitUsage" : field;
}

/** What a record shows of a field, in the form in which it is sent: of another record the id, of a choice the value. */
export function shownValue(record: FieldValues, field: string): unknown {
  const shown = record[shownField(field)] ?? record[field];
  if (!isObject(shown)) return shown;
  if (field === "rentalObject" && "unitId" in shown) return shown.unitId;
  return "id" in shown ? shown.id : shown.value;
}

/** Null, a missing value, "" and an empty list are the same: no value. */
const isNothing = (value: unknown): boolean =>
  value == null || value === "" || (Array.isArray(value) && value.length === 0);

const isSameOf = ({ same }: Field, one: unknown, other: unknown): boolean =>
  !isNothing(one) && !isNothing(other) && (same?.(one as never, other as never) ?? one === other);

/** Whether what is shown is this value, exactly as its type says: "0123" is not "123", the amount 12.20 is 12.2. */
export function isSame(field: Field, shown: unknown, value: unknown): boolean {
  return isNothing(value) ? isNothing(shown) : isSameOf(field, shown, value);
}

/** What Alma makes of a value by rules that are known. */
export const storedForm = (field: Field, sent: unknown): unknown =>
  isNothing(sent) ? sent : (field.stored?.(sent as never) ?? sent);

/** Whether what is shown is what Alma makes of this value by rules that are known, so that it need not be sent. */
export function isStored(field: Field, shown: unknown, sent: unknown): boolean {
  const stored = storedForm(field, sent);
  if (isSame(field, shown, sent) || isSame(field, shown, stored)) return true;
  // What is sent to clear a field may be shown, or nothing.
  const { emptyValue } = field.writeOptions ?? {};
  const isEmpty = (value: unknown) => isNothing(value) || isSameOf(field, value, emptyValue);
  return !isNothing(emptyValue) && isEmpty(shown) && isEmpty(stored);
}

/**
 * Whether Alma may have made what is shown of a value that it was sent, by whatever rule. It tells what has become of a
 * write that was sent, where the record showed something else before, and nothing else.
 */
export function mayBe(field: Field, shown: unknown, sent: unknown): boolean {
  if (isStored(field, shown, sent)) return true;
  return !isNothing(shown) && !isNothing(sent) && (field.mayBe?.(shown as never, sent as never) ?? false);
}
