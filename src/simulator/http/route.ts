/** What Alma answers: JSON, or a page, or text, or a status alone. */
export interface ApiResponse {
  readonly status: number;
  /** Printed as JSON unless undefined. */
  readonly body?: unknown;
  readonly html?: string;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A file that came with a multipart request. */
export interface Upload {
  readonly field: string;
  readonly name: string;
  readonly type: string;
  readonly bytes: number;
}

/** A request as the rules see it. */
export interface ApiRequest {
  readonly method: string;
  /** `id` or `bx` from the path, decoded. */
  readonly params: { readonly id?: string; readonly bx?: string };
  readonly contentType: string;
  /** The JSON that was sent, or the text fields of a multipart request. */
  readonly body: unknown;
  readonly uploads: readonly Upload[];
}

/** Carries out one method of one path. Throws Refusal, or returns the answer; never waits. */
export type Handler = (request: ApiRequest) => ApiResponse;

export type Method = "GET" | "POST" | "PATCH";

/** One path below `external_api/` and what may be done there now; with no method at all, it does not exist. */
export interface Route {
  readonly url: string;
  readonly methods: () => Readonly<Partial<Record<Method, Handler>>>;
  /** Media types that it reads, as OPTIONS tells them. */
  readonly parses: () => readonly string[];
}

const jsonOnly = () => ["application/json"];

/** A path whose methods never change. */
export function route(url: string, methods: Partial<Record<Method, Handler>>): Route {
  return { url, methods: () => methods, parses: jsonOnly };
}

/** A path whose methods depend on the switches. */
export function switchableRoute(
  url: string,
  methods: Route["methods"],
  parses: Route["parses"] = jsonOnly,
): Route {
  return { url, methods, parses };
}

/** The same methods in both address forms: by Alma's id and by the Bitrix id. */
export function routesByBothIds(base: string, methods: Partial<Record<Method, Handler>>, tail = ""): Route[] {
  return [
    route(`${base}${ID_SEGMENT}${tail}`, methods),
    route(`${base}${EXTERNAL_ID_SEGMENT}${tail}`, methods),
  ];
}

/** An Alma id in a path. */
export const ID_SEGMENT = ":id(^\\d+$)/";
/** A Bitrix id in a path. */
export const EXTERNAL_ID_SEGMENT = "external_id/:bx/";
