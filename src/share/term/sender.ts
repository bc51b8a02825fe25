import type { ChangeSource } from "../../catalog/index.ts";
import {
  type LastingStore,
  type NewCommit,
  type RefusedValue,
  StoreRefuses,
  StoreUnreachable,
} from "../../store/index.ts";
import type { Runtime } from "./runtime.ts";

/** Milliseconds until a commit that was refused or lost is sent again. */
const RETRY_DELAY = 250;

/** A commit that is given its number and its id when it is sent. */
export type UnsentCommit = Omit<NewCommit, "token" | "seq" | "id">;

/** Where commits are sent, and in which term. */
export interface SenderOptions {
  readonly store: LastingStore;
  readonly runtime: Runtime;
  readonly token: string;
  /** The last commit of the term before. */
  readonly seq: number;
  readonly changeSource: Pick<ChangeSource, "noteStored" | "noteLoss">;
  /** Called when the store begins to refuse values, as it does while its disk is full, and when it takes them again. */
  readonly onRefusal: (refusal: Error | undefined) => void;
  /** Called when the store has refused a value by itself, and has taken what came with it. */
  readonly onLeftOut: (refused: RefusedValue) => void;
  /** Called when the store says that the term is over. */
  readonly onOver: () => void;
}

/**
 * Sends the commits of a term, one after the other, each until the store has it. One that is refused is sent in parts,
 * so that a value that no store takes keeps nothing else from it: it is left out, which is told.
 */
export function createSender({ store, runtime, token, changeSource, ...options }: SenderOptions) {
  let { seq } = options;
  let isOver = false;
  let refusal: Error | undefined;
  /** How many values the store lacks, since it has refused them by themselves. */
  let leftOut = 0;

  /** Sends nothing more. */
  function stop(): void {
    isOver = true;
  }

  /** Sends a commit until the store has it, or the term is over. */
  async function send(commit: UnsentCommit): Promise<void> {
    if (await isTaken(commit)) return changeSource.noteStored();
    await sendParts(commit);
    if (!isOver) changeSource.noteStored();
  }

  /** Sends what is refused in parts, and a part that is refused by itself without its value. */
  async function sendParts(commit: UnsentCommit): Promise<void> {
    const parts = halvesOf(commit);
    for (const part of parts) if (!(await isTaken(part))) await sendParts(part);
    while (parts.length === 0 && !isOver) {
      // It is about the value if that is refused while a commit of nothing is taken, and one without it as well.
      const takesNothing = await isTaken({ ...commit, ...NOTHING });
      if (takesNothing && (await isTaken(commit))) return;
      const rest = withoutValue(commit, refusal?.message ?? "");
      if (takesNothing && (await isTaken(rest))) {
        const [change] = commit.changes;
        // The store lacks it: that is told of whoever asks for what is older.
        if (change) changeSource.noteLoss(change);
        leftOut++;
        return options.onLeftOut(rest.refused);
      }
      await runtime.sleep(RETRY_DELAY);
    }
  }

  /**
   * Sends a commit until the store has it; resolves with false if it refuses that twice, though it may take others, or
   * the term is over.
   */
  async function isTaken(commit: UnsentCommit): Promise<boolean> {
    for (let [refusals, id] = [0, runtime.randomId()]; !isOver; ) {
      try {
        const last = await store.commit({ ...commit, token, seq: seq + 1, id });
        if (!last) {
          stop();
          options.onOver();
          return false;
        }
        noteRefusal(undefined);
        seq = last.seq;
        if (last.id === id) return true;
        // The store has lost commits: it goes on from its own last one.
      } catch (error) {
        if (!(error instanceof StoreUnreachable)) noteRefusal(error as Error);
        if (!(error instanceof StoreUnreachable || error instanceof StoreRefuses) && ++refusals === 2)
          return false;
        await runtime.sleep(RETRY_DELAY);
      }
    }
    return false;
  }

  /** Notes why the store refuses some value, until it takes a commit. */
  function noteRefusal(why: Error | undefined): void {
    const hasChanged = (why === undefined) !== (refusal === undefined);
    refusal = why;
    if (hasChanged) options.onRefusal(why);
  }

  return {
    get isOver() {
      return isOver;
    },
    /** Whether the store refuses values, as it does while it is full. */
    get isRefused() {
      return refusal !== undefined;
    },
    /** What is wrong with the store, in words for operators. */
    get problem(): string | undefined {
      if (refusal instanceof StoreRefuses) return "takes nothing, so that no write is sent";
      if (refusal) return "refuses some value";
      return leftOut === 0
        ? undefined
        : `lacks ${leftOut} values that it has refused (npm run store -- check)`;
    },
    send,
    stop,
    noteRefusal,
  };
}

/** What a commit has besides. */
const NOTHING = {
  changes: [],
  entries: [],
  lost: undefined,
  readings: null,
  isFolded: false,
  readPeriod: undefined,
};

/** A commit in two parts, changes first; none if it has one value only. */
function halvesOf(commit: UnsentCommit): readonly UnsentCommit[] {
  const { changes, entries, lost, readings, isFolded, readPeriod } = commit;
  const values = [...changes.map((change) => ({ change })), ...entries.map((entry) => ({ entry }))];
  // What comes with them is a value too.
  const hasMore = lost !== undefined || readings !== null || isFolded || readPeriod !== undefined;
  if (values.length + Number(hasMore) < 2) return [];
  const partOf = (part: readonly (typeof values)[number][]): UnsentCommit => ({
    ...commit,
    ...NOTHING,
    changes: part.flatMap((value) => ("change" in value ? value.change : [])),
    entries: part.flatMap((value) => ("entry" in value ? value.entry : [])),
  });
  if (hasMore) return [partOf(values), { ...commit, changes: [], entries: [] }];
  const half = values.length / 2;
  return [partOf(values.slice(0, half)), partOf(values.slice(half))];
}

/** A commit of one value without that: of an entry it says that it is not known. */
function withoutValue(
  commit: UnsentCommit,
  reason: string,
): UnsentCommit & { readonly refused: RefusedValue } {
  const [[entry], [change]] = [commit.entries, commit.changes];
  const key = entry?.key ?? (change ? `change ${change.seq} ${change.n}` : "readings");
  return {
    ...commit,
    ...NOTHING,
    entries: entry ? [{ ...entry, value: null, shown: undefined }] : [],
    refused: { key, reason: printable(reason) },
  };
}

/** A reason that every store takes. */
const printable = (reason: string): string => reason.replace(/[^ -~]/g, "?").slice(0, 200);
