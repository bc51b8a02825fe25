import type { Leader, Leadership } from "../../share/index.ts";

/** The process that answers a request: this one, or the leader. */
export type Answerer = "here" | Leader;

/** What the answering process must be able to do. */
interface AnswererNeed {
  readonly mayWrite: boolean;
  /** A term in which the request must not be forwarded again. */
  readonly exceptTerm?: string;
}

/** Returns whether this process answers a request itself. */
export const answersHere = (leadership: Leadership, mayWrite: boolean): boolean =>
  mayWrite ? leadership.beginsMutations() : leadership.hasLease();

/** Returns the process that answers a request now; undefined if there is none. */
function findAnswerer(leadership: Leadership, { mayWrite, exceptTerm }: AnswererNeed): Answerer | undefined {
  if (answersHere(leadership, mayWrite)) return "here";
  const leader = leadership.leader();
  // A leader that accepts no mutations does not forward them to itself.
  return leader?.term === exceptTerm || leader?.term === leadership.term() ? undefined : leader;
}

/**
 * Resolves with the process that answers a request; undefined if there is none within `ms` milliseconds, or the signal
 * aborts.
 */
export function waitForAnswerer(
  leadership: Leadership,
  need: AnswererNeed,
  ms: number,
  signal: AbortSignal,
): Promise<Answerer | undefined> {
  const found = findAnswerer(leadership, need);
  if (found || ms <= 0 || signal.aborted) return Promise.resolve(found);
  return new Promise((resolve) => {
    const end = (answerer: Answerer | undefined) => {
      clearTimeout(timer);
      stopListening();
      signal.removeEventListener("abort", giveUp);
      resolve(answerer);
    };
    const giveUp = () => end(undefined);
    const stopListening = leadership.onChange(() => {
      const answerer = findAnswerer(leadership, need);
      if (answerer) end(answerer);
    });
    const timer = setTimeout(giveUp, ms);
    signal.addEventListener("abort", giveUp, { once: true });
  });
}
