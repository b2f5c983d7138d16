/** The package has no types of its own; this is the part that is used. */
declare module "bibtex-parse" {
  const parser: {
    parse(text: string, options: { readonly number: "string" }): unknown;
  };
  export default parser;
}
