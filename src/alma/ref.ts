/** How a caller names one record: by Alma's id, or by its Bitrix id (`external_id`). One value from SDL to path. */
export type Ref = { readonly id: number } | { readonly externalId: string };
