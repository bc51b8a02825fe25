import type { Leader, Leadership } from "../../share/index.ts";

/** The process that answers a request: this one, or the leader. */
type TargetProcess = "here" | Leader;

/** What the answering process must be able to do. */
interface TargetNeed {
  readonly mayWrite: boolean;
  /** A term in which the request must not be forwarded again. */
  readonly exceptTerm?: string;
}

/** Returns whether this process answers a request itself. */
export const canAnswer = (leadership: Leadership, mayWrite: boolean): boolean =>
  mayWrite ? leadership.beginsMutations() : leadership.hasLease();

/** Returns the process that answers a request now; undefined if there is none. */
function findTarget(leadership: Leadership, { mayWrite, exceptTerm }: TargetNeed): TargetProcess | undefined {
  if (canAnswer(leadership, mayWrite)) return "here";
  const leader = leadership.leader();
  // A leader that accepts no mutations does not forward them to itself.
  return leader?.term === exceptTerm || leader?.term === leadership.term() ? undefined : leader;
}

/**
 * Resolves with the process that answers a request; undefined if there is none within `ms` milliseconds, or the signal
 * aborts.
 */
export function waitForTarget(
  leadership: Leadership,
  need: TargetNeed,
  ms: number,
  signal?: AbortSignal,
): Promise<TargetProcess | undefined> {
  const found = findTarget(leadership, need);
  if (found || ms <= 0 || signal?.aborted) return Promise.resolve(found);
  return new Promise((resolve) => {
    const end = (target: TargetProcess | undefined) => {
      clearTimeout(timer);
      stopListening();
      signal?.removeEventListener("abort", giveUp);
      resolve(target);
    };
    const giveUp = () => end(undefined);
    const stopListening = leadership.onChange(() => {
      const target = findTarget(leadership, need);
      if (target) end(target);
    });
    const timer = setTimeout(giveUp, ms);
    signal?.addEventListener("abort", giveUp, { once: true });
  });
}
