import { type DestinationStream, pino } from "pino";
import type { Log } from "../../config/index.ts";
import { createStdoutStream } from "./standard-output.ts";

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
