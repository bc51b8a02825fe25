/** An answer of Alma: JSON, an HTML page, text, or a status alone. */
export interface ApiResponse {
  readonly status: number;
  /** The JSON body; undefined for none. */
  readonly body?: unknown;
  readonly html?: string;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A file in a multipart request. */
export interface Upload {
  readonly field: string;
  readonly name: string;
  readonly type: string;
  readonly bytes: number;
}

/** A request as handlers receive it. */
export interface ApiRequest {
  readonly method: string;
  /** From the path, decoded: the Alma id (`id`) or the Bitrix id (`bx`). */
  readonly params: { readonly id?: string; readonly bx?: string };
  readonly contentType: string;
  /** The parsed JSON, or the text fields of a multipart request. */
  readonly body: unknown;
  readonly uploads: readonly Upload[];
}

/** Carries out a request, synchronously. Throws Refusal. */
export type Handler = (request: ApiRequest) => ApiResponse;

export type Method = "GET" | "POST" | "PATCH";

/** A path below `external_api/` and its current methods. Without methods, the path does not exist. */
export interface Route {
  readonly url: string;
  readonly methods: () => Readonly<Partial<Record<Method, Handler>>>;
  /** The accepted media types, as OPTIONS lists them. */
  readonly parses: () => readonly string[];
}

const jsonOnly = () => ["application/json"];

/** A path with fixed methods. */
export function route(url: string, methods: Partial<Record<Method, Handler>>): Route {
  return { url, methods: () => methods, parses: jsonOnly };
}

/** A path whose methods depend on switches. */
export function switchableRoute(
  url: string,
  methods: Route["methods"],
  parses: Route["parses"] = jsonOnly,
): Route {
  return { url, methods, parses };
}

/** The paths of a record by Alma id and by Bitrix id, with the same methods. */
export function routesByBothIds(base: string, methods: Partial<Record<Method, Handler>>, tail = ""): Route[] {
  return [
    route(`${base}${ID_SEGMENT}${tail}`, methods),
    route(`${base}${EXTERNAL_ID_SEGMENT}${tail}`, methods),
  ];
}

/** The path segment of an Alma id. */
export const ID_SEGMENT = ":id(^\\d+$)/";
/** The path segments of a Bitrix id. */
export const EXTERNAL_ID_SEGMENT = "external_id/:bx/";
