/** A measurement of a part: name, figure, and limit if it has one. */
export type Figures = readonly (readonly [name: string, figure: string | number, atMost?: number])[];
