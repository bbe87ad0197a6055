/** The names under which a browser keeps what may call its reader back. */

/** Holds "1" where this browser tells of replies. */
export const NOTIFIES = "notifies";
/** Holds "1" where the page's title has no number. */
export const NO_COUNT = "no-unread-count";
