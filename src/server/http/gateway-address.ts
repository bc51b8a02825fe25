import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** Stands for the address of this gateway in an answer that goes to several; nobody can know it beforehand. */
export const anyAddress = `http://${randomUUID()}.invalid`;

/** The address by which a request has reached this gateway. */
export const addressOf = ({ protocol = "http", host, headers }: AddressedRequest): string =>
  `${protocol}://${host ?? headers.host}`;

interface AddressedRequest {
  readonly protocol?: string;
  readonly host?: string;
  readonly headers: IncomingHttpHeaders;
}

/** Whether JSON that goes to several has links that need an address. */
export const needsAddress = (json: string): boolean => json.includes(anyAddress);

/** Puts an address into the links of such JSON. */
export const putAddress = (json: string, address: string): string =>
  json.replaceAll(anyAddress, () => JSON.stringify(address).slice(1, -1));
