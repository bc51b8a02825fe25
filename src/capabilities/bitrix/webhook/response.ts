import type { GraphQLFormattedError } from "graphql";
import type { UserError } from "../../../graph/index.ts";
import { statusOfCode } from "../../../server/index.ts";
import type { ItemFault } from "./body.ts";

/** A response of `POST /bitrix/sync`. */
interface SyncResponse {
  readonly status: number;
  readonly body: object;
  /** In seconds. */
  readonly retryAfter?: number;
}

interface RecordData {
  readonly __typename: string;
}

/** The properties of the mutation's payload that are used here. */
interface SyncPayload {
  readonly items: readonly { readonly action: string; readonly record: RecordData | null }[];
  readonly buildings: readonly { readonly action: string; readonly building: RecordData | null }[];
  readonly userErrors: readonly UserError[];
}

/** The GraphQL response. */
export interface SyncResult {
  readonly data?: { readonly syncBitrix?: SyncPayload | null } | null;
  readonly errors?: readonly GraphQLFormattedError[];
}

/**
 * Creates the response to a sync: 200 with the number of failed items and buildings if it ran; otherwise errors, with
 * the status of the first one. `requested`: the items in the caller's order, some with their errors.
 */
export function toSyncResponse(
  { data, errors }: SyncResult,
  requested: readonly { readonly fault?: ItemFault }[],
): SyncResponse {
  const payload = data?.syncBitrix;
  const publicErrors = (errors ?? []).map(({ message, extensions }) => ({ message, extensions }));
  if (!payload) {
    const { code, retryAfter } = (errors?.[0]?.extensions ?? {}) as { code?: string; retryAfter?: number };
    const status = statusOfCode(String(code));
    return { status, body: { errors: publicErrors }, retryAfter };
  }
  if (payload.userErrors.length > 0) return refusal(payload.userErrors);
  const { buildings } = payload;
  const items = payload.items.map((item, index) => {
    const fault = requested[index]?.fault;
    return fault ? failedItem(fault, index) : item;
  });
  const failed = [...items, ...buildings].filter(({ action }) => action === "FAILED").length;
  const body = {
    failed,
    items: items.map(({ record, ...rest }) => ({ ...rest, record: formatRecord(record) })),
    buildings: buildings.map(({ building, ...rest }) => ({ ...rest, building: formatRecord(building) })),
    userErrors: [],
  };
  return { status: 200, body: publicErrors.length > 0 ? { ...body, errors: publicErrors } : body };
}

/** Creates the result of an unreadable item. */
function failedItem({ at, message }: ItemFault, index: number): SyncPayload["items"][number] {
  const userErrors = [{ code: "INVALID", message, field: ["items", String(index), at] }];
  const failed = { kind: null, itemId: null, action: "FAILED", changes: [], userErrors, warnings: [] };
  return { ...failed, record: null };
}

/** Creates the response to a request of which nothing was done. */
export function refusal(userErrors: readonly UserError[]): SyncResponse {
  const errors = userErrors.map(({ code, message, field }) => ({
    message,
    extensions: { code, ...(field && { field }) },
  }));
  return { status: 400, body: { errors } };
}

/** A record with `type` instead of `__typename`. */
function formatRecord(record: RecordData | null): object | null {
  if (!record) return null;
  const { __typename: type, ...rest } = record;
  return { type, ...rest };
}
