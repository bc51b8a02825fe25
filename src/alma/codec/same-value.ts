import { type Field, isObject } from "./field.ts";

/** Returns the name of the field that shows a sent field (Alma: Contracts). */
export function shownField(field: string): string {
  return field === "rentalObject" ? "unitUsage" : field;
}

/**
 * Returns the shown value of a field in the form in which it is sent: the id of a record, the value of a
 * choice.
 */
export function shownValue(record: Readonly<Record<string, unknown>>, field: string): unknown {
  const shown = record[shownField(field)] ?? record[field];
  if (!isObject(shown)) return shown;
  if (field === "rentalObject" && "unitId" in shown) return shown.unitId;
  return "id" in shown ? shown.id : shown.value;
}

/** Null, a missing value, "" and an empty list all mean no value. */
const isNothing = (value: unknown) =>
  value == null || value === "" || (Array.isArray(value) && value.length === 0);

const isSameOf = ({ same }: Field, one: unknown, other: unknown) =>
  !isNothing(one) && !isNothing(other) && (same?.(one as never, other as never) ?? one === other);

/**
 * Returns whether the shown value equals this one by the field's type: "0123" is not "123", but the amount 12.20 is
 * 12.2.
 */
export function isSame(field: Field, shown: unknown, value: unknown): boolean {
  return isNothing(value) ? isNothing(shown) : isSameOf(field, shown, value);
}

/** Returns a value as Alma stores it, by known rules. */
export const storedForm = (field: Field, sent: unknown): unknown =>
  isNothing(sent) ? sent : (field.stored?.(sent as never) ?? sent);

/**
 * Returns whether the shown value is this one as Alma stores it, so that it need not be sent.
 */
export function isStored(field: Field, shown: unknown, sent: unknown): boolean {
  const stored = storedForm(field, sent);
  if (isSame(field, shown, sent) || isSame(field, shown, stored)) return true;
  // A cleared field may show the sent value or nothing.
  const { emptyValue } = field.writeOptions ?? {};
  const isEmpty = (value: unknown) => isNothing(value) || isSameOf(field, value, emptyValue);
  return !isNothing(emptyValue) && isEmpty(shown) && isEmpty(stored);
}

/**
 * Returns whether Alma may have derived the shown value from the sent one, by any rule. Use it only for the outcome of
 * a sent write, if the record showed a different value before.
 */
export function mayBeDerived(field: Field, shown: unknown, sent: unknown): boolean {
  if (isStored(field, shown, sent)) return true;
  return (
    !isNothing(shown) && !isNothing(sent) && (field.mayBeDerived?.(shown as never, sent as never) ?? false)
  );
}
