import { LinkedQueue, type QueueNode } from "./linked-queue.ts";

/** The position of a value in a fair queue. */
export interface QueueSlot<T> {
  readonly owner: string;
  readonly node: QueueNode<T>;
}

interface OwnerQueue<T> {
  readonly queue: LinkedQueue<T>;
  rotationNode: QueueNode<string>;
}

/**
 * A queue that serves its owners round-robin, and the values of one owner in the order of arrival. All operations take
 * constant time.
 */
export class FairQueue<T> {
  readonly #ownerQueues = new Map<string, OwnerQueue<T>>();
  readonly #rotation = new LinkedQueue<string>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** How many values of an owner wait. */
  lengthOf(owner: string): number {
    return this.#ownerQueues.get(owner)?.queue.length ?? 0;
  }

  enqueue(owner: string, value: T): QueueSlot<T> {
    let ownerQueue = this.#ownerQueues.get(owner);
    if (ownerQueue === undefined) {
      ownerQueue = { queue: new LinkedQueue<T>(), rotationNode: this.#rotation.enqueue(owner) };
      this.#ownerQueues.set(owner, ownerQueue);
    }
    this.#length++;
    return { owner, node: ownerQueue.queue.enqueue(value) };
  }

  /** The slot must be one of this queue, and still in it. */
  remove({ owner, node }: QueueSlot<T>): void {
    const ownerQueue = this.#ownerQueues.get(owner);
    if (ownerQueue === undefined) return;
    ownerQueue.queue.remove(node);
    this.#length--;
    if (ownerQueue.queue.length > 0) return;
    this.#rotation.remove(ownerQueue.rotationNode);
    this.#ownerQueues.delete(owner);
  }

  /** Removes and returns the next value; undefined if the queue is empty. */
  dequeue(): T | undefined {
    const owner = this.#rotation.dequeue();
    const ownerQueue = owner === undefined ? undefined : this.#ownerQueues.get(owner);
    if (owner === undefined || ownerQueue === undefined) return undefined;
    const value = ownerQueue.queue.dequeue();
    this.#length--;
    if (ownerQueue.queue.length > 0) ownerQueue.rotationNode = this.#rotation.enqueue(owner);
    else this.#ownerQueues.delete(owner);
    return value;
  }
}
