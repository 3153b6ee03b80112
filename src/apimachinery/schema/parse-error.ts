/** The body is not a document at all. The message is Go's, without the lead that says which kind was expected. */
export class ParseError extends Error {}
