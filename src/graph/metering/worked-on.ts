/** Of `text`. */
const length = new Int32Array(new SharedArrayBuffer(4));
const text = new Uint8Array(new SharedArrayBuffer(500));
const writable = Buffer.from(text.buffer);

/** The operation that was worked on last, for a thread that reads its name while this one stands still. */
export const workedOn = {
  length,
  text,
  note(name: string): void {
    length[0] = writable.write(name);
  },
};
