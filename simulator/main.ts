import { parseArgs } from "node:util";
import { createSimulator } from "./index.ts";

const help = `A stand-in for Alma, with an invented portfolio.

  npm run simulator -- [--host 127.0.0.1] [--port 8000] [--seed 7] [--size 1] [--latency 20] [--faults 0.05] [--key KEY]

  --host     address to listen on (default 127.0.0.1; 0.0.0.0 is all)
  --port     port (default 8000; 0 takes any free one)
  --seed     number that the portfolio and the faults are made from (default 1)
  --size     scale of the portfolio: 1 is about 600 records (default), 0 is an empty Alma
  --latency  milliseconds from request to answer (default 0)
  --faults   share of requests, 0 to 1, that get a 503, 429, reset, lost or cut answer, stall or HTML page (default 0)
  --key      the API key that requests must send as Api-Key (default simulator-key)
`;

/** Parses the command line. Throws an Error whose message says what is wrong. */
function parseArguments() {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      host: text,
      port: text,
      seed: text,
      size: text,
      latency: text,
      faults: text,
      key: text,
      help: { type: "boolean" },
    },
  });
  const readNumber = (
    name: "port" | "seed" | "size" | "latency" | "faults",
    defaultValue: number,
    max: number,
    isInteger = true,
  ) => {
    const given = values[name];
    const value = given === undefined ? defaultValue : Number(given);
    if (given?.trim() !== "" && value >= 0 && value <= max && (!isInteger || Number.isInteger(value)))
      return value;
    throw new Error(
      `--${name} must be a ${isInteger ? "whole " : ""}number from 0 to ${max}, but is "${given}".`,
    );
  };
  return {
    help: values.help === true,
    faults: readNumber("faults", 0, 1, false),
    options: {
      host: values.host ?? "127.0.0.1",
      port: readNumber("port", 8000, 65_535),
      seed: readNumber("seed", 1, 2 ** 32 - 1),
      size: readNumber("size", 1, 1_000, false),
      latency: readNumber("latency", 0, 60_000, false),
      apiKey: values.key ?? "simulator-key",
      keepLog: 1_000,
    },
  };
}

try {
  const parsed = parseArguments();
  if (parsed.help) {
    process.stdout.write(help);
  } else {
    const simulator = await createSimulator(parsed.options);
    simulator.faults.mix(parsed.faults);
    const { buildings, units, rooms, clients, ownerContracts, tenantContracts } = simulator.data;
    process.stdout.write(
      `Alma (a stand-in) is at ${simulator.url} with Api-Key: ${simulator.apiKey}\n` +
        `${buildings.size} buildings, ${units.size} units, ${rooms.size} rooms, ${clients.size} clients, ` +
        `${ownerContracts.size} owner contracts, ${tenantContracts.size} tenant contracts. Ctrl-C stops it.\n`,
    );
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void simulator.close());
  }
} catch (error) {
  process.stderr.write(`${describeError(error as NodeJS.ErrnoException)} See --help.\n`);
  process.exitCode = 2;
}

function describeError({ code, message }: NodeJS.ErrnoException): string {
  if (code === "EADDRINUSE")
    return "The port is taken; choose another one with --port, or 0 for any free one.";
  if (code === "EACCES")
    return "The port needs more rights than this process has; choose one above 1023 with --port.";
  return `${message.replace(/\s*\n\s*/g, " ").replace(/\.$/, "")}.`;
}
