import type { GraphQLFormattedError } from "graphql";
import { GraphQLError } from "graphql";
import type { AdmittedRequest } from "./admitted-request.ts";

/** How an operation ended, for logs, metrics and traces. */
export interface OperationOutcome {
  /** `ok`; the first error's code, after `partial:` if there is data as well; or `CALLER_LEFT`. */
  readonly outcome: string;
  /** The codes of all errors. */
  readonly codes: readonly string[];
  /** Calls to Alma. */
  readonly calls: number;
  /** Records that were read before the operation began. */
  readonly reused: number | undefined;
  /** Seconds since the oldest data was read. */
  readonly age: number | undefined;
}

/** The graph's `extensions.alma`. */
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

/** The outcome of an operation whose response is ready. */
export function outcomeOf({ signal }: AdmittedRequest, { body }: OperationResponse): OperationOutcome {
  const result = body.kind === "single" ? body.singleResult : undefined;
  const { calls = 0, reused, oldest } = (result?.extensions?.alma ?? {}) as AlmaCost;
  // The deadline aborts with a GraphQLError, which is among the errors of the response.
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
