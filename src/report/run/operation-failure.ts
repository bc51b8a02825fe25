import type { GraphQLResponse } from "@apollo/server";
import { statusOfCode } from "../../server/index.ts";

/** Why an operation was not done, or has no table. The message is for the caller. */
export class OperationFailure extends Error {
  readonly status: number;
  readonly code: string;
  /** Seconds. */
  readonly retryAfter: string | undefined;

  constructor(status: number, code: string, message: string, retryAfter?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** The failure of an operation by its first error; undefined if it has none. */
export function failureOf({ http, body }: GraphQLResponse): OperationFailure | undefined {
  const [first] = (body.kind === "single" ? body.singleResult.errors : undefined) ?? [];
  if (!first) return undefined;
  const code = String(first.extensions?.code ?? "INTERNAL_SERVER_ERROR");
  const known = statusOfCode(code);
  const isRefused = code.startsWith("GRAPHQL_") || code === "PERSISTED_QUERY_NOT_FOUND";
  const status = known !== 500 ? known : isRefused ? 400 : (http.status ?? 500);
  return new OperationFailure(
    status < 400 ? 500 : status,
    code,
    first.message,
    http.headers.get("retry-after"),
  );
}
