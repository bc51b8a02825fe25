import { type AddRoutes, RefusedRequest } from "../../server/index.ts";

/** The calendar's name in its address. */
export const file = "contract-ends.ics";

const query = /* GraphQL */ `
  query ContractEnds {
    tenantContracts(first: 1000, filter: { state: [ACTIVE] }, orderBy: { field: END_DATE }) {
      nodes { id endDate client { firstName lastName } rentalObject { name building { name } } }
    }
  }
`;

interface Contract {
  readonly id: string;
  readonly endDate: string | null;
  readonly client: { readonly firstName: string; readonly lastName: string } | null;
  readonly rentalObject: {
    readonly name: string;
    readonly building: { readonly name: string } | null;
  } | null;
}

/** Adds the calendar, for a key and for a link. Calendar programs refresh it themselves. */
export const addCalendar: AddRoutes = (app, { browserHooks, operationHooks, execute }) => {
  const routes = [
    [`/calendar/:file(^${file}$)`, browserHooks.readers, "when contracts end, for calendar programs"],
    [`/links/:link/:file(^${file}$)`, browserHooks.links, undefined],
  ] as const;
  for (const [url, onRequest, about] of routes)
    app.get(
      url,
      { ...operationHooks, onRequest, config: { ...operationHooks.config, ...(about && { about }) } },
      async (request, reply) => {
        const { response } = await execute(request, reply, { query });
        const { data, errors } = response.body.kind === "single" ? response.body.singleResult : {};
        const [error] = errors ?? [];
        if (error) throw new RefusedRequest(503, String(error.extensions?.code), error.message);
        // A query's data is JSON text until it is parsed.
        const { tenantContracts } = JSON.parse(JSON.stringify(data));
        return reply.type("text/calendar; charset=utf-8").send(calendarOf(tenantContracts.nodes));
      },
    );
};

/** Writes all-day events (RFC 5545). */
function calendarOf(contracts: readonly Contract[]): string {
  const events = contracts.flatMap(({ id, endDate, client, rentalObject }) => {
    if (endDate === null) return [];
    const place = [rentalObject?.name, rentalObject?.building?.name].filter(Boolean).join(", ");
    const tenant = client ? `${client.firstName} ${client.lastName}` : "a tenant";
    return [
      "BEGIN:VEVENT",
      `UID:${id}@alma-gateway`,
      `DTSTAMP:${endDate.replaceAll("-", "")}T000000Z`,
      `DTSTART;VALUE=DATE:${endDate.replaceAll("-", "")}`,
      `SUMMARY:${escapeText(`The contract of ${tenant} ends`)}`,
      `LOCATION:${escapeText(place)}`,
      "END:VEVENT",
    ];
  });
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//alma-gateway//calendar//EN",
    ...events,
    "END:VCALENDAR",
  ];
  // A line has at most 75 bytes; a character has at most four.
  return lines.map((line) => `${line.replace(/.{18}(?=.)/gsu, "$&\r\n ")}\r\n`).join("");
}

const escapeText = (text: string) => text.replaceAll(/[\\;,]/g, "\\$&").replaceAll(/\s+/g, " ");
