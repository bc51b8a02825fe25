import { changingPath, EXTERNAL_ID, ID, type Path } from "./answer.ts";
import type { Fields } from "./field.ts";
import { fieldMessage } from "./message.ts";
import { printChoice, printDay, printExternalId, printScan } from "./print.ts";
import type { Client } from "./record.ts";
import { Refusal } from "./refusal.ts";
import { type Kind, resource } from "./resource.ts";
import { day, email, integer, scan, text } from "./value.ts";
import type { World } from "./world.ts";

/** Alma: Clients. Printed below `users/` for POST and below `realty/` for all else; which of them exist is a switch. */
export function clientPaths(world: World): Path[] {
  const { list, create, read, update } = resource(kind(world), world);
  const { switches } = world;
  const under = (base: "realty" | "users"): Path[] => {
    const here = () => switches.clientBase === base || switches.clientBase === "both";
    const creates = () => base === "users" || switches.clientBase === "both";
    return [
      changingPath(`${base}/clients/`, () => ({
        ...(here() ? { GET: list } : {}),
        ...(creates() ? { POST: create } : {}),
      })),
      ...[ID, EXTERNAL_ID].map((id) =>
        changingPath(`${base}/clients/${id}`, () => (here() ? { GET: read, PATCH: update } : {})),
      ),
    ];
  };
  return [...under("realty"), ...under("users")];
}

const fields: Fields<Client> = {
  external_id: text(),
  first_name: text(),
  last_name: text(),
  email: email(),
  phone: text(),
  country: integer(),
  passport_scan: scan("optional"),
  id_scan: scan("optional"),
  birthday: day(),
};

function kind(world: World): Kind<Client> {
  const { data, switches } = world;
  const print = (file: number | null, row: Client, name: string) =>
    printScan(file, `clients_files/client_${row.id}/${name}`, world);
  return {
    table: data.clients,
    hidden: (row) => row.status === "unconfirmed",
    summary: ({ id, external_id, first_name, last_name, status, email }) => ({
      id,
      external_id: printExternalId(external_id, switches),
      first_name,
      last_name,
      status,
      email,
    }),
    detail: (row) => ({
      id: row.id,
      external_id: printExternalId(row.external_id, switches),
      first_name: row.first_name,
      last_name: row.last_name,
      status: row.status,
      email: row.email,
      phone: row.phone,
      passport: row.passport,
      country: row.country === 4 ? { name: "country.cyprus", value: 4 } : printChoice("country", row.country),
      id_number: row.id_number,
      passport_scan: print(row.passport_scan, row, "passport_scan"),
      id_scan: print(row.id_scan, row, "id_scan"),
      birthday: printDay(row.birthday),
    }),
    fields,
    check(draft, before) {
      const taken = draft.email?.toLowerCase();
      if (
        taken &&
        data.clients.all().some((row) => row.email?.toLowerCase() === taken && row.id !== before?.id)
      ) {
        throw new Refusal({ email: [fieldMessage.emailTaken] });
      }
    },
    // There is no way to take an attached image off again: null leaves it.
    settle: (draft, before) => ({
      ...draft,
      passport_scan: draft.passport_scan ?? before?.passport_scan ?? null,
      id_scan: draft.id_scan ?? before?.id_scan ?? null,
    }),
  };
}
