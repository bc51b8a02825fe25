import { type DestinationStream, type Logger, pino } from "pino";
import { createStdoutStream } from "./standard-output.ts";

export type Log = Logger;

/**
 * Creates the log: one JSON object per line, on standard output or `destination`. Lines have names of operations, ids
 * of records and counts, never values of variables or fields.
 */
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
