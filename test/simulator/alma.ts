import { onTestFinished } from "vitest";
import { createSimulator, type Simulator, type SimulatorOptions } from "../../simulator/index.ts";

/** An answer. The body is parsed if it is JSON, else text. */
export interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly type: string;
  readonly headers: Headers;
}

/** A simulator with only the given records, and a client of it. It is closed at the end of the test. */
export async function startAlma(options: SimulatorOptions = {}) {
  const simulator = await createSimulator({ size: 0, today: "2025-06-15", ...options });
  onTestFinished(() => simulator.close());
  return { ...clientOf(simulator), simulator, data: simulator.data };
}

/** A client of a simulator that sends its key. */
export function clientOf({ url, apiKey }: Simulator) {
  const call = async (method: string, path: string, body?: unknown, headers = {}): Promise<Reply> => {
    const response = await fetch(url + path, {
      method,
      headers: {
        "Api-Key": apiKey,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const type = response.headers.get("content-type") ?? "";
    const parsed = type.includes("json") ? JSON.parse(text) : text;
    return { status: response.status, body: parsed, type, headers: response.headers };
  };
  return {
    call,
    get: (path: string) => call("GET", path),
    post: (path: string, body: unknown) => call("POST", path, body),
    patch: (path: string, body: unknown) => call("PATCH", path, body),
  };
}

/** The ids in a list answer, in order. */
export function ids({ body }: Reply): number[] {
  return (body as unknown as { id: number }[]).map(({ id }) => id);
}

/** A project, a building, a unit with two rooms, a unit let as a whole, an owner and a tenant. */
export const household = {
  projects: [{ id: 207, name: "Dubai" }],
  buildings: [{ id: 1001, name: "Marina Tower", project: 207, external_id: "b-1" }],
  files: [
    { id: 9146, name: "one.jpg" },
    { id: 9147, name: "two.jpg" },
  ],
  units: [
    { id: 1, name: "101", building: 1001, external_id: "u-1" },
    {
      id: 2,
      name: "102",
      building: 1001,
      external_id: "u-2",
      additional_external_id: "w-2",
      is_used_additional_external_id: true,
    },
  ],
  rooms: [
    { id: 11, name: "1", parent_unit: 1, external_id: "r-11" },
    { id: 12, name: "2", parent_unit: 1, external_id: "r-12" },
  ],
  clients: [
    { id: 251, first_name: "Amelia", email: "amelia@example.com", external_id: "c-251" },
    { id: 252, first_name: "Omar", email: "omar@example.com", external_id: "c-252" },
  ],
};

/** A complete body for creating a unit. */
export const newUnit = {
  external_id: "u-9",
  additional_external_id: "",
  is_used_additional_external_id: false,
  name: "109",
  header: "109",
  building: 1001,
  property_type: "apartment",
  number: "109",
  internal_area: 50.5,
  photos: [],
  goal_rent_cost: 4000.25,
  address: "",
  number_of_bedrooms: 1,
  number_of_baths: 1,
  is_roof_garden: false,
  parking: "not_applicable",
  is_swimming_pool: false,
  total_buildable_area: 50.5,
  floor: null,
  internet_login: "",
  internet_password: "",
  subway_station: "",
  parking_number: "",
  keybox_code: null,
  electronic_lock_password: null,
};

export const newRoom = {
  external_id: "r-19",
  goal_rent_cost: 12.2,
  name: "3",
  header: "101 / 3",
  internal_area: 0,
  photos: [],
  parent_unit: 1,
  property_type: "bunk",
};

export const newClient = {
  external_id: "c-259",
  first_name: "William",
  last_name: "Lee",
  email: "william@example.com",
  phone: "+79000000000",
  country: 4,
  birthday: "2019-08-24T00:00:00",
};

export const newOwnerContract = {
  external_id: 4330,
  unit_id: 1,
  client_id: 251,
  name: "Management",
  start_date: "2025-01-01T00:10:10Z",
  end_date: "2025-12-31T00:10:10Z",
  contract_with_client_scan: null,
  property_title_deed_scan: null,
  property_management_letter_scan: null,
  dtcm_permit_scan: null,
  pml_start_date: null,
  pml_end_date: null,
  work_model: "TM 10%",
};

export const newTenantContract = {
  external_id: "t-1",
  unit_id: 11,
  client_id: 252,
  name: "Rent",
  start_date: "2025-06-01T00:00:00",
  end_date: "2025-06-30T00:00:00",
  price: "4500.50",
  contract_scan: null,
  co_tenant: "",
  history: "",
  type_contract: "Airbnb",
};
