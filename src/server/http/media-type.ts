import type { FastifyRequest } from "fastify";
import Negotiator from "negotiator";

/** The media types of a GraphQL response, the default first. */
export const jsonTypes = ["application/json", "application/graphql-response+json"] as const;

/** A media type of a GraphQL response. */
export type JsonType = (typeof jsonTypes)[number];

/**
 * Returns the media type that a client prefers by its `Accept` header: the first of equals, or of all without the
 * header; undefined if it accepts none. Parameters other than weights are ignored.
 */
export function preferredType<T extends string>(
  { headers: { accept } }: Pick<FastifyRequest, "headers">,
  types: readonly T[],
): T | undefined {
  if (!accept || accept === "*/*") return types[0];
  const withoutParameters = accept.toLowerCase().replaceAll(/;(?!\s*q\s*=)[^;,]*/g, "");
  // Safe: it returns one of the types.
  return new Negotiator({ headers: { accept: withoutParameters } }).mediaType(types) as T | undefined;
}
