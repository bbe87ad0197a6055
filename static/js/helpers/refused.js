/** The one error of this page: something that was asked for was not done. */

/** `code` is the server's, or "lost" when nobody knows what became of it; `field` what it is about, if it is one field. */
export class Refused extends Error {
  constructor({ code = "lost", text = "", field = "" } = {}) {
    super(text || code);
    Object.assign(this, { code, field });
  }
}

/** The code of what was refused; throws any other error again. */
export function codeOf(error) {
  if (error instanceof Refused) return error.code;
  throw error;
}
