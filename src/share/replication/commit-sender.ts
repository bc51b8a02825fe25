import type { ChangeSource, LoggedChange } from "../../catalog/index.ts";
import {
  type LastingStore,
  type NewCommit,
  type RefusedValue,
  type StoredEntry,
  StoreRefuses,
  StoreUnreachable,
} from "../../store/index.ts";
import type { Runtime } from "../clock/runtime.ts";

/** Milliseconds until a commit whose answer was lost, or a value that was refused, is sent again. */
const RETRY_DELAY = 250;

/** A commit that is given its number and its id when it is sent. */
export type UnsentCommit = Omit<NewCommit, "token" | "seq" | "id">;

/** Where commits are sent, and in which term. */
export interface CommitSenderOptions {
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
 * so that a value that no store takes keeps nothing else from it: it is left out, which is a gap in the history.
 */
export function createCommitSender({ store, runtime, token, changeSource, ...options }: CommitSenderOptions) {
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
    if (!(await isTaken(commit))) for (const part of partsOf(commit)) await sendPart(part);
    if (!isOver) changeSource.noteStored();
  }

  /** Sends what belongs together; without its values, if those are refused again after an empty commit was taken. */
  async function sendPart(part: UnsentCommit): Promise<void> {
    for (let isSuspect = false; !isOver && !(await isTaken(part)); await runtime.sleep(RETRY_DELAY)) {
      const rest = withoutValues(part, refusal?.message ?? "");
      if (isSuspect && (await isTaken(rest))) {
        if (rest.lost) changeSource.noteLoss(rest.lost);
        leftOut++;
        return options.onLeftOut(rest.refused);
      }
      isSuspect = await isTaken({ ...part, ...NOTHING });
    }
  }

  /** Sends a commit until the store has it; resolves with false if it refuses its values, or the term is over. */
  async function isTaken(commit: UnsentCommit): Promise<boolean> {
    for (let id = runtime.randomId(); !isOver; ) {
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
        if (!(error instanceof StoreUnreachable || error instanceof StoreRefuses)) return false;
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

/**
 * A commit in parts: the gap that it notes, each record with its changes, which are stored together or not at all, and
 * the rest.
 */
function partsOf(commit: UnsentCommit): readonly UnsentCommit[] {
  const { changes, entries } = commit;
  const parts = new Map<string, { changes: LoggedChange[]; entries: StoredEntry[] }>();
  const partOf = (name: string) => {
    const part = parts.get(name) ?? { changes: [], entries: [] };
    parts.set(name, part);
    return part;
  };
  const nameOf = ({ kind, id }: { readonly kind: string; readonly id: number }) => `${kind} ${id}`;
  for (const change of changes) partOf(nameOf(change)).changes.push(change);
  for (const entry of entries) partOf(entry.shown ? nameOf(entry.shown) : entry.key).entries.push(entry);
  return [
    { ...commit, ...NOTHING, lost: commit.lost },
    ...[...parts.values()].map((part) => ({ ...commit, ...NOTHING, ...part })),
    { ...commit, changes: [], entries: [], lost: undefined },
  ];
}

/** A part without its values: its entries are not known, and its changes are a gap. */
function withoutValues(
  part: UnsentCommit,
  reason: string,
): UnsentCommit & { readonly refused: RefusedValue } {
  const [[entry], [change]] = [part.entries, part.changes];
  const key = entry?.key ?? (change ? `change ${change.seq} ${change.n}` : "readings");
  const entries = part.entries.map((one) => ({ ...one, value: null, shown: undefined }));
  return {
    ...part,
    ...NOTHING,
    lost: part.changes.at(-1) ?? part.lost,
    entries,
    refused: { key, reason: printable(reason) },
  };
}

/** A reason that every store takes. */
const printable = (reason: string): string => reason.replace(/[^ -~]/g, "?").slice(0, 200);
