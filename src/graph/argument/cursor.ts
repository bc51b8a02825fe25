import type { Row } from "../scan/column.ts";
import type { SortKey } from "../scan/ranking.ts";
import { badInput } from "./bad-input.ts";
import type { Order } from "./order.ts";

/**
 * Encodes the sort key of a row as an opaque cursor. The key holds the Alma id and the values that the order sorts by,
 * not a row number: the cursor stays valid after a restart, and when rows are added or removed, this row included. A
 * cursor is not encrypted: a caller that may not read a field must not be allowed to order by it.
 */
export function encodeCursor(order: Order, row: Row): string {
  return Buffer.from(JSON.stringify([order.id, ...order.sortKey(row)])).toString("base64url");
}

/**
 * Decodes a cursor to its sort key. Throws BAD_USER_INPUT that names the argument (`after` or `before`) for an invalid
 * cursor, and for a cursor of another type or order.
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
    "this cursor is of another list or order; keep orderBy, and of groups all arguments, the same from page to page.",
  );
}

/** Characters: more than the values of all columns take. A longer text is not decoded. */
const MAX_LENGTH = 65_536;

function parse(cursor: string): readonly unknown[] {
  if (cursor.length > MAX_LENGTH || !/^[A-Za-z0-9_-]+$/.test(cursor)) return [];
  try {
    const content: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    return Array.isArray(content) ? content : [];
  } catch {
    return [];
  }
}
