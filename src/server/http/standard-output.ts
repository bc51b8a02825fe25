import { writeSync } from "node:fs";
import type { DestinationStream } from "pino";

/** Milliseconds between two looks at a pipe that is full. */
const retryDelay = 10;

/**
 * Standard output for lines, each of which is written when `write` returns, so that the last ones before an end are
 * not lost. It waits while a pipe is full. A line that cannot be written is lost: a full disk must not end those whom
 * the log is about. The first of a row is told on standard error.
 */
export function createStdoutStream(): DestinationStream {
  let isLosingLines = false;
  let isLineTorn = false;
  return {
    write(line) {
      // A line that was cut off must not swallow the next one.
      const bytes = Buffer.from(isLineTorn ? `\n${line}` : line);
      let written = 0;
      try {
        while (written < bytes.length) written += writeSome(bytes.subarray(written));
        isLosingLines = false;
        isLineTorn = false;
      } catch (error) {
        isLineTorn ||= written > 0;
        if (!isLosingLines) reportLostLines(error as Error);
        isLosingLines = true;
      }
    },
  };
}

/** How many bytes could be written, at least one unless the pipe is full. */
function writeSome(bytes: Uint8Array): number {
  try {
    return writeSync(1, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryDelay);
    return 0;
  }
}

function reportLostLines({ message }: Error): void {
  try {
    writeSync(
      2,
      `Lines of the log are lost: standard output cannot be written (${message}). The gateway goes on, and writes ` +
        "again as soon as it can: make room on the disk, or start it again with an output that somebody reads.\n",
    );
  } catch {
    // Then there is nobody to tell.
  }
}
