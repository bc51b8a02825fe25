/** What the gateway says is wrong: an error of GraphQL, or a `userError` of a write. */
export interface Fault {
  readonly message: string;
  readonly code?: string;
  readonly field?: readonly string[] | null;
  readonly now?: unknown;
  readonly change?: { readonly notAfter: string; readonly by?: { readonly name?: string | null } | null } | null;
  readonly extensions?: { readonly argument?: unknown };
}

/** The errors in an error of Apollo Client, urql or Relay, or that error itself. */
export function faultsOf(error: any): readonly Fault[] {
  if (!error) return [];
  const faults = Array.isArray(error) ? error : (error.errors ?? error.graphQLErrors ?? error.source?.errors ?? []);
  return faults.length > 0 ? faults : [error];
}

/** The box that a fault belongs to: a field of `input` or `expected`, or a variable, such as that of a filter. */
export const boxOf = ({ field, extensions }: Fault): string | undefined =>
  field?.[0] === "input" || field?.[0] === "expected"
    ? field[1]
    : /^\$(\w+)/.exec(String(extensions?.argument ?? ""))?.[1];
