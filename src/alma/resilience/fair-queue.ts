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

/** The position of a value in a queue. */
interface QueueNode<T> {
  readonly value: T;
  previous: QueueNode<T> | undefined;
  next: QueueNode<T> | undefined;
}

/** A queue (a doubly linked list) that adds, and removes from anywhere, in constant time. */
class LinkedQueue<T> {
  #first: QueueNode<T> | undefined;
  #last: QueueNode<T> | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  enqueue(value: T): QueueNode<T> {
    const node: QueueNode<T> = { value, previous: this.#last, next: undefined };
    if (this.#last === undefined) this.#first = node;
    else this.#last.next = node;
    this.#last = node;
    this.#length++;
    return node;
  }

  /** The node must be one of this queue, and still in it. */
  remove(node: QueueNode<T>): void {
    if (node.previous === undefined) this.#first = node.next;
    else node.previous.next = node.next;
    if (node.next === undefined) this.#last = node.previous;
    else node.next.previous = node.previous;
    this.#length--;
  }

  /** Removes and returns the oldest value; undefined if the queue is empty. */
  dequeue(): T | undefined {
    const first = this.#first;
    if (first !== undefined) this.remove(first);
    return first?.value;
  }
}
