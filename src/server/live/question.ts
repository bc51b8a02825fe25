import type { LightSignal } from "../../alma/index.ts";
import type { FairSlots } from "../admission/fair-slots.ts";

/** An answer for all who listen. */
export interface StreamedAnswer {
  /** What it says; an answer that says the same is not sent. */
  readonly said: string;
  /** As it is sent; undefined if there is nothing to send. */
  readonly bytes: Buffer | undefined;
  /** The cursor behind it. */
  readonly cursor: string | null;
  /** Why there is no answer: the code, and the response that says so. */
  readonly refusal: Refusal | undefined;
  /** Whether it has to be made anew. */
  isOutdated(): boolean;
}

/** A response without data. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly status: number;
  readonly text: string;
  /** Whether it may be otherwise later. */
  readonly isPassing: boolean;
}

/** Milliseconds between two looks at what has changed. */
const LOOK_INTERVAL = 100;

/** What is asked, and by whom. */
interface Asking {
  /** Makes the answer. Rejects with what ends all streams that wait for it. */
  readonly ask: () => Promise<StreamedAnswer>;
  /** Milliseconds from the beginning of one answer to that of the next. */
  readonly minInterval: number;
  /** Whose work it is. */
  readonly owner: string;
}

/** One question of all who ask the same: its answer is made once for them, and anew when it is out of date. */
export class Question {
  /** How many listen. */
  users = 0;
  readonly #asking: Asking;
  readonly #slots: FairSlots;
  #answer: StreamedAnswer | undefined;
  #failure: unknown;
  #isAsking = false;
  #askedAt = Number.NEGATIVE_INFINITY;
  readonly #waiting = new Set<() => void>();

  constructor(asking: Asking, slots: FairSlots) {
    this.#asking = asking;
    this.#slots = slots;
  }

  /**
   * Resolves with an answer that says other than `had`; without `had`, with one that is not out of date now. Undefined
   * once the signal is aborted. Rejects with why there is no answer.
   */
  async next(had: StreamedAnswer | undefined, signal: LightSignal): Promise<StreamedAnswer | undefined> {
    // What is being made may have begun before what its asker knows of.
    for (
      let tries = 0;
      !had && tries < 2 && this.#answer?.isOutdated() !== false && !this.#failure;
      tries++
    ) {
      this.#begin();
      await this.#change(signal);
    }
    for (;;) {
      if (signal.aborted) return undefined;
      if (this.#failure) throw this.#failure;
      if (this.#answer && this.#answer.said !== had?.said) return this.#answer;
      await this.#change(signal);
    }
  }

  /** Makes the answer anew, if it is out of date and was not made just now. */
  look(now: number): void {
    if (this.#answer?.isOutdated() && now - this.#askedAt >= this.#asking.minInterval) this.#begin();
  }

  #begin(): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#askedAt = performance.now();
    void this.#make().finally(() => {
      this.#isAsking = false;
      for (const proceed of [...this.#waiting]) proceed();
    });
  }

  async #make(): Promise<void> {
    const release = await this.#slots.take(this.#asking.owner, noSignal);
    try {
      const answer = await this.#asking.ask();
      const said = this.#answer?.said === answer.said ? this.#answer.said : answer.said;
      // Equal texts that are one are compared at once.
      this.#answer = { ...answer, said };
    } catch (error) {
      this.#failure = error;
    } finally {
      release?.();
    }
  }

  #change(signal: LightSignal): Promise<void> {
    return new Promise((resolve) => {
      const proceed = () => {
        signal.removeEventListener("abort", proceed);
        this.#waiting.delete(proceed);
        resolve();
      };
      this.#waiting.add(proceed);
      signal.addEventListener("abort", proceed);
    });
  }
}

const noSignal = new AbortController().signal;

/** The questions of all streams; equal ones are one. */
export class Questions {
  readonly #slots: FairSlots;
  readonly #questions = new Map<string, Question>();
  #timer: NodeJS.Timeout | undefined;

  /** `slots`: for answers that are made at once. */
  constructor(slots: FairSlots) {
    this.#slots = slots;
  }

  /** Listens to a question until `run` is over. */
  async listen<T>(key: string, asking: Asking, run: (question: Question) => Promise<T>): Promise<T> {
    const question = this.#questions.get(key) ?? new Question(asking, this.#slots);
    this.#questions.set(key, question);
    this.#timer ??= setInterval(() => this.#look(), LOOK_INTERVAL).unref();
    question.users++;
    try {
      return await run(question);
    } finally {
      question.users--;
      if (question.users === 0 && this.#questions.get(key) === question) this.#questions.delete(key);
      if (this.#questions.size === 0) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
    }
  }

  #look(): void {
    const now = performance.now();
    for (const question of this.#questions.values()) question.look(now);
  }
}
