import type { IResolvers } from "@graphql-tools/utils";
import type { GraphQLSchema } from "graphql";
import { client } from "./client.ts";
import { decimalSummary, groupResolversOf } from "./group/resolver.ts";
import { ownerContract } from "./owner-contract.ts";
import { rentalObject } from "./rental-object.ts";
import { room } from "./room.ts";
import type { ConnectionName } from "./spec/connection-spec.ts";
import type { GroupSpec } from "./spec/group-spec.ts";
import { tenantContract } from "./tenant-contract.ts";
import { unit } from "./unit.ts";

/** How the records of each connection are grouped, if they are. */
export const groupSpecs: Readonly<Partial<Record<ConnectionName, GroupSpec>>> = {
  unit: unit.groups,
  room: room.groups,
  rentalObject: rentalObject.groups,
  client: client.groups,
  ownerContract: ownerContract.groups,
  tenantContract: tenantContract.groups,
};

/** The resolvers of all groups. Throws if a declaration does not fit the schema. */
export function groupResolvers(schema: GraphQLSchema): IResolvers[] {
  const resolvers = Object.entries(groupSpecs).map(([name, spec]) =>
    groupResolversOf(schema, name as ConnectionName, spec),
  );
  return [{ DecimalSummary: decimalSummary }, ...resolvers];
}
