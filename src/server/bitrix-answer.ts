import type { GraphQLFormattedError } from "graphql";
import type { Skipped } from "./bitrix-skipped.ts";
import { statusOf } from "./error-status.ts";

/** An answer of `POST /bitrix/sync`. */
export interface SyncAnswer {
  readonly status: number;
  readonly body: object;
  /** Seconds. */
  readonly retryAfter?: number;
}

/** Why an item, a building or a sync was not done. */
interface UserError {
  readonly code: string;
  readonly message: string;
  readonly field: readonly string[] | null;
}

interface Found {
  readonly __typename: string;
}

/** What the mutation answers, as far as it is looked at. */
interface Payload {
  readonly items: readonly { readonly action: string; readonly record?: Found | null }[];
  readonly buildings: readonly { readonly action: string; readonly building?: Found | null }[];
  readonly userErrors: readonly UserError[];
}

/** What was asked and answered as GraphQL. */
export interface Result {
  readonly data?: { readonly syncBitrix?: Payload | null } | null;
  readonly errors?: readonly GraphQLFormattedError[];
}

/**
 * The answer to a sync. One that ran is 200, with how many items and buildings failed; one that was not begun has
 * errors and the status of the first.
 */
export function answerOf({ data, errors }: Result): SyncAnswer {
  const payload = data?.syncBitrix;
  const told = (errors ?? []).map(({ message, extensions }) => ({ message, extensions }));
  if (!payload) {
    const { code, retryAfter } = (errors?.[0]?.extensions ?? {}) as { code?: string; retryAfter?: number };
    const status = statusOf(String(code));
    return { status, body: { errors: told }, ...(retryAfter !== undefined && { retryAfter }) };
  }
  if (payload.userErrors.length > 0)
    return { status: 400, body: { errors: payload.userErrors.map(errorOf) } };
  const { items, buildings } = payload;
  const failed = [...items, ...buildings].filter(({ action }) => action === "FAILED").length;
  const body = {
    failed,
    items: items.map(({ record, ...rest }) => ({ ...rest, ...recordOf("record", record) })),
    buildings: buildings.map(({ building, ...rest }) => ({ ...rest, ...recordOf("building", building) })),
    userErrors: [],
  };
  return { status: 200, body: told.length > 0 ? { ...body, errors: told } : body };
}

/** The answer to a webhook that names an item: 200, since sending the same again would not help. */
export function skippedAnswer({ kind, itemId, code, message }: Skipped): SyncAnswer {
  const userErrors = [{ code, message, field: null }];
  const item = { kind, itemId, action: "SKIPPED", changes: [], userErrors, record: null };
  return { status: 200, body: { failed: 0, items: [item], buildings: [], userErrors: [] } };
}

function errorOf({ code, message, field }: UserError) {
  return { message, extensions: { code, ...(field && { field }) } };
}

/** A record under a name, with its type under one that is not GraphQL's own; nothing if it was not asked for. */
function recordOf(name: string, record: Found | null | undefined): object {
  if (!record) return record === null ? { [name]: null } : {};
  const { __typename: type, ...rest } = record;
  return { [name]: { type, ...rest } };
}
