import type { Leader, Leadership } from "../../share/index.ts";

/** Who answers a request: this process, or the one that leads. */
export type Answerer = "here" | Leader;

/** What is asked of the one that answers. */
interface AnswererNeed {
  readonly mayWrite: boolean;
  /** A term in which the request may not be forwarded (again). */
  readonly exceptTerm?: string;
}

/** Whether this process answers a request itself. */
export const answersHere = (leadership: Leadership, mayWrite: boolean): boolean =>
  mayWrite ? leadership.beginsMutations() : leadership.hasLease();

/** Who answers a request now; undefined if nobody does. */
function findAnswerer(leadership: Leadership, { mayWrite, exceptTerm }: AnswererNeed): Answerer | undefined {
  if (answersHere(leadership, mayWrite)) return "here";
  const leader = leadership.leader();
  // A leader that begins no mutation now forwards none to itself.
  return leader?.term === exceptTerm || leader?.term === leadership.term() ? undefined : leader;
}

/** Resolves with who answers a request; undefined if nobody does within `ms`, or the signal aborts. */
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
