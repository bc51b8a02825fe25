import type { Records } from "../../alma/index.ts";
import { almaId, type Column, createColumnFactories } from "../scan/column.ts";

/** The columns of the fields that both kinds of contracts have in common. */
const column =
  createColumnFactories<
    Pick<Records["ownerContract"], keyof Records["ownerContract"] & keyof Records["tenantContract"]>
  >();

/** The Alma ids of a contract's client, and of its unit or room. */
export const clientId = column.int("unitUsage", "clientId");
export const unitId = column.int("unitUsage", "unitId");

/** Its first day and its last, and whether it is archived. */
export const startDate = column.date("startDate");
export const endDate = column.date("endDate");
export const isArchived = column.boolean("unitUsage", "isArchived");

export const externalId = column.externalId("externalId");
export const name = column.text("name");
export const number = column.text("number");

/** The orders that both kinds of contracts share. */
export const contractOrders = {
  ALMA_ID: almaId,
  EXTERNAL_ID: externalId,
  NAME: name,
  NUMBER: number,
  START_DATE: startDate,
  END_DATE: endDate,
};

/** The columns that decide the state of a contract of either kind, and which days it covers. */
export const stateColumns = [startDate, endDate, isArchived] as readonly Column[];
