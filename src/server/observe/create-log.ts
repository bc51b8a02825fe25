import { writeSync } from "node:fs";
import { type DestinationStream, pino } from "pino";
import type { Log } from "../../config/index.ts";

/** The time between two attempts to write to a full pipe, in milliseconds. */
const LOG_RETRY_DELAY = 10;

/**
 * Creates a synchronous stream of lines to standard output, so that no line is lost at exit. It blocks while a pipe is
 * full. Lines that cannot be written are dropped, since a full disk must not stop the gateway; the first of a series is
 * reported on standard error.
 */
function createStdoutStream(): DestinationStream {
  let isLosingLines = false;
  let isLineTorn = false;
  return {
    write(line) {
      // Keeps the next line from being appended to a truncated one.
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

/** Returns the number of bytes written; 0 if the pipe is full. */
function writeSome(bytes: Uint8Array) {
  try {
    return writeSync(1, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOG_RETRY_DELAY);
    return 0;
  }
}

function reportLostLines({ message }: Error) {
  try {
    writeSync(
      2,
      `Log lines are lost: standard output cannot be written (${message}). The gateway keeps running and writes again ` +
        "as soon as it can: free disk space, or restart it with an output that is read.\n",
    );
  } catch {
    // Standard error failed too, so nothing can be reported.
  }
}

/** Creates the log: one JSON object per line, on standard output or `destination`. */
export function createLog(level: string, destination: DestinationStream = createStdoutStream()): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
    },
    destination,
  );
}
