import type { ChangesOf, DraftOf, RecordOf } from "../codec/field.ts";
import type { AnyDeclaration, Verb } from "./declaration.ts";
import { type Readable, readable, type SummaryOf, type Upstream } from "./readable.ts";
import { type Writable, writable } from "./writable.ts";

/** The members that a resource has for each verb. */
const memberNames = {
  create: ["checkDraft", "create"],
  update: ["checkChanges", "update", "nameScope"],
  archive: ["archive"],
  unarchive: ["archive"],
  block: ["block"],
  unblock: ["block"],
} as const satisfies Readonly<Record<Verb, readonly (keyof Writable<never, never>)[]>>;

type MemberName<V> = V extends Verb ? (typeof memberNames)[V][number] : never;

/** One kind of record in Alma, connected: list, get, and a call for each of the verbs that it is declared with. */
export type Resource<D extends AnyDeclaration> = Readable<
  SummaryOf<D["fields"], D["summary"][number]>,
  RecordOf<D["fields"]>
> &
  Pick<Writable<DraftOf<D["fields"]>, ChangesOf<D["fields"]>>, MemberName<keyof D["writes"]>>;

/** Connects a kind to Alma. Nothing is sent before the first call. */
export function connect<D extends AnyDeclaration>(upstream: Upstream, declaration: D): Resource<D> {
  const calls: Readonly<Record<string, unknown>> = { ...writable(upstream, declaration) };
  const names = Object.keys(declaration.writes).flatMap((verb) => memberNames[verb as Verb]);
  return {
    ...readable(upstream, declaration),
    ...Object.fromEntries(names.map((name) => [name, calls[name]])),
  } as unknown as Resource<D>;
}
