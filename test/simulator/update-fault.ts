import type { Fault } from "../../simulator/index.ts";

/** Whether a request is an update, an archive or a block. */
export const isPatch = ({ method }: { readonly method: string }): boolean => method === "PATCH";

/** Alma answers a PATCH with an empty 200, and changes nothing. */
export const losesUpdates: Fault = { kind: "status", status: 200, body: "", when: isPatch };

/** Alma shows every unit's address in capitals. */
export const showsAddressesInCapitals: Fault = {
  kind: "transform",
  when: ({ method, path }) => method === "GET" && path.includes("/units/"),
  change: (body) => {
    const upper = (row: { address?: string }) => ({ ...row, address: row.address?.toUpperCase() });
    return Array.isArray(body) ? body.map(upper) : upper(body as object);
  },
};
