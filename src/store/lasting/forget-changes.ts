import {
  byKind,
  type ChangeSource,
  type Horizons,
  type Kind,
  kindDefinitions,
  kinds,
} from "../../catalog/index.ts";
import { type Config, HOUR } from "../../config/index.ts";
import type { TypeNames } from "./change-table.ts";

/** The GraphQL type of each kind of record. */
export const typeNames: TypeNames = byKind((kind) => kindDefinitions[kind].typeName);

/** The interval, in milliseconds, at which expired changes are deleted. */
export const FORGET_INTERVAL = HOUR;

/**
 * Deletes the changes that are older than HISTORY_KEEP at `now`. `forget`: deletes them in the store; its errors are
 * passed on.
 */
export async function forgetChanges(
  forget: (before: Readonly<Partial<Record<Kind, number>>>) => Promise<Horizons | undefined>,
  changeSource: ChangeSource,
  { usual, byType }: Config["historyKeep"],
  now: number,
): Promise<void> {
  const keptOf = (kind: Kind) => byType.get(typeNames[kind]) ?? usual;
  const before = kinds.map((kind) => [kind, now - keptOf(kind)] as const);
  const finite = before.filter(([, at]) => Number.isFinite(at));
  const horizons = finite.length > 0 && (await forget(Object.fromEntries(finite)));
  if (horizons) changeSource.forget(horizons);
}
