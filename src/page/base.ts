/** Where hearth is mounted, such as "/hearth"; "" at the root. */
export const BASE: string = document.body.dataset["base"] ?? "";

/** The view that the address itself asks for, where no fragment says another. */
export const FIRST_VIEW: string = document.body.dataset["view"] ?? "overview";
