import { badInput } from "./bad-input.ts";
import type { Row } from "./column.ts";
import type { Order, SortKey } from "./order.ts";

/**
 * A row's place in an order, as an opaque text. It holds the place itself (the values ordered by and the Alma id),
 * not a number of rows, so it stays right when rows come and go, the row itself included, and after a restart.
 *
 * It is encoded, not encrypted: it says no more than the order did, so whoever may not read a field must not be
 * let to order by it either.
 */
export function encodeCursor(order: Order, row: Row): string {
  return Buffer.from(JSON.stringify([order.id, ...order.sortKey(row)])).toString("base64url");
}

/**
 * The place that a cursor stands for. Throws BAD_USER_INPUT, naming the argument (`after` or `before`), for what is no
 * cursor and for a cursor of another type or order.
 */
export function decodeCursor(order: Order, cursor: string, argument: string): SortKey {
  const [id, ...key] = parse(cursor);
  if (id === order.id && order.isKey(key)) return key;
  if (typeof id !== "string" || id === order.id) {
    throw badInput(
      argument,
      "this is no cursor; use endCursor, startCursor or an edge's cursor as they came.",
    );
  }
  throw badInput(
    argument,
    "this cursor is of another list or order; keep orderBy the same from page to page.",
  );
}

function parse(cursor: string): readonly unknown[] {
  if (!/^[A-Za-z0-9_-]+$/.test(cursor)) return [];
  try {
    const content: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    return Array.isArray(content) ? content : [];
  } catch {
    return [];
  }
}
