import { type ChangeLog, kindDefinitions, kinds } from "../../catalog/index.ts";
import type { Config } from "../../config/index.ts";
import type { LastingStore } from "./lasting-store.ts";

/** Milliseconds between two looks at which changes are kept no longer. */
export const FORGET_INTERVAL = 3_600_000;

/** Forgets the changes that are older than HISTORY_KEEP. Rejects with what the store says. */
export async function forgetChanges(
  store: LastingStore,
  changeLog: ChangeLog,
  { usual, byType }: Config["historyKeep"],
): Promise<void> {
  const keptOf = (kind: (typeof kinds)[number]) => byType.get(kindDefinitions[kind].typeName) ?? usual;
  const before = kinds.map((kind) => [kind, Date.now() - keptOf(kind)] as const);
  const finite = before.filter(([, at]) => Number.isFinite(at));
  if (finite.length > 0) changeLog.forget(await store.forgetChanges(Object.fromEntries(finite)));
}
