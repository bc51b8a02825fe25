import { type GraphQLResolveInfo, responsePathAsArray } from "graphql";
import type { GraphContext } from "./context.ts";

/** Notes that the default page size has cut a connection: `extensions.alma.cutByDefault` says so. */
export function noteCut({ cutByDefault }: GraphContext, { path }: GraphQLResolveInfo): void {
  const names = responsePathAsArray(path).filter((key) => typeof key === "string");
  cutByDefault.add(names.join("."));
}
