/** An error from the gateway: a GraphQL error, or a `userError` of a write. */
export interface Fault {
  readonly message: string;
  readonly code?: string;
  readonly field?: readonly string[] | null;
  readonly now?: unknown;
  readonly change?: { readonly notAfter: string; readonly by?: { readonly name?: string | null } | null } | null;
  readonly extensions?: { readonly argument?: unknown };
}

/** The errors of an answer in Apollo Client (`errors`), urql (`graphQLErrors`) and Relay (`source`). */
interface ClientError extends Fault {
  readonly errors?: readonly Fault[];
  readonly graphQLErrors?: readonly Fault[];
  readonly source?: { readonly errors?: readonly Fault[] };
}

/** Returns the GraphQL errors that a client's error contains, or the error itself. */
export function faultsOf(error: unknown): readonly Fault[] {
  if (!error) return [];
  if (Array.isArray(error)) return error;
  const { errors, graphQLErrors, source } = error as ClientError;
  const faults = errors ?? graphQLErrors ?? source?.errors ?? [];
  return faults.length > 0 ? faults : [error as ClientError];
}

/** The input that a fault belongs to: a field of `input` or `expected`, or a variable, such as that of a filter. */
export const boxOf = ({ field, extensions }: Fault): string | undefined =>
  field?.[0] === "input" || field?.[0] === "expected" ? field[1] : /^\$(\w+)/.exec(String(extensions?.argument ?? ""))?.[1];
