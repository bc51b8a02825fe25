/** How much of a record a caller needs: that it exists, the fields of its list, or all fields. */
export type Level = 0 | 1 | 2;
export const EXISTS: Level = 0;
export const SUMMARY: Level = 1;
export const DETAIL: Level = 2;
