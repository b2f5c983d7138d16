/** Where hearth is mounted, such as "/hearth"; "" at the root. */
export const BASE: string = document.body.dataset["base"] ?? "";

/** The view that the address itself asks for, where no fragment says another. */
export const FIRST_VIEW: string = document.body.dataset["view"] ?? "overview";

/** False in a program that decides by itself who is asking: a credential is then that program's, and sent as it is. */
export const SIGNS_IN_AT_SERVER: boolean = document.body.dataset["signIn"] !== "program";
