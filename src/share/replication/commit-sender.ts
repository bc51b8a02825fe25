import type { ChangeSource, LoggedChange } from "../../catalog/index.ts";
import {
  type LastingStore,
  type NewCommit,
  type RefusedValue,
  type StoredEntry,
  StoreRefusesError,
  StoreUnreachableError,
} from "../../store/index.ts";
import type { Runtime } from "../clock/runtime.ts";

/** The delay, in milliseconds, before a commit is sent again after a lost answer or a refused value. */
const COMMIT_RETRY_DELAY = 250;

/** A commit without the number and id that it gets when it is sent. */
export type UnsentCommit = Omit<NewCommit, "token" | "seq" | "id">;

/** The store and term of the commits, and callbacks. */
export interface CommitSenderOptions {
  readonly store: LastingStore;
  readonly runtime: Runtime;
  readonly token: string;
  /** The last commit of the previous term. */
  readonly seq: number;
  readonly changeSource: Pick<ChangeSource, "noteStored" | "noteLoss">;
  /**
   * Called when the store begins to refuse values, for example because its disk is full, and when it accepts them
   * again.
   */
  readonly onRefusal: (refusal: Error | undefined) => void;
  /** Called when the store has refused a single value and accepted the rest of its commit. */
  readonly onLeftOut: (refused: RefusedValue) => void;
  /** Called when the store reports that the term has ended. */
  readonly onOver: () => void;
}

/**
 * Sends the commits of a term in order, each until the store has it:
 *
 * | the store | then |
 * | --- | --- |
 * | accepts the commit | the next one is sent |
 * | does not answer, or accepts nothing (its disk is full) | the same commit is sent again |
 * | refuses the commit, but accepts others | the commit is sent in parts; a part refused again goes without values |
 * | reports that the term has ended | nothing more is sent |
 *
 * So a value that the store never accepts blocks nothing else. It leaves a gap in the history.
 */
export function createCommitSender({ store, runtime, token, changeSource, ...options }: CommitSenderOptions) {
  let { seq } = options;
  let isOver = false;
  let refusal: Error | undefined;
  /** The number of values that the store lacks because it refused them individually. */
  let leftOut = 0;

  /** Sends nothing more. */
  function stop(): void {
    isOver = true;
  }

  /** Sends a commit until the store has it or the term has ended. */
  async function send(commit: UnsentCommit): Promise<void> {
    if (!(await isTaken(commit))) for (const part of partsOf(commit)) await sendPart(part);
    if (!isOver) changeSource.noteStored();
  }

  /**
   * Sends values that belong together. Omits them if they are refused even after the store accepted an empty commit.
   */
  async function sendPart(part: UnsentCommit): Promise<void> {
    for (let isSuspect = false; !isOver && !(await isTaken(part)); await runtime.sleep(COMMIT_RETRY_DELAY)) {
      const rest = withoutValues(part, refusal?.message ?? "");
      if (isSuspect && (await isTaken(rest))) {
        if (rest.lost) changeSource.noteLoss(rest.lost);
        leftOut++;
        return options.onLeftOut(rest.refused);
      }
      isSuspect = await isTaken({ ...part, ...NOTHING });
    }
  }

  /**
   * Sends a commit until the store has it. Resolves with false if the store refuses its values or the term has ended.
   */
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
        // The store has lost commits and continues from its own last one.
      } catch (error) {
        if (!(error instanceof StoreUnreachableError)) noteRefusal(error as Error);
        if (!(error instanceof StoreUnreachableError || error instanceof StoreRefusesError)) return false;
        await runtime.sleep(COMMIT_RETRY_DELAY);
      }
    }
    return false;
  }

  /** Records why the store refuses values, until it accepts a commit. */
  function noteRefusal(why: Error | undefined): void {
    const hasChanged = (why === undefined) !== (refusal === undefined);
    refusal = why;
    if (hasChanged) options.onRefusal(why);
  }

  return {
    get isOver() {
      return isOver;
    },
    /** Whether the store refuses values, for example because it is full. */
    get isRefused() {
      return refusal !== undefined;
    },
    /** Describes a problem of the store for operators. */
    get problem(): string | undefined {
      if (refusal instanceof StoreRefusesError) return "accepts nothing, so no write is sent";
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

/** The other properties of a commit, empty. */
const NOTHING = {
  changes: [],
  entries: [],
  lost: undefined,
  readings: null,
  replacesAll: false,
  readPeriod: undefined,
};

/**
 * Splits a commit: the gap that it records, each record with its changes, which are stored together or not at all, and
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

/** Returns a part without its values: its entries are unknown, and its changes are a gap. */
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

/** Returns a reason in a form that every store accepts. */
const printable = (reason: string): string => reason.replace(/[^ -~]/g, "?").slice(0, 200);
