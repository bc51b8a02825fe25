import type { CachedRecord } from "../record/cached-record.ts";
import { type Kind, kindDefinitions } from "../record/kind.ts";
import type { FieldValues } from "../record/source.ts";
import type { Table } from "./table.ts";

export const CONTRACT_KINDS: readonly Kind[] = ["ownerContract", "tenantContract"];

/** In milliseconds: so long after its end a contract counts as closed. */
const ENDED_FOR = 30 * 86_400_000;

/**
 * Whether a record is closed, so that hardly anybody changes it: a building, unit, room or contract that is archived, a
 * contract that ended more than 30 days ago, or a client of such contracts alone. `today`: `YYYY-MM-DD`.
 */
export function createIsClosed(tables: Readonly<Record<Kind, Table>>, today: () => string) {
  let [day, lastEnd] = ["", ""];

  /** A contract that ended before this day has ended long ago. */
  function endedBefore(): string {
    const now = today();
    if (now !== day) {
      day = now;
      const at = Date.parse(now);
      lastEnd = Number.isNaN(at) ? "" : new Date(at - ENDED_FOR).toISOString().slice(0, 10);
    }
    return lastEnd;
  }

  function isClosedContract({ endDate, unitUsage }: FieldValues): boolean {
    if ((unitUsage as { readonly isArchived?: unknown } | null | undefined)?.isArchived === true) return true;
    return typeof endDate === "string" && endDate < endedBefore();
  }

  return ({ kind, id, value }: CachedRecord): boolean => {
    if (CONTRACT_KINDS.includes(kind)) return isClosedContract(value);
    if (kind !== "client") return value.isArchived === true;
    const contracts = CONTRACT_KINDS.flatMap((one) => tables[one].relationIndex.referrers("client", [id]));
    return contracts.length > 0 && contracts.every((contract) => isClosedContract(contract.value));
  };
}

/** The ids of the records that a contract refers to, by their kinds: those of its object and of its client. */
export const partiesOf = (kind: Kind, value: FieldValues): readonly (readonly [Kind, number])[] =>
  Object.values(kindDefinitions[kind].relations).flatMap(({ to, idOf }) => {
    const id = idOf(value);
    return id == null ? [] : to.map((one) => [one, id] as const);
  });
