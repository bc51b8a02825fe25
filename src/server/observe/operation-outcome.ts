import type { GraphQLFormattedError } from "graphql";
import { GraphQLError } from "graphql";
import type { AdmittedRequest } from "./admitted-request.ts";

/** What there is to say about how an operation ended. */
export interface OperationOutcome {
  /** `ok`, else the first error's code, with `partial:` before it when there is data all the same; or `CALLER_LEFT`. */
  readonly outcome: string;
  /** The codes of all errors. */
  readonly codes: readonly string[];
  /** Calls to Alma. */
  readonly calls: number;
  /** Records that were known before. */
  readonly reused: number | undefined;
  /** Seconds since the oldest data was read. */
  readonly age: number | undefined;
}

/** What the graph says in `extensions.alma` about one answer. */
interface AlmaCost {
  readonly calls?: number;
  readonly reused?: number;
  readonly oldest?: string | null;
}

interface OperationResponse {
  readonly body:
    | {
        readonly kind: "single";
        readonly singleResult: {
          readonly data?: Readonly<Record<string, unknown>> | null;
          readonly errors?: readonly GraphQLFormattedError[];
          readonly extensions?: Readonly<Record<string, unknown>>;
        };
      }
    | { readonly kind: "incremental" };
}

/** How an operation ended, by its answer. */
export function outcomeOf({ signal }: AdmittedRequest, { body }: OperationResponse): OperationOutcome {
  const result = body.kind === "single" ? body.singleResult : undefined;
  const { calls = 0, reused, oldest } = (result?.extensions?.alma ?? {}) as AlmaCost;
  // The other reason for which it may have been given up is its deadline, which is told in its errors.
  const isCallerGone = signal.aborted && !(signal.reason instanceof GraphQLError);
  const codes = isCallerGone ? [] : (result?.errors ?? []).map(codeOf);
  const [first] = codes;
  const errorOutcome = first !== undefined && (result?.data ? `partial:${first}` : first);
  return {
    outcome: isCallerGone ? "CALLER_LEFT" : errorOutcome || "ok",
    codes,
    calls,
    reused,
    age: oldest ? Math.round((Date.now() - Date.parse(oldest)) / 100) / 10 : undefined,
  };
}

function codeOf({ extensions }: GraphQLFormattedError): string {
  return typeof extensions?.code === "string" ? extensions.code : "INTERNAL_SERVER_ERROR";
}
