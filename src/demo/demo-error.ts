/** What a person has to mend before the demo can start. */
export class DemoError extends Error {}
