import { capabilities } from "../../src/capabilities.ts";
import { buildExecutableSchema, type ExecutableSchema, readTypeDefs } from "../../src/graph/index.ts";

let built: ExecutableSchema | undefined;

/** The schema of all capabilities, built once for all tests in a process. */
export function executableSchema(): ExecutableSchema {
  built ??= buildExecutableSchema(capabilities);
  return built;
}

/** Its SDL. */
export const allTypeDefs = (): string => readTypeDefs(capabilities.map(({ name }) => name));
