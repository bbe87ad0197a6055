/** The names under which a browser keeps what may call its reader back. */

/** Holds "1" where this browser tells of replies. */
export const NOTIFIES = "notifies";
/** Holds "1" once this browser's person was asked whether it may tell of mentions. */
export const ASKED = "asked-to-notify";
/** Holds the ids of the messages whose mentions were told or seen in this browser, the last ones. */
export const TOLD = "told-mentions";
/** Holds "1" where the page's title has no number. */
export const NO_COUNT = "no-unread-count";
