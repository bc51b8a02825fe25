import { fieldMessage } from "./http/message.ts";
import { Refusal } from "./http/refusal.ts";
import { EXTERNAL_ID_SEGMENT, ID_SEGMENT, type Route, switchableRoute } from "./http/route.ts";
import type { Fields } from "./rule/field.ts";
import { date, email, fileKey, integer, text } from "./rule/field-type.ts";
import { createHandlers, type Resource } from "./rule/resource.ts";
import { serializeChoice, serializeDay, serializeExternalId, serializeScan } from "./rule/serialize.ts";
import type { SimulatorContext } from "./store/context.ts";
import type { Client } from "./store/record.ts";

/** Alma: Clients. The document has POST below `users/` and the rest below `realty/`; switch `clientBase` decides. */
export function routes(context: SimulatorContext): Route[] {
  const { list, create, read, update } = createHandlers(clientResource(context), context);
  const { switches } = context;
  const routesUnder = (base: "realty" | "users"): Route[] => {
    const isServed = () => switches.clientBase === base || switches.clientBase === "both";
    const canCreate = () => base === "users" || switches.clientBase === "both";
    return [
      switchableRoute(`${base}/clients/`, () => ({
        ...(isServed() ? { GET: list } : {}),
        ...(canCreate() ? { POST: create } : {}),
      })),
      ...[ID_SEGMENT, EXTERNAL_ID_SEGMENT].map((id) =>
        switchableRoute(`${base}/clients/${id}`, () => (isServed() ? { GET: read, PATCH: update } : {})),
      ),
    ];
  };
  return [...routesUnder("realty"), ...routesUnder("users")];
}

const fields: Fields<Client> = {
  external_id: text(),
  first_name: text(),
  last_name: text(),
  email: email(),
  phone: text(),
  country: integer(),
  passport_scan: fileKey("optional"),
  id_scan: fileKey("optional"),
  birthday: date(),
};

function clientResource(context: SimulatorContext): Resource<Client> {
  const { data, switches } = context;
  const serializeRowScan = (file: number | null, row: Client, name: string) =>
    serializeScan(file, `clients_files/client_${row.id}/${name}`, context);
  return {
    table: data.clients,
    isHidden: (row) => row.status === "unconfirmed",
    summary: ({ id, external_id, first_name, last_name, status, email }) => ({
      id,
      external_id: serializeExternalId(external_id, switches),
      first_name,
      last_name,
      status,
      email,
    }),
    detail: (row) => ({
      id: row.id,
      external_id: serializeExternalId(row.external_id, switches),
      first_name: row.first_name,
      last_name: row.last_name,
      status: row.status,
      email: row.email,
      phone: row.phone,
      passport: row.passport,
      country:
        row.country === 4 ? { name: "country.cyprus", value: 4 } : serializeChoice("country", row.country),
      id_number: row.id_number,
      passport_scan: serializeRowScan(row.passport_scan, row, "passport_scan"),
      id_scan: serializeRowScan(row.id_scan, row, "id_scan"),
      birthday: serializeDay(row.birthday),
    }),
    fields,
    check(draft, before) {
      const newEmail = draft.email?.toLowerCase();
      if (
        newEmail &&
        data.clients.all().some((row) => row.email?.toLowerCase() === newEmail && row.id !== before?.id)
      ) {
        throw new Refusal({ email: [fieldMessage.emailTaken] });
      }
    },
    // An attached scan cannot be removed: null leaves it unchanged.
    toStored: (draft, before) => ({
      ...draft,
      passport_scan: draft.passport_scan ?? before?.passport_scan ?? null,
      id_scan: draft.id_scan ?? before?.id_scan ?? null,
    }),
  };
}
