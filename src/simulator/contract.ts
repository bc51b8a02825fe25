import { changingPath, EXTERNAL_ID, ID, type Path, path } from "./answer.ts";
import type { Fields } from "./field.ts";
import { fieldMessage, ruleMessage } from "./message.ts";
import { forbidBlocked } from "./occupancy.ts";
import { printDay, printExternalId } from "./print.ts";
import type { Contract } from "./record.ts";
import { broken, Refusal } from "./refusal.ts";
import { type Handlers, type Kind, resource } from "./resource.ts";
import { showStatus } from "./status.ts";
import type { Table } from "./table.ts";
import { day, key, text } from "./value.ts";
import type { World } from "./world.ts";

/** The fields that both kinds of contract take. */
export const contractFields: Fields<Contract> = {
  external_id: text(),
  unit_id: key(["units", "rooms"]),
  client_id: key(["clients"]),
  name: text(),
  start_date: day(),
  end_date: day(),
};

/** What tells one kind of contract from the other. */
interface Particulars<T extends Contract> {
  readonly table: Table<T>;
  readonly clientType: "owner" | "tenant";
  readonly fields: Fields<T>;
  /** The fields of the single answer that come after `unit_usage`. */
  readonly detail: (row: T) => Readonly<Record<string, unknown>>;
  /** Rules for the place and the time of a contract. Throws Refusal. */
  readonly place: (contract: T, before?: T) => void;
}

/** Alma: Contracts, for one of the two kinds. */
export function contractHandlers<T extends Contract>(own: Particulars<T>, world: World): Handlers {
  const { data, switches } = world;
  const kind: Kind<T> = {
    table: own.table,
    hidden: (row) => row.is_archived,
    summary: ({ id, number, external_id }) => ({
      id,
      number,
      external_id: printExternalId(external_id, switches),
    }),
    detail: (row) => ({
      id: row.id,
      name: row.name,
      number: row.number,
      start_date: printDay(row.start_date),
      end_date: printDay(row.end_date),
      external_id: printExternalId(row.external_id, switches),
      unit_usage: {
        usage_id: row.usage_id,
        client_id: row.client_id,
        unit_id: row.unit_id,
        client_type: own.clientType,
        is_archived: row.is_archived,
      },
      ...own.detail(row),
    }),
    fields: own.fields,
    check(draft, before) {
      if (before?.is_archived) throw broken(ruleMessage.archivedUsage);
      if (before && draft.client_id !== undefined && draft.client_id !== before.client_id) {
        throw new Refusal({ client_id: [fieldMessage.clientFixed] });
      }
      const after = { ...before, ...draft } as T;
      if (after.unit_id !== before?.unit_id) forbidBlocked(after, world);
      own.place(after, before);
    },
    created(row) {
      // The client's creation completes with the first contract.
      data.clients.change(row.client_id, { status: "active", has_app_access: true });
      showStatus(row.unit_id, world);
    },
  };
  return resource(kind, world);
}

/** The paths of one kind of contract. By Bitrix id, GET is printed below `rooms/`, PATCH is not. */
export function contractPaths(
  kind: "owner_contracts" | "tenant_contracts",
  handlers: Handlers,
  world: World,
): Path[] {
  const { list, create, read, update } = handlers;
  const { switches } = world;
  const reads = (form: "printed" | "external_id") =>
    switches.contractForm === form || switches.contractForm === "both" ? { GET: read } : {};
  return [
    path(`realty/contracts/${kind}/`, { GET: list, POST: create }),
    path(`realty/contracts/${kind}/${ID}`, { GET: read, PATCH: update }),
    changingPath(`realty/contracts/${kind}/${EXTERNAL_ID}`, () => ({
      ...reads("external_id"),
      PATCH: update,
    })),
    changingPath(`realty/rooms/contracts/${kind}/:bx/`, () => reads("printed")),
  ];
}
