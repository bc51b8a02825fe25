import type { Entry, Kind } from "../catalog/index.ts";
import { duplicateAdditional, missingAdditional, unusedAdditional } from "./drift-additional.ts";
import { type Check, type DriftCase, type DriftKind, driftKinds, type Seen } from "./drift-check.ts";
import { duplicate, malformed, missing } from "./drift-identity.ts";
import { alsoRoom, roomUnderWhole } from "./drift-room.ts";

const checks: Readonly<Record<DriftKind, Check>> = {
  MISSING_BITRIX_ID: missing,
  MALFORMED_BITRIX_ID: malformed,
  DUPLICATE_BITRIX_ID: duplicate,
  DUPLICATE_ADDITIONAL_BITRIX_ID: duplicateAdditional,
  MISSING_ADDITIONAL_BITRIX_ID: missingAdditional,
  UNUSED_ADDITIONAL_BITRIX_ID: unusedAdditional,
  ROOM_UNDER_WHOLE_LET_UNIT: roomUnderWhole,
  WHOLE_LET_UNIT_ALSO_A_ROOM: alsoRoom,
};

/** What looking for some kinds of drift reads of Alma: the lists, every detail, and the kinds of suspects. */
interface DriftReads {
  readonly lists: ReadonlySet<Kind>;
  readonly details: ReadonlySet<Kind>;
  readonly judges: ReadonlySet<Kind>;
}

/** All cases of one kind. */
export interface DriftGroup {
  readonly kind: DriftKind;
  readonly cases: readonly DriftCase[];
}

/** What a report leaves out of account. */
export interface LeftOut {
  /** Suspects that could not be read, so that nobody knows. They still count where their details do not matter. */
  readonly unread: ReadonlySet<Entry>;
  /** What is no longer there. */
  readonly gone: ReadonlySet<Entry>;
}

/** The kinds asked for, each once and in the order of the report; all of them if none are named. */
export function chosenKinds(asked?: readonly DriftKind[] | null): readonly DriftKind[] {
  return asked ? driftKinds.filter((kind) => asked.includes(kind)) : driftKinds;
}

export function readsOf(kinds: readonly DriftKind[]): DriftReads {
  const of = (what: "lists" | "details" | "judges") => new Set(kinds.flatMap((kind) => checks[kind][what]));
  return { lists: of("lists"), details: of("details"), judges: of("judges") };
}

/** The records whose details have to be known before `findDrift` is asked, beside those that `readsOf` names. */
export function suspectsOf(kinds: readonly DriftKind[], seen: Seen): ReadonlySet<Entry> {
  return new Set(kinds.flatMap((kind) => checks[kind].suspects(seen)));
}

/** Finds where Alma's records and their Bitrix ids have fallen apart, as far as Alma alone can tell. */
export function findDrift(kinds: readonly DriftKind[], seen: Seen, { unread, gone }: LeftOut): DriftGroup[] {
  return kinds.map((kind) => {
    const check = checks[kind];
    const own = unread.size > 0 ? new Set(check.suspects(seen).filter((entry) => unread.has(entry))) : unread;
    const stays = (entry: Entry) => !own.has(entry) && !gone.has(entry);
    const isWhole = own.size === 0 && gone.size === 0;
    const cases = check.find(isWhole ? seen : narrowed(seen, stays));
    return { kind, cases };
  });
}

function narrowed({ listed, detailed, unit }: Seen, stays: (entry: Entry) => boolean): Seen {
  return {
    listed: (kind) => listed(kind).filter(stays),
    detailed: (kind) => detailed(kind).filter(stays),
    unit: (id) => {
      const entry = unit(id);
      return entry && stays(entry) ? entry : undefined;
    },
  };
}
